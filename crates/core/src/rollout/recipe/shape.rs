//! The shape of a table: whether the recipes can work on it, its partitions, and the key to go through it by.

use super::{Refusal, Target, within};
use crate::catalog::{Id, Kind};
use crate::object::Definition;
use crate::object::column::{Column, Generated};
use crate::object::constraint::ConstraintKind;
use crate::object::table::Table;

/// Refuses tables whose columns are not their own.
///
/// # Errors
/// Partitions, children and parents by `INHERITS`, typed and foreign tables.
pub fn own(target: &Target<'_>, id: &Id, table: &Table) -> Result<(), Refusal> {
    if let Some((parent, _)) = &table.partition_of {
        return Err(Refusal::new(format!("{} is a partition of {}", id.path(), parent.path()))
            .help(format!("name the partitioned table: {}", parent.path())));
    }
    if let Some(parent) = table.inherits.first() {
        return Err(Refusal::new(format!("{} inherits columns from {}", id.path(), parent.path()))
            .help("end the inheritance first (ALTER TABLE ... NO INHERIT), or write the revisions by hand"));
    }
    let child = target
        .catalog
        .objects()
        .iter()
        .find(|object| object.definition.as_table().is_some_and(|t| t.inherits.contains(id)));
    if let Some(child) = child {
        return Err(Refusal::new(format!("{} inherits from {}", child.id.path(), id.path()))
            .help("end the inheritance first (ALTER TABLE ... NO INHERIT), or write the revisions by hand"));
    }
    if let Some(of) = &table.of_type {
        return Err(Refusal::new(format!("{} is a table of type {}", id.path(), of.path()))
            .help("free it first: ALTER TABLE ... NOT OF"));
    }
    if id.kind == Kind::ForeignTable {
        return Err(Refusal::new(format!("{} is a foreign table", id.path()))
            .help("write the rollout for the database that has its rows"));
    }
    Ok(())
}

/// Refuses columns that cannot get a successor.
///
/// # Errors
/// Generated columns, those that the table is partitioned by, and partitioned tables before 13, where a BEFORE trigger for
/// each row cannot stand (<https://www.postgresql.org/docs/13/release-13.html>).
pub fn replaceable(target: &Target<'_>, id: &Id, table: &Table, column: &Column) -> Result<(), Refusal> {
    let path = named(id, &column.name);
    if table.partition_by.is_some() && target.major < 13 {
        return Err(Refusal::new(format!(
            "{} is partitioned, and PostgreSQL {} has no triggers that change a row before it goes to its partition",
            id.path(),
            target.major
        ))
        .help("upgrade the server to PostgreSQL 13 or later first"));
    }
    if column.generated != Generated::No {
        return Err(Refusal::new(format!("{path} is generated from other columns"))
            .help("add a new generated column beside it, or write the revisions by hand: there is nothing to write twice"));
    }
    if let Some(key) = &table.partition_by
        && partition_columns(key).contains(&column.name.to_string())
    {
        return Err(Refusal::new(format!("{} is partitioned by {}", id.path(), column.name))
            .help("make a new partitioned table beside it, with the recipe partition-table"));
    }
    Ok(())
}

/// The columns that a partition key names: all of `RANGE (a, lower(b))`.
pub fn partition_columns(key: &str) -> Vec<String> {
    let mut found = Vec::new();
    for item in within::items(key) {
        match cutover_sql::ident::split_qualified(item.split(' ').next().unwrap_or(item)) {
            Some(mut parts) if parts.len() == 1 && !item.contains('(') => found.extend(parts.pop()),
            _ => found.extend(within::columns(item).unwrap_or_default()),
        }
    }
    found
}

/// `shop.orders.total`, as SQL has it.
pub fn named(table: &Id, column: &str) -> String {
    format!("{}.{}", table.path(), cutover_sql::ident::quote_ident(column))
}

/// The columns of the best key to go through a table by: the primary key, else a unique index of columns that are NOT
/// NULL. None: by `ctid`.
///
/// # Errors
/// A partitioned table without one.
pub fn key(target: &Target<'_>, id: &Id, table: &Table) -> Result<Vec<String>, Refusal> {
    let constraints: Vec<_> = target.constraints(id).collect();
    let primary = constraints.iter().find(|(_, it)| it.kind == ConstraintKind::PrimaryKey);
    if let Some((_, primary)) = primary {
        return Ok(within::key(&primary.definition));
    }
    let unique = constraints
        .iter()
        .filter(|(_, it)| it.kind == ConstraintKind::Unique)
        .map(|(_, it)| it.definition.as_ref());
    let indexes = target
        .indexes(id)
        .filter(|(_, it)| it.unique && it.predicate.is_none() && !it.invalid)
        .map(|(_, it)| it.definition.as_ref());
    let mut keys: Vec<Vec<String>> = unique
        .chain(indexes)
        .filter(|definition| !definition.contains("WITHOUT OVERLAPS"))
        .map(within::items)
        .filter_map(|items| {
            let columns: Vec<_> = items
                .iter()
                .filter_map(|item| cutover_sql::ident::split_qualified(item)?.pop())
                .filter(|name| {
                    table.column(name).is_some_and(|c| c.not_null.as_ref().is_some_and(|n| !n.not_valid))
                })
                .collect();
            (columns.len() == items.len()).then_some(columns)
        })
        .collect();
    keys.sort_by_key(Vec::len);
    match keys.into_iter().next() {
        Some(key) => Ok(key),
        None if table.partition_by.is_some() => {
            Err(Refusal::new(format!("{} has no unique key to go through it by", id.path()))
                .help("give it a primary key first"))
        }
        None => Ok(Vec::new()),
    }
}

/// The partitions of a table, parents before their children.
pub fn partitions<'a>(target: &Target<'a>, id: &Id) -> Vec<(&'a Id, &'a Table)> {
    let mut found: Vec<(&Id, &Table)> = Vec::new();
    let mut parents = vec![id.clone()];
    while let Some(parent) = parents.pop() {
        for object in target.catalog.objects() {
            if let Definition::Table(table) = &object.definition
                && table.partition_of.as_ref().is_some_and(|(of, _)| *of == parent)
            {
                found.push((&object.id, table));
                parents.push(object.id.clone());
            }
        }
    }
    found
}
