//! What is known of the columns, constraints, indexes, triggers, policies and rules of a relation.

use std::sync::Arc;

use cutover_sql::tree::NodeEnum;

use super::claim::Claim;
use super::{DataType, Mentions, Rel};

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Whether it cannot be NULL: `NOT NULL`, or in a primary key.
    pub not_null: bool,
    /// Whether it has a default, or an identity.
    pub default: bool,
    /// The default in the parser's normal form; empty where it has none or was not read from SQL.
    pub default_text: String,
    /// When the default came: see [`super::Known::era`].
    pub default_made: u32,
    /// Whether it is an identity column.
    pub identity: bool,
    /// Whether it is generated, and how.
    pub generated: Option<Generated>,
    /// What its default or its expression names.
    pub names: Mentions,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

/// A generated column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// `STORED`, not `VIRTUAL`.
    pub stored: bool,
    /// The columns that it is made of.
    pub uses: Vec<String>,
}

/// What a constraint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `EXCLUDE`.
    Exclusion,
    /// `CHECK`, and whether all that it says is that a column, or more, is not NULL.
    Check {
        /// The columns that cannot be NULL while it holds.
        not_null: Vec<String>,
        /// Its expression, in the parser's normal form, where it was read from SQL.
        text: String,
        /// What it says for sure, as far as it is understood.
        says: Claim,
    },
    /// `NOT NULL` as a constraint of its own (since PostgreSQL 18).
    NotNull,
    /// `FOREIGN KEY`.
    ForeignKey {
        /// What it refers to.
        to: Rel,
        /// The columns there; none when it is the primary key.
        columns: Vec<String>,
    },
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ConstraintKind,
    /// The columns that it is about.
    pub columns: Vec<String>,
    /// Whether all rows are known to follow it.
    pub valid: bool,
    /// Whether it is enforced (18 has `NOT ENFORCED`).
    pub enforced: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// What its expression names.
    pub names: Mentions,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

impl Constraint {
    /// What a check says of every row, while it can be relied on.
    pub fn says(&self) -> Option<&Claim> {
        match &self.kind {
            ConstraintKind::Check { says, .. } if self.valid && self.enforced => Some(says),
            _ => None,
        }
    }

    /// Whether an index stands behind it.
    pub fn has_index(&self) -> bool {
        matches!(self.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion)
    }
}

/// What an index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Whether it is unique.
    pub unique: bool,
    /// Its key columns in order; an expression is an empty name.
    pub columns: Vec<String>,
    /// All columns that it names anywhere: keys, expressions, included ones, its predicate.
    pub uses: Vec<String>,
    /// Columns that stand in an expression or in its predicate.
    pub computed: Vec<String>,
    /// Whether an expression is in it.
    pub expression: bool,
    /// Whether it has a predicate.
    pub partial: bool,
    /// Whether there is nothing to it but its method and its columns: no order, collation, operator class, included
    /// column, storage parameter or tablespace of its own, and it is not deferrable.
    pub plain: bool,
    /// Whether a key has another operator class, collation or order than usual.
    pub unusual: bool,
    /// `btree`, `gin`, ...
    pub method: String,
    /// Whether a constraint stands on it.
    pub constraint: bool,
    /// The index of the partitioned table that it belongs to.
    pub part_of: Option<Rel>,
    /// What its expressions name, its collations and its operator classes.
    pub names: Mentions,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The function that it calls.
    pub function: Rel,
    /// The columns that it names: `UPDATE OF` and `WHEN`.
    pub uses: Vec<String>,
    /// The columns of `UPDATE OF`.
    pub columns: Vec<String>,
    /// The events that it is for.
    pub events: Vec<Event>,
    /// `FOR EACH ROW`.
    pub row: bool,
    /// Whether it is called at once and each time: it has no `WHEN`, and is not deferred.
    pub sure: bool,
    /// Whether it is called instead of the change.
    pub instead: bool,
    /// Whether it is switched on.
    pub enabled: bool,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

/// What happens to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// `SELECT`, of rules and policies.
    Select,
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `TRUNCATE`.
    Truncate,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub event: Event,
    /// `INSTEAD`, and always so.
    pub instead: bool,
    /// What it does.
    pub actions: Vec<Arc<NodeEnum>>,
    /// What its actions and its condition name.
    pub names: Mentions,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The columns that its expressions name.
    pub uses: Vec<String>,
    /// The relations that its expressions read.
    pub reads: Vec<Rel>,
    /// What it is for; `None` for all.
    pub event: Option<Event>,
    /// The roles that it is for; none for everybody.
    pub roles: Vec<String>,
    /// What its expressions name.
    pub names: Mentions,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}
