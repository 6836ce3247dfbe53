//! What runs before what among a table, its partitions, its children and their indexes.

use std::collections::HashMap;

use super::Builder;
use crate::catalog::{Catalog, Id, Kind, Part, Thing};
use crate::object::Definition;
use crate::object::ops::{Stage, Verb};

impl<'b> Builder<'b, '_> {
    /// Partitions leave first and are attached last; a child and its columns come after its parent's columns.
    pub(super) fn stages(&mut self) {
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
}
