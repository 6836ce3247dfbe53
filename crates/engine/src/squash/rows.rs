//! The rows that a stretch of history leaves behind: read before and after it, and a second time from a second replay, so
//! that what is another value each time (a time, a random id) is known and not compared.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::catalog::{Catalog, Id, Kind};
use cutover_core::object::Definition;
use cutover_core::object::column::Column;
use cutover_core::object::constraint::ConstraintKind;
use cutover_core::object::table::Table;
use cutover_core::revision::stretch::Stretch;
use cutover_core::seed::{self, Rows, Value};
use cutover_sql::ident::quote_literal;

use super::{Moment, SquashError};
use crate::history::History;
use crate::schema::{Bench, Workshop};
use crate::seed::{places, read};
use crate::session::Settings;

/// What a database is now.
pub(super) async fn moment(bench: &Bench) -> Result<Moment, SquashError> {
    let catalog = bench.catalog().await?;
    let rows = read(&bench.session, &catalog, &seed::tables(&catalog)).await?;
    let sequences = places(&bench.session, &seed::all_sequences(&catalog)).await?;
    Ok(Moment { catalog, rows, sequences })
}

/// Columns by table, as SQL has it, of which a second replay gives other values.
pub(super) async fn volatile(
    history: &History,
    stretch: &Stretch,
    settings: &Settings,
    workshop: &Workshop,
    after: &Moment,
) -> Result<BTreeMap<String, Vec<String>>, SquashError> {
    if after.rows.is_empty() {
        return Ok(BTreeMap::new());
    }
    let bench = workshop.bench(None).await?;
    bench.apply(history, &stretch.below, settings).await?;
    bench.apply(history, &stretch.members, settings).await?;
    let again = read(&bench.session, &after.catalog, &seed::tables(&after.catalog)).await?;
    let mut found = BTreeMap::new();
    for rows in &after.rows {
        let Some(other) = again.iter().find(|it| it.table == rows.table) else { continue };
        let differs = |at: &usize| values(rows, *at) != values(other, *at);
        let columns: Vec<String> =
            (0..rows.columns.len()).filter(differs).map(|at| rows.columns[at].name.to_string()).collect();
        if !columns.is_empty() {
            found.insert(rows.table.path(), columns);
        }
    }
    Ok(found)
}

/// The values of a column, whatever the order of the rows.
fn values(rows: &Rows, at: usize) -> Vec<&Value> {
    let mut values: Vec<&Value> = rows.rows.iter().map(|row| &row[at]).collect();
    values.sort();
    values
}

/// The rows that are there after a stretch and were not before.
///
/// Refuses rows that were there before and are others now: elsewhere there are more of them.
pub(super) fn left_behind(
    stretch: &Stretch,
    before: &Moment,
    after: &Moment,
    volatile: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<Rows>, SquashError> {
    let mut found = Vec::new();
    for old in &before.rows {
        if !after.rows.iter().any(|rows| rows.table == old.table) && after.catalog.get(&old.table).is_some() {
            return Err(changed(&old.table));
        }
    }
    for rows in &after.rows {
        let Some(Definition::Table(table)) = after.catalog.definition(&rows.table) else { continue };
        let unstable = volatile.get(&rows.table.path()).map(Vec::as_slice).unwrap_or_default();
        let is_old = before.catalog.get(&rows.table).is_some();
        let mut new = rows.clone();
        if is_old {
            new.rows = added(rows, before.rows.iter().find(|it| it.table == rows.table))?;
            let counts = |column: &Column| column.identity.is_some() || is_counted(column);
            if !new.rows.is_empty() && !stretch.below.is_empty() && table.columns.iter().any(counts) {
                let why = "gets rows whose ids a sequence gives, and other databases have other rows under these ids";
                return Err(SquashError::Rows { table: rows.table.path(), why: why.into() });
            }
        }
        let fixed = fixed_columns(&after.catalog, &rows.table);
        for (at, column) in rows.columns.iter().enumerate() {
            let is_given =
                table.column(&column.name).is_some_and(|it| it.default.is_some() && !is_counted(it));
            if unstable.contains(&column.name.to_string()) && is_given && !fixed.contains(&*column.name) {
                new.rows.iter_mut().for_each(|row| row[at] = Value::Default);
            }
        }
        if !new.rows.is_empty() {
            found.push(new);
        }
    }
    Ok(found)
}

fn changed(table: &Id) -> SquashError {
    let why = "has rows from before the stretch that it changes, and other databases have more of them";
    SquashError::Rows { table: table.path(), why: why.into() }
}

/// The rows that are new; those that were there must be there still, as far as their columns are.
fn added(rows: &Rows, old: Option<&Rows>) -> Result<Vec<Vec<Value>>, SquashError> {
    let Some(old) = old else { return Ok(rows.rows.clone()) };
    let place = |name: &str| rows.columns.iter().position(|column| *column.name == *name);
    let common: Vec<(usize, usize)> = old
        .columns
        .iter()
        .enumerate()
        .filter_map(|(at, column)| place(&column.name).map(|now| (at, now)))
        .collect();
    let mut left: Vec<Vec<&Value>> =
        old.rows.iter().map(|row| common.iter().map(|(at, _)| &row[*at]).collect()).collect();
    let mut new = Vec::new();
    for row in &rows.rows {
        let key: Vec<&Value> = common.iter().map(|(_, now)| &row[*now]).collect();
        match left.iter().position(|it| *it == key) {
            Some(at) => drop(left.swap_remove(at)),
            None => new.push(row.clone()),
        }
    }
    if left.is_empty() { Ok(new) } else { Err(changed(&rows.table)) }
}

/// Whether a sequence gives a column its values.
fn is_counted(column: &Column) -> bool {
    column.default.as_ref().is_some_and(|text| text.starts_with("nextval("))
}

/// Columns by whose values rows find each other: of keys and of what refers to keys.
fn fixed_columns(catalog: &Catalog, table: &Id) -> BTreeSet<String> {
    let on =
        |id: &Id| id.kind == Kind::Constraint && id.namespace == table.namespace && id.name == table.name;
    let keys = catalog.objects().iter().filter(|object| on(&object.id));
    let keys = keys.filter(|object| {
        object.definition.as_constraint().is_some_and(|it| it.kind != ConstraintKind::Check)
    });
    let keys: Vec<&Id> = keys.map(|object| &object.id).collect();
    let needs = catalog.dependencies().iter().filter(|it| keys.contains(&&it.from.id) && it.to.id == *table);
    needs.filter_map(|it| it.to.part.column().map(|name| name.to_string())).collect()
}

/// The columns that are other values each time, and whether the file has a value all the same.
pub(super) fn kept(
    rows: &[Rows],
    volatile: BTreeMap<String, Vec<String>>,
) -> BTreeMap<String, Vec<(String, bool)>> {
    let is_kept = |table: &str, column: &str| {
        rows.iter().filter(|it| it.table.path() == table).any(|it| {
            let at = it.columns.iter().position(|c| *c.name == *column);
            at.is_some_and(|at| it.rows.iter().any(|row| row[at] != Value::Default))
        })
    };
    let with = |table: &str, columns: Vec<String>| -> Vec<(String, bool)> {
        columns.into_iter().map(|column| (column.clone(), is_kept(table, &column))).collect()
    };
    volatile.into_iter().map(|(table, columns)| (table.clone(), with(&table, columns))).collect()
}

/// The INSERTs, where sequences go on, and the materialized views over the new rows.
pub(super) fn insert_text(before: &Moment, after: &Moment, rows: &[Rows]) -> String {
    let mut parts = Vec::new();
    let inserts = seed::inserts(&after.catalog, rows);
    if !inserts.is_empty() {
        parts.push(inserts.trim_end().to_owned());
    }
    let moved: Vec<String> =
        after.sequences.iter().filter_map(|(name, place)| moved(before, after, name, *place)).collect();
    if !moved.is_empty() {
        parts.push(format!("-- where sequences are\n{};", moved.join(";\n")));
    }
    let views = if rows.is_empty() { Vec::new() } else { populated(&before.catalog, &after.catalog) };
    if !views.is_empty() {
        parts.push(format!("-- what is made of these rows\n{};", views.join(";\n")));
    }
    if parts.is_empty() { String::new() } else { format!("\n{}\n", parts.join("\n\n")) }
}

/// What makes a sequence go on; one that was there before never goes back, as other databases are further.
fn moved(before: &Moment, after: &Moment, name: &str, place: (i64, bool)) -> Option<String> {
    if let Some(old) = before.sequences.get(name) {
        let quoted = quote_literal(name);
        return (*old != place).then(|| {
            format!(
                "SELECT pg_catalog.setval({quoted}, greatest({}, (SELECT last_value FROM {name})), {})",
                place.0, place.1
            )
        });
    }
    let is_new = !place.1 && starts(&after.catalog, name).is_none_or(|start| start == place.0);
    (!is_new).then(|| seed::setval(name, place.0, place.1))
}

/// Where a sequence begins.
fn starts(catalog: &Catalog, name: &str) -> Option<i64> {
    catalog.objects().iter().find_map(|object| match &object.definition {
        Definition::Sequence(it) if object.id.path() == name => Some(it.start),
        Definition::Table(table) => identity_start(&object.id, table, name),
        _ => None,
    })
}

fn identity_start(id: &Id, table: &Table, name: &str) -> Option<i64> {
    table.columns.iter().find_map(|column| {
        let identity = column.identity.as_ref()?;
        let own = Id::of(Kind::Sequence, id.namespace.clone(), identity.name(id, &column.name).into());
        (own.path() == name).then_some(identity.sequence.start)
    })
}

/// The new materialized views that hold rows, each after those that it reads. REFRESH takes ACCESS EXCLUSIVE on a view that
/// nobody knows yet.
fn populated(before: &Catalog, after: &Catalog) -> Vec<String> {
    let is_new = |id: &Id| before.get(id).is_none();
    let mut views: Vec<&Id> = after
        .objects()
        .iter()
        .filter(|object| matches!(&object.definition, Definition::MaterializedView(it) if it.is_populated.0))
        .map(|object| &object.id)
        .filter(|id| is_new(id))
        .collect();
    let mut sorted: Vec<&Id> = Vec::new();
    while !views.is_empty() {
        let free = |id: &&Id| !views.iter().any(|other| other != id && reaches(after, id, other));
        let next = views.iter().position(free).unwrap_or(0);
        sorted.push(views.remove(next));
    }
    sorted.into_iter().map(|id| format!("REFRESH MATERIALIZED VIEW {}", id.path())).collect()
}

/// Whether an object needs another, by whatever way.
fn reaches(catalog: &Catalog, from: &Id, to: &Id) -> bool {
    let mut seen: BTreeSet<&Id> = BTreeSet::new();
    let mut stack = vec![from];
    while let Some(at) = stack.pop() {
        if !seen.insert(at) {
            continue;
        }
        if at == to {
            return true;
        }
        stack.extend(catalog.dependencies().iter().filter(|it| it.from.id == *at).map(|it| &it.to.id));
    }
    false
}

/// What takes rows out of tables that stay.
pub(super) fn delete_text(before: &Moment, rows: &[Rows]) -> String {
    let stay: Vec<Rows> = rows.iter().filter(|it| before.catalog.get(&it.table).is_some()).cloned().collect();
    seed::deletes(&before.catalog, &stay)
}
