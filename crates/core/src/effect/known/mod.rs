//! What is known of a schema before a statement: from the statements before it, without a server.
//!
//! It is not a second catalog: it has what effects hang on, and nothing else. A catalog is taken in through
//! the DDL that would make it ([`Known::from_catalog`]), so that there is one way in.

mod bound;
mod claim;
mod mention;
mod names;
mod output;
mod parts;
mod relation;
mod replay;
mod session;
mod shared;
mod types;
mod users;
mod value;

use std::collections::HashMap;
use std::sync::Arc;

use cutover_sql::tree::{self, Node, NodeEnum, RangeVar, TypeName};

pub use bound::Bound;
pub use claim::{Claim, Op};
pub use mention::{Mentions, Object, literal};
use names::Named;
pub use names::{LONGEST, Rel, cut, object_name};
pub use parts::*;
pub use relation::*;
pub use replay::{collation_of, default_text, index_of, is_same_index, is_serial, not_null_columns};
pub use session::Session;
use shared::Shared;
pub use types::*;
pub use users::User;
pub use value::Value;

/// The schema before a statement.
#[derive(Clone, Debug)]
pub struct Known {
    /// Major version of the server: 12 to 18.
    pub major: u32,
    /// Where names without a schema are looked for.
    pub search_path: Vec<String>,
    /// Whether the session's time zone is UTC.
    pub utc: bool,
    /// Whether everything that exists is known; if not, what is not known is taken to exist.
    pub complete: bool,
    /// Counts up where the caller says: what was made in an era that is still running is nobody else's yet.
    pub era: u32,
    relations: Shared<Rel, Relation>,
    /// Whether a table was made `OF` a composite type: few schemas have one, and every `ALTER TABLE` asks.
    has_typed: bool,
    types: Shared<Rel, Type>,
    routines: Shared<Rel, Vec<Routine>>,
    schemas: HashMap<String, u32>,
    publications: HashMap<String, Publication>,
    extensions: HashMap<String, u32>,
    /// Objects that are nothing else (collations, operators, their classes, text search configurations) and
    /// aggregates, with what each is made of.
    others: HashMap<Object, Mentions>,
    /// Foreign servers, and the wrapper of each.
    servers: HashMap<String, String>,
    /// Statements that were prepared.
    prepared: HashMap<String, Arc<NodeEnum>>,
    /// The role that `SET ROLE` chose.
    pub role: Option<String>,
    /// Whether the bodies of functions are looked at when they are made.
    pub checks_bodies: bool,
}

/// The name that the session's own schema for temporary relations answers to.
pub const TEMPORARY: &str = "pg_temp";

/// What a publication publishes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// `FOR ALL TABLES`.
    pub all_tables: bool,
    /// The tables, with the columns that their filters name.
    pub tables: Vec<(Rel, Vec<String>)>,
    /// The tables of which only some columns are published, with these.
    pub lists: Vec<(Rel, Vec<String>)>,
    /// The schemas.
    pub schemas: Vec<String>,
    /// Whether updates or deletes are published.
    pub changes: bool,
}

impl Publication {
    /// Whether a column of a table that it publishes is among what it publishes.
    pub fn has_column(&self, table: &Rel, column: &str) -> bool {
        let list = self.lists.iter().find(|(rel, _)| rel == table);
        list.is_none_or(|(_, columns)| columns.iter().any(|name| name == column))
    }
}

impl Known {
    /// A database in which nothing was made yet.
    pub fn new(major: u32) -> Self {
        Self {
            major,
            search_path: vec!["public".into()],
            utc: false,
            complete: false,
            era: 0,
            relations: Shared::default(),
            has_typed: false,
            types: Shared::default(),
            routines: Shared::default(),
            schemas: HashMap::from([("public".into(), 0)]),
            publications: HashMap::new(),
            extensions: HashMap::new(),
            others: HashMap::new(),
            servers: HashMap::new(),
            prepared: HashMap::new(),
            role: None,
            checks_bodies: true,
        }
    }

    /// A relation.
    pub fn get(&self, name: &Rel) -> Option<&Relation> {
        self.relations.get(name)
    }

    /// All relations.
    pub fn relations(&self) -> impl Iterator<Item = (&Rel, &Relation)> {
        self.relations.iter()
    }

    /// A type that somebody made.
    pub fn type_of(&self, name: &Rel) -> Option<&Type> {
        self.types.get(name)
    }

    /// The type of a column, when somebody made it.
    pub fn made_type(&self, data_type: &DataType) -> Option<&Type> {
        self.types.get(&data_type.user()?)
    }

    /// The routines of a name.
    pub fn routines(&self, name: &Rel) -> &[Routine] {
        self.routines.get(name).map_or(&[], Vec::as_slice)
    }

    /// The routines whose bodies the server has parsed and that name a column of a table.
    pub fn routines_that_read(&self, table: &Rel, column: &str) -> Vec<&Rel> {
        let reads = |routine: &Routine| {
            routine
                .reads
                .iter()
                .any(|(rel, columns)| rel == table && columns.iter().any(|name| name == column))
        };
        let mut found: Vec<&Rel> =
            self.routines.iter().filter(|(_, all)| all.iter().any(reads)).map(|(name, _)| name).collect();
        found.sort();
        found
    }

    /// The routines that a name without arguments can mean.
    pub fn called(&self, name: &[Node]) -> (&[Routine], Rel) {
        let (schema, name) = tree::qualified(name);
        let found = match schema {
            Some(schema) => Rel::new(schema, name),
            None => self.find(name, |rel| self.routines.contains_key(rel)),
        };
        (self.routines(&found), found)
    }

    /// When a schema was made, if it is known.
    pub fn schema_made(&self, name: &str) -> Option<u32> {
        self.schemas.get(name).copied()
    }

    /// When an extension was made, if it is known.
    pub fn extension_made(&self, name: &str) -> Option<u32> {
        self.extensions.get(name).copied()
    }

    /// The publications that a table is in.
    pub fn published_by(&self, table: &Rel) -> Vec<(&str, &Publication)> {
        let is_in = |it: &Publication| {
            it.all_tables
                || it.schemas.contains(&table.schema)
                || it.tables.iter().any(|(rel, _)| rel == table)
        };
        let mut found: Vec<_> = self
            .publications
            .iter()
            .filter(|(_, it)| is_in(it))
            .map(|(name, it)| (name.as_str(), it))
            .collect();
        found.sort_by_key(|(name, _)| *name);
        found
    }

    /// Whether a table can tell the rows that it publishes apart; one that is not known can.
    pub fn has_replica_identity(&self, table: &Rel) -> bool {
        self.get(table).is_none_or(|it| match it.replica_identity {
            ReplicaIdentity::Default => {
                it.columns.is_none() || it.primary_key().is_some() || it.kind == Kind::Partitioned
            }
            ReplicaIdentity::Nothing => false,
            ReplicaIdentity::Full | ReplicaIdentity::Index => true,
        })
    }

    /// A statement that was prepared.
    pub fn prepared(&self, name: &str) -> Option<Arc<NodeEnum>> {
        self.prepared.get(name).cloned()
    }

    /// The wrapper of a foreign server.
    pub fn wrapper_of(&self, server: &str) -> Option<&str> {
        self.servers.get(server).map(String::as_str)
    }

    /// A publication.
    pub fn publication(&self, name: &str) -> Option<&Publication> {
        self.publications.get(name)
    }

    /// The relation that a name in a statement means.
    pub fn resolve(&self, name: &RangeVar) -> Rel {
        self.named(tree::schema(name), &name.relname)
    }

    /// The relation that a name means.
    pub fn named(&self, schema: Option<&str>, name: &str) -> Rel {
        match schema {
            Some(schema) => Rel::new(schema, name),
            None => self.find(name, |rel| self.relations.contains_key(rel)),
        }
    }

    /// The type that a name means.
    pub fn type_named(&self, schema: Option<&str>, name: &str) -> Rel {
        match schema {
            Some(schema) => Rel::new(schema, name),
            None => self.find(name, |rel| self.types.contains_key(rel)),
        }
    }

    fn find(&self, name: &str, is_there: impl Fn(&dyn Named) -> bool) -> Rel {
        // what is temporary comes first
        let mut path = std::iter::once(TEMPORARY).chain(self.search_path.iter().map(String::as_str));
        let schema = path.find(|schema| is_there(&(*schema, name)));
        Rel::new(schema.unwrap_or(self.creation_schema()), name)
    }

    /// Where something without a schema is made.
    pub fn creation_schema(&self) -> &str {
        self.search_path.first().map_or("public", String::as_str)
    }

    /// A type as a statement writes it.
    pub fn data_type(&self, name: Option<&TypeName>) -> DataType {
        let Some(written) = name else { return DataType::own("") };
        let (schema, name) = tree::qualified(&written.names);
        let schema = match schema {
            Some("pg_catalog") => None,
            Some(schema) => Some(schema.to_owned()),
            // most are PostgreSQL's own
            None if self.types.is_empty() => None,
            None => {
                let found = self.find(name, |rel| self.types.contains_key(rel));
                self.types.contains_key(&found).then_some(found.schema)
            }
        };
        // char without a length is char(1); bit is bit(1)
        let mods = written.typmods.iter().filter_map(tree::integer).collect();
        let (name, array) = match name.strip_prefix('_') {
            Some(element) if schema.is_none() => (element, true),
            _ => (name, !written.array_bounds.is_empty()),
        };
        DataType { schema, name: name.into(), mods, array, collation: None }
    }

    /// Whether what was made in this era is still nobody else's.
    pub fn is_new(&self, made: u32) -> bool {
        made == self.era && self.era > 0
    }

    /// Whether a relation was made in the era that is running.
    pub fn is_new_relation(&self, name: &Rel) -> bool {
        self.get(name).is_some_and(|relation| self.is_new(relation.made) || relation.temporary)
    }

    /// A relation, and all that inherit from it, from the top down.
    pub fn tree(&self, top: &Rel) -> Vec<Rel> {
        let mut found = vec![top.clone()];
        let mut at = 0;
        while at < found.len() {
            if let Some(relation) = self.get(&found[at]) {
                let more: Vec<Rel> =
                    relation.children.iter().filter(|child| !found.contains(child)).cloned().collect();
                found.extend(more);
            }
            at += 1;
        }
        found
    }

    /// The foreign keys that refer to a table: the table that has each, and the constraint.
    pub fn foreign_keys_to(&self, table: &Rel) -> Vec<(&Rel, &Constraint)> {
        let Some(relation) = self.get(table) else { return Vec::new() };
        let mut found = Vec::new();
        for from in &relation.referenced_by {
            let Some((from, other)) = self.relations.get_key_value(from) else { continue };
            let to_it =
                |c: &&Constraint| matches!(&c.kind, ConstraintKind::ForeignKey { to, .. } if to == table);
            found.extend(other.constraints.iter().filter(to_it).map(|constraint| (from, constraint)));
        }
        found
    }

    /// The index of a name, with its table.
    pub fn index(&self, name: &Rel) -> Option<(&Rel, &Index)> {
        let relation = self.get(name)?;
        Some((&relation.of.as_ref()?.0, relation.index.as_ref()?))
    }

    /// The indexes of a table.
    pub fn indexes(&self, table: &Rel) -> impl Iterator<Item = (&Rel, &Index)> {
        let names = self.get(table).into_iter().flat_map(|relation| &relation.indexes);
        names.filter_map(|name| Some((name, self.get(name)?.index.as_ref()?)))
    }

    /// The default partition of a table.
    pub fn default_partition(&self, parent: &Rel) -> Option<Rel> {
        let children = &self.get(parent)?.children;
        let is_default = |child: &&Rel| self.get(child)?.partition.as_ref().map(|bound| bound.is_default);
        children.iter().find(|child| is_default(child) == Some(true)).cloned()
    }

    /// The tables that were made `OF` a composite type.
    pub fn tables_of(&self, composite: &Rel) -> Vec<Rel> {
        if !self.has_typed {
            return Vec::new();
        }
        let of_it = self.relations.iter().filter(|(_, it)| it.of_type.as_ref() == Some(composite));
        let mut names: Vec<Rel> = of_it.map(|(name, _)| name.clone()).collect();
        names.sort();
        names
    }

    /// The tables that have a column of a type, or of a domain over it, or an array of it.
    pub fn tables_with(&self, name: &Rel) -> Vec<(&Rel, &str)> {
        let mut found = Vec::new();
        for (table, relation) in self.relations.iter() {
            for column in relation.columns.iter().flatten() {
                if self.is_made_of(&column.data_type, name) {
                    found.push((table, column.name.as_str()));
                }
            }
        }
        found.sort();
        found
    }

    fn is_made_of(&self, data_type: &DataType, name: &Rel) -> bool {
        let Some(user) = data_type.user() else { return false };
        if user == *name {
            return true;
        }
        match self.types.get(&user).map(|it| &it.kind) {
            Some(TypeKind::Domain { base, .. }) => self.is_made_of(base, name),
            Some(TypeKind::Enum(_) | TypeKind::Other) | None => false,
        }
    }
}
