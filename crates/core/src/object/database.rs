//! What stands in a database beside its namespaces' contents: namespaces, extensions, languages,
//! access methods, event triggers, default privileges.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::Define;
use super::on_table::Firing;
use super::ops::{Fit, Ops, Sides, Verb};
use super::privilege::{self, Grants, Rights, Target};
use crate::catalog::{Id, Kind, Name, Thing};

/// A namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespace {}

impl Define for Namespace {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, format!("CREATE SCHEMA {}", id.path()));
    }

    fn alter(&self, _: &Self, _: &Id, _: Sides<'_>, _: &mut Ops) -> Fit {
        Fit::Altered
    }
}

/// An extension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its version.
    pub version: Name,
    /// The namespace of its objects.
    pub namespace: Name,
    /// Whether its objects can be moved to another one.
    pub is_relocatable: super::common::Unjudged<bool>,
}

impl Define for Extension {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        // one that names its own namespace is put there anyway
        let place = if &*self.namespace == "pg_catalog" {
            String::new()
        } else {
            format!(" SCHEMA {}", quote_ident(&self.namespace))
        };
        let namespace = Id::global(Kind::Namespace, self.namespace.clone());
        ops.create(id, format!("CREATE EXTENSION {}{place}", id.path())).needs([Thing::whole(&namespace)]);
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self.namespace != to.namespace {
            if !self.is_relocatable.0 {
                return Fit::Anew;
            }
            let sql = format!("ALTER EXTENSION {} SET SCHEMA {}", id.path(), quote_ident(&to.namespace));
            let namespace = Id::global(Kind::Namespace, to.namespace.clone());
            ops.alter(id, "schema", sql).needs([Thing::whole(&namespace)]);
        }
        if self.version != to.version {
            let version = cutover_sql::ident::quote_literal(&to.version);
            ops.alter(id, "version", format!("ALTER EXTENSION {} UPDATE TO {version}", id.path()));
        }
        Fit::Altered
    }
}

/// A procedural language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Language {
    /// Whether anybody may write functions in it.
    pub trusted: bool,
    /// `HANDLER …`, `INLINE …`, `VALIDATOR …`.
    pub functions: Name,
}

impl Define for Language {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let trusted = if self.trusted { "TRUSTED " } else { "" };
        ops.create(id, format!("CREATE {trusted}LANGUAGE {} {}", id.path(), self.functions));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if self != to {
            let trusted = if to.trusted { "TRUSTED " } else { "" };
            let sql = format!("CREATE OR REPLACE {trusted}LANGUAGE {} {}", id.path(), to.functions);
            ops.alter(id, "definition", sql);
        }
        Fit::Altered
    }
}

/// An access method.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessMethod {
    /// `INDEX` or `TABLE`.
    #[serde(rename = "type")]
    pub of: Name,
    /// Its handler, as SQL has it.
    pub handler: Name,
}

impl Define for AccessMethod {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(
            id,
            format!("CREATE ACCESS METHOD {} TYPE {} HANDLER {}", id.path(), self.of, self.handler),
        );
    }
}

/// An event trigger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// `ddl_command_start` and so on.
    pub event: Name,
    /// Command tags that it is for; all when there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Name>,
    /// Its function, as SQL has it.
    pub function: Name,
    /// When it fires.
    #[serde(default, skip_serializing_if = "Firing::is_origin")]
    pub firing: Firing,
}

impl EventTrigger {
    fn fire(&self, id: &Id, ops: &mut Ops) {
        ops.alter(id, "enabled", format!("ALTER EVENT TRIGGER {} {}", id.path(), self.firing.words()));
    }
}

impl Define for EventTrigger {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let tags: Vec<String> = self.tags.iter().map(|tag| cutover_sql::ident::quote_literal(tag)).collect();
        let when =
            if tags.is_empty() { String::new() } else { format!("\n    WHEN TAG IN ({})", tags.join(", ")) };
        let start = format!("CREATE EVENT TRIGGER {} ON {}", id.path(), self.event);
        ops.create(id, format!("{start}{when}\n    EXECUTE FUNCTION {}()", self.function));
        if !self.firing.is_origin() {
            self.fire(id, ops);
        }
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if (&self.event, &self.tags, &self.function) != (&to.event, &to.tags, &to.function) {
            return Fit::Anew;
        }
        if self.firing != to.firing {
            to.fire(id, ops);
        }
        Fit::Altered
    }
}

/// What a role's new objects may be used for by others. Its id's name is the role and its detail
/// what kind of objects it is for (`TABLES`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    /// The rights that are in force.
    pub grants: Grants,
}

impl DefaultPrivileges {
    /// What is in force when nothing was said; within a namespace it only adds.
    fn usual(id: &Id, major: u32) -> Rights {
        if !id.namespace.is_empty() {
            return Rights::new();
        }
        let kind = match &*id.detail {
            "TABLES" => Kind::Table,
            "SEQUENCES" => Kind::Sequence,
            "FUNCTIONS" => Kind::Function,
            "TYPES" => Kind::Enum,
            _ => Kind::Namespace,
        };
        privilege::effective(kind, major, &id.name, None)
    }

    fn change(id: &Id, from: &Rights, to: &Rights, verb: Verb, ops: &mut Ops) {
        let target = Target { on: id.detail.to_string(), column: None };
        let place = if id.namespace.is_empty() {
            String::new()
        } else {
            format!(" IN SCHEMA {}", quote_ident(&id.namespace))
        };
        let start = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{place}", quote_ident(&id.name));
        for sql in privilege::statements(&target, from, to) {
            ops.push(verb, Thing::whole(id), id.to_string(), format!("{start} {sql}"));
        }
    }
}

impl Define for DefaultPrivileges {
    fn create(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        Self::change(id, &Self::usual(id, sides.major()), &self.grants.0, Verb::Create, ops);
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        Self::change(id, &self.grants.0, &to.grants.0, Verb::Alter, ops);
        Fit::Altered
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        // MAINTAIN is among the letters when the server knows it
        let major = if self.grants.0.values().flatten().any(|(letter, _)| *letter == 'm') { 17 } else { 16 };
        Self::change(id, &self.grants.0, &Self::usual(id, major), Verb::Drop, ops);
    }
}
