//! What runs before what, since one needs the other: dependencies, namespaces, owners.

use std::collections::{HashMap, HashSet};

use super::Builder;
use crate::catalog::{Catalog, Dependency, Id, Kind, Name, Part, Thing};
use crate::diff::work::{State, is_ownership};
use crate::object::ops::{Op, Stage, Verb};
use crate::object::{Definition, Object};

impl<'b> Builder<'b, '_> {
    /// What is done to one thing is done stage by stage, and within one in the order in which it was
    /// written; a column and its default are one thing here.
    pub(super) fn chains(&mut self) {
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
    pub(super) fn wanted(&mut self) {
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
    pub(super) fn present(&mut self) {
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
    pub(super) fn places(&mut self) {
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
    pub(super) fn sequences(&mut self) {
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
}
