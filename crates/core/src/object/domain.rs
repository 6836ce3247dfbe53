//! A domain.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::Define;
use super::common;
use super::ops::{Fit, Ops, Sides};
use crate::catalog::{Id, Name};

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// What it is a domain of.
    #[serde(rename = "type")]
    pub data_type: Name,
    /// Its collation, when it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Name>,
    /// Its default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Name>,
    /// Whether it is NOT NULL, by a constraint of the usual name where it has one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_null: bool,
    /// Its other constraints, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<DomainCheck>,
}

/// A CHECK constraint of a domain, or a NOT NULL with a name (from 17 on).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// Its name.
    pub name: Name,
    /// `CHECK (…)`, `NOT NULL`.
    pub definition: Name,
    /// Whether the values that were there were never checked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_valid: bool,
    /// `COMMENT ON CONSTRAINT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

impl DomainCheck {
    fn add(&self, id: &Id, ops: &mut Ops) {
        let (path, name) = (id.path(), quote_ident(&self.name));
        let base = format!("ALTER DOMAIN {path} ADD CONSTRAINT {name} {}", self.definition);
        if self.not_valid {
            ops.alter(id, format!("constraint {name}"), format!("{base} NOT VALID"));
        } else if &*self.definition == "NOT NULL" {
            ops.alter(id, format!("constraint {name}"), base);
        } else {
            // both take SHARE on the tables that use it; the first does not scan them
            let validate = format!("ALTER DOMAIN {path} VALIDATE CONSTRAINT {name}");
            ops.alter(id, format!("constraint {name}"), base.clone())
                .online([format!("{base} NOT VALID"), validate]);
        }
    }

    fn comment(&self, id: &Id, ops: &mut Ops) {
        let target = format!("CONSTRAINT {} ON DOMAIN {}", quote_ident(&self.name), id.path());
        ops.alter(id, "comment of a constraint", common::comment_sql(&target, self.comment.as_ref()));
    }
}

impl Define for Domain {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let mut sql = format!("CREATE DOMAIN {} AS {}", id.path(), self.data_type);
        if let Some(collation) = &self.collation {
            sql += &format!(" COLLATE {collation}");
        }
        if let Some(default) = &self.default {
            sql += &format!(" DEFAULT {default}");
        }
        if self.not_null {
            sql += " NOT NULL";
        }
        for check in self.checks.iter().filter(|check| !check.not_valid) {
            sql += &format!("\n    CONSTRAINT {} {}", quote_ident(&check.name), check.definition);
        }
        ops.create(id, sql);
        self.checks.iter().filter(|check| check.not_valid).for_each(|check| check.add(id, ops));
        self.checks.iter().filter(|check| check.comment.is_some()).for_each(|check| check.comment(id, ops));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.data_type != to.data_type || self.collation != to.collation {
            return Fit::Anew;
        }
        let path = id.path();
        let mut alter = |what: &str, tail: String| {
            ops.alter(id, what, format!("ALTER DOMAIN {path} {tail}"));
        };
        if self.default != to.default {
            let tail =
                to.default.as_ref().map_or("DROP DEFAULT".into(), |default| format!("SET DEFAULT {default}"));
            alter("default", tail);
        }
        let find = |list: &[DomainCheck], name: &str| list.iter().find(|check| *check.name == *name).cloned();
        for check in &self.checks {
            let after = find(&to.checks, &check.name);
            let stays =
                after.is_some_and(|a| a.definition == check.definition && (check.not_valid || !a.not_valid));
            if !stays {
                alter("constraint", format!("DROP CONSTRAINT {}", quote_ident(&check.name)));
            }
        }
        if self.not_null != to.not_null {
            alter("not null", format!("{} NOT NULL", if to.not_null { "SET" } else { "DROP" }));
        }
        for check in &to.checks {
            let before = find(&self.checks, &check.name)
                .filter(|b| b.definition == check.definition && (b.not_valid || !check.not_valid));
            match &before {
                None => check.add(id, ops),
                Some(before) if before.not_valid && !check.not_valid => {
                    let sql = format!("ALTER DOMAIN {path} VALIDATE CONSTRAINT {}", quote_ident(&check.name));
                    ops.alter(id, "validation", sql);
                }
                Some(_) => {}
            }
            if before.and_then(|b| b.comment) != check.comment {
                check.comment(id, ops);
            }
        }
        Fit::Altered
    }
}
