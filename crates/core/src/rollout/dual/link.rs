//! A join table that becomes a column: `plan_recommendations(plan_id, recommendation_id)` and `recommendation.plan_id`.
//!
//! Knows nothing of the foreign keys beyond what it is told.

use super::{Dual, Same, Setting, Table};

/// A join table whose rows say what a column of the owning table says: at most one row for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Names and rights.
    pub setting: Setting,
    /// The table with the new column (`recommendation`).
    pub table: Table,
    /// The join table (`plan_recommendations`).
    pub join: Table,
    /// The key of `table`, and the columns of `join` that refer to it (`id`, `recommendation_id`).
    pub key: Vec<Same>,
    /// The new columns of `table`, and the columns of `join` that they take the place of (`plan_id`, `plan_id`).
    pub value: Vec<Same>,
    /// Columns of `join` that need a value when a new client's write makes a row there, and the expression: plain SQL
    /// over the columns of `table`. Columns with a default need nothing.
    pub more: Vec<(String, String)>,
    /// What the new columns refer to by a foreign key, if there is one: the table (`plan`) and its columns, in the order of
    /// `value`. Then, when a row there is deleted, that foreign key decides what becomes of the rows of `table`.
    pub target: Option<(Table, Vec<String>)>,
}

impl Link {
    /// The triggers.
    pub fn dual(&self) -> Dual {
        Dual::new()
    }
}
