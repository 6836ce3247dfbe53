//! Functions, procedures and aggregates.

use serde::{Deserialize, Serialize};

use super::Define;
use super::common::Unjudged;
use super::ops::{Fit, Ops, Sides};
use crate::catalog::{Id, Kind, Name};

/// A function or procedure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routine {
    /// All of it, as `pg_get_functiondef` writes it: `CREATE OR REPLACE FUNCTION …`.
    pub definition: Name,
    /// What it returns, with the columns of a table; empty for a procedure.
    pub result: Unjudged<Name>,
    /// Names of the input parameters; empty for those without.
    pub inputs: Unjudged<Vec<Name>>,
    /// Names, modes and types of all parameters that give something back.
    pub outputs: Unjudged<Name>,
    /// How many inputs have a default.
    pub defaults: Unjudged<i32>,
    /// Whether it is a window function, which it stays.
    pub is_window: Unjudged<bool>,
}

impl Routine {
    /// The text of its body and head, in which names of other objects may be.
    pub fn text(&self) -> &str {
        &self.definition
    }

    /// Whether `CREATE OR REPLACE` makes this of another: PostgreSQL keeps the result, the names of
    /// parameters that have one and the defaults
    /// (<https://www.postgresql.org/docs/current/sql-createfunction.html>).
    fn can_replace(&self, from: &Self) -> bool {
        let names = from.inputs.0.iter().zip(&self.inputs.0).all(|(old, new)| old.is_empty() || old == new);
        self.result.0 == from.result.0
            && self.outputs.0 == from.outputs.0
            && self.is_window.0 == from.is_window.0
            && names
            && self.defaults.0 >= from.defaults.0
    }
}

impl Define for Routine {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, self.definition.replacen("CREATE OR REPLACE ", "CREATE ", 1));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if !to.can_replace(self) {
            return Fit::Anew;
        }
        if self != to {
            ops.alter(id, "definition", &*to.definition);
        }
        Fit::Altered
    }
}

/// An aggregate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aggregate {
    /// Its arguments as `CREATE AGGREGATE` takes them, names and modes included.
    pub arguments: Name,
    /// What it returns; it follows from the functions.
    pub result: Unjudged<Name>,
    /// `n` normal, `o` ordered set, `h` hypothetical set.
    pub kind: Name,
    /// `SFUNC = …`, in the order of `CREATE AGGREGATE`; a word without a value is a flag.
    pub properties: Vec<(Name, Name)>,
}

impl Aggregate {
    fn sql(&self, id: &Id, words: &str) -> String {
        format!(
            "CREATE {words} {}({}) (\n    {}\n)",
            id.path(),
            self.arguments,
            properties(&self.properties, ",\n    ")
        )
    }
}

/// `NAME = value` items; those without a value are words alone.
pub fn properties(list: &[(Name, Name)], between: &str) -> String {
    let items: Vec<String> = list
        .iter()
        .map(|(name, value)| if value.is_empty() { name.to_string() } else { format!("{name} = {value}") })
        .collect();
    items.join(between)
}

impl Define for Aggregate {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        ops.create(id, self.sql(id, Kind::Aggregate.noun()));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let stays = |name: &str| {
            let find = |list: &[(Name, Name)]| {
                list.iter().find(|(other, _)| **other == *name).map(|(_, v)| v.clone())
            };
            find(&self.properties) == find(&to.properties)
        };
        if self.kind != to.kind
            || self.result.0 != to.result.0
            || self.arguments != to.arguments
            || !stays("STYPE")
        {
            return Fit::Anew;
        }
        if self != to {
            ops.alter(id, "definition", to.sql(id, "OR REPLACE AGGREGATE"));
        }
        Fit::Altered
    }
}
