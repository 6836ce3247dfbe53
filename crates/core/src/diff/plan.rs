//! Writes the operations that [`super::work`] asks for, and gives them in order.
//!
//! A table is created with its defaults and constraints in it, as a person would write it. Where that
//! closes a circle (a default calls a function that takes the table's rows), the part is split off and
//! everything is written again.

use std::collections::HashSet;

use super::follow::follow;
use super::graph::Graph;
use super::order::{self, Circle};
use super::rename::Rename;
use super::work::{State, Work};
use super::written::Written;
use super::{Action, Options};
use crate::catalog::{Catalog, Id, Kind, Part, Thing};
use crate::object::ops::{Op, Verb};
use crate::object::{Definition, Object};

/// What is written apart from its object, because it would close a circle.
#[derive(Debug, Default)]
pub struct Splits {
    /// Defaults of tables.
    pub defaults: HashSet<Thing>,
    /// Constraints of tables; on the way down their rules, triggers and policies too.
    pub parts: HashSet<Id>,
    /// Views that begin as stand-ins.
    pub views: HashSet<Id>,
    /// Views that end as stand-ins.
    pub emptied: HashSet<Id>,
    /// Types that begin as shells.
    pub shells: HashSet<Id>,
}

/// How often circles are cut before they are left as they are.
const CUTS: usize = 1000;

/// The actions that make `to` of `from`, in an order in which each finds what it needs.
pub fn plan(from: &Catalog, to: &Catalog, options: &Options) -> Vec<Action> {
    let Some((renames, renamed)) = follow(from, to, options) else { return ordered(from, to, options) };
    let mut actions: Vec<Action> = renames.iter().map(Rename::action).collect();
    actions.extend(ordered(&renamed, to, options));
    actions
}

/// The actions between two catalogs whose objects have their names.
fn ordered(from: &Catalog, to: &Catalog, options: &Options) -> Vec<Action> {
    let work = Work::new(from, to, options);
    if work.states.is_empty() {
        return Vec::new();
    }
    let mut splits = Splits::default();
    for object in to.objects() {
        // one that stays a shell is no more than its name
        if let Definition::BaseType(it) = &object.definition
            && !it.properties.is_empty()
        {
            splits.shells.insert(object.id.clone());
        }
    }
    for round in 0.. {
        let written = Written::new(&work, &splits);
        let graph = Graph::new(&work, &written, &splits);
        let mut given_up = HashSet::new();
        let mut last = round == CUTS;
        while let Err(circle) = order::sort(&written.ops, &graph, &given_up, false) {
            if !last && cut(&circle, &written.ops, to, &mut splits) {
                break;
            }
            match circle.soft {
                Some(edge) => drop(given_up.insert(edge)),
                None => {
                    // another round would find it again
                    last = true;
                    break;
                }
            }
        }
        if let Ok(sorted) = order::sort(&written.ops, &graph, &given_up, last) {
            return finish(written.ops, &sorted, &work);
        }
    }
    Vec::new()
}

/// Splits something off that is in the circle; whether there was such a thing.
fn cut(circle: &Circle, ops: &[Op], to: &Catalog, splits: &mut Splits) -> bool {
    for cause in &circle.causes {
        let done = match &cause.part {
            Part::Default(_) => splits.defaults.insert(cause.clone()),
            Part::Whole if cause.id.kind.is_part_of_table() => splits.parts.insert(cause.id.clone()),
            _ => false,
        };
        if done {
            return true;
        }
    }
    for op in circle.ops.iter().map(|at| &ops[*at]) {
        let id = &op.thing.id;
        let done = match (id.kind, op.verb) {
            (Kind::View, Verb::Drop) => splits.emptied.insert(id.clone()),
            (Kind::View, Verb::Create | Verb::Alter) => splits.views.insert(id.clone()),
            (Kind::Range, _) if to.get(id).is_some() => splits.shells.insert(id.clone()),
            _ => false,
        };
        if done {
            return true;
        }
    }
    false
}

/// The actions, without what is said twice.
fn finish(ops: Vec<Op>, sorted: &[usize], work: &Work<'_>) -> Vec<Action> {
    let is_new =
        |id: &Id| matches!(work.states.get(id), Some(State::Created | State::Anew)) && id.kind.is_relation();
    let mut ops: Vec<Option<Op>> = ops.into_iter().map(Some).collect();
    let mut said: HashSet<String> = HashSet::new();
    let mut actions = Vec::new();
    for at in sorted {
        let Some(op) = ops.get_mut(*at).and_then(Option::take) else { continue };
        let stands_on = work.sides.to.get(&op.thing.id).and_then(Object::belongs_to);
        // nobody waits for a table that nobody knows
        let online =
            !work.options.plain && !is_new(&op.thing.id) && !stands_on.is_some_and(|table| is_new(&table));
        let mut action = Action::of(op, online);
        // a table's choice of an index may be said at both
        action.statements.retain(|sql| !is_choice(sql) || said.insert(sql.clone()));
        if !action.statements.is_empty() {
            actions.push(action);
        }
    }
    actions
}

fn is_choice(sql: &str) -> bool {
    sql.contains(" REPLICA IDENTITY USING INDEX ") || sql.contains(" CLUSTER ON ")
}
