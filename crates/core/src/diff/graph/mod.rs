//! Which operation has to run before which, and why.

mod family;
mod names;
mod needs;

use std::collections::HashMap;

use cutover_sql::ident::quote_ident;

use super::plan::Splits;
use super::work::{State, Work};
use super::written::Written;
use crate::catalog::{Id, Kind, Part, Thing};
use crate::object::ops::{Op, Stage, Verb};
use crate::object::{Definition, Object};

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

    /// The object that an operation is seen with.
    fn root(&self, op: &Op) -> Id {
        let id = &op.thing.id;
        if !matches!(id.kind, Kind::Constraint | Kind::Index) {
            return id.clone();
        }
        let object = self.work.sides.to.get(id).or_else(|| self.work.sides.from.get(id));
        object.and_then(Object::belongs_to).unwrap_or_else(|| id.clone())
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
