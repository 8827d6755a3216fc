//! The audit entries that memory knows by their hashes.

use std::collections::VecDeque;

use crate::db::instances::{Head, KNOWN_HEADS};

/// The last heads of the audit log, in ascending order. If the database loses its last changes,
/// they show which.
#[derive(Debug, Default)]
pub(super) struct Heads(VecDeque<Head>);

impl Heads {
    /// The head that everything in memory is as current as.
    pub(super) fn last(&self) -> Head {
        self.0.back().cloned().unwrap_or_default()
    }

    /// Adds those of `newer` that come after the last.
    pub(super) fn extend(&mut self, newer: Vec<Head>) {
        let last = self.last().entry;
        self.0
            .extend(newer.into_iter().filter(|head| head.entry > last));
        let excess = self.0.len().saturating_sub(KNOWN_HEADS);
        self.0.drain(..excess);
    }

    /// All of them, in ascending order; none before the first load.
    pub(super) fn to_vec(&self) -> Vec<Head> {
        self.0.iter().cloned().collect()
    }
}

impl From<Vec<Head>> for Heads {
    fn from(heads: Vec<Head>) -> Self {
        Heads(heads.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(entry: i64) -> Head {
        let hash = vec![u8::try_from(entry % 256).unwrap(); 32];
        Head { entry, hash }
    }

    #[test]
    fn the_last_heads_are_kept_each_once_and_no_more_than_there_is_room_for() {
        let mut heads = Heads::from(vec![head(1), head(2)]);
        heads.extend(vec![head(2), head(3)]);
        assert_eq!(heads.to_vec(), [head(1), head(2), head(3)]);
        let most = i64::try_from(KNOWN_HEADS).unwrap();
        heads.extend((3..=most + 3).map(head).collect());
        let kept = heads.to_vec();
        assert_eq!(kept.len(), KNOWN_HEADS);
        assert_eq!((kept[0].entry, heads.last().entry), (4, most + 3));
    }
}
