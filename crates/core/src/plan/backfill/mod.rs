//! A backfill's statement, written as if for the whole table, made ready to run batch by batch.
//!
//! Pure: `read` looks whether batches mean the same as the whole, `insert` finds the place for the
//! condition of a batch, `key` writes conditions and the queries that find the next batch. What
//! the key's columns are, the database says, and the engine asks it.

mod from;
mod insert;
pub mod key;
mod read;
mod refusal;

pub use insert::Slot;
pub use read::read;
pub use refusal::{Refusal, RefusalKind};

use cutover_sql::ident;

/// The columns of a key as they are called, from how a directive writes them.
pub fn names(key: &[String]) -> Vec<String> {
    key.iter()
        .map(|name| ident::split_qualified(name).map_or_else(|| name.clone(), |parts| parts.concat()))
        .collect()
}

/// What the statement does to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `UPDATE`: each row that it changes leaves a dead one.
    Update,
    /// `DELETE`: each row that it removes leaves a dead one.
    Delete,
    /// `INSERT ... SELECT`.
    Insert,
}

/// A table as a statement or a directive names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    /// The schema, if it is written.
    pub schema: Option<String>,
    /// The name.
    pub name: String,
    /// Whether tables that inherit from it are left out (`ONLY`).
    pub only: bool,
}

impl TableName {
    /// As SQL, without ONLY.
    pub fn sql(&self) -> String {
        let parts: Vec<&str> = self.schema.as_deref().into_iter().chain([self.name.as_str()]).collect();
        ident::qualified(&parts)
    }

    /// Whether both can mean the same table: a schema that is not written can be any.
    pub fn may_be(&self, other: &Self) -> bool {
        let schemas = match (&self.schema, &other.schema) {
            (Some(one), Some(two)) => one == two,
            _ => true,
        };
        schemas && self.name == other.name
    }
}

/// A statement that can run in batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batched {
    /// What it does.
    pub verb: Verb,
    /// The table that is divided, as the statement names it.
    pub table: TableName,
    /// What its columns are qualified with in the statement, quoted.
    pub qualifier: String,
    /// The columns that it sets.
    pub sets: Vec<String>,
    /// The functions that a SELECT calls in its own list: an aggregate among them would run for
    /// each batch, and only the database knows all of them.
    pub calls: Vec<String>,
    /// Whether it takes values from other rows than those it changes: of another table, or for an INSERT.
    pub reads_others: bool,
    /// The statement with a place for the condition.
    pub slot: Slot,
}

impl Batched {
    /// The statement that locks the rows of a batch before it is run, where it reads others.
    ///
    /// One statement sees the other table as it was when it began. A client that takes a value back there while the batch is
    /// on its way finds nothing to take back here, and the batch would write it all the same: that row of ours has not
    /// changed, so it is not looked at again (<https://www.postgresql.org/docs/current/transaction-iso.html>). Locked by a
    /// statement of its own, each row is as the next statement sees it, and whoever carries a change over to it waits
    /// for the batch. The lock is the one that an UPDATE takes anyway.
    pub fn lock(&self, condition: &str) -> Option<String> {
        let only = if self.table.only { "ONLY " } else { "" };
        self.reads_others.then(|| {
            format!(
                "SELECT count(*) FROM (SELECT 1 FROM {only}{} AS {} WHERE {condition} FOR NO KEY UPDATE) AS locked",
                self.table.sql(),
                self.qualifier,
            )
        })
    }
}
