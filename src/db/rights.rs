//! What the role that Keyward connects as may do on Postgres. A right that is missing is told with the
//! statement that gives it.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Nullable, Text};

use super::fitness::Unfit;
use super::{AnyConnection, DbError};

/// The tables of the schema.
const TABLES: [&str; 28] = [
    "__diesel_schema_migrations",
    "audit_checkpoints",
    "audit_entries",
    "audit_head",
    "audit_terms",
    "grants",
    "idempotent_calls",
    "instances",
    "key_sources",
    "key_terms",
    "key_usage",
    "keys",
    "password_links",
    "personal_tokens",
    "project_scope_usage",
    "project_usage",
    "projects",
    "reveals",
    "review_items",
    "reviews",
    "rollbacks",
    "scope_usage",
    "scopes",
    "sessions",
    "setup_codes",
    "trusted_time",
    "usage_gaps",
    "users",
];

/// Checks that the role may use every table that is there as Keyward does.
///
/// # Errors
/// It lacks rights.
pub(super) fn on_tables(conn: &mut AnyConnection) -> Result<(), Unfit> {
    let AnyConnection::Postgres(conn) = conn else {
        return Ok(());
    };
    let (role, _) = role_and_schema(conn)?;
    let statements: Vec<String> = missing(conn)?
        .iter()
        .map(|Missing { rights, tables }| format!("GRANT {rights} ON {tables} TO {role};"))
        .collect();
    match statements.as_slice() {
        [] => Ok(()),
        statements => Err(Unfit::MissingRights {
            role,
            statements: statements.join(" "),
        }),
    }
}

/// Checks that the role may change the schema: make tables, and alter those that are there, which
/// only their owner may.
///
/// # Errors
/// It may not, or there is no schema.
pub(super) fn to_migrate(conn: &mut AnyConnection) -> Result<(), Unfit> {
    let AnyConnection::Postgres(conn) = conn else {
        return Ok(());
    };
    let (role, schema) = role_and_schema(conn)?;
    if let Some(owner) = other_owner(conn)? {
        return Err(Unfit::NotOwner { role, owner });
    }
    let sql = "SELECT has_schema_privilege(current_schema(), 'CREATE') AS yes";
    let may: Yes = sql_query(sql).get_result(conn)?;
    match may.yes {
        true => Ok(()),
        false => Err(Unfit::MayNotCreate { role, schema }),
    }
}

#[derive(QueryableByName)]
struct Missing {
    #[diesel(sql_type = Text)]
    rights: String,
    #[diesel(sql_type = Text)]
    tables: String,
}

/// The rights that the role lacks, and on which tables. The audit log is only ever added to, and what
/// migrations did is only read.
fn missing(conn: &mut PgConnection) -> Result<Vec<Missing>, DbError> {
    sql_query(
        "SELECT rights, string_agg(path, ', ' ORDER BY path) AS tables FROM (
           SELECT format('%I.%I', n.nspname, c.relname) AS path,
             string_agg(r.right, ', ' ORDER BY r.place) AS rights
           FROM unnest(string_to_array($1, ' ')) AS known
           JOIN pg_class c ON c.oid = to_regclass(known)
           JOIN pg_namespace n ON n.oid = c.relnamespace
           CROSS JOIN (VALUES ('SELECT', 1), ('INSERT', 2), ('UPDATE', 3), ('DELETE', 4))
             AS r(\"right\", place)
           WHERE NOT has_table_privilege(c.oid, r.right)
             AND NOT (c.relname IN ('audit_checkpoints', 'audit_entries')
               AND r.right IN ('UPDATE', 'DELETE'))
             AND NOT (c.relname = '__diesel_schema_migrations' AND r.right <> 'SELECT')
           GROUP BY path) AS lacking
         GROUP BY rights ORDER BY rights",
    )
    .bind::<Text, _>(TABLES.join(" "))
    .load(conn)
}

/// Who owns the tables, if the role does not.
fn other_owner(conn: &mut PgConnection) -> Result<Option<String>, DbError> {
    #[derive(QueryableByName)]
    struct Owner {
        #[diesel(sql_type = Text)]
        owner: String,
    }
    let found: Option<Owner> = sql_query(
        "SELECT quote_ident(pg_get_userbyid(c.relowner)) AS owner
         FROM unnest(string_to_array($1, ' ')) AS known
         JOIN pg_class c ON c.oid = to_regclass(known)
         WHERE NOT pg_has_role(c.relowner, 'USAGE') LIMIT 1",
    )
    .bind::<Text, _>(TABLES.join(" "))
    .get_result(conn)
    .optional()?;
    Ok(found.map(|found| found.owner))
}

fn role_and_schema(conn: &mut PgConnection) -> Result<(String, String), Unfit> {
    #[derive(QueryableByName)]
    struct Names {
        #[diesel(sql_type = Text)]
        role: String,
        #[diesel(sql_type = Nullable<Text>)]
        schema: Option<String>,
    }
    let sql = "SELECT quote_ident(current_user) AS role, quote_ident(current_schema()) AS schema";
    let Names { role, schema } = sql_query(sql).get_result(conn)?;
    match schema {
        Some(schema) => Ok((role, schema)),
        None => Err(Unfit::NoSchema { role }),
    }
}

#[derive(QueryableByName)]
struct Yes {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_the_schema_is_asked_about() {
        let schema = include_str!("schema.rs");
        let tables = schema.split("diesel::table! {").skip(1);
        let names = tables.map(|table| table.split('(').next().unwrap().trim());
        let mut names: Vec<&str> = names.chain(["__diesel_schema_migrations"]).collect();
        names.sort_unstable();
        assert_eq!(names, TABLES);
    }
}
