//! `keyward config`.

use super::{Arguments, Failure};
use crate::config::{Config, Found, PublicUrl};
use crate::db::connection::DatabaseUrl;

/// Shows every setting's value and where it came from. Secrets stay hidden.
pub(super) fn show(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let found = arguments.found(&[])?;
    if json {
        let all: serde_json::Map<_, _> = found
            .iter()
            .map(|found| {
                let value = serde_json::json!({
                    "value": shown(found),
                    "source": found.source.to_string(),
                });
                (found.setting.name.to_owned(), value)
            })
            .collect();
        println!("{}", serde_json::Value::Object(all));
    } else {
        let rows: Vec<(&str, String, String)> = found
            .iter()
            .map(|found| {
                let value = shown(found).unwrap_or_else(|| "–".into());
                (found.setting.name, value, found.source.to_string())
            })
            .collect();
        let names = rows.iter().map(|row| row.0.chars().count());
        let values = rows.iter().map(|row| row.1.chars().count());
        let (name, value) = (names.max().unwrap_or(0), values.max().unwrap_or(0));
        for row in &rows {
            println!("{:<name$}  {:<value$}  {}", row.0, row.1, row.2);
        }
    }
    Config::from_found(&found).map_err(|error| Failure::Failed(error.to_string()))?;
    Ok(())
}

fn shown(found: &Found) -> Option<String> {
    let value = found.value.as_ref()?;
    Some(match found.setting.name {
        // The database's location may be shown, but not its user and password.
        "database_url" => match DatabaseUrl::parse(value) {
            Ok(DatabaseUrl::Sqlite(path)) => format!("sqlite:{path}"),
            Ok(url) => format!("postgres://{}", url.place()),
            Err(_) => "(hidden)".into(),
        },
        _ if found.setting.secret => "(hidden)".into(),
        // As links carry it, and as it is compared with what browsers send.
        "public_url" => match PublicUrl::parse(value) {
            Some(url) => url.origin,
            None => value.to_string(),
        },
        _ => value.to_string(),
    })
}
