//! A table constraint: primary key, unique, exclusion, check, foreign key. NOT NULL is the column's.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::common::{self, Options, Unjudged};
use super::ops::{Fit, Ops, Sides, Stage};
use super::table::beside;
use super::{Define, Definition};
use crate::catalog::{Catalog, Id, Name, Thing};

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// What it is.
    pub kind: ConstraintKind,
    /// What follows its name, without what the other fields say: `FOREIGN KEY (a) REFERENCES s.t(b)`.
    pub definition: Name,
    /// When it is checked.
    #[serde(default, skip_serializing_if = "Timing::is_immediate")]
    pub timing: Timing,
    /// Whether it was never checked for the rows that were there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
    /// Whether it is not checked at all (from 18 on).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_enforced: bool,
    /// Storage parameters of its index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// Tablespace of its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    /// `WHERE …` of an exclusion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Name>,
    /// `COMMENT ON INDEX` of its index.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index_comment: Option<Name>,
    /// The table that a foreign key refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub references: Option<Id>,
    /// The constraint of the partitioned table that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Id>,
    /// Whether it is there only because a parent of the table has it.
    pub is_inherited: Unjudged<bool>,
    /// Whether its table is partitioned.
    pub on_partitioned: Unjudged<bool>,
    /// The table.
    pub table: Unjudged<Option<Id>>,
}

/// The kinds of constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `EXCLUDE`.
    Exclusion,
    /// `CHECK`.
    Check,
    /// `FOREIGN KEY`.
    ForeignKey,
}

impl ConstraintKind {
    /// Whether an index carries it.
    pub fn has_index(self) -> bool {
        match self {
            Self::PrimaryKey | Self::Unique | Self::Exclusion => true,
            Self::Check | Self::ForeignKey => false,
        }
    }
}

/// When a constraint is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timing {
    /// At once.
    #[default]
    Immediate,
    /// At once, unless a session asks for later.
    Deferrable,
    /// At commit.
    Deferred,
}

impl Timing {
    fn is_immediate(&self) -> bool {
        *self == Self::Immediate
    }

    /// What a definition says of it.
    pub fn clause(self) -> &'static str {
        match self {
            Self::Immediate => "",
            Self::Deferrable => " DEFERRABLE",
            Self::Deferred => " DEFERRABLE INITIALLY DEFERRED",
        }
    }
}

impl Constraint {
    /// `CONSTRAINT name …`, as `CREATE TABLE` has it.
    pub fn clause(&self, id: &Id) -> String {
        format!("CONSTRAINT {} {}", id.own_name(), self.text())
    }

    fn text(&self) -> String {
        let mut text = self.definition.to_string();
        if !self.options.is_empty() {
            text += &format!(" WITH ({})", common::options_list(&self.options));
        }
        if let Some(tablespace) = &self.tablespace {
            text += &format!(" USING INDEX TABLESPACE {}", quote_ident(tablespace));
        }
        if let Some(predicate) = &self.predicate {
            text += &format!(" WHERE {predicate}");
        }
        text += self.timing.clause();
        if self.not_enforced {
            text += " NOT ENFORCED";
        }
        text
    }

    /// The name of its index, for statements on indexes.
    fn index(id: &Id) -> String {
        beside(id, &id.detail)
    }

    /// What follows its creation: its index's comment, its place under the parent's.
    pub fn after_creation(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        if !self.kind.has_index() {
            return;
        }
        if let Some(comment) = &self.index_comment {
            let target = format!("INDEX {}", Self::index(id));
            ops.alter(id, "comment of the index", common::comment_sql(&target, Some(comment)));
        }
        self.attach(id, ops);
        if let Some(table) = &self.table.0
            && let Some(definition) = sides.to.definition(table).and_then(Definition::as_table)
        {
            definition.index_settings(table, &id.detail, &Thing::whole(id), ops);
        }
    }

    fn attach(&self, id: &Id, ops: &mut Ops) {
        if let Some(parent) = self.part_of.as_ref().filter(|_| self.kind.has_index()) {
            let sql = format!("ALTER INDEX {} ATTACH PARTITION {}", Self::index(parent), Self::index(id));
            ops.alter(id, "part of the parent's", sql).needs([Thing::whole(parent)]).at(Stage::AttachIndex);
        }
    }

    /// The forms that lock for a moment only.
    fn online(&self, id: &Id) -> Option<Vec<String>> {
        if self.on_partitioned.0 || self.not_enforced || self.not_valid {
            return None;
        }
        let (table, name) = (id.path(), id.own_name());
        match self.kind {
            // SHARE ROW EXCLUSIVE for a moment, then SHARE UPDATE EXCLUSIVE for the scan
            ConstraintKind::Check | ConstraintKind::ForeignKey => Some(vec![
                format!("ALTER TABLE {table} ADD {} NOT VALID", self.clause(id)),
                format!("ALTER TABLE {table} VALIDATE CONSTRAINT {name}"),
            ]),
            // the index is built while the table is in use; USING INDEX is a change of the catalog
            ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
                let (word, rest) = match self.kind {
                    ConstraintKind::PrimaryKey => {
                        ("PRIMARY KEY", self.definition.strip_prefix("PRIMARY KEY ")?)
                    }
                    _ => ("UNIQUE", self.definition.strip_prefix("UNIQUE ")?),
                };
                // temporal constraints have no index of their own beforehand
                if rest.contains("WITHOUT OVERLAPS") {
                    return None;
                }
                let (nulls, columns) = match rest.strip_prefix("NULLS NOT DISTINCT ") {
                    Some(columns) => (" NULLS NOT DISTINCT", columns),
                    None => ("", rest),
                };
                let options = if self.options.is_empty() {
                    String::new()
                } else {
                    format!(" WITH ({})", common::options_list(&self.options))
                };
                let space = self
                    .tablespace
                    .as_ref()
                    .map_or(String::new(), |t| format!(" TABLESPACE {}", quote_ident(t)));
                let timing = self.timing.clause();
                Some(vec![
                    format!(
                        "CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} {columns}{nulls}{options}{space}"
                    ),
                    format!("ALTER TABLE {table} ADD CONSTRAINT {name} {word} USING INDEX {name}{timing}"),
                ])
            }
            ConstraintKind::Exclusion => None,
        }
    }

    fn alter_constraint(&self, to: &Self, id: &Id, ops: &mut Ops) {
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER TABLE {} {tail}", id.path()));
        };
        let name = id.own_name();
        if self.timing != to.timing {
            let clause = match to.timing {
                Timing::Immediate => " NOT DEFERRABLE",
                Timing::Deferrable => " DEFERRABLE INITIALLY IMMEDIATE",
                Timing::Deferred => " DEFERRABLE INITIALLY DEFERRED",
            };
            alter("timing", format!("ALTER CONSTRAINT {name}{clause}"));
        }
        if self.not_enforced != to.not_enforced {
            let word = if to.not_enforced { "NOT ENFORCED" } else { "ENFORCED" };
            alter("enforcement", format!("ALTER CONSTRAINT {name} {word}"));
        } else if self.not_valid && !to.not_valid {
            alter("validation", format!("VALIDATE CONSTRAINT {name}"));
        }
    }
}

impl Define for Constraint {
    fn create(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        let valid = if self.not_valid && !self.not_enforced { " NOT VALID" } else { "" };
        let only = if self.on_partitioned.0 && self.kind.has_index() { "ONLY " } else { "" };
        let sql = format!("ALTER TABLE {only}{} ADD {}{valid}", id.path(), self.clause(id));
        ops.create(id, sql).online = self.online(id);
        self.after_creation(id, sides, ops);
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        let foreign = self.kind == ConstraintKind::ForeignKey;
        let same = self.kind == to.kind
            && self.definition == to.definition
            && self.predicate == to.predicate
            && self.references == to.references
            && (self.timing == to.timing || foreign)
            && (self.not_valid || !to.not_valid || to.not_enforced)
            && (self.not_enforced == to.not_enforced || foreign)
            && self.tablespace == to.tablespace
            && (self.part_of.is_none() || self.part_of == to.part_of || !parent_stays(self, sides.to));
        if !same {
            return Fit::Anew;
        }
        self.alter_constraint(to, id, ops);
        for tail in common::options_change(&self.options, &to.options) {
            ops.alter(id, "storage parameters", format!("ALTER INDEX {} {tail}", Self::index(id)));
        }
        if self.index_comment != to.index_comment {
            let target = format!("INDEX {}", Self::index(id));
            ops.alter(id, "comment of the index", common::comment_sql(&target, to.index_comment.as_ref()));
        }
        if self.part_of != to.part_of {
            to.attach(id, ops);
        }
        Fit::Altered
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        let table = id.path();
        ops.drop(id, format!("ALTER TABLE {table} DROP CONSTRAINT {}", id.own_name()));
    }
}

/// Whether the parent's constraint is there afterwards, so that this one cannot leave it.
fn parent_stays(constraint: &Constraint, to: &Catalog) -> bool {
    constraint.part_of.as_ref().is_some_and(|parent| to.get(parent).is_some())
}
