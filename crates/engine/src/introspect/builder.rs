//! Gathers what the queries give, and makes the catalog of it: oids become names.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use cutover_core::catalog::{Catalog, Dependency, Id, Kind, Name, Thing};
use cutover_core::object::column::{Column, Identity, NotNull};
use cutover_core::object::common::{Common, Unjudged};
use cutover_core::object::data_type::Attribute;
use cutover_core::object::privilege::Grants;
use cutover_core::object::sequence::Sequence;
use cutover_core::object::table::Table;
use cutover_core::object::{Definition, Object, types};

use super::code::{self, Oid};
use super::row::Row;

/// Where something is in the system catalogs: which one, and the row.
pub type Address = (Oid, Oid);

/// An object whose place among the objects is known.
pub type Slot = usize;

/// What an oid of a type stands for.
#[derive(Clone, Copy, Debug)]
pub enum Alias {
    /// Another type.
    Type(Oid),
    /// A table's rows.
    Row(Oid),
}

/// What has been read so far.
#[derive(Default)]
pub struct Builder {
    /// `server_version_num`.
    pub version: u32,
    names: HashSet<Name>,
    /// Namespaces that are read, by oid.
    pub namespaces: HashMap<Oid, Name>,
    /// Roles by oid.
    pub roles: HashMap<Oid, Name>,
    /// Extensions by oid.
    pub extensions: HashMap<Oid, Id>,
    /// What belongs to which extension.
    pub members: HashMap<Address, Oid>,
    /// Comments, by address and column.
    pub comments: HashMap<(Oid, Oid, i32), Name>,
    /// Types that come with something else.
    pub aliases: HashMap<Oid, Alias>,
    objects: Vec<Object>,
    /// Objects by address.
    pub slots: HashMap<Address, Slot>,
    /// Columns of each relation, by number.
    pub columns: HashMap<Oid, Vec<(i32, Name)>>,
    /// Parents of tables and of indexes, in order.
    pub parents: HashMap<Oid, Vec<Oid>>,
    /// Parts of tables, by oid of `pg_attrdef`.
    pub defaults: HashMap<Oid, (Oid, i32)>,
    /// NOT NULL constraints, by table and column.
    pub not_nulls: HashMap<(Oid, i32), NotNull>,
    /// Identity sequences, by table and column.
    pub identities: Vec<(Oid, i32, Name, Sequence)>,
    /// Partitions and their bounds.
    pub partitions: Vec<(Oid, Name)>,
    /// Tables of types.
    pub typed: Vec<(Oid, Oid)>,
    /// Sequences that belong to columns.
    pub owned: Vec<(Oid, Oid, i32)>,
    /// Columns that constraints and indexes use.
    pub uses: Vec<(Address, Oid, i32)>,
    /// What things need, by address.
    pub needs: Vec<(Oid, Oid, i32, Oid, Oid, i32)>,
    dependencies: Vec<Dependency>,
    /// What is not compared.
    pub not_compared: BTreeMap<Kind, String>,
}

impl Builder {
    /// Nothing yet, from a server of a version.
    pub fn new(version: u32) -> Self {
        Self { version, ..Self::default() }
    }

    /// A name, shared with everything else that has it.
    pub fn name(&mut self, text: &str) -> Name {
        if let Some(name) = self.names.get(text) {
            return name.clone();
        }
        let name: Name = Arc::from(text);
        self.names.insert(name.clone());
        name
    }

    /// A name, if there is one.
    pub fn maybe(&mut self, text: Option<&str>) -> Option<Name> {
        text.map(|text| self.name(text))
    }

    /// `name=value` settings, sorted.
    pub fn options(&mut self, items: &[String]) -> Vec<(Name, Name)> {
        let mut options: Vec<(Name, Name)> = items
            .iter()
            .map(|item| {
                let (name, value) = item.split_once('=').unwrap_or((item, ""));
                (self.name(name), self.name(value))
            })
            .collect();
        options.sort();
        options
    }

    /// `[name, value]` pairs without those of which the value is missing, in their order.
    pub fn properties(&mut self, items: Vec<(String, Option<String>)>) -> Vec<(Name, Name)> {
        let known = items.into_iter().filter_map(|(name, value)| Some((name, value?)));
        known.map(|(name, value)| (self.name(&name), self.name(&value))).collect()
    }

    /// Owner and privileges, as most rows begin.
    pub fn common(&mut self, owner: Oid, grants: Option<Vec<String>>) -> Common {
        let owner = self.roles.get(&owner).cloned().unwrap_or_else(|| self.name(""));
        let grants = grants.map(|items| Grants::parse(items.iter().map(String::as_str)));
        Common { comment: None, owner: Unjudged(owner), grants: Unjudged(grants) }
    }

    /// Whether something is an extension's.
    pub fn is_member(&self, class: Oid, oid: Oid) -> bool {
        self.members.contains_key(&(class, oid))
    }

    /// Reads the beginning that most rows have: oid, name, namespace and owner. Nothing when the
    /// object is not to be read; the row goes on with the privileges.
    pub fn head(&mut self, class: Oid, kind: Kind, row: &mut Row<'_>) -> Option<(Oid, Id, Oid)> {
        let (oid, name, namespace, owner) = (row.number(), row.text(), row.number::<Oid>(), row.number());
        let namespace = self.namespaces.get(&namespace).cloned()?;
        if self.is_member(class, oid) {
            return None;
        }
        let name = self.name(name);
        Some((oid, Id::of(kind, namespace, name), owner))
    }

    /// Adds an object that has an address.
    pub fn add(&mut self, class: Oid, oid: Oid, id: Id, common: Common, definition: impl Into<Definition>) {
        let comment = self.comments.get(&(class, oid, 0)).cloned();
        let object = Object { id, common: Common { comment, ..common }, definition: definition.into() };
        self.slots.insert((class, oid), self.objects.len());
        self.objects.push(object);
    }

    /// An object by its address.
    pub fn get(&self, class: Oid, oid: Oid) -> Option<&Object> {
        self.slots.get(&(class, oid)).map(|slot| &self.objects[*slot])
    }

    /// An object by its address, to be changed.
    pub fn get_mut(&mut self, class: Oid, oid: Oid) -> Option<&mut Object> {
        let slot = self.slots.get(&(class, oid))?;
        self.objects.get_mut(*slot)
    }

    /// The id of an object.
    pub fn id(&self, class: Oid, oid: Oid) -> Option<Id> {
        self.get(class, oid).map(|object| object.id.clone())
    }

    /// A table by its oid, to be changed.
    pub fn table_mut(&mut self, oid: Oid) -> Option<&mut Table> {
        match &mut self.get_mut(code::RELATION, oid)?.definition {
            Definition::Table(table) => Some(table),
            _ => None,
        }
    }

    /// A column's name by its number.
    pub fn column_name(&self, relation: Oid, number: i32) -> Option<Name> {
        let columns = self.columns.get(&relation)?;
        columns.binary_search_by_key(&number, |(number, _)| *number).ok().map(|at| columns[at].1.clone())
    }

    /// Adds a column to what it is a column of.
    pub fn add_column(&mut self, relation: Oid, number: i32, column: Column) {
        self.columns.entry(relation).or_default().push((number, column.name.clone()));
        let Some(object) = self.get_mut(code::RELATION, relation) else { return };
        match &mut object.definition {
            Definition::Table(table) => table.columns.0.push(column),
            Definition::View(view) => view.columns.push(column),
            Definition::MaterializedView(view) => view.columns.push(column),
            Definition::Composite(composite) => composite.attributes.push(Attribute {
                name: column.name,
                data_type: column.data_type,
                collation: column.collation,
                comment: column.comment,
            }),
            _ => {}
        }
    }

    fn need(&mut self, from: Thing, to: Thing) {
        self.dependencies.push(Dependency { from, to });
    }

    /// What an address stands for; with a number, the column.
    fn thing(&self, class: Oid, oid: Oid, number: i32) -> Option<Thing> {
        if let Some(extension) = self.members.get(&(class, oid)) {
            return self.extensions.get(extension).map(Thing::whole);
        }
        match class {
            code::EXTENSION => self.extensions.get(&oid).map(Thing::whole),
            code::DEFAULT => {
                let (relation, column) = self.defaults.get(&oid)?;
                let id = self.id(code::RELATION, *relation)?;
                Some(Thing::default(&id, &self.column_name(*relation, *column)?))
            }
            code::TYPE => match (self.id(class, oid), self.aliases.get(&oid)) {
                (Some(id), _) => Some(Thing::whole(&id)),
                (None, Some(Alias::Type(of))) => self.thing(code::TYPE, *of, 0),
                (None, Some(Alias::Row(of))) => self.thing(code::RELATION, *of, 0),
                (None, None) => None,
            },
            code::RELATION if number > 0 => {
                let id = self.id(class, oid)?;
                // an index has columns of its own, which are nobody's
                Some(
                    self.column_name(oid, number)
                        .map_or_else(|| Thing::whole(&id), |name| Thing::column(&id, &name)),
                )
            }
            _ => self.id(class, oid).map(|id| Thing::whole(&id)),
        }
    }

    /// The catalog.
    pub fn finish(mut self) -> Catalog {
        self.name_parents();
        self.name_uses();
        self.give_identities();
        for (class, oid, number, to_class, to_oid, to_number) in std::mem::take(&mut self.needs) {
            if let (Some(from), Some(to)) =
                (self.thing(class, oid, number), self.thing(to_class, to_oid, to_number))
            {
                self.need(from, to);
            }
        }
        let mut catalog = Catalog::new(self.version, self.objects, self.dependencies);
        catalog.not_compared = self.not_compared;
        catalog
    }

    /// Names what tables, sequences and constraints stand under.
    fn name_parents(&mut self) {
        for (oid, bound) in std::mem::take(&mut self.partitions) {
            let parent = self.parents.get(&oid).and_then(|list| list.first().copied());
            let parent = parent.and_then(|parent| self.id(code::RELATION, parent));
            if let (Some(parent), Some(table)) = (parent, self.table_mut(oid)) {
                table.partition_of = Some((parent, bound));
            }
        }
        let tables: Vec<Oid> = self.parents.keys().copied().collect();
        for oid in tables {
            let ids: Vec<Id> = self.parents[&oid]
                .clone()
                .into_iter()
                .filter_map(|parent| self.id(code::RELATION, parent))
                .collect();
            match self.get_mut(code::RELATION, oid).map(|object| &mut object.definition) {
                Some(Definition::Table(table)) if table.partition_of.is_none() => table.inherits = ids,
                Some(Definition::Index(index)) => index.part_of = ids.into_iter().next(),
                Some(Definition::Constraint(constraint)) => constraint.part_of = ids.into_iter().next(),
                _ => {}
            }
        }
        for (oid, of) in std::mem::take(&mut self.typed) {
            let of = self.thing(code::TYPE, of, 0).map(|thing| thing.id);
            if let Some(table) = self.table_mut(oid) {
                table.of_type = of;
            }
        }
        for (oid, table, number) in std::mem::take(&mut self.owned) {
            let owner = self.id(code::RELATION, table).zip(self.column_name(table, number));
            if let Some(Definition::Sequence(sequence)) =
                self.get_mut(code::RELATION, oid).map(|o| &mut o.definition)
            {
                sequence.owned_by = owner;
            }
        }
    }

    fn name_uses(&mut self) {
        for ((class, oid), relation, number) in std::mem::take(&mut self.uses) {
            let from = self.thing(class, oid, 0);
            let to = self.thing(code::RELATION, relation, number);
            if let (Some(from), Some(to)) = (from, to) {
                self.need(from, to);
            }
        }
    }

    fn give_identities(&mut self) {
        for (relation, number, name, sequence) in std::mem::take(&mut self.identities) {
            let (Some(column), Some(id)) =
                (self.column_name(relation, number), self.id(code::RELATION, relation))
            else {
                continue;
            };
            let usual = types::made_name(&id.name, &column, "seq");
            let Some(table) = self.table_mut(relation) else { continue };
            if let Some(column) = table.columns.0.iter_mut().find(|c| c.name == column)
                && let Some(identity) = &mut column.identity
            {
                identity.sequence_name = (*name != *usual).then_some(name);
                identity.sequence = sequence;
            }
        }
    }
}

/// An identity before its sequence is known.
pub fn identity(letter: &str, data_type: &str) -> Option<Identity> {
    let sequence = Sequence::plain(data_type);
    (!letter.is_empty()).then(|| Identity { always: letter == "a", sequence_name: None, sequence })
}
