//! Record that the database lost its last changes, and end again what it no longer knows to have
//! ended.

use keyward_key::KeyDigest;

use crate::db::rollbacks::{self, Loss};
use crate::db::{Ending, Tx, projects};
use crate::domain::{DomainError, Op};
use crate::records::{Revocation, RevokeReason, Rollback};

const NOTE: &str = "It had ended before. The database lost that, so Keyward revoked it again.";

/// What an instance knows to have ended, and the database does not.
#[derive(Debug, Default)]
pub struct Undone {
    /// Id and digest of keys. Another key may have the id by now.
    pub keys: Vec<(i64, KeyDigest)>,
    /// Id and slug of archived projects.
    pub projects: Vec<(i64, String)>,
}

/// Writes down what the database lost, as far as the instance with the id `instance` knows it, and
/// ends again what is `undone`. Any number of instances may do so at once. Returns `None` if another
/// one has written all of it.
///
/// # Errors
/// The database fails.
pub fn record(
    op: &mut Op,
    loss: &Loss,
    undone: &Undone,
    instance: i64,
) -> Result<Option<Rollback>, DomainError> {
    op.change(loss, |tx| {
        let keys = revoke_again(tx, undone)?;
        let (archived, slugs) = archive_again(tx, undone)?;
        let is_news = !keys.is_empty() || !archived.is_empty();
        if !is_news && rollbacks::is_recorded(tx.conn(), loss)? {
            return Ok(Ending::Unchanged(None));
        }
        let record = rollbacks::insert(tx, loss, keys, archived)?;
        let hash = base16ct::lower::encode_string(&loss.last_known().hash);
        let entry = tx
            .entry("database.rolled_back", record.entries())
            .with("lost_from", record.lost_from)
            .with("last_known", record.last_known)
            .with("last_known_hash", hash)
            .with("missing", record.missing())
            .with("is_exact", record.is_exact)
            .with("revoked_keys", record.keys.clone())
            .with("archived_projects", slugs)
            .with("instance", instance.to_string());
        Ok(Ending::Done(Some(record), entry))
    })
}

fn revoke_again(tx: &mut Tx, undone: &Undone) -> Result<Vec<i64>, DomainError> {
    let digests: Vec<KeyDigest> = undone.keys.iter().map(|(_, digest)| *digest).collect();
    let revocation = Revocation {
        at: tx.now(),
        by: tx.actor().name().to_owned(),
        reason: RevokeReason::Other,
        note: Some(NOTE.to_owned()),
    };
    Ok(rollbacks::revoke_again(tx, &digests, &revocation)?)
}

/// Returns the ids and slugs of the projects that were not archived.
fn archive_again(tx: &mut Tx, undone: &Undone) -> Result<(Vec<i64>, Vec<String>), DomainError> {
    let mut archived = (Vec::new(), Vec::new());
    for (id, slug) in &undone.projects {
        let project = projects::by_id(tx.conn(), *id)?;
        let is_open =
            project.is_some_and(|project| project.slug == *slug && project.archived_at.is_none());
        if is_open {
            projects::archive(tx, *id)?;
            archived.0.push(*id);
            archived.1.push(slug.clone());
        }
    }
    Ok(archived)
}
