//! Drops and additions that look like renames, to be asked about. Only what holds data is looked at: a view or a
//! function that comes under a new name loses nothing.

use std::collections::HashMap;

use super::Options;
use super::change::pairs;
use super::rename::Rename;
use crate::catalog::{Catalog, Id, Kind, Name};
use crate::object::column::{Column, Generated};
use crate::object::{Definition, Object};

/// A drop and an addition that may be a rename.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The rename that it would be.
    pub rename: Rename,
    /// What they have in common, in words.
    pub why: String,
}

/// Of how many hundredths two objects have to consist of the same.
const ALIKE: usize = 50;

/// All of them, those of objects first. None is named twice, on either side.
pub fn candidates(from: &Catalog, to: &Catalog, options: &Options) -> Vec<Candidate> {
    let pairs = pairs(from, to, options);
    let gone: Vec<&Object> = pairs.iter().filter_map(|(a, b)| b.is_none().then_some(*a).flatten()).collect();
    let new: Vec<&Object> = pairs.iter().filter_map(|(a, b)| a.is_none().then_some(*b).flatten()).collect();
    let mut found = namespaces(from, to, &gone, &new);
    let moved: Vec<(Name, Name)> = found
        .iter()
        .filter_map(|it| match &it.rename {
            Rename::Object { from, to } => Some((from.name.clone(), to.name.clone())),
            Rename::Column { .. } | Rename::Value { .. } => None,
        })
        .collect();
    // what goes along with its namespace is not asked about by itself
    let goes_along = |a: &Object| moved.iter().any(|(old, _)| *old == a.id.namespace);
    let mut scored = Vec::new();
    for a in gone.iter().filter(|a| !goes_along(a)) {
        for b in new.iter().filter(|b| b.id.kind == a.id.kind) {
            if let Some((score, why)) = likeness(a, b) {
                let rename = Rename::Object { from: a.id.clone(), to: b.id.clone() };
                scored.push((score, Candidate { rename, why }));
            }
        }
    }
    found.extend(best(scored));
    for (a, b) in pairs.iter().filter_map(|(a, b)| a.zip(*b)) {
        match (&a.definition, &b.definition) {
            (Definition::Table(before), Definition::Table(after)) => {
                found.extend(best(column_pairs(&a.id, &before.columns, &after.columns)));
            }
            (Definition::Enum(before), Definition::Enum(after)) => {
                found.extend(value_pairs(&a.id, &before.labels, &after.labels));
            }
            _ => {}
        }
    }
    found
}

/// The candidates with the highest scores, so that no name is in two of them.
fn best(mut scored: Vec<(usize, Candidate)>) -> Vec<Candidate> {
    scored.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.rename.old().cmp(&y.rename.old())));
    let mut taken = std::collections::HashSet::new();
    let free = scored.into_iter().filter(|(_, candidate)| {
        let (old, new) = (candidate.rename.old(), candidate.rename.back().old());
        if taken.contains(&(0, old.clone())) || taken.contains(&(1, new.clone())) {
            return false;
        }
        taken.insert((0, old)) && taken.insert((1, new))
    });
    free.map(|(_, candidate)| candidate).collect()
}

/// A namespace whose objects are in another one.
fn namespaces(from: &Catalog, to: &Catalog, gone: &[&Object], new: &[&Object]) -> Vec<Candidate> {
    let names = |catalog: &Catalog, namespace: &Name| -> Vec<(Kind, Name)> {
        let inside = catalog
            .objects()
            .iter()
            .filter(|o| o.id.namespace == *namespace && !o.id.kind.is_part_of_table());
        inside.map(|o| (o.id.kind, o.id.name.clone())).collect()
    };
    let is = |o: &&&Object| o.id.kind == Kind::Namespace;
    let mut scored = Vec::new();
    for a in gone.iter().filter(is) {
        let before = names(from, &a.id.name);
        for b in new.iter().filter(is) {
            let after = names(to, &b.id.name);
            let score = share(&before, &after);
            if score >= ALIKE {
                let rename = Rename::Object { from: a.id.clone(), to: b.id.clone() };
                scored.push((
                    score,
                    Candidate { rename, why: format!("{score} % of their objects have the same names") },
                ));
            }
        }
    }
    best(scored)
}

/// How much two objects are alike, in hundredths; nothing when they are not, or when nothing is lost with them.
fn likeness(a: &Object, b: &Object) -> Option<(usize, String)> {
    let (score, why) = match (&a.definition, &b.definition) {
        (Definition::Table(before), Definition::Table(after)) => {
            // a partition has its parent's columns, like all the others
            if before.partition_of.is_some() || after.partition_of.is_some() {
                return None;
            }
            let kinds = |list: &[Column]| -> Vec<(Name, Name)> {
                list.iter().map(|c| (c.name.clone(), c.data_type.clone())).collect()
            };
            let score = share(&kinds(&before.columns), &kinds(&after.columns));
            (score, format!("{score} % of their columns are the same"))
        }
        (Definition::Enum(before), Definition::Enum(after)) => {
            let score = share(&before.labels, &after.labels);
            (score, format!("{score} % of their values are the same"))
        }
        (Definition::Composite(before), Definition::Composite(after)) => {
            let score = share(&before.attributes, &after.attributes);
            (score, format!("{score} % of their attributes are the same"))
        }
        // one that goes along with a column comes with the column's other name
        (Definition::Sequence(before), Definition::Sequence(after))
            if before.owned_by.is_none() && before == after =>
        {
            (100, "they are defined alike".into())
        }
        _ => return None,
    };
    // the same name in another namespace says more
    let same_name = a.id.name == b.id.name;
    (score >= ALIKE).then(|| (score + usize::from(same_name) * 100, why))
}

/// How many hundredths of two lists are in both.
fn share<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    let both = a.iter().filter(|it| b.contains(it)).count();
    (both * 100).checked_div(a.len().max(b.len())).unwrap_or(0)
}

/// Columns that go and come, with how much they are alike.
fn column_pairs(of: &Id, before: &[Column], after: &[Column]) -> Vec<(usize, Candidate)> {
    let find = |list: &[Column], name: &Name| list.iter().any(|c| c.name == *name);
    let positions: HashMap<&Name, usize> = after.iter().enumerate().map(|(at, c)| (&c.name, at)).collect();
    let own = |column: &&Column| !column.is_inherited.0 && column.generated == Generated::No;
    let mut scored = Vec::new();
    for (at, a) in before.iter().enumerate().filter(|(_, a)| own(a) && !find(after, &a.name)) {
        for b in after.iter().filter(own).filter(|b| !find(before, &b.name)) {
            let mut same = Vec::new();
            let mut score = 0;
            let mut count = |is: bool, points: usize, what: &'static str| {
                if is {
                    score += points;
                    same.push(what);
                }
            };
            count(a.data_type == b.data_type, 40, "type");
            count(
                a.data_type != b.data_type && family(&a.data_type) == family(&b.data_type),
                25,
                "kind of type",
            );
            count(positions.get(&b.name) == Some(&at), 15, "position");
            count(names_alike(&a.name, &b.name), 25, "a similar name");
            count(a.not_null.is_some() && b.not_null.is_some(), 5, "NOT NULL");
            count(a.default.is_some() && a.default == b.default, 10, "default");
            count(a.comment.is_some() && a.comment == b.comment, 20, "comment");
            if score >= 40 {
                let rename = Rename::Column { of: of.clone(), from: a.name.clone(), to: b.name.clone() };
                scored.push((score, Candidate { rename, why: format!("the same: {}", same.join(", ")) }));
            }
        }
    }
    scored
}

/// Types whose values become each other without loss, mostly.
fn family(data_type: &str) -> &str {
    let plain = data_type.split('(').next().unwrap_or(data_type).trim();
    match plain {
        "text" | "character varying" | "character" | "citext" => "text",
        "smallint" | "integer" | "bigint" | "numeric" => "number",
        "real" | "double precision" => "float",
        "json" | "jsonb" => "json",
        other if other.starts_with("timestamp") || other == "date" => "time",
        other => other,
    }
}

/// One is in the other, or they have a word of more than two letters in common.
fn names_alike(a: &str, b: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        name.to_lowercase().split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect()
    };
    let (x, y) = (words(a), words(b));
    a.contains(b) || b.contains(a) || x.iter().any(|word| word.len() > 2 && y.contains(word))
}

/// Values that go and come at the same place among those that stay.
fn value_pairs(of: &Id, before: &[Name], after: &[Name]) -> Vec<Candidate> {
    let places = |list: &[Name], other: &[Name]| -> Vec<(usize, usize, Name)> {
        let (mut kept, mut run) = (0, 0);
        let mut found = Vec::new();
        for name in list {
            if other.contains(name) {
                (kept, run) = (kept + 1, 0);
            } else {
                found.push((kept, run, name.clone()));
                run += 1;
            }
        }
        found
    };
    let (gone, new) = (places(before, after), places(after, before));
    let pairs = gone.into_iter().filter_map(|(kept, run, from)| {
        let (.., to) = new.iter().find(|(k, r, _)| (*k, *r) == (kept, run))?;
        let rename = Rename::Value { of: of.clone(), from, to: to.clone() };
        Some(Candidate { rename, why: "the same: position".into() })
    });
    pairs.collect()
}
