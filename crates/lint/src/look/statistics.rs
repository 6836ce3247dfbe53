//! What has no statistics after a statement, and what gathers them.

use cutover_core::effect::known::{Kind, index_of};
use cutover_core::effect::{Rel, Rewrite, Scan};
use cutover_sql::tree::{self, NodeEnum, SelectStmt};

use crate::context::Place;
use crate::look::commands::retyped;
use crate::look::names;

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
    let to = if is_insert { place.known.resolve(written) } else { names::new(place.known, written) };
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
            place.rewritten(Rewrite::Type).next()?;
            let columns = retyped(place.tree()).into_iter().map(|(name, _)| name.to_owned());
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
