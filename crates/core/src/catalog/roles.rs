//! The roles that a schema names. Roles belong to the whole server: no statement of a schema makes them.

use std::collections::BTreeSet;

use super::{Catalog, Kind, Name};
use crate::diff::Options;
use crate::object::Definition;

/// Roles that statements on the schema name, without PUBLIC and those that PostgreSQL brings along: those of policies,
/// user mappings and default privileges, and of owners and privileges where these are wanted.
pub fn roles(catalog: &Catalog, options: &Options) -> BTreeSet<Name> {
    let mut found: BTreeSet<Name> = BTreeSet::new();
    for object in catalog.objects() {
        match &object.definition {
            Definition::Policy(it) => found.extend(it.roles.iter().cloned()),
            Definition::UserMapping(_) => drop(found.insert(object.id.detail.clone())),
            Definition::DefaultPrivileges(it) => {
                found.insert(object.id.name.clone());
                found.extend(it.grants.0.keys().cloned());
            }
            _ => {}
        }
        if options.owners && object.id.kind.facts().is_owned {
            found.insert(object.common.owner.0.clone());
        }
        if options.grants && object.id.kind != Kind::DefaultPrivileges {
            let columns = object.definition.columns().iter().filter_map(|column| column.grants.0.as_ref());
            let grants = object.common.grants.0.iter().chain(columns);
            found.extend(grants.flat_map(|it| it.0.keys().cloned()));
        }
    }
    found.retain(|name| !name.is_empty() && !name.starts_with("pg_"));
    found
}
