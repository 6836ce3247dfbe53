//! Columns that go to another table, kept equal on both.

use super::{Dual, Same, Setting, Table};

/// Columns of `from` whose new home is `to`; rows belong together by `key`. Several rows of `from` may belong to one of
/// `to` (`"order".customer_id = customer.id`): then they hold the same value, and a write to one is a write to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Names and rights.
    pub setting: Setting,
    /// The old home.
    pub from: Table,
    /// The new home.
    pub to: Table,
    /// Columns of `from` and of `to` that must be equal for rows to belong together. Those of `to` are unique.
    pub key: Vec<Same>,
    /// The columns, each with its name in `from` and in `to`.
    pub columns: Vec<MovedColumn>,
    /// What happens when `to` has no row for a row of `from`.
    pub missing: Missing,
}

/// A column that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovedColumn {
    /// Its name in the old home.
    pub from: String,
    /// Its name in the new home.
    pub to: String,
    /// Its default in the old home, as SQL, if it has one; not volatile. A new client, who does not name the column, leaves it
    /// at that, and then the value of `to` is taken.
    pub default: Option<String>,
}

/// What happens when `to` has no row for a row of `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Nothing: the rows of `to` have a life of their own (an order's customer).
    Ignore,
    /// One is made at the end of the transaction, unless the client made one, and is deleted with the row of `from`
    /// (a table of details). Its other columns have defaults.
    Create,
}

impl Moved {
    /// The triggers.
    pub fn dual(&self) -> Dual {
        Dual::new()
    }
}
