//! Partitions: attached, detached, made in place.

use cutover_sql::tree::{PartitionBoundSpec, PartitionCmd};

use super::alter::Alter;
use super::{Mode, Rel, Scan, Work};
use crate::effect::known::{Claim, ConstraintKind, Kind, is_same_index};

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
        for below in self.known.tree(&child).into_iter().skip(1) {
            self.lock(&below, Mode::AccessExclusive);
        }
        let claim = it.bound.as_ref().and_then(|bound| self.known.bound_claim(parent, bound));
        // it must be within the bounds of those above, too
        let above = self.bounds_above(parent);
        let whole = claim.clone().zip(above).map(|(own, above)| Claim::All(vec![own, above]));
        self.must_follow(&child, whole.as_ref(), Scan::Attach);
        if !is_default {
            self.default_partition(parent, claim.as_ref());
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
        self.referencing_partitioned(parent);
        // the bounds above it are looked at
        let mut above = self.known.get(parent).map(|p| p.parents.clone()).unwrap_or_default();
        while let Some(next) = above.pop() {
            self.lock(&next, Mode::AccessShare);
            above.extend(self.known.get(&next).map(|p| p.parents.clone()).unwrap_or_default());
        }
    }

    /// The tables that refer to a partitioned table get triggers on each partition.
    fn referencing_partitioned(&mut self, parent: &Rel) {
        // before 15 the triggers were cloned under less
        let mode = if self.known.major >= 15 { Mode::ShareRowExclusive } else { Mode::AccessShare };
        let from: Vec<Rel> =
            self.known.foreign_keys_to(parent).into_iter().map(|(rel, _)| rel.clone()).collect();
        for rel in from {
            self.lock(&rel, mode);
        }
    }

    /// The default partition must have no row that belongs into a new one.
    fn default_partition(&mut self, parent: &Rel, new: Option<&Claim>) {
        if let Some(default) = self.known.default_partition(parent) {
            self.lock(&default, Mode::AccessExclusive);
            let rest = new.and_then(Claim::negated);
            self.must_follow(&default, rest.as_ref(), Scan::DefaultPartition);
        }
    }

    /// The rows of a table, or of its partitions, are read unless its checks say what is claimed. Source:
    /// `QueuePartitionConstraintValidation`.
    fn must_follow(&mut self, table: &Rel, claim: Option<&Claim>, cause: Scan) {
        let known = self.known.get(table);
        let proven = known.zip(claim).is_some_and(|(it, claim)| self.known.facts(it).implies(claim));
        if proven {
            return;
        }
        if self.kind(table) != Kind::Partitioned {
            self.scan(table, cause);
            return;
        }
        for child in known.map(|it| it.children.clone()).unwrap_or_default() {
            self.lock(&child, Mode::AccessExclusive);
            self.must_follow(&child, claim, cause);
        }
    }

    /// What the bounds of a table say that is a partition itself, and those above it.
    fn bounds_above(&self, table: &Rel) -> Option<Claim> {
        let Some(relation) = self.known.get(table) else { return Some(Claim::nothing()) };
        let Some(bound) = &relation.partition else { return Some(Claim::nothing()) };
        let parent = relation.parents.first()?;
        let own = match bound.is_default {
            true => self.known.default_claim(parent, Some(table))?,
            false => bound.says.clone()?,
        };
        Some(Claim::All(vec![own, self.bounds_above(parent)?]))
    }

    pub(super) fn detach(&mut self, alter: &Alter, it: &PartitionCmd) {
        let Some(child) = it.name.as_ref().map(|rel| self.known.resolve(rel)) else { return };
        if it.concurrent
            && let Some(default) = self.known.default_partition(&alter.table)
        {
            self.out.fails.push(format!("{} has a default partition, {default}", alter.table));
        }
        // before 14 a reader of the partition itself was not stopped
        let mode = if self.known.major >= 14 { Mode::AccessExclusive } else { Mode::ShareUpdateExclusive };
        self.lock(&child, mode);
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
            self.lock(&child, Mode::AccessExclusive);
            self.scan(&rel, Scan::ForeignKey);
            self.scan(&child, Scan::ForeignKey);
        }
        // it may be the one that goes
        if let Some(default) = self.known.default_partition(&alter.table) {
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
            let claim = self.known.bound_claim(parent, bound);
            self.default_partition(parent, claim.as_ref());
        }
        let keys = self.known.get(parent).map(|p| p.constraints.clone()).unwrap_or_default();
        for key in keys {
            if let ConstraintKind::ForeignKey { to, .. } = &key.kind {
                self.lock(to, Mode::ShareRowExclusive);
            }
        }
        self.referencing_partitioned(parent);
    }
}
