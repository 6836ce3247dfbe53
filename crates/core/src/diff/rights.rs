//! Which privileges an object has when it has just been created: the built-in ones, or what
//! `ALTER DEFAULT PRIVILEGES` said before. Changes of default privileges come last in a plan.

use crate::catalog::{Catalog, Id, Kind};
use crate::object::Definition;
use crate::object::privilege::{self, Grants, Right};

/// What default privileges call the kinds of objects.
fn word(kind: Kind) -> Option<&'static str> {
    match kind.facts().grants?.0 {
        "TABLE" => Some("TABLES"),
        "SEQUENCE" => Some("SEQUENCES"),
        "FUNCTION" | "PROCEDURE" => Some("FUNCTIONS"),
        "TYPE" => Some("TYPES"),
        "SCHEMA" => Some("SCHEMAS"),
        _ => None,
    }
}

/// The privileges on an object that a role creates now; nothing when they are the built-in ones.
pub fn in_force(catalog: &Catalog, id: &Id, owner: &str) -> Option<Grants> {
    let word = word(id.kind)?;
    let said = |namespace: &str| {
        let id = Id::detailed(Kind::DefaultPrivileges, namespace.into(), owner.into(), word.into());
        match catalog.definition(&id) {
            Some(Definition::DefaultPrivileges(it)) => Some(it.grants.clone()),
            _ => None,
        }
    };
    let (everywhere, here) = (said(""), said(&id.namespace).filter(|_| !id.namespace.is_empty()));
    if everywhere.is_none() && here.is_none() {
        return None;
    }
    let major = catalog.server / 10_000;
    let mut rights = privilege::effective(id.kind, major, owner, everywhere.as_ref());
    for (grantee, more) in here.into_iter().flat_map(|grants| grants.0) {
        add(rights.entry(grantee).or_default(), more);
    }
    Some(Grants(rights))
}

fn add(rights: &mut Vec<Right>, more: Vec<Right>) {
    for (letter, handed_on) in more {
        match rights.iter_mut().find(|(other, _)| *other == letter) {
            Some(right) => right.1 |= handed_on,
            None => rights.push((letter, handed_on)),
        }
    }
    rights.sort_unstable();
}
