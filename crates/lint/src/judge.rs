//! What is kept of a statement for rules over several, beyond its effects: see [`crate::context::Judged`].

use std::collections::BTreeMap;

use cutover_core::effect::known::{Index, Kind, index_of};
use cutover_core::effect::{Known, Mode, Rel, Rewrite, Scan};
use cutover_sql::tree::{self, AlterTableType, NodeEnum, ObjectType, SelectStmt};

use crate::context::{DroppedIndex, Judged, Place};
use crate::reading::relations;
use crate::source::Item;

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

/// The table that a statement makes or alters, with the constraints that it has already.
pub fn constraints(known: &Known, node: &NodeEnum) -> Option<(Rel, Vec<String>)> {
    let table = match node {
        NodeEnum::AlterTableStmt(it) => known.resolve(it.relation.as_ref()?),
        NodeEnum::CreateStmt(it) => {
            let written = it.relation.as_ref()?;
            let schema = tree::schema(written).unwrap_or_else(|| known.creation_schema());
            Rel::new(schema, written.relname.clone())
        }
        _ => return None,
    };
    let had = known.get(&table).map(|it| it.constraints.iter().map(|c| c.name.clone()).collect());
    Some((table, had.unwrap_or_default()))
}

/// The constraints that the table has more after the statement.
pub fn new_constraints(known: &Known, had: Option<(Rel, Vec<String>)>) -> Vec<(Rel, String, Vec<String>)> {
    let Some((table, had)) = had else { return Vec::new() };
    let Some(relation) = known.get(&table) else { return Vec::new() };
    let new = relation.constraints.iter().filter(|c| !had.contains(&c.name));
    new.map(|c| (table.clone(), c.name.clone(), c.columns.clone())).collect()
}

/// Whether rows of tables that were there before are copied into one that was not.
pub fn copies_rows(place: &Place<'_>) -> bool {
    copied_to(place).is_some()
}

/// The new table that rows of older ones are copied to.
fn copied_to(place: &Place<'_>) -> Option<Rel> {
    let (written, query) = match place.tree() {
        NodeEnum::CreateTableAsStmt(it) => {
            let into = it.into.as_ref()?;
            (into.rel.as_ref().filter(|_| !into.skip_data)?, it.query.as_deref())
        }
        NodeEnum::InsertStmt(it) => (it.relation.as_ref()?, it.select_stmt.as_deref()),
        _ => return None,
    };
    let Some(NodeEnum::SelectStmt(query)) = tree::boxed(query) else { return None };
    let is_insert = matches!(place.tree(), NodeEnum::InsertStmt(_));
    let to = if is_insert {
        place.known.resolve(written)
    } else {
        let schema = tree::schema(written).unwrap_or_else(|| place.known.creation_schema());
        Rel::new(schema, written.relname.clone())
    };
    let is_new = if is_insert { !place.is_old(&to) } else { place.known.get(&to).is_none() };
    let is_table = |rel: &Rel| place.known.get(rel).is_none_or(|it| it.kind != Kind::Index);
    let reads = place.effects.locks.keys().any(|rel| *rel != to && is_table(rel) && place.is_old(rel));
    (is_new && reads && is_many(query)).then_some(to)
}

/// Whether a query gives more than rows that it has itself.
fn is_many(query: &SelectStmt) -> bool {
    !query.from_clause.is_empty() || query.larg.is_some()
}

/// The table and the columns that have no statistics after a statement; no columns where it is more than columns.
pub fn unmeasured(place: &Place<'_>) -> Option<(Rel, Vec<String>)> {
    if !place.effects.fails.is_empty() {
        return None;
    }
    match place.tree() {
        NodeEnum::AlterTableStmt(it) => {
            let rewrites = &place.effects.rewrites;
            if !rewrites.iter().any(|(rel, cause)| *cause == Rewrite::Type && place.is_old(rel)) {
                return None;
            }
            let columns = it.cmds.iter().filter_map(|command| match tree::inner(command)? {
                NodeEnum::AlterTableCmd(it) if it.subtype() == AlterTableType::AtAlterColumnType => {
                    Some(it.name.clone())
                }
                _ => None,
            });
            Some((place.known.resolve(it.relation.as_ref()?), columns.collect()))
        }
        NodeEnum::IndexStmt(it) => {
            let builds = |cause: &Scan| matches!(cause, Scan::Index | Scan::Concurrently);
            let scans = &place.effects.scans;
            let built = scans.iter().any(|(rel, cause)| builds(cause) && place.is_old(rel));
            (built && index_of(it).expression).then_some(place.known.resolve(it.relation.as_ref()?)).map(all)
        }
        NodeEnum::CreateStatsStmt(it) => {
            let Some(NodeEnum::RangeVar(written)) = it.relations.first().and_then(tree::inner) else {
                return None;
            };
            let table = place.known.resolve(written);
            place.is_old(&table).then_some(table).map(all)
        }
        _ => copied_to(place).map(all),
    }
}

fn all(table: Rel) -> (Rel, Vec<String>) {
    (table, Vec::new())
}

/// What a statement gathers statistics of.
pub fn analyzes(place: &Place<'_>) -> Vec<(Option<Rel>, Vec<String>)> {
    let NodeEnum::VacuumStmt(it) = place.tree() else { return Vec::new() };
    if it.is_vacuumcmd && !tree::is_on(&it.options, "analyze") {
        return Vec::new();
    }
    if it.rels.is_empty() {
        return vec![(None, Vec::new())];
    }
    let mut found = Vec::new();
    for node in &it.rels {
        let Some(NodeEnum::VacuumRelation(one)) = tree::inner(node) else { continue };
        let Some(table) = one.relation.as_ref().map(|rel| place.known.resolve(rel)) else { continue };
        let columns: Vec<String> = tree::texts(&one.va_cols).into_iter().map(str::to_owned).collect();
        // the partitions come along
        found.extend(place.known.tree(&table).into_iter().map(|table| (Some(table), columns.clone())));
    }
    found
}

/// The indexes that were there before, that a statement drops, and that no other one of their tables stands in for. One
/// that nobody has seen made counts where the statement counts on it.
pub fn dropped_indexes(place: &Place<'_>) -> Vec<DroppedIndex> {
    let NodeEnum::DropStmt(it) = place.tree() else { return Vec::new() };
    if it.remove_type() != ObjectType::ObjectIndex || place.is_refused() {
        return Vec::new();
    }
    let known = place.known;
    let names = relations(place, &it.objects);
    let goes = |name: &Rel| match known.index(name) {
        Some((table, index)) => {
            let mut others = known.indexes(table).filter(|(other, _)| !names.contains(other));
            let is_old = place.is_old(table) && !known.is_new_relation(name);
            let was = Some((table.clone(), index.clone()));
            (is_old && !others.any(|(_, other)| stands_in(other, index)))
                .then(|| DroppedIndex { name: name.clone(), was })
        }
        None => {
            let is_unknown = known.get(name).is_none() && !known.complete && !it.missing_ok;
            is_unknown.then(|| DroppedIndex { name: name.clone(), was: None })
        }
    };
    names.iter().filter_map(goes).collect()
}

/// Whether an index finds what another one finds, and perhaps more.
pub fn stands_in(one: &Index, other: &Index) -> bool {
    one.method == other.method
        && !other.columns.is_empty()
        && one.columns.starts_with(&other.columns)
        && (!one.partial || other.partial)
        && other.computed.iter().all(|column| one.computed.contains(column))
}

/// Whether a statement leaves another schema; what only describes, sorts, checks or allows does not.
pub fn changes_schema(item: &Item, judged: &Judged) -> bool {
    judged.is_ddl
        && !only_validates(&item.tree)
        && !matches!(
            *item.tree,
            NodeEnum::CommentStmt(_)
                | NodeEnum::GrantStmt(_)
                | NodeEnum::GrantRoleStmt(_)
                | NodeEnum::AlterDefaultPrivilegesStmt(_)
                | NodeEnum::AlterOwnerStmt(_)
                | NodeEnum::SecLabelStmt(_)
                | NodeEnum::ClusterStmt(_)
                | NodeEnum::ReindexStmt(_)
                | NodeEnum::RefreshMatViewStmt(_)
                | NodeEnum::TruncateStmt(_)
                | NodeEnum::PrepareStmt(_)
                | NodeEnum::ExecuteStmt(_)
        )
}

fn only_validates(node: &NodeEnum) -> bool {
    let validates = |node: &tree::Node| {
        matches!(tree::inner(node), Some(NodeEnum::AlterTableCmd(it))
            if it.subtype() == AlterTableType::AtValidateConstraint)
    };
    matches!(node, NodeEnum::AlterTableStmt(it) if it.cmds.iter().all(validates))
}
