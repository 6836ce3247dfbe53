//! Privileges and owners of databases that differ: what each of them comes to, and what of it is too much there.
//!
//! Who owns things is another role on each server. Where owners are not compared, everything belongs to one role on all sides,
//! and has the rights that its own owner had.

use crate::catalog::{Catalog, Id, Kind};
use crate::diff::{self, Options};
use crate::object::column::Column;
use crate::object::privilege::{self, Grants, Rights};
use crate::object::{Definition, Object};

/// What is done about privileges.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Privileges {
    /// They are nobody's business here.
    Ignored,
    /// What is missing is granted; what is too much stays, as nobody knows who lives by it.
    #[default]
    Granted,
    /// What is too much is revoked, too.
    Exact,
}

/// What is compared besides definitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Privileges.
    pub privileges: Privileges,
    /// Whether owners are compared.
    pub owners: bool,
}

impl Compared {
    /// For comparing.
    pub fn options(self) -> Options {
        Options { grants: self.privileges != Privileges::Ignored, owners: self.owners, plain: true }
    }

    /// For statements that lock for a moment only.
    pub fn online(self) -> Options {
        Options { plain: false, ..self.options() }
    }
}

/// The catalog with the objects belonging to whom `of` says; who owned them hands on the rights that come with it.
pub fn owned(catalog: &Catalog, of: impl Fn(&Object) -> Option<String>) -> Catalog {
    let major = catalog.server / 10_000;
    let with = |mut object: Object| {
        let was = object.common.owner.0.clone();
        let Some(owner) = of(&object).filter(|owner| !was.is_empty() && **owner != *was) else {
            return object;
        };
        let rights = privilege::effective(object.id.kind, major, &was, object.common.grants.0.as_ref());
        if object.common.grants.0.is_some() {
            object.common.grants.0 = Some(Grants(privilege::given_to(rights, &was, &owner)));
        }
        object.common.owner.0 = owner.into();
        object
    };
    changed(catalog, with)
}

/// The owner that everything has on a server of ours; since 15 the schema public of a new database has one of its own.
pub fn usual_owner(object: &Object, user: &str, server: u32) -> String {
    let is_public = object.id.kind == Kind::Namespace && *object.id.name == *"public";
    if is_public && server >= 150_000 { "pg_database_owner".into() } else { user.into() }
}

/// Whether a schema says anything of privileges. What the models of a program say, never does.
pub fn says_privileges(catalog: &Catalog) -> bool {
    catalog.objects().iter().any(|object| {
        let is_public = object.id.kind == Kind::Namespace && *object.id.name == *"public";
        let of_columns = object.definition.columns().iter().any(|column| column.grants.0.is_some());
        !is_public && (object.common.grants.0.is_some() || of_columns)
    })
}

/// The schema with the privileges and owners that another one has of the same objects.
pub fn with_rights_of(catalog: &Catalog, other: &Catalog) -> Catalog {
    changed(catalog, |mut object| {
        let Some(like) = other.get(&object.id) else { return object };
        object.common.grants = like.common.grants.clone();
        object.common.owner = like.common.owner.clone();
        for column in columns(&mut object.definition) {
            if let Some(it) = like.definition.columns().iter().find(|it| it.name == column.name) {
                column.grants = it.grants.clone();
            }
        }
        object
    })
}

/// What a database in which `there` is comes to: what is wanted, and with the rights that it has besides where these stay.
pub fn goal(wanted: &Catalog, there: &Catalog, privileges: Privileges) -> Catalog {
    match privileges {
        Privileges::Ignored | Privileges::Exact => wanted.clone(),
        Privileges::Granted => changed(wanted, |mut object| {
            let Some(like) = there.get(&object.id) else { return object };
            let rights = |object: &Object, server: u32| {
                let (owner, said) = (&object.common.owner.0, object.common.grants.0.as_ref());
                privilege::effective(object.id.kind, server / 10_000, owner, said)
            };
            let (own, more) = (rights(&object, wanted.server), rights(like, there.server));
            // an owner's rights go with the ownership
            let more = privilege::given_to(more, &like.common.owner.0, &object.common.owner.0);
            let both = joined(own.clone(), more);
            if both != own {
                object.common.grants.0 = Some(Grants(both));
            }
            for column in columns(&mut object.definition) {
                let like = like.definition.columns().iter().find(|it| it.name == column.name);
                if let Some(Grants(more)) = like.and_then(|it| it.grants.0.clone()) {
                    let own = column.grants.0.take().unwrap_or_default().0;
                    column.grants.0 = Some(Grants(joined(own, more)));
                }
            }
            object
        }),
    }
}

/// The statements that would take away what a database has too much, each with what it is about.
pub fn too_much(wanted: &Catalog, there: &Catalog, compared: Compared) -> Vec<(Id, String)> {
    let is_there = |id: &Id| there.get(id).is_some() && wanted.get(id).is_some();
    diff::plan(there, wanted, &compared.options())
        .into_iter()
        .filter(|action| is_there(&action.thing.id))
        .flat_map(|action| {
            let revokes = action.statements.into_iter().filter(|sql| sql.starts_with("REVOKE "));
            revokes.map(|sql| (action.thing.id.clone(), sql)).collect::<Vec<_>>()
        })
        .collect()
}

fn joined(mut rights: Rights, more: Rights) -> Rights {
    for (grantee, list) in more {
        let own = rights.entry(grantee).or_default();
        for (letter, handed_on) in list {
            match own.iter_mut().find(|(other, _)| *other == letter) {
                Some(right) => right.1 |= handed_on,
                None => own.push((letter, handed_on)),
            }
        }
        own.sort_unstable();
    }
    rights
}

fn columns(definition: &mut Definition) -> &mut [Column] {
    match definition {
        Definition::Table(it) => &mut it.columns.0,
        Definition::View(it) => &mut it.columns,
        Definition::MaterializedView(it) => &mut it.columns,
        _ => &mut [],
    }
}

fn changed(catalog: &Catalog, with: impl FnMut(Object) -> Object) -> Catalog {
    let objects = catalog.objects().iter().cloned().map(with).collect();
    let mut changed = Catalog::new(catalog.server, objects, catalog.dependencies().to_vec());
    changed.not_compared.clone_from(&catalog.not_compared);
    changed
}
