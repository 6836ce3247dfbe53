//! What differs between two catalogs, object by object: for people and for JSON. Which statements it
//! takes is [`super::plan`]'s.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Options;
use crate::catalog::{Catalog, Id};
use crate::object::Object;
use crate::object::privilege::{self, Rights};

/// One object that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The object.
    pub id: Id,
    /// How it differs.
    #[serde(flatten)]
    pub how: How,
}

/// How an object differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum How {
    /// It is wanted and not there.
    Created,
    /// It is there and not wanted.
    Dropped,
    /// It is on both sides.
    Altered {
        /// What of it differs.
        differences: Vec<Difference>,
    },
}

/// One attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Where: `columns.price.type`.
    pub attribute: String,
    /// What is there, nothing when the attribute is not.
    pub from: Option<Value>,
    /// What is wanted, nothing when the attribute is not.
    pub to: Option<Value>,
}

/// Both sides of every object that differs, in the order of their ids.
pub fn pairs<'a>(
    from: &'a Catalog,
    to: &'a Catalog,
    options: &Options,
) -> Vec<(Option<&'a Object>, Option<&'a Object>)> {
    let (mut left, mut right) = (from.objects().iter().peekable(), to.objects().iter().peekable());
    let mut pairs = Vec::new();
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return pairs,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => a.id.cmp(&b.id),
        };
        let pair = match order {
            Ordering::Less => (left.next(), None),
            Ordering::Greater => (None, right.next()),
            Ordering::Equal => (left.next(), right.next()),
        };
        // nobody knows how these differ
        let kind = pair.0.or(pair.1).map(|object| object.id.kind);
        if kind.is_some_and(|it| from.not_compared.contains_key(&it) || to.not_compared.contains_key(&it)) {
            continue;
        }
        let major = from.server.max(to.server) / 10_000;
        if !matches!(pair, (Some(a), Some(b)) if same(a, b, major, options)) {
            pairs.push(pair);
        }
    }
}

/// Whether two objects are the same as far as one looks.
fn same(a: &Object, b: &Object, major: u32, options: &Options) -> bool {
    a.definition == b.definition
        && a.common.comment == b.common.comment
        && (!options.owners || a.common.owner.0 == b.common.owner.0)
        && (!options.grants
            || rights(a, major, options) == rights(b, major, options) && column_grants(a) == column_grants(b))
}

/// Who may do what. Where owners are not compared, the owner is whoever that is.
fn rights(object: &Object, major: u32, options: &Options) -> Rights {
    let common = &object.common;
    let rights = privilege::effective(object.id.kind, major, &common.owner.0, common.grants.0.as_ref());
    if options.owners { rights } else { privilege::given_to(rights, &common.owner.0, OWNER) }
}

/// What stands for an owner that is not compared.
const OWNER: &str = "the owner";

/// By name: the order of columns is not compared.
fn column_grants(object: &Object) -> BTreeMap<&str, &Option<crate::object::privilege::Grants>> {
    object.definition.columns().iter().map(|column| (&*column.name, &column.grants.0)).collect()
}

/// What differs.
pub fn changes(from: &Catalog, to: &Catalog, options: &Options) -> Vec<Change> {
    let changes = pairs(from, to, options).into_iter().filter_map(|pair| match pair {
        (Some(a), Some(b)) => {
            Some(Change { id: a.id.clone(), how: How::Altered { differences: differences(a, b, options) } })
        }
        (Some(a), None) if !a.is_inherited() => Some(Change { id: a.id.clone(), how: How::Dropped }),
        (None, Some(b)) if !b.is_inherited() => Some(Change { id: b.id.clone(), how: How::Created }),
        _ => None,
    });
    changes.collect()
}

/// The attributes in which two objects differ.
fn differences(a: &Object, b: &Object, options: &Options) -> Vec<Difference> {
    let mut found = Vec::new();
    walk("", Some(&value(a, options)), Some(&value(b, options)), &mut found);
    found
}

/// An object as JSON, without what is not compared.
fn value(object: &Object, options: &Options) -> Value {
    let mut value = serde_json::to_value(&object.definition).unwrap_or_default();
    // the definition is named by its variant
    if let Value::Object(map) = &mut value
        && let Some((_, inner)) = map.iter_mut().next()
    {
        value = inner.take();
    }
    if let Value::Object(map) = &mut value {
        for name in ["is_inherited", "on_partitioned", "table", "is_populated", "is_constraint"] {
            if !matches!(
                object.definition,
                crate::object::Definition::Index(_) | crate::object::Definition::Statistics(_)
            ) || name != "table"
            {
                map.remove(name);
            }
        }
        for name in ["result", "inputs", "outputs", "defaults", "is_window", "is_relocatable"] {
            map.remove(name);
        }
        let common = &object.common;
        let mut add = |name: &str, value: Option<Value>| value.map(|value| map.insert(name.into(), value));
        add("comment", common.comment.as_ref().map(|text| Value::from(&**text)));
        if options.owners {
            add("owner", Some(Value::from(&*common.owner.0)));
        }
        if options.grants {
            let grants = common.grants.0.as_ref().map(|grants| match options.owners {
                true => grants.0.clone(),
                false => privilege::given_to(grants.0.clone(), &common.owner.0, OWNER),
            });
            add("privileges", grants.and_then(|grants| serde_json::to_value(grants).ok()));
        }
    }
    value
}

/// Goes down into both and notes the leaves that differ. Lists of things with names are compared by
/// name.
fn walk(path: &str, from: Option<&Value>, to: Option<&Value>, found: &mut Vec<Difference>) {
    if from == to {
        return;
    }
    let at = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (from, to) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names.filter(|name| !matches!(name.as_str(), "is_inherited" | "known_as" | "grants"))
            {
                walk(&at(name), a.get(name), b.get(name), found);
            }
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) if is_named(a) && is_named(b) => {
            let find = |list: &'_ [Value], name: &str| list.iter().position(|item| item["name"] == *name);
            let names = a
                .iter()
                .chain(b.iter().filter(|item| find(a, item["name"].as_str().unwrap_or_default()).is_none()));
            for name in names.filter_map(|item| item["name"].as_str()) {
                walk(&at(name), find(a, name).map(|i| &a[i]), find(b, name).map(|i| &b[i]), found);
            }
        }
        _ => found.push(Difference { attribute: path.to_owned(), from: from.cloned(), to: to.cloned() }),
    }
}

fn is_named(list: &[Value]) -> bool {
    list.iter().all(|item| item.get("name").is_some_and(Value::is_string))
}
