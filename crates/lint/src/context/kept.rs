//! What is kept of a statement for the rules that look at several.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use cutover_core::effect::known::Index;
use cutover_core::effect::{Effects, Mode, Rel};

use crate::look::timeout::Limits;

/// What is kept of a statement for the rules that look at several. A file may have a million rows, each in a statement
/// that does the same as the one before; what they do is kept once.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Which of the source's statements it is.
    pub item: usize,
    /// How long it may wait and run.
    pub limits: Limits,
    /// What it is and does.
    pub kept: Arc<Kept>,
}

impl Deref for Judged {
    type Target = Kept;

    fn deref(&self) -> &Kept {
        &self.kept
    }
}

/// What a statement is and does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What it does.
    pub effects: Effects,
    /// The tables and views that were there before the revision and whose readers or writers wait for it; a partition
    /// counts as the table that it is a part of.
    pub strong: BTreeMap<Rel, Mode>,
    /// The relations that were there before the revision and that it rewrites or reads in full.
    pub long: Vec<Rel>,
    /// The tables and views that the statement makes.
    pub makes: Vec<Rel>,
    /// Whether it makes, changes or drops something that is not rows.
    pub is_ddl: bool,
    /// Whether it changes rows of a table that was there before.
    pub changes_rows: bool,
    /// Whether it moves many: all of a table, or what a query gives.
    pub changes_many: bool,
    /// Whether it copies rows of tables that were there before into one that was not.
    pub copies_rows: bool,
    /// Constraints that it makes: the table, the name, the columns.
    pub constraints: Vec<(Rel, String, Vec<String>)>,
    /// A table of which columns have no statistics afterwards; without columns, what more than columns have.
    pub unmeasured: Option<(Rel, Vec<String>)>,
    /// The tables that it gathers statistics of, and of which columns; no table for all, no columns for all.
    pub analyzes: Vec<(Option<Rel>, Vec<String>)>,
    /// Indexes that it makes: the index, its table, its columns.
    pub indexes: Vec<(Rel, Rel, Vec<String>)>,
    /// Columns and tables that it drops; a table has no column.
    pub drops: Vec<(Rel, Option<String>)>,
    /// Indexes that it drops and that were there before.
    pub dropped_indexes: Vec<DroppedIndex>,
}

/// An index that goes, and that no other one of its table stands in for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DroppedIndex {
    /// Its name.
    pub name: Rel,
    /// Its table and what it was, where somebody has seen it made.
    pub was: Option<(Rel, Index)>,
}
