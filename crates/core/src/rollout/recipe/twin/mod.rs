//! Twins: columns of a table that get a successor, and everything that stands on them.
//!
//! A pair is an old column and its successor. `scan` finds what stands on the old ones and plans the same for the new ones,
//! `build` writes it and takes it away, `switch` lets the successor take over. The recipes choose the names and expressions
//! and put the parts in order.

mod build;
mod scan;
mod switch;

pub use scan::Wanted;

use super::Target;
use super::not_null::Steps;
use super::online::{NewConstraint, NewIndex};
use crate::catalog::Id;
use crate::object::column::Column;
use crate::object::table::Table;

/// What one thing is called, and made of, at the times of a rollout.
#[derive(Clone, Debug)]
pub struct Sides<T> {
    /// As it is before the rollout: on the old column, under the name that it has.
    pub old: T,
    /// On the successor, before it takes over.
    pub new: T,
    /// On the old column, after the successor has taken its name.
    pub aside: T,
}

/// One of the [`Sides`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// As before.
    Old,
    /// The successor's.
    New,
    /// What was before, set aside.
    Aside,
}

impl<T> Sides<T> {
    /// One of them.
    pub fn at(&self, side: Side) -> &T {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
            Side::Aside => &self.aside,
        }
    }
}

/// An old column and its successor.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The old column.
    pub old: Column,
    /// Its successor, as it is added.
    pub new: Column,
    /// The name of the old column after the successor has taken its own.
    pub aside: String,
    /// The new value of the old one: over the names of the old columns.
    pub forward: String,
    /// The old value of the new one: over the names of the old columns as well, which the new ones will have.
    pub backward: String,
}

/// An index, alone or of a unique or primary key, and what else belongs to it.
#[derive(Clone, Debug)]
pub struct TwinIndex {
    /// It.
    pub index: Sides<NewIndex>,
    /// Its comment.
    pub comment: Option<String>,
    /// The constraint that it carries.
    pub constraint: Option<Carried>,
}

/// A constraint that an index carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// `UNIQUE` or `PRIMARY KEY`.
    pub word: &'static str,
    /// When it is checked, as a definition says it.
    pub timing: &'static str,
}

/// A check or a foreign key.
#[derive(Clone, Debug)]
pub struct TwinRule {
    /// It.
    pub rule: Sides<NewConstraint>,
    /// Its comment.
    pub comment: Option<String>,
    /// Whether PostgreSQL renames those of partitions along.
    pub recurses: bool,
    /// Whether it is a foreign key to a table whose columns get successors, too: then the one of the old columns goes before
    /// they are exchanged.
    pub within: bool,
}

/// What columns of several tables become: for each table, the old and the new names.
pub type Successors = Vec<(Id, Vec<(String, String)>)>;

/// A foreign key to a table that exchanges its columns.
#[derive(Clone, Debug)]
pub struct Referring {
    /// The table that refers.
    pub from: Id,
    /// The one that is referred to.
    pub to: Id,
    /// The name of the constraint after the exchange.
    pub now: String,
    /// Its name before.
    pub back: String,
    /// What it is before the exchange.
    pub definition: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// NOT NULL of a pair.
#[derive(Clone, Debug)]
pub struct TwinNotNull {
    /// The name of the constraint on the old column; none before 18.
    pub known_as: Option<String>,
    /// The steps for the successor.
    pub new: Steps,
    /// The steps for the old column after it was set aside, which makes it nullable.
    pub aside: Steps,
    /// The steps for the old column under its own name.
    pub old: Steps,
}

/// The columns of a table that get successors, and all that stands on them.
#[derive(Clone, Debug)]
pub struct Twin<'a> {
    /// The target.
    pub target: Target<'a>,
    /// The table.
    pub id: &'a Id,
    /// It.
    pub table: &'a Table,
    /// The name of the rollout.
    pub rollout: String,
    /// The pairs.
    pub pairs: Vec<Pair>,
    /// Indexes, with those of unique constraints.
    pub indexes: Vec<TwinIndex>,
    /// The primary key.
    pub primary: Option<TwinIndex>,
    /// Checks and foreign keys.
    pub rules: Vec<TwinRule>,
    /// NOT NULL.
    pub not_nulls: Vec<TwinNotNull>,
    /// Foreign keys to it whose other side gets successors as well.
    pub referring: Vec<Referring>,
}
