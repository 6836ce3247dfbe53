//! Which table's rows come first: those that others refer to. Tables that refer to each other in a circle are written
//! by one statement, at whose end PostgreSQL looks at their keys
//! (<https://www.postgresql.org/docs/current/sql-set-constraints.html>: a constraint that is not deferrable is
//! checked at the end of each command).

use std::collections::{BTreeMap, BTreeSet};

use super::{Rows, constraints};
use crate::catalog::{Catalog, Id};

/// Groups of tables in order; more than one in a group when they refer to each other, and whether a table of the
/// group refers to itself or another of it.
pub fn groups(catalog: &Catalog, all: &[Rows]) -> Vec<(Vec<usize>, bool)> {
    let place: BTreeMap<&Id, usize> = all.iter().enumerate().map(|(at, rows)| (&rows.table, at)).collect();
    let refers: Vec<BTreeSet<usize>> =
        all.iter().map(|rows| referenced(catalog, &rows.table, &place)).collect();
    let reach: Vec<BTreeSet<usize>> = (0..all.len()).map(|at| reach(at, &refers)).collect();
    let mut done: BTreeSet<usize> = BTreeSet::new();
    let mut found = Vec::new();
    while done.len() < all.len() {
        // one whose every need is done or in a circle with it: there always is one
        let next = (0..all.len()).find(|at| {
            !done.contains(at) && reach[*at].iter().all(|to| done.contains(to) || reach[*to].contains(at))
        });
        let Some(next) = next else { break };
        let is_circular = reach[next].contains(&next);
        let mut group: Vec<usize> = reach[next]
            .iter()
            .copied()
            .filter(|to| reach[*to].contains(&next) && !done.contains(to))
            .collect();
        if group.is_empty() {
            group.push(next);
        }
        done.extend(group.iter().copied());
        found.push((group, is_circular));
    }
    found
}

/// The tables that foreign keys of one, or of its partitions, refer to.
fn referenced(catalog: &Catalog, table: &Id, place: &BTreeMap<&Id, usize>) -> BTreeSet<usize> {
    let mut own: Vec<Id> = vec![table.clone()];
    let mut at = 0;
    while let Some(of) = own.get(at).cloned() {
        let parts = catalog.objects().iter().filter(|object| {
            let table = object.definition.as_table();
            table.is_some_and(|it| it.partition_of.as_ref().is_some_and(|(parent, _)| *parent == of))
        });
        own.extend(parts.map(|object| object.id.clone()));
        at += 1;
    }
    let to = own.iter().flat_map(|id| constraints(catalog, id)).filter_map(|it| it.references.clone());
    to.filter_map(|id| place.get(&root(catalog, id)).copied()).collect()
}

/// The partitioned table at the top, or the table itself.
fn root(catalog: &Catalog, mut id: Id) -> Id {
    while let Some((parent, _)) =
        catalog.definition(&id).and_then(|it| it.as_table()).and_then(|table| table.partition_of.clone())
    {
        id = parent;
    }
    id
}

/// Everything that can be reached in one step or more.
fn reach(from: usize, refers: &[BTreeSet<usize>]) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut stack: Vec<usize> = refers[from].iter().copied().collect();
    while let Some(at) = stack.pop() {
        if found.insert(at) {
            stack.extend(refers[at].iter().copied());
        }
    }
    found
}
