//! What is kept of a statement for the rules that look at several: see [`crate::context::Judged`].

use std::collections::BTreeMap;

use cutover_core::effect::known::Kind as RelationKind;
use cutover_core::effect::{Effects, Known, Mode, Rel, Scan};
use cutover_sql::tree::{self, NodeEnum};

use crate::context::{Kept, Place};
use crate::look::{indexes, schema, statistics};

/// What is kept of a statement before it has run: all but its effects, and the constraints that it makes.
pub fn of(place: &Place<'_>) -> Kept {
    // one that is refused does nothing
    let nothing = Effects::default();
    let effects = if place.is_refused() { &nothing } else { place.effects };
    let is_table = |rel: &Rel| place.known.get(rel).is_none_or(|it| it.kind != RelationKind::Index);
    let strong = effects
        .blocking(place.known)
        .filter(|(rel, _)| is_table(rel) && place.is_old(rel))
        .map(|(rel, mode)| (rel.clone(), mode))
        .collect();
    let strong = by_root(place.known, strong);
    let scans = effects.scans.iter().filter(|(_, cause)| *cause != Scan::Maintenance).map(|(rel, _)| rel);
    let long = effects.rewrites.iter().map(|(rel, _)| rel).chain(scans);
    let changed = changed_table(place.tree(), place.known);
    Kept {
        effects: Effects::default(),
        strong,
        long: long.filter(|rel| place.is_old(rel)).cloned().collect(),
        makes: schema::makes(place.tree(), place.known),
        is_ddl: schema::is_ddl(place.tree()),
        changes_rows: changed.as_ref().is_some_and(|rel| place.is_old(rel)),
        changes_many: changed.is_some_and(|rel| place.is_old(&rel)) && changes_many(place.tree()),
        copies_rows: statistics::copies_rows(place),
        constraints: Vec::new(),
        unmeasured: statistics::unmeasured(place),
        analyzes: statistics::analyzes(place),
        indexes: indexes::made(place.tree(), place.known),
        drops: schema::drops(effects),
        dropped_indexes: indexes::dropped(place),
    }
}

/// The locks with each partition counted as the table that it is a part of.
pub fn by_root(known: &Known, locks: BTreeMap<Rel, Mode>) -> BTreeMap<Rel, Mode> {
    let mut found = BTreeMap::new();
    for (relation, mode) in locks {
        let held = found.entry(root(known, relation)).or_insert(mode);
        *held = (*held).max(mode);
    }
    found
}

/// The table that a partition is a part of, however far up.
fn root(known: &Known, mut relation: Rel) -> Rel {
    for _ in 0..32 {
        let above = known.get(&relation).filter(|it| it.partition.is_some());
        let Some(parent) = above.and_then(|it| it.parents.first()) else { break };
        relation = parent.clone();
    }
    relation
}

/// The table whose rows a statement changes.
fn changed_table(node: &NodeEnum, known: &Known) -> Option<Rel> {
    let written = match node {
        NodeEnum::InsertStmt(it) => it.relation.as_ref(),
        NodeEnum::UpdateStmt(it) => it.relation.as_ref(),
        NodeEnum::DeleteStmt(it) => it.relation.as_ref(),
        NodeEnum::MergeStmt(it) => it.relation.as_ref(),
        NodeEnum::CopyStmt(it) if it.is_from => it.relation.as_ref(),
        _ => None,
    };
    written.map(|rel| known.resolve(rel))
}

/// Whether it is not only a few rows that are named.
fn changes_many(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::InsertStmt(it) => match tree::boxed(it.select_stmt.as_deref()) {
            Some(NodeEnum::SelectStmt(query)) => !query.from_clause.is_empty(),
            _ => false,
        },
        NodeEnum::UpdateStmt(_) | NodeEnum::DeleteStmt(_) | NodeEnum::MergeStmt(_) => true,
        _ => false,
    }
}
