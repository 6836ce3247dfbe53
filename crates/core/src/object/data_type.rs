//! Data types: enums, composites, ranges and base types. Domains have a file of their own.

use cutover_sql::ident::{quote_ident, quote_literal};
use serde::{Deserialize, Serialize};

use super::Define;
use super::common;
use super::ops::{Fit, Loss, Ops, Sides, Verb};
use super::routine::properties;
use super::table::list;
use super::types;
use crate::catalog::{Id, Name, Part, Thing};

/// An enum type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// Its values in order.
    pub labels: Vec<Name>,
}

impl Enum {
    /// Whether the values of another are all here, in the same order.
    pub fn extends(&self, other: &Self) -> bool {
        let mut here = self.labels.iter();
        other.labels.iter().all(|label| here.any(|l| l == label))
    }
}

impl Define for Enum {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let labels: Vec<String> = self.labels.iter().map(|label| quote_literal(label)).collect();
        ops.create(id, format!("CREATE TYPE {} AS ENUM ({})", id.path(), labels.join(", ")));
    }

    /// `ADD VALUE` locks no table. Values cannot be removed or moved
    /// (<https://www.postgresql.org/docs/current/sql-altertype.html>).
    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        if !to.extends(self) {
            return Fit::Anew;
        }
        for (at, label) in to.labels.iter().enumerate() {
            if self.labels.contains(label) {
                continue;
            }
            // the ones before it are there by then
            let place = match (at.checked_sub(1).map(|before| &to.labels[before]), self.labels.first()) {
                (Some(_), _) if to.labels[at..].iter().all(|l| !self.labels.contains(l)) => String::new(),
                (Some(before), _) => format!(" AFTER {}", quote_literal(before)),
                (None, Some(first)) => format!(" BEFORE {}", quote_literal(first)),
                (None, None) => String::new(),
            };
            let value = quote_literal(label);
            ops.alter(
                id,
                format!("value {value}"),
                format!("ALTER TYPE {} ADD VALUE {value}{place}", id.path()),
            );
        }
        Fit::Altered
    }
}

/// An attribute of a composite type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: Name,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: Name,
    /// Its collation, when it is not the type's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collation: Option<Name>,
    /// `COMMENT ON COLUMN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<Name>,
}

impl Attribute {
    fn type_text(&self) -> String {
        let collation = self.collation.as_ref().map_or(String::new(), |c| format!(" COLLATE {c}"));
        format!("{}{collation}", self.data_type)
    }
}

/// A composite type. Two are the same when their attributes are, in whatever order: none can be put between two others.
#[derive(Clone, Debug, Eq, Serialize, Deserialize)]
pub struct Composite {
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

impl PartialEq for Composite {
    fn eq(&self, other: &Self) -> bool {
        self.attributes.len() == other.attributes.len()
            && self.attributes.iter().all(|attribute| other.attributes.contains(attribute))
    }
}

impl Define for Composite {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let items: Vec<String> =
            self.attributes.iter().map(|a| format!("{} {}", quote_ident(&a.name), a.type_text())).collect();
        ops.create(id, format!("CREATE TYPE {} AS{}", id.path(), list(&items)));
        for attribute in self.attributes.iter().filter(|a| a.comment.is_some()) {
            common::column_comment(id, &attribute.name, attribute.comment.as_ref(), ops);
        }
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        let find = |list: &'_ [Attribute], name: &str| list.iter().position(|a| *a.name == *name);
        for gone in self.attributes.iter().filter(|a| find(&to.attributes, &a.name).is_none()) {
            let name = quote_ident(&gone.name);
            let title = format!("drop attribute {}.{name}", id.path());
            // CASCADE: typed tables go along
            let tail = format!("DROP ATTRIBUTE {name} CASCADE");
            alter_attribute(id, &gone.name, Verb::Drop, title, &tail, ops).loses(Loss::Data);
        }
        let mut comments = Vec::new();
        for attribute in &to.attributes {
            let name = quote_ident(&attribute.name);
            let before = find(&self.attributes, &attribute.name).map(|at| &self.attributes[at]);
            match before {
                None => {
                    let title = format!("add attribute {}.{name}", id.path());
                    let tail = format!("ADD ATTRIBUTE {name} {} CASCADE", attribute.type_text());
                    alter_attribute(id, &attribute.name, Verb::Create, title, &tail, ops);
                }
                Some(before) if before.type_text() != attribute.type_text() => {
                    // refused where a column has the type
                    if is_stored(id, sides) {
                        return Fit::Anew;
                    }
                    let title = format!("type of attribute {}.{name}", id.path());
                    let tail = format!("ALTER ATTRIBUTE {name} TYPE {} CASCADE", attribute.type_text());
                    let op = alter_attribute(id, &attribute.name, Verb::Alter, title, &tail, ops);
                    if types::narrows(&before.data_type, &attribute.data_type) {
                        op.loses(Loss::Narrowed);
                    }
                }
                Some(_) => {}
            }
            if before.and_then(|b| b.comment.as_ref()) != attribute.comment.as_ref() {
                comments.push(attribute);
            }
        }
        for attribute in comments {
            common::column_comment(id, &attribute.name, attribute.comment.as_ref(), ops);
        }
        Fit::Altered
    }
}

fn alter_attribute<'a>(
    id: &Id,
    name: &Name,
    verb: Verb,
    title: String,
    tail: &str,
    ops: &'a mut Ops,
) -> &'a mut super::ops::Op {
    ops.push(verb, Thing::column(id, name), title, format!("ALTER TYPE {} {tail}", id.path()))
}

/// Whether a column of a table has the type.
fn is_stored(id: &Id, sides: Sides<'_>) -> bool {
    let mut users = sides.from.dependencies().iter().filter(|d| d.to.id == *id);
    users.any(|d| matches!(d.from.part, Part::Column(_)))
}

/// A range type, with its multirange type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// `SUBTYPE = …` and so on.
    pub properties: Vec<(Name, Name)>,
}

impl Define for Range {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        let properties = properties(&self.properties, ", ");
        ops.create(id, format!("CREATE TYPE {} AS RANGE ({properties})", id.path()));
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        // its canonical function needs it as it needs that
        let is_circle = self.properties.iter().any(|(name, _)| &**name == "CANONICAL");
        let word = if is_circle { " CASCADE" } else { "" };
        ops.drop(id, format!("DROP TYPE {}{word}", id.path()));
    }
}

/// A base type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseType {
    /// `INPUT = …` and so on; none for a shell.
    pub properties: Vec<(Name, Name)>,
}

/// The properties that `ALTER TYPE … SET` takes (from 13 on).
const CHANGEABLE: [&str; 7] =
    ["RECEIVE", "SEND", "TYPMOD_IN", "TYPMOD_OUT", "ANALYZE", "SUBSCRIPT", "STORAGE"];

impl BaseType {
    /// The type's name before it is defined, for the functions that it needs.
    pub fn shell(id: &Id) -> String {
        format!("CREATE TYPE {}", id.path())
    }
}

impl Define for BaseType {
    fn create(&self, id: &Id, _: Sides<'_>, ops: &mut Ops) {
        if self.properties.is_empty() {
            ops.create(id, Self::shell(id));
            return;
        }
        let properties = properties(&self.properties, ",\n    ");
        ops.create(id, format!("CREATE TYPE {} (\n    {properties}\n)", id.path()));
    }

    fn alter(&self, to: &Self, id: &Id, _: Sides<'_>, ops: &mut Ops) -> Fit {
        let fixed = |list: &[(Name, Name)]| {
            list.iter().filter(|(name, _)| !CHANGEABLE.contains(&&**name)).cloned().collect::<Vec<_>>()
        };
        if fixed(&self.properties) != fixed(&to.properties) {
            return Fit::Anew;
        }
        let mut items = Vec::new();
        for (name, value) in &to.properties {
            if !self.properties.contains(&(name.clone(), value.clone())) {
                items.push(format!("{name} = {value}"));
            }
        }
        for (name, _) in self.properties.iter().filter(|(n, _)| !to.properties.iter().any(|(m, _)| n == m)) {
            items.push(format!("{name} = NONE"));
        }
        if !items.is_empty() {
            ops.alter(id, "properties", format!("ALTER TYPE {} SET ({})", id.path(), items.join(", ")));
        }
        Fit::Altered
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        // its functions need it as it needs them
        ops.drop(id, format!("DROP TYPE {} CASCADE", id.path()));
    }
}
