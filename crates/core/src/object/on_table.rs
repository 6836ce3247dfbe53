//! What stands on a table or view and has no rows: triggers, rules and policies.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::Define;
use super::common::Unjudged;
use super::ops::{Fit, Ops, Sides};
use crate::catalog::{Id, Name, role};

/// When a trigger or rule fires, by `session_replication_role`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Firing {
    /// Where the data originates.
    #[default]
    Origin,
    /// Never.
    Disabled,
    /// Where it is replicated to.
    Replica,
    /// In both places.
    Always,
}

impl Firing {
    /// Reads `tgenabled` and `ev_enabled`.
    pub fn from_letter(letter: &str) -> Self {
        match letter {
            "D" => Self::Disabled,
            "R" => Self::Replica,
            "A" => Self::Always,
            _ => Self::Origin,
        }
    }

    /// The words of `ALTER TABLE` and `ALTER EVENT TRIGGER`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Origin => "ENABLE",
            Self::Disabled => "DISABLE",
            Self::Replica => "ENABLE REPLICA",
            Self::Always => "ENABLE ALWAYS",
        }
    }

    /// Whether it is how a trigger fires when nothing is said.
    pub fn is_origin(&self) -> bool {
        *self == Self::Origin
    }
}

fn fire(from: Firing, to: Firing, noun: &str, id: &Id, ops: &mut Ops) {
    if from != to {
        let sql = format!("ALTER TABLE {} {} {noun} {}", id.path(), to.words(), id.own_name());
        ops.alter(id, "enabled", sql);
    }
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// As `pg_get_triggerdef` writes it.
    pub definition: Name,
    /// When it fires.
    #[serde(default, skip_serializing_if = "Firing::is_origin")]
    pub firing: Firing,
    /// Whether it is a constraint trigger, which cannot be replaced.
    pub is_constraint: Unjudged<bool>,
    /// The table or view.
    pub table: Unjudged<Option<Id>>,
}

impl Define for Trigger {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, &*self.definition);
        fire(Firing::Origin, self.firing, "TRIGGER", id, ops);
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        let mut firing = self.firing;
        if self.definition != to.definition {
            // CREATE OR REPLACE TRIGGER is new in 14
            if sides.major() < 14 || self.is_constraint.0 || to.is_constraint.0 {
                return Fit::Anew;
            }
            ops.alter(id, "definition", to.definition.replacen("CREATE ", "CREATE OR REPLACE ", 1));
            // a replaced trigger fires as a new one
            firing = Firing::Origin;
        }
        fire(firing, to.firing, "TRIGGER", id, ops);
        Fit::Altered
    }
}

/// A rule that is not a view's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// As `pg_get_ruledef` writes it.
    pub definition: Name,
    /// When it fires.
    #[serde(default, skip_serializing_if = "Firing::is_origin")]
    pub firing: Firing,
    /// The table or view.
    pub table: Unjudged<Option<Id>>,
}

impl Define for Rule {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, &*self.definition);
        fire(Firing::Origin, self.firing, "RULE", id, ops);
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.definition != to.definition {
            ops.alter(id, "definition", to.definition.replacen("CREATE ", "CREATE OR REPLACE ", 1));
        }
        fire(self.firing, to.firing, "RULE", id, ops);
        Fit::Altered
    }
}

/// A row security policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// `ALL`, `SELECT`, …
    pub command: Name,
    /// Whether it allows; it restricts otherwise.
    pub permissive: bool,
    /// Roles; the empty name is PUBLIC.
    pub roles: Vec<Name>,
    /// `USING`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub using: Option<Name>,
    /// `WITH CHECK`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<Name>,
    /// The table.
    pub table: Unjudged<Option<Id>>,
}

impl Policy {
    fn roles(&self) -> String {
        let roles: Vec<String> = self.roles.iter().map(|name| role(name)).collect();
        roles.join(", ")
    }

    fn conditions(&self) -> String {
        let using = self.using.as_ref().map_or(String::new(), |using| format!(" USING ({using})"));
        let check = self.check.as_ref().map_or(String::new(), |check| format!(" WITH CHECK ({check})"));
        using + &check
    }
}

impl Define for Policy {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let kind = if self.permissive { "" } else { " AS RESTRICTIVE" };
        let command = if &*self.command == "ALL" { String::new() } else { format!(" FOR {}", self.command) };
        let roles = if self.roles.iter().all(|name| name.is_empty()) {
            String::new()
        } else {
            format!(" TO {}", self.roles())
        };
        let (name, table) = (quote_ident(&id.detail), id.path());
        ops.create(id, format!("CREATE POLICY {name} ON {table}{kind}{command}{roles}{}", self.conditions()));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let gone = |from: &Option<Name>, to: &Option<Name>| from.is_some() && to.is_none();
        let kept = self.command == to.command && self.permissive == to.permissive;
        if !kept || gone(&self.using, &to.using) || gone(&self.check, &to.check) {
            return Fit::Anew;
        }
        let mut tail = String::new();
        if self.roles != to.roles {
            tail += &format!(" TO {}", to.roles());
        }
        if self.using != to.using || self.check != to.check {
            tail += &to.conditions();
        }
        if !tail.is_empty() {
            ops.alter(id, "definition", format!("ALTER POLICY {}{tail}", id.address()));
        }
        Fit::Altered
    }
}
