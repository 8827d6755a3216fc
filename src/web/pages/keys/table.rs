//! The table of keys that lists are made of.

use super::columns::Column;
use super::row::RowView;

/// What `keys/table.html` shows.
pub struct KeyTable {
    pub columns: Vec<Column>,
    pub rows: Vec<RowView>,
    /// The keys have ended and are still presented: when last matters more than when last used.
    pub is_tried: bool,
    /// The address of the list, where revoking selected keys leads back to.
    pub back: String,
}

impl KeyTable {
    /// Whether columns lead to the list in their order.
    pub fn is_sortable(&self) -> bool {
        self.columns.iter().any(|column| column.sort.is_some())
    }

    /// Whether there is a key that the visitor may revoke, and so select.
    pub fn may_select(&self) -> bool {
        self.rows.iter().any(|row| row.key.may_revoke)
    }

    /// Whether there is a key that the visitor may hand over.
    pub fn may_hand_over(&self) -> bool {
        self.rows.iter().any(|row| row.key.may_edit)
    }
}
