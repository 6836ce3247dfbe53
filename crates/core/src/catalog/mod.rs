//! The catalog: the schema of a database as a value, as PostgreSQL itself reports it.
//!
//! It knows nothing of where it was read; two of them are compared in [`crate::diff`].

mod id;
mod pattern;
mod roles;

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

pub use id::{Id, Kind, Name, Part, Thing, role};
pub use pattern::{Pattern, PatternError};
pub use roles::roles;

use crate::object::common::{Common, Unjudged};
use crate::object::privilege::Grants;
use crate::object::{Definition, Object};

/// "`from` needs `to`": `to` cannot be dropped, or created later, while `from` is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Dependency {
    /// What needs.
    pub from: Thing,
    /// What is needed.
    pub to: Thing,
}

/// A schema. Objects are sorted by their ids, which are unique.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// `server_version_num` of the server it was read from.
    pub server: u32,
    /// Everything in it.
    objects: Vec<Object>,
    /// Who needs whom.
    dependencies: Vec<Dependency>,
    /// Kinds that the server has and that are not compared: what, and why, in words.
    pub not_compared: BTreeMap<Kind, String>,
}

impl Catalog {
    /// A catalog of these. Of two objects with one id the first is kept.
    pub fn new(server: u32, mut objects: Vec<Object>, mut dependencies: Vec<Dependency>) -> Self {
        objects.sort_by(|a, b| a.id.cmp(&b.id));
        objects.dedup_by(|b, a| a.id == b.id);
        // a generated column needs others of its table; else nothing needs itself
        let parts = |d: &Dependency| matches!((&d.from.part, &d.to.part), (Part::Default(a), Part::Column(b)) if a != b);
        dependencies.retain(|d| d.from.id != d.to.id || parts(d));
        dependencies.sort();
        dependencies.dedup();
        Self { server, objects, dependencies, not_compared: BTreeMap::new() }
    }

    /// A database in which there is nothing but its public namespace.
    pub fn empty(like: &Self) -> Self {
        let public = Id::global(Kind::Namespace, "public".into());
        let objects = like.get(&public).map(|object| new_public(object, like.server));
        Self { server: like.server, objects: objects.into_iter().collect(), ..Self::default() }
    }

    /// All objects, by id.
    pub fn objects(&self) -> &[Object] {
        &self.objects
    }

    /// All dependencies, sorted.
    pub fn dependencies(&self) -> &[Dependency] {
        &self.dependencies
    }

    /// An object.
    pub fn get(&self, id: &Id) -> Option<&Object> {
        self.objects.binary_search_by(|o| o.id.cmp(id)).ok().map(|at| &self.objects[at])
    }

    /// What an object is, if it is there.
    pub fn definition(&self, id: &Id) -> Option<&Definition> {
        self.get(id).map(|object| &object.definition)
    }

    /// The objects that one wants to see, and the dependencies among them.
    #[must_use]
    pub fn filtered(mut self, wanted: impl Fn(&Object) -> bool) -> Self {
        let gone: HashSet<Id> = self.objects.iter().filter(|o| !wanted(o)).map(|o| o.id.clone()).collect();
        if gone.is_empty() {
            return self;
        }
        self.objects
            .retain(|o| !gone.contains(&o.id) && !o.belongs_to().is_some_and(|of| gone.contains(&of)));
        let left: HashSet<&Id> = self.objects.iter().map(|o| &o.id).collect();
        self.dependencies.retain(|d| left.contains(&d.from.id) && left.contains(&d.to.id));
        self
    }

    /// The objects that one wants to see, each by itself, whatever it stands on.
    #[must_use]
    pub fn filtered_alone(mut self, wanted: impl Fn(&Object) -> bool) -> Self {
        self.objects.retain(wanted);
        self
    }

    /// Without what patterns name, and what stands on that.
    #[must_use]
    pub fn without(self, patterns: &[Pattern]) -> Self {
        if patterns.is_empty() {
            return self;
        }
        self.filtered(|object| !patterns.iter().any(|pattern| pattern.matches(&object.id)))
    }

    /// The objects of both; of two with one id the first's.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        let mut objects = self.objects;
        objects.extend(other.objects);
        let mut dependencies = self.dependencies;
        dependencies.extend(other.dependencies);
        let mut both = Self::new(self.server, objects, dependencies);
        both.not_compared = self.not_compared;
        both
    }

    /// A short text that is the same for the same schema, wherever it was read: names, definitions and comments, and
    /// neither owners nor privileges.
    pub fn fingerprint(&self) -> String {
        let mut text = Vec::new();
        for object in &self.objects {
            // writing to memory does not fail, and these values have no maps without text keys
            let _ =
                serde_json::to_writer(&mut text, &(&object.id, &object.definition, &object.common.comment));
        }
        let mut hash = cutover_sql::checksum::content_hash(&text);
        hash.truncate(16);
        hash
    }

    /// How many objects of each kind there are.
    pub fn counts(&self) -> Vec<(Kind, usize)> {
        let mut counts: HashMap<Kind, usize> = HashMap::new();
        self.objects.iter().for_each(|o| *counts.entry(o.id.kind).or_default() += 1);
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort();
        counts
    }
}

/// The namespace public as a new database has it: since 15 nobody else may create something there.
fn new_public(object: &Object, server: u32) -> Object {
    let (owner, rights) = if server >= 150_000 {
        ("pg_database_owner".into(), "=U/")
    } else {
        (object.common.owner.0.clone(), "=UC/")
    };
    let mut grants = Grants::parse([rights]);
    grants.0.insert(owner.clone(), vec![('C', false), ('U', false)]);
    let common = Common { comment: None, owner: Unjudged(owner), grants: Unjudged(Some(grants)) };
    Object { common, ..object.clone() }
}
