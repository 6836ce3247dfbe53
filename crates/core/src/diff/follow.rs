//! Renames that need no question: an index, constraint or serial's sequence that is wanted under another name and
//! is the same in everything else. Nothing can be lost, and to build it again would cost.

use super::Options;
use super::change::pairs;
use super::rename::Rename;
use crate::catalog::{Catalog, Id, Kind};
use crate::object::constraint::ConstraintKind;
use crate::object::table::ReplicaIdentity;
use crate::object::{Definition, Object};

/// How many generations of partitions are followed.
const ROUNDS: usize = 20;

/// The renames, and what is there after them; nothing when there are none.
pub fn follow(from: &Catalog, to: &Catalog, options: &Options) -> Option<(Vec<Rename>, Catalog)> {
    let mut renames = Vec::new();
    let mut here: Option<Catalog> = None;
    // a partition's index is the same when its parent's has its new name
    for _ in 0..ROUNDS {
        let found = round(here.as_ref().unwrap_or(from), to, options);
        if found.is_empty() {
            break;
        }
        let next = renamed(here.as_ref().unwrap_or(from), &found);
        here = Some(next);
        renames.extend(found.into_iter().map(|(from, to)| Rename::Object { from, to }));
    }
    here.map(|catalog| (renames, catalog))
}

fn round(from: &Catalog, to: &Catalog, options: &Options) -> Vec<(Id, Id)> {
    let pairs = pairs(from, to, options);
    let mut gone: Vec<&Object> =
        pairs.iter().filter_map(|(a, b)| a.filter(|a| b.is_none() && is_followed(a))).collect();
    let mut found = Vec::new();
    if gone.is_empty() {
        return found;
    }
    for new in pairs.iter().filter_map(|(a, b)| b.filter(|b| a.is_none() && is_followed(b))) {
        let place = |o: &Object| (o.id.kind, o.id.namespace.clone(), o.belongs_to());
        let same = |old: &&Object| {
            place(old) == place(new) && old.definition == new.definition && !recurses(old, from)
        };
        if let Some(at) = gone.iter().position(same).filter(|_| is_free(new, from)) {
            found.push((gone.remove(at).id.clone(), new.id.clone()));
        }
    }
    found
}

fn is_followed(object: &Object) -> bool {
    match &object.definition {
        Definition::Index(it) => !it.invalid,
        Definition::Constraint(it) => !it.is_inherited.0,
        Definition::Sequence(it) => it.owned_by.is_some(),
        _ => false,
    }
}

/// Whether PostgreSQL gives the children's the new name, too
/// (<https://www.postgresql.org/docs/current/sql-altertable.html>, RENAME CONSTRAINT).
fn recurses(object: &Object, from: &Catalog) -> bool {
    let is_check = object.definition.as_constraint().is_some_and(|it| it.kind == ConstraintKind::Check);
    let Some(table) = object.belongs_to().filter(|_| is_check) else { return false };
    from.objects().iter().filter_map(|o| o.definition.as_table()).any(|it| {
        it.inherits.contains(&table) || it.partition_of.as_ref().is_some_and(|(parent, _)| *parent == table)
    })
}

/// Whether nothing has the new name, or what it takes with it.
fn is_free(new: &Object, from: &Catalog) -> bool {
    // a key makes way for its own new name
    let wanted: Vec<_> = new.slots().into_iter().filter(|(space, ..)| *space != 'k').collect();
    from.get(&new.id).is_none() && !from.objects().iter().flat_map(Object::slots).any(|s| wanted.contains(&s))
}

/// A catalog with other names for some objects.
fn renamed(catalog: &Catalog, names: &[(Id, Id)]) -> Catalog {
    let new = |id: &mut Id| {
        if let Some((_, to)) = names.iter().find(|(from, _)| from == id) {
            *id = to.clone();
        }
    };
    let objects = catalog.objects().iter().map(|object| {
        let mut object = object.clone();
        new(&mut object.id);
        match &mut object.definition {
            Definition::Constraint(it) => it.part_of.iter_mut().for_each(new),
            Definition::Index(it) => it.part_of.iter_mut().for_each(new),
            Definition::Table(it) => {
                for (from, to) in names.iter().filter(|(from, _)| stands_on(catalog, from, &object.id)) {
                    let (old, new) = (index_name(from), index_name(to));
                    if it.clustered_on.as_ref() == Some(old) {
                        it.clustered_on = Some(new.clone());
                    }
                    if matches!(&it.replica_identity, ReplicaIdentity::Index(name) if name == old) {
                        it.replica_identity = ReplicaIdentity::Index(new.clone());
                    }
                }
            }
            _ => {}
        }
        object
    });
    let objects = objects.collect();
    let dependencies = catalog.dependencies().iter().cloned().map(|mut dependency| {
        new(&mut dependency.from.id);
        new(&mut dependency.to.id);
        dependency
    });
    let mut after = Catalog::new(catalog.server, objects, dependencies.collect());
    after.not_compared.clone_from(&catalog.not_compared);
    after
}

fn stands_on(catalog: &Catalog, id: &Id, table: &Id) -> bool {
    catalog.get(id).and_then(Object::belongs_to).as_ref() == Some(table)
}

fn index_name(id: &Id) -> &crate::catalog::Name {
    if id.kind == Kind::Constraint { &id.detail } else { &id.name }
}
