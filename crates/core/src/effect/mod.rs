//! Effects: what one statement does before it has run, from its syntax tree and the schema before it.
//!
//! Data, and functions from trees to data; nothing runs here. `of/` has a file for each family of statements,
//! `known/` is the schema before the statement. A test holds every prediction against a running server.

pub mod bounds;
mod cause;
pub mod code;
pub mod known;
mod mode;
mod of;
pub mod policy;
mod query;
mod volatile;

use std::collections::BTreeMap;

use cutover_sql::tree::NodeEnum;
use serde::Serialize;

pub use cause::{Break, Loss, Rewrite, Scan};
pub use known::{Known, Rel};
pub use mode::Mode;
pub use of::column::new_column_rewrites;
pub use of::constraint::is_implied_by_check;
pub use of::retype::{Retype, retype};
pub use query::{Use, uses};
pub use volatile::{VOLATILE, volatility};

/// What a statement does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// The strongest lock on each relation that was there before.
    pub locks: BTreeMap<Rel, Mode>,
    /// Relations that are locked perhaps: which partition a row goes to is seen when it goes.
    pub perhaps: BTreeMap<Rel, Mode>,
    /// The relations whose file is written anew.
    pub rewrites: Vec<(Rel, Rewrite)>,
    /// The indexes that are built anew.
    pub rebuilds: Vec<Rel>,
    /// The relations of which all rows are read.
    pub scans: Vec<(Rel, Scan)>,
    /// What is lost.
    pub losses: Vec<Loss>,
    /// What running code may stumble over.
    pub breaks: Vec<Break>,
    /// What cannot be seen before it runs, in words.
    pub unknown: Vec<String>,
    /// Whether it runs what nobody can see before: SQL that is put together, code in another language. Then it may do
    /// more than is said here.
    pub blind: bool,
    /// Why PostgreSQL will refuse it, in words.
    pub fails: Vec<String>,
}

impl Effects {
    /// Whether nothing of note happens.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The mode in which a relation is locked.
    pub fn mode(&self, relation: &Rel) -> Option<Mode> {
        self.locks.get(relation).copied()
    }

    /// Whether a relation is rewritten.
    pub fn rewrites(&self, relation: &Rel) -> bool {
        self.rewrites.iter().any(|(rel, _)| rel == relation)
    }

    /// The relations that reads or writes of others wait for, or may wait for, that were there before this era.
    pub fn blocking<'a>(&'a self, known: &'a Known) -> impl Iterator<Item = (&'a Rel, Mode)> {
        let perhaps =
            self.perhaps.iter().filter(|(rel, mode)| self.mode(rel).is_none_or(|sure| sure < **mode));
        let sure =
            self.locks.iter().filter(|(rel, mode)| self.perhaps.get(*rel).is_none_or(|it| it <= *mode));
        sure.chain(perhaps)
            .map(|(rel, mode)| (rel, *mode))
            .filter(|(rel, mode)| mode.blocks_writes() && !known.is_new_relation(rel))
    }

    /// Adds those of another statement that runs as part of this one.
    pub fn add(&mut self, other: Self) {
        for (rel, mode) in other.locks {
            let held = self.locks.entry(rel).or_insert(mode);
            *held = (*held).max(mode);
        }
        for (rel, mode) in other.perhaps {
            let held = self.perhaps.entry(rel).or_insert(mode);
            *held = (*held).max(mode);
        }
        self.rewrites.extend(other.rewrites);
        self.rebuilds.extend(other.rebuilds);
        self.scans.extend(other.scans);
        self.losses.extend(other.losses);
        self.breaks.extend(other.breaks);
        self.unknown.extend(other.unknown);
        self.fails.extend(other.fails);
        self.blind |= other.blind;
    }

    /// What may come to pass or not: nothing of it is sure, and it fails nothing.
    #[must_use]
    pub fn perhaps(mut self) -> Self {
        for (rel, mode) in std::mem::take(&mut self.locks) {
            let held = self.perhaps.entry(rel).or_insert(mode);
            *held = (*held).max(mode);
        }
        self.fails.clear();
        self
    }
}

/// What can be said about undoing a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undo {
    /// There is nothing to undo.
    Nothing,
    /// Another statement undoes it.
    Statement,
    /// What it was comes back, what was in it does not.
    Restore,
}

impl Effects {
    /// How it is undone.
    pub fn undo(&self) -> Undo {
        if !self.losses.is_empty() {
            Undo::Restore
        } else if self.is_nothing() {
            Undo::Nothing
        } else {
            Undo::Statement
        }
    }
}

/// The effects of a statement on a schema that is as `known` says.
pub fn effects(known: &Known, node: &NodeEnum) -> Effects {
    let mut work = of::Work::new(known);
    work.statement(node);
    work.done()
}
