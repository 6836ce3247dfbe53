//! Which operation has to run before which, and why.

use std::collections::{HashMap, HashSet};

use cutover_sql::ident::quote_ident;

use super::plan::{Splits, Written};
use super::soft;
use super::work::{State, Work, is_ownership};
use crate::catalog::{Catalog, Dependency, Id, Kind, Name, Part, Thing};
use crate::object::ops::{Op, Stage, Verb};
use crate::object::{Definition, Object, types};

/// Another operation that runs before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Which.
    pub first: usize,
    /// Whether the statement fails otherwise; it is only better otherwise.
    pub hard: bool,
    /// The part of the operation's object that needs the other.
    pub cause: Option<Thing>,
}

/// What runs before each operation, and where it is best seen.
#[derive(Debug, Default)]
pub struct Graph {
    /// By operation.
    pub before: Vec<Vec<Edge>>,
    /// Operations in the order in which a person would read them.
    pub preferred: Vec<usize>,
}

/// `ALTER TABLE … ALTER COLUMN …`.
pub fn alter_column(table: &Id, column: &str, tail: &str) -> String {
    let noun = if table.kind == Kind::View { "VIEW" } else { "TABLE" };
    format!("ALTER {noun} {} ALTER COLUMN {} {tail}", table.path(), quote_ident(column))
}

struct Builder<'b, 'a> {
    work: &'b Work<'a>,
    written: &'b Written,
    splits: &'b Splits,
    creates: HashMap<Thing, usize>,
    alters: HashMap<Thing, Vec<usize>>,
    drops: HashMap<Thing, usize>,
    of_object: HashMap<&'b Id, Vec<usize>>,
    /// What puts a stand-in in the place of a view that goes.
    emptied: HashMap<Id, usize>,
    graph: Graph,
}

impl Graph {
    /// Finds out.
    pub fn new(work: &Work<'_>, written: &Written, splits: &Splits) -> Self {
        let mut builder = Builder {
            work,
            written,
            splits,
            creates: HashMap::new(),
            alters: HashMap::new(),
            drops: HashMap::new(),
            of_object: HashMap::new(),
            emptied: HashMap::new(),
            graph: Self { before: vec![Vec::new(); written.ops.len()], preferred: Vec::new() },
        };
        builder.index();
        builder.chains();
        builder.wanted();
        builder.present();
        builder.places();
        builder.sequences();
        builder.stages();
        builder.names();
        builder.chosen_names();
        builder.bodies();
        builder.prefer();
        builder.graph
    }
}

impl<'b> Builder<'b, '_> {
    fn index(&mut self) {
        for (at, op) in self.written.ops.iter().enumerate() {
            self.of_object.entry(&op.thing.id).or_default().push(at);
            match op.verb {
                Verb::Create => drop(self.creates.insert(op.thing.clone(), at)),
                Verb::Alter => self.alters.entry(op.thing.clone()).or_default().push(at),
                Verb::Drop => drop(self.drops.insert(op.thing.clone(), at)),
            }
            for thing in self.written.within.get(&at).into_iter().flatten() {
                self.creates.insert(thing.clone(), at);
            }
            let goes =
                self.work.states.get(&op.thing.id).is_some_and(|s| matches!(s, State::Dropped | State::Anew));
            if op.thing.id.kind == Kind::View && op.stage == Stage::First && goes {
                self.emptied.insert(op.thing.id.clone(), at);
            }
        }
    }

    fn edge(&mut self, after: usize, first: usize, hard: bool, cause: Option<Thing>) {
        if after != first {
            self.graph.before[after].push(Edge { first, hard, cause });
        }
    }

    fn create_of(&self, thing: &Thing) -> Option<usize> {
        let column = || match &thing.part {
            Part::Default(name) => self.creates.get(&Thing::column(&thing.id, name)),
            Part::Whole | Part::Column(_) => None,
        };
        let whole = || self.creates.get(&Thing::whole(&thing.id));
        self.creates.get(thing).or_else(column).or_else(whole).copied().or_else(|| self.brought(thing))
    }

    /// What adds a column to the table that another one has it of.
    fn brought(&self, thing: &Thing) -> Option<usize> {
        let name = thing.part.column()?;
        let table = self.work.sides.to.definition(&thing.id).and_then(Definition::as_table)?;
        let parents = table.partition_of.iter().map(|(id, _)| id).chain(&table.inherits);
        let is_parents = table.column(name).is_some_and(|column| column.is_inherited.0);
        let mut columns = parents.filter(|_| is_parents).map(|id| Thing::column(id, name));
        columns.find_map(|column| self.creates.get(&column).copied().or_else(|| self.brought(&column)))
    }

    fn alters_of(&self, thing: &Thing) -> Vec<usize> {
        self.alters.get(thing).cloned().unwrap_or_default()
    }

    fn drop_of(&self, thing: &Thing) -> Option<usize> {
        if let Some(at) = self.drops.get(thing) {
            return Some(*at);
        }
        if let Part::Default(name) = &thing.part
            && let Some(at) = self.drops.get(&Thing::column(&thing.id, name))
        {
            return Some(*at);
        }
        if let Some(at) = self.drops.get(&Thing::whole(&thing.id)) {
            return Some(*at);
        }
        let taken = self.written.absorbed.get(&thing.id).and_then(|by| self.drop_of(by));
        taken.or_else(|| self.drop_by_parent(thing))
    }

    /// What drops a column that a table has from a parent.
    fn drop_by_parent(&self, thing: &Thing) -> Option<usize> {
        let Part::Column(name) = &thing.part else { return None };
        let table = self.work.table_before(&thing.id)?;
        table.column(name).filter(|column| column.is_inherited.0)?;
        let parents = table.partition_of.iter().map(|(parent, _)| parent).chain(&table.inherits);
        parents.into_iter().find_map(|parent| {
            let column = Thing::column(parent, name);
            self.drops.get(&column).copied().or_else(|| self.drop_by_parent(&column))
        })
    }

    /// What is done to one thing is done stage by stage, and within one in the order in which it was
    /// written; a column and its default are one thing here.
    fn chains(&mut self) {
        let mut last: HashMap<(&'b Id, Option<&'b Name>), usize> = HashMap::new();
        let mut ops: Vec<(usize, &'b Op)> = self.written.ops.iter().enumerate().collect();
        ops.sort_by_key(|(_, op)| op.stage);
        for (at, op) in ops {
            // a type that has stepped aside goes when nobody has it any more
            if op.verb == Verb::Drop && self.work.swapped.contains(&op.thing.id) {
                let aside = self.alters_of(&Thing::whole(&op.thing.id));
                aside.into_iter().for_each(|first| self.edge(at, first, true, None));
                continue;
            }
            let part = op.thing.part.column();
            if let Some(before) = last.insert((&op.thing.id, part), at) {
                self.edge(at, before, true, None);
            }
            if part.is_some()
                && let Some(create) =
                    self.creates.get(&Thing::whole(&op.thing.id)).copied().filter(|c| *c < at)
            {
                self.edge(at, create, true, None);
            }
            if part.is_some()
                && op.verb == Verb::Drop
                && let Some(drop) = self.drops.get(&Thing::whole(&op.thing.id)).copied().filter(|d| at < *d)
            {
                self.edge(drop, at, true, None);
            }
        }
    }

    /// What is new or changed comes after what it needs.
    fn wanted(&mut self) {
        let dependencies = self.work.sides.to.dependencies();
        // functions that a type which begins as a shell is made of
        let of_type: HashSet<(&Id, &Id)> = dependencies
            .iter()
            .filter(|d| self.written.shells.contains_key(&d.from.id))
            .map(|d| (&d.from.id, &d.to.id))
            .collect();
        for dependency in dependencies.iter().filter(|d| !is_ownership(d)) {
            let Dependency { from, to } = dependency;
            let needed: Vec<(usize, bool)> = match self.written.shells.get(&to.id) {
                Some(shell) if of_type.contains(&(&to.id, &from.id)) => vec![(*shell, true)],
                _ => match self.create_of(to) {
                    Some(at) => std::iter::once((at, true)).chain(self.family_of(to)).collect(),
                    None => self.alters_of(to).into_iter().map(|at| (at, false)).collect(),
                },
            };
            if needed.is_empty() {
                continue;
            }
            for user in self.users(from) {
                for (first, hard) in &needed {
                    let cause = self.written.within.get(&user).map(|_| from.clone());
                    self.edge(user, *first, *hard, cause);
                }
            }
        }
        for (at, op) in self.written.ops.iter().enumerate() {
            for thing in &op.needs {
                let create = self.create_of(thing);
                if let Some(first) = create {
                    self.edge(at, first, true, None);
                }
                // what a trigger is told goes through to the partitions, which may be told otherwise
                if create.is_none() || thing.id.kind == Kind::Trigger {
                    self.alters_of(thing).into_iter().for_each(|first| self.edge(at, first, false, None));
                }
            }
        }
    }

    /// Functions of an operator class that are members of its family only: an index needs them, too.
    fn family_of(&self, class: &Thing) -> Vec<(usize, bool)> {
        let Some(Definition::OperatorClass(class)) = self.work.sides.to.definition(&class.id) else {
            return Vec::new();
        };
        let is_it = |id: &Id| id.kind == Kind::OperatorFamily && id.path() == *class.family;
        let found = self.alters.iter().filter(|(thing, _)| is_it(&thing.id));
        found.flat_map(|(_, ops)| ops).map(|at| (*at, false)).collect()
    }

    /// The operations that need what a thing needs.
    fn users(&self, thing: &Thing) -> Vec<usize> {
        let is_stand_in = thing.id.kind == Kind::View && self.splits.views.contains(&thing.id);
        match self.create_of(thing) {
            // the stand-in needs nothing; what completes it does
            Some(_) if is_stand_in => self.alters_of(&Thing::whole(&thing.id)),
            Some(at) => vec![at],
            // what parts it from others needs nothing
            None => {
                let parts = |at: &usize| self.written.ops[*at].stage == Stage::First;
                self.alters_of(thing).into_iter().filter(|at| !parts(at)).collect()
            }
        }
    }

    /// What goes or changes its type comes after what needs it now.
    fn present(&mut self) {
        let wanted: HashSet<(&Thing, &Thing)> =
            self.work.sides.to.dependencies().iter().map(|d| (&d.from, &d.to)).collect();
        for dependency in self.work.sides.from.dependencies().iter().filter(|d| !is_ownership(d)) {
            let Dependency { from, to } = dependency;
            let gone = self.drop_of(to);
            let altered = if gone.is_some() { Vec::new() } else { self.alters_of(to) };
            if gone.is_none() && altered.is_empty() {
                continue;
            }
            let leaves = self.emptied.get(&from.id).copied().or_else(|| self.drop_of(from));
            if let (Some(first), true) = (leaves, self.work.swapped.contains(&to.id)) {
                // its name goes when the type steps aside
                self.alters_of(&Thing::whole(&to.id))
                    .into_iter()
                    .for_each(|at| self.edge(at, first, true, None));
            }
            if let Some(at) = gone {
                let is_default = matches!(from.part, Part::Default(_));
                let within = is_default || self.written.absorbed.contains_key(&from.id);
                let cause = within.then(|| from.clone());
                match leaves {
                    Some(first) => self.edge(at, first, true, cause),
                    // what joins a thing to another one does not part it from this one
                    None => self.alters_of(from).into_iter().for_each(|first| {
                        let joins = self.written.ops[first].stage > Stage::Usual;
                        if !joins {
                            self.edge(at, first, true, None);
                        }
                    }),
                }
                // what is made anew must not find the other again
                if let Some(again) = self.create_of(from).filter(|_| leaves.is_some()) {
                    self.edge(again, at, false, None);
                }
            }
            for at in altered {
                match leaves {
                    Some(first) => self.edge(at, first, matches!(to.part, Part::Column(_)), None),
                    None if !wanted.contains(&(from, to)) => {
                        self.alters_of(from).into_iter().for_each(|first| self.edge(at, first, false, None));
                    }
                    None => {}
                }
            }
        }
    }

    /// Namespaces, and what an object stands on.
    fn places(&mut self) {
        for (at, op) in self.written.ops.iter().enumerate() {
            let id = &op.thing.id;
            let namespace = Thing::whole(&Id::global(Kind::Namespace, id.namespace.clone()));
            match op.verb {
                Verb::Create => {
                    if let Some(first) = self.creates.get(&namespace).copied() {
                        self.edge(at, first, true, None);
                    }
                    // the part of an index is made alone: that it is one is said when it is attached
                    let owners = self.work.sides.to.get(id).and_then(Object::belongs_to);
                    // a sequence comes before the column that owns it
                    for owner in
                        owners.iter().filter(|_| id.kind != Kind::Sequence && op.thing.part == Part::Whole)
                    {
                        if let Some(first) = self.create_of(&Thing::whole(owner)) {
                            self.edge(at, first, true, None);
                        }
                    }
                }
                Verb::Drop => {
                    if let Some(last) = self.drops.get(&namespace).copied() {
                        self.edge(last, at, true, None);
                    }
                }
                Verb::Alter => {}
            }
        }
    }

    /// A sequence leaves its table before that goes and takes it along.
    fn sequences(&mut self) {
        let mut edges = Vec::new();
        for (id, state) in self.work.states.iter().filter(|(id, _)| id.kind == Kind::Sequence) {
            let owner = |catalog: &'b Catalog| match catalog.definition(id) {
                Some(Definition::Sequence(it)) => it.owned_by.as_ref(),
                _ => None,
            };
            let (before, after) = (owner(self.work.sides.from), owner(self.work.sides.to));
            let Some((table, column)) = before.filter(|_| *state == State::Altered && before != after) else {
                continue;
            };
            if let Some(last) = self.drop_of(&Thing::column(table, column)) {
                let own = self.alters_of(&Thing::whole(id)).into_iter();
                edges.extend(own.map(|first| (last, first, after.is_none())));
            }
        }
        edges.into_iter().for_each(|(last, first, hard)| self.edge(last, first, hard, None));
    }

    /// Partitions leave first and are attached last; a child and its columns come after its parent's columns.
    fn stages(&mut self) {
        let mut groups: HashMap<Id, Vec<usize>> = HashMap::new();
        for (at, op) in self.written.ops.iter().enumerate() {
            groups.entry(self.root(op)).or_default().push(at);
        }
        let ops = &self.written.ops;
        for (root, group) in &groups {
            for at in group.iter().filter(|at| ops[**at].stage != Stage::Usual) {
                let stage = ops[*at].stage;
                for other in group.iter().filter(|other| ops[**other].stage != stage) {
                    let (first, last) = if ops[*other].stage < stage { (*other, *at) } else { (*at, *other) };
                    // an index waits for its table's attachment and for its own making
                    if stage != Stage::AttachIndex
                        || ops[*other].stage == Stage::Attach
                        || ops[*other].thing == ops[*at].thing
                    {
                        let swapped = self.work.swapped.contains(root);
                        self.edge(last, first, !swapped || ops[last].verb == Verb::Create, None);
                    }
                }
            }
            self.after_parents(root, group);
        }
        self.partitions();
        self.parts_of_parts();
        self.persistence();
    }

    /// What leaves a partitioned table leaves before others come, whose bounds may be its; an index of the table is
    /// whole when all partitions have theirs.
    fn partitions(&mut self) {
        let parent_of = |catalog: &'b Catalog, id: &Id| {
            let table = catalog.definition(id).and_then(Definition::as_table)?;
            table.partition_of.as_ref()
        };
        let mut leaving: HashMap<&Id, Vec<usize>> = HashMap::new();
        let mut coming: HashMap<&Id, Vec<(usize, bool)>> = HashMap::new();
        for (at, op) in self.written.ops.iter().enumerate().filter(|(_, op)| op.thing.part == Part::Whole) {
            let id = &op.thing.id;
            if let Some((parent, _)) = parent_of(self.work.sides.from, id)
                && (op.stage == Stage::First || op.verb == Verb::Drop)
            {
                leaving.entry(parent).or_default().push(at);
            }
            if let Some((parent, bound)) = parent_of(self.work.sides.to, id)
                && op.stage == Stage::Attach
            {
                coming.entry(parent).or_default().push((at, &**bound == "DEFAULT"));
            }
        }
        for (parent, attaches) in &coming {
            let gone = leaving.get(parent).into_iter().flatten();
            gone.for_each(|first| attaches.iter().for_each(|(at, _)| self.edge(*at, *first, true, None)));
            // rows that are in the default partition would be another's
            for (last, _) in attaches.iter().filter(|(_, is_default)| *is_default) {
                let others = attaches.iter().filter(|(_, is_default)| !is_default);
                others.for_each(|(first, _)| self.edge(*last, *first, true, None));
            }
        }
        let indexes: Vec<(usize, Id)> = self
            .written
            .ops
            .iter()
            .enumerate()
            .filter(|(_, op)| op.verb == Verb::Create && op.thing.part == Part::Whole)
            .map(|(at, op)| (at, self.root(op)))
            .filter(|(at, root)| self.written.ops[*at].thing.id != *root)
            .collect();
        for (at, root) in indexes {
            let before = leaving.get(&root).into_iter().flatten().copied();
            let dropped = before.filter(|first| self.written.ops[*first].verb == Verb::Drop);
            let attached = coming.get(&root).into_iter().flatten().map(|(first, _)| *first);
            let is_index = self.written.ops[at].thing.id.kind == Kind::Index;
            for first in dropped.chain(attached.filter(|_| is_index)).collect::<Vec<_>>() {
                self.edge(at, first, false, None);
            }
        }
    }

    /// A partition of partitions brings its indexes along with all of their parts: an index that is not whole is not
    /// taken, and another one is made.
    fn parts_of_parts(&mut self) {
        let to = self.work.sides.to;
        let table_of = |at: &usize| {
            let op = &self.written.ops[*at];
            let whole = match to.definition(&op.thing.id)? {
                Definition::Index(index) => index.part_of.as_ref(),
                Definition::Constraint(constraint) => constraint.part_of.as_ref(),
                _ => None,
            };
            to.get(whole.filter(|_| op.stage == Stage::AttachIndex)?)?.belongs_to()
        };
        let parts = (0..self.written.ops.len()).filter_map(|at| Some((at, table_of(&at)?)));
        for (first, table) in parts.collect::<Vec<_>>() {
            let ops = self.of_object.get(&table).cloned().unwrap_or_default();
            let attaches = ops.into_iter().filter(|at| self.written.ops[*at].stage == Stage::Attach);
            attaches.collect::<Vec<_>>().into_iter().for_each(|at| self.edge(at, first, false, None));
        }
    }

    /// A permanent table refers to permanent ones only.
    fn persistence(&mut self) {
        let word = |at: &usize| {
            let sql = self.written.ops[*at].sql.first().map_or("", String::as_str);
            if sql.ends_with(" SET LOGGED") {
                Some(true)
            } else {
                sql.ends_with(" SET UNLOGGED").then_some(false)
            }
        };
        let find = |id: &Id| -> Option<(usize, bool)> {
            self.of_object.get(id)?.iter().find_map(|at| word(at).map(|logged| (*at, logged)))
        };
        let mut edges = Vec::new();
        let catalogs = [self.work.sides.from, self.work.sides.to];
        for object in catalogs.into_iter().flat_map(Catalog::objects) {
            let Some(constraint) = object.definition.as_constraint() else { continue };
            let tables = (constraint.references.as_ref(), constraint.table.0.as_ref());
            if let (Some(to), Some(from)) = tables
                && let (Some((to, logged)), Some((from, _))) = (find(to), find(from))
            {
                edges.push(if logged { (from, to) } else { (to, from) });
            }
        }
        edges.into_iter().for_each(|(at, first)| self.edge(at, first, true, None));
    }

    fn after_parents(&mut self, root: &Id, group: &[usize]) {
        let side = |catalog: &'b Catalog| {
            let table = catalog.definition(root).and_then(Definition::as_table);
            let parents =
                table.map(|t| t.partition_of.iter().map(|(id, _)| id).chain(&t.inherits).collect::<Vec<_>>());
            parents.unwrap_or_default()
        };
        let table = self.work.sides.to.definition(root).and_then(Definition::as_table);
        let is_child = table.is_some_and(|table| !table.inherits.is_empty());
        for parent in side(self.work.sides.to) {
            let parents = self.of_object.get(parent).cloned().unwrap_or_default();
            for at in group {
                let op = &self.written.ops[*at];
                for first in &parents {
                    let other = &self.written.ops[*first];
                    let column = op.thing.part.column();
                    let same =
                        op.thing.id == *root && column.is_some() && column == other.thing.part.column();
                    let goes = other.verb == Verb::Drop && other.thing.part == Part::Whole;
                    let attaches = op.stage == Stage::Attach && other.stage == Stage::Usual && !goes;
                    let is_own = op.thing.id == *root;
                    let fires = is_own && op.stage == Stage::AttachIndex && other.stage == op.stage;
                    // what the parent's columns are told goes through to the children that are there
                    let comes = is_own && op.verb == Verb::Create && op.thing.part == Part::Whole;
                    let inherits = comes && other.thing.part != Part::Whole && is_child;
                    if same || attaches || fires || inherits {
                        self.edge(*at, *first, same, None);
                    }
                }
            }
        }
        for parent in side(self.work.sides.from) {
            let parents = self.of_object.get(parent).cloned().unwrap_or_default();
            // one that goes takes its columns along, and what names them
            let gone = group.iter().find(|at| {
                self.written.ops[**at].verb == Verb::Drop
                    && self.written.ops[**at].thing == Thing::whole(root)
            });
            if let Some(first) = gone {
                let columns = |at: &&usize| self.written.ops[**at].thing.part.column().is_some();
                let ops: Vec<usize> = parents.iter().filter(columns).copied().collect();
                ops.into_iter().for_each(|at| self.edge(at, *first, false, None));
            }
            for at in group.iter().filter(|at| self.written.ops[**at].stage == Stage::First) {
                parents.iter().for_each(|last| self.edge(*last, *at, true, None));
            }
        }
    }

    /// The object that an operation is seen with.
    fn root(&self, op: &Op) -> Id {
        let id = &op.thing.id;
        if !matches!(id.kind, Kind::Constraint | Kind::Index) {
            return id.clone();
        }
        let object = self.work.sides.to.get(id).or_else(|| self.work.sides.from.get(id));
        object.and_then(Object::belongs_to).unwrap_or_else(|| id.clone())
    }

    /// A name is free before something else takes it.
    fn names(&mut self) {
        let mut taken: HashMap<(char, Name, Name), (&Id, usize)> = HashMap::new();
        for (id, state) in &self.work.states {
            if matches!(state, State::Dropped | State::Anew)
                && let Some(object) = self.work.sides.from.get(id)
                && let Some(at) = self.drop_of(&Thing::whole(id))
            {
                taken.extend(object.slots().into_iter().map(|slot| (slot, (*id, at))));
            }
        }
        for (at, op) in self.written.ops.iter().enumerate() {
            if let Some((namespace, name)) = &op.frees {
                taken.insert(('r', namespace.clone(), name.clone()), (&op.thing.id, at));
            }
        }
        for (at, op) in self.written.ops.iter().enumerate() {
            if let Some((namespace, name)) = &op.takes
                && let Some((_, first)) = taken.get(&('r', namespace.clone(), name.clone()))
            {
                self.edge(at, *first, true, None);
            }
        }
        self.overloads();
        for (id, state) in &self.work.states {
            let Some(at) = self.create_of(&Thing::whole(id)).filter(|_| *state != State::Altered) else {
                continue;
            };
            let slots = self.work.sides.to.get(id).map(Object::slots).unwrap_or_default();
            for slot in slots {
                let Some((other, first)) = taken.get(&slot).copied() else { continue };
                let at = self.written.shells.get(*id).copied().unwrap_or(at);
                if !self.work.swapped.contains(other) {
                    self.edge(at, first, true, None);
                } else if other != *id {
                    // its name is free when it has stepped aside
                    let aside = self.alters_of(&Thing::whole(other));
                    aside.into_iter().for_each(|first| self.edge(at, first, true, None));
                }
            }
            if *state == State::Anew
                && !self.work.swapped.contains(*id)
                && let Some(first) = self.drop_of(&Thing::whole(id))
            {
                let at = self.written.shells.get(*id).copied().unwrap_or(at);
                self.edge(at, first, true, None);
            }
        }
    }

    /// The name that the server chooses for a NOT NULL is free when it chooses: whoever is told to have that
    /// name comes later.
    fn chosen_names(&mut self) {
        let mut chosen: HashMap<(&Name, String), usize> = HashMap::new();
        let mut told: Vec<(&Id, &Name, &Name)> = Vec::new();
        for id in self.work.states.keys().filter(|id| id.kind.is_relation()) {
            for column in self.work.sides.to.definition(id).map_or(&[][..], Definition::columns) {
                match column.not_null.as_ref().map(|not_null| &not_null.name) {
                    Some(Some(name)) => told.push((id, &column.name, name)),
                    Some(None) => {
                        let name = types::made_name(&id.name, &column.name, "not_null");
                        if let Some(create) = self.create_of(&Thing::column(id, &column.name)) {
                            chosen.insert((&id.namespace, name), create);
                        }
                    }
                    None => {}
                }
            }
        }
        for (id, column, name) in told {
            let Some(first) = chosen.get(&(&id.namespace, name.to_string())).copied() else { continue };
            let thing = Thing::column(id, column);
            let create = self.create_of(&thing);
            let ops = create.into_iter().chain(self.alters_of(&thing)).collect::<Vec<_>>();
            ops.into_iter().for_each(|at| self.edge(at, first, false, None));
        }
    }

    /// A function that goes, goes before another of its name comes: a call could mean both.
    fn overloads(&mut self) {
        let is_routine = |id: &Id| matches!(id.kind, Kind::Function | Kind::Procedure | Kind::Aggregate);
        let mut edges = Vec::new();
        for (thing, first) in self.drops.iter().filter(|(thing, _)| is_routine(&thing.id)) {
            for (other, at) in self.creates.iter().filter(|(other, _)| is_routine(&other.id)) {
                if (&thing.id.namespace, &thing.id.name) == (&other.id.namespace, &other.id.name) {
                    edges.push((*at, *first));
                }
            }
        }
        edges.into_iter().for_each(|(at, first)| self.edge(at, first, false, None));
    }

    /// What a function's body names is there before the function; nothing but the text tells.
    fn bodies(&mut self) {
        let creates: Vec<(&Thing, usize)> = self
            .creates
            .iter()
            .filter(|(thing, _)| thing.part == Part::Whole)
            .map(|(t, at)| (t, *at))
            .collect();
        let mut edges = Vec::new();
        for (at, op) in self.written.ops.iter().enumerate() {
            let Some(Definition::Routine(routine)) = self.work.sides.to.definition(&op.thing.id) else {
                continue;
            };
            if op.verb == Verb::Drop || op.thing.part != Part::Whole {
                continue;
            }
            let words = soft::words(routine.text());
            for (thing, first) in creates.iter().filter(|(thing, _)| soft::is_named(&thing.id, &words)) {
                if thing.id != op.thing.id {
                    edges.push((at, *first));
                }
            }
        }
        edges.into_iter().for_each(|(at, first)| self.edge(at, first, false, None));
    }

    /// Creations and changes by kind and name, indexes and constraints with their tables; what only
    /// goes comes last.
    fn prefer(&mut self) {
        let ops = &self.written.ops;
        let mut keyed: Vec<_> = (0..ops.len())
            .map(|at| {
                let op = &ops[at];
                let root = self.root(op);
                let state = self.work.states.get(&op.thing.id);
                let phase = match (op.verb, state) {
                    (Verb::Drop, Some(State::Anew)) => 2,
                    (Verb::Drop, Some(State::Dropped)) => 1,
                    _ => 0,
                };
                let rank = if phase == 0 { root.kind as i32 } else { -(root.kind as i32) };
                (phase, rank, root, op.stage, at)
            })
            .collect();
        keyed.sort();
        self.graph.preferred = keyed.into_iter().map(|(.., at)| at).collect();
    }
}
