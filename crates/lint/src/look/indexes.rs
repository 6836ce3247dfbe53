//! The indexes that a statement makes and drops, and which one stands in for another.

use cutover_core::effect::known::{Index, index_of};
use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{NodeEnum, ObjectType};

use crate::context::{DroppedIndex, Place};
use crate::look::names::relations;

/// The index that a statement makes, its table and the columns that it needs.
pub fn made(node: &NodeEnum, known: &Known) -> Vec<(Rel, Rel, Vec<String>)> {
    let NodeEnum::IndexStmt(it) = node else { return Vec::new() };
    let Some(table) = it.relation.as_ref().map(|rel| known.resolve(rel)) else { return Vec::new() };
    let index = index_of(it);
    let name = match it.idxname.as_str() {
        "" => known.free_index_name(&table, &index.columns, "idx"),
        name => table.sibling(name),
    };
    vec![(name, table, index.uses)]
}

/// The indexes that were there before, that a statement drops, and that no other one of their tables stands in for. One
/// that nobody has seen made counts where the statement counts on it.
pub fn dropped(place: &Place<'_>) -> Vec<DroppedIndex> {
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
