//! What runs before what, since a name is taken or meant: names that get free, overloads, bodies of functions.

use std::collections::HashMap;

use super::Builder;
use crate::catalog::{Id, Kind, Name, Part, Thing};
use crate::diff::soft;
use crate::diff::work::State;
use crate::object::ops::Verb;
use crate::object::{Definition, Object, types};

impl<'b> Builder<'b, '_> {
    /// A name is free before something else takes it.
    pub(super) fn names(&mut self) {
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
    pub(super) fn chosen_names(&mut self) {
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
    pub(super) fn bodies(&mut self) {
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
}
