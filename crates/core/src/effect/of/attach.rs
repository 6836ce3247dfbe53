//! Partitions: attached, detached, made in place.

use cutover_sql::tree::{NodeEnum, PartitionBoundSpec, PartitionCmd};

use super::alter::Alter;
use super::{Mode, Rel, Scan, Work};
use crate::effect::bounds;
use crate::effect::known::{ConstraintKind, Strategy, is_same_index};

impl Work<'_> {
    pub(super) fn attach(&mut self, alter: &Alter, it: &PartitionCmd) {
        let Some(child) = it.name.as_ref().map(|rel| self.known.resolve(rel)) else { return };
        let parent = &alter.table;
        self.lock(&child, Mode::AccessExclusive);
        if let Some((index_parent, _)) = self.known.index(&child) {
            // ALTER INDEX ... ATTACH PARTITION
            let tables =
                [Some(index_parent.clone()), self.known.index(parent).map(|(table, _)| table.clone())];
            for table in tables.into_iter().flatten() {
                self.lock(&table, Mode::AccessShare);
            }
            return;
        }
        let is_default = it.bound.as_ref().is_some_and(|bound| bound.is_default);
        if !it.bound.as_ref().is_some_and(|bound| self.fits_by_check(parent, &child, bound)) {
            for one in self.known.tree(&child) {
                if one != child {
                    self.lock(&one, Mode::AccessExclusive);
                }
                self.scan(&one, Scan::Attach);
            }
        }
        if !is_default {
            self.default_partition(parent, it.bound.as_ref());
        }
        for (above, index) in self.known.indexes(parent) {
            let own = self.known.indexes(&child).find(|(_, own)| {
                own.part_of.is_none() && is_same_index(own, index) && (!index.constraint || own.constraint)
            });
            self.lock(above, Mode::ShareUpdateExclusive);
            match own {
                Some(_) => {}
                None => self.scan(&child, Scan::PartitionIndex),
            }
        }
        let keys = self.known.get(parent).map(|p| p.constraints.clone()).unwrap_or_default();
        for key in keys {
            let ConstraintKind::ForeignKey { to, .. } = &key.kind else { continue };
            let own = self.known.get(&child).is_some_and(|c| {
                c.constraints.iter().any(|own| own.kind == key.kind && own.columns == key.columns)
            });
            if own {
                // its own key is taken for the parent's; the triggers of it go
                self.lock(to, Mode::AccessExclusive);
            } else {
                self.lock(to, Mode::ShareRowExclusive);
                self.foreign_key_is_checked(&child, to, Scan::ForeignKey);
            }
        }
        self.referencing_partitioned(parent, Mode::ShareRowExclusive);
        // the bounds above it are looked at
        let mut above = self.known.get(parent).map(|p| p.parents.clone()).unwrap_or_default();
        while let Some(next) = above.pop() {
            self.lock(&next, Mode::AccessShare);
            above.extend(self.known.get(&next).map(|p| p.parents.clone()).unwrap_or_default());
        }
    }

    /// The tables that refer to a partitioned table get triggers on each partition.
    fn referencing_partitioned(&mut self, parent: &Rel, mode: Mode) {
        let from: Vec<Rel> =
            self.known.foreign_keys_to(parent).into_iter().map(|(rel, _)| rel.clone()).collect();
        for rel in from {
            self.lock(&rel, mode);
        }
    }

    /// The default partition must have no row that belongs into a new one.
    fn default_partition(&mut self, parent: &Rel, bound: Option<&PartitionBoundSpec>) {
        let children = self.known.get(parent).map(|p| p.children.clone()).unwrap_or_default();
        let default = children.into_iter().find(|child| {
            self.known.get(child).is_some_and(|c| c.partition.as_ref().is_some_and(|bound| bound.is_default))
        });
        if let Some(default) = default {
            self.lock(&default, Mode::AccessExclusive);
            if !bound.is_some_and(|bound| self.excluded_by_check(parent, &default, bound)) {
                self.scan(&default, Scan::DefaultPartition);
            }
        }
    }

    /// Whether valid checks of a table say what the bounds say, those of the parent's own place included. Source:
    /// `PartConstraintImpliedByRelConstraint`, which proves more than this.
    fn fits_by_check(&self, parent: &Rel, child: &Rel, bound: &PartitionBoundSpec) -> bool {
        let Some(above) = self.known.get(parent) else { return false };
        let place = above.partition.as_ref().filter(|own| !own.is_default);
        if place.is_some_and(|own| !own.inside.as_ref().is_some_and(|it| self.known.proves(child, it))) {
            return false;
        }
        if bound.is_default {
            // what no other partition takes
            let others = above.children.iter().filter(|other| *other != child);
            return above.partition_key.len() == 1
                && others.filter_map(|other| self.known.get(other)?.partition.as_ref()).all(|other| {
                    other.outside.as_ref().is_some_and(|outside| self.known.proves(child, outside))
                });
        }
        match bounds::inside(above, bound) {
            Some(inside) => self.known.proves(child, &inside),
            None => self.names_bounds(parent, child, bound),
        }
    }

    /// For bounds of several columns: whether a check names all of the columns and all of the values.
    fn names_bounds(&self, parent: &Rel, child: &Rel, bound: &PartitionBoundSpec) -> bool {
        let (Some(above), Some(own)) = (self.known.get(parent), self.known.get(child)) else { return false };
        if above.partition_key.is_empty() {
            return false;
        }
        let checks: Vec<&str> = own
            .constraints
            .iter()
            .filter(|c| c.valid && c.enforced)
            .filter_map(|c| match &c.kind {
                ConstraintKind::Check { text, .. } => Some(text.as_str()),
                _ => None,
            })
            .collect();
        let not_null = above.partition_key.iter().all(|key| {
            own.is_not_null(key)
                || own.constraints.iter().any(|c| {
                    c.valid
                        && matches!(&c.kind, ConstraintKind::Check { not_null, .. } if not_null.contains(key))
                })
        });
        let values = constants(bound);
        let names_all = |text: &&str| {
            above.partition_key.iter().all(|key| text.contains(&format!("{key:?}")))
                && values.iter().all(|value| text.contains(value.as_str()))
        };
        match above.strategy {
            // the null of a list is said in its own way
            Some(Strategy::List | Strategy::Range) => not_null && checks.iter().any(names_all),
            // a hash is never said by a check that a person writes
            Some(Strategy::Hash) | None => false,
        }
    }

    /// Whether a valid check of the default partition rules the bound out; only the plainest form is seen.
    fn excluded_by_check(&self, parent: &Rel, default: &Rel, bound: &PartitionBoundSpec) -> bool {
        let (Some(above), Some(own)) = (self.known.get(parent), self.known.get(default)) else {
            return false;
        };
        if let Some(outside) = bounds::outside(above, bound) {
            return self.known.proves(default, &outside);
        }
        let values = constants(bound);
        !values.is_empty()
            && own.constraints.iter().filter(|c| c.valid).any(|c| match &c.kind {
                ConstraintKind::Check { text, .. } => {
                    above.partition_key.iter().all(|key| text.contains(&format!("{key:?}")))
                        && values.iter().any(|value| text.contains(value.as_str()))
                }
                _ => false,
            })
    }

    pub(super) fn detach(&mut self, alter: &Alter, it: &PartitionCmd) {
        let Some(child) = it.name.as_ref().map(|rel| self.known.resolve(rel)) else { return };
        if it.concurrent
            && let Some(default) = self.default_below(&alter.table)
        {
            self.out.fails.push(format!("{} has a default partition, {default}", alter.table));
        }
        self.lock(&child, Mode::AccessExclusive);
        self.lock_indexes(&child, Mode::AccessExclusive);
        let keys = self.known.get(&child).map(|c| c.constraints.clone()).unwrap_or_default();
        for below in self.known.tree(&child).into_iter().skip(1).filter(|_| !it.concurrent) {
            self.lock(&below, Mode::AccessExclusive);
        }
        for key in keys {
            if let ConstraintKind::ForeignKey { to, .. } = &key.kind {
                self.lock(to, Mode::ShareRowExclusive);
            }
        }
        if it.concurrent {
            return;
        }
        let from: Vec<Rel> =
            self.known.foreign_keys_to(&alter.table).into_iter().map(|(rel, _)| rel.clone()).collect();
        for rel in from {
            // rows that refer to it must not be left behind
            self.lock(&rel, Mode::AccessExclusive);
            self.scan(&rel, Scan::ForeignKey);
            self.scan(&child, Scan::ForeignKey);
        }
        self.default_partition_of_detached(&alter.table, &child);
    }

    /// The default partition of a table.
    fn default_below(&self, parent: &Rel) -> Option<Rel> {
        let is_default = |rel: &&Rel| self.known.get(rel)?.partition.as_ref().map(|bound| bound.is_default);
        let children = &self.known.get(parent)?.children;
        children.iter().find(|rel| is_default(rel) == Some(true)).cloned()
    }

    fn default_partition_of_detached(&mut self, parent: &Rel, child: &Rel) {
        let children = self.known.get(parent).map(|p| p.children.clone()).unwrap_or_default();
        let default = children.into_iter().find(|rel| {
            rel != child
                && self
                    .known
                    .get(rel)
                    .is_some_and(|c| c.partition.as_ref().is_some_and(|bound| bound.is_default))
        });
        if let Some(default) = default {
            self.lock(&default, Mode::AccessExclusive);
        }
    }

    /// `CREATE TABLE ... PARTITION OF parent`.
    pub(super) fn partition_of(&mut self, parent: &Rel, bound: &PartitionBoundSpec) {
        self.lock(parent, Mode::AccessExclusive);
        for index in self.known.get(parent).map(|p| p.indexes.clone()).unwrap_or_default() {
            self.lock(&index, Mode::ShareUpdateExclusive);
        }
        if !bound.is_default {
            self.default_partition(parent, Some(bound));
        }
        let keys = self.known.get(parent).map(|p| p.constraints.clone()).unwrap_or_default();
        for key in keys {
            if let ConstraintKind::ForeignKey { to, .. } = &key.kind {
                self.lock(to, Mode::ShareRowExclusive);
            }
        }
        self.referencing_partitioned(parent, Mode::ShareRowExclusive);
    }
}

/// The constants of a bound, as they stand in the text of a tree.
fn constants(bound: &PartitionBoundSpec) -> Vec<String> {
    let lists = [&bound.listdatums, &bound.lowerdatums, &bound.upperdatums];
    let mut found = Vec::new();
    for node in lists.into_iter().flatten() {
        let Some(inner) = cutover_sql::tree::inner(node) else { continue };
        let value = match inner {
            NodeEnum::PartitionRangeDatum(datum) => match cutover_sql::tree::boxed(datum.value.as_deref()) {
                Some(value) => value,
                None => continue,
            },
            other => other,
        };
        if let NodeEnum::AConst(constant) = value
            && let Some(value) = &constant.val
        {
            found.push(format!("{value:?}"));
        }
    }
    found
}
