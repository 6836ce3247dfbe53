//! Rows as INSERTs and DELETEs, and where sequences go on.

use std::fmt::Write as _;

use cutover_sql::ident::{quote_ident, quote_literal};

use super::order::groups;
use super::{Rows, Value, key};
use crate::catalog::{Catalog, Id, Kind};
use crate::object::Definition;
use crate::object::on_table::Firing;

/// How many rows a statement has at most; a file of long statements is read by nobody.
const MOST: usize = 200;

/// The statements that write the rows of an empty table, with a line of comment above each table's. Triggers that
/// would fire are off meanwhile: what they did is among the rows.
///
/// INSERT takes ROW EXCLUSIVE on its table; switching a trigger takes SHARE ROW EXCLUSIVE, which lets reads pass
/// (<https://www.postgresql.org/docs/current/sql-altertable.html>).
pub fn inserts(catalog: &Catalog, all: &[Rows]) -> String {
    let mut text = String::new();
    for (group, is_circular) in groups(catalog, all) {
        let rows: Vec<&Rows> = group.iter().map(|at| &all[*at]).filter(|it| !it.rows.is_empty()).collect();
        if rows.is_empty() {
            continue;
        }
        let titles: Vec<String> =
            rows.iter().map(|it| format!("{}: {}", it.table.path(), it.rows.len())).collect();
        let _ = writeln!(text, "-- rows of {}", titles.join(", ").replace(['\n', '\r'], " "));
        let triggers: Vec<(&Id, String, Firing)> = rows
            .iter()
            .flat_map(|it| firing(catalog, &it.table).map(|(name, when)| (&it.table, name, when)))
            .collect();
        for (table, name, _) in &triggers {
            let _ = writeln!(text, "ALTER TABLE {} DISABLE TRIGGER {name};", table.path());
        }
        if is_circular {
            text += &at_once(catalog, &rows);
        } else {
            for it in &rows {
                for some in it.rows.chunks(MOST) {
                    let _ = writeln!(text, "{};", insert(catalog, it, some));
                }
            }
        }
        if !triggers.is_empty() {
            // a table with checks that are put off cannot be altered
            text += "SET CONSTRAINTS ALL IMMEDIATE;\n";
        }
        for (table, name, when) in &triggers {
            let _ = writeln!(text, "ALTER TABLE {} {} TRIGGER {name};", table.path(), when.words());
        }
        text.push('\n');
    }
    text
}

/// One statement for tables that refer to each other: keys are looked at when all of it is done.
fn at_once(catalog: &Catalog, rows: &[&Rows]) -> String {
    let Some((last, others)) = rows.split_last() else { return String::new() };
    let mut with = Vec::new();
    for (at, it) in others.iter().enumerate() {
        with.push(format!("rows_{} AS (\n{}\n)", at + 1, insert(catalog, it, &it.rows)));
    }
    let with = if with.is_empty() { String::new() } else { format!("WITH {}\n", with.join(", ")) };
    format!("{with}{};\n", insert(catalog, last, &last.rows))
}

fn insert(catalog: &Catalog, it: &Rows, rows: &[Vec<Value>]) -> String {
    let names: Vec<_> = it.columns.iter().map(|column| quote_ident(&column.name)).collect();
    let table = it.table.path();
    if names.is_empty() {
        return vec![format!("INSERT INTO {table} DEFAULT VALUES"); rows.len()].join(";\n");
    }
    let is_always = catalog.definition(&it.table).is_some_and(|definition| {
        definition.columns().iter().any(|column| column.identity.as_ref().is_some_and(|it| it.always))
    });
    let overriding = if is_always { " OVERRIDING SYSTEM VALUE" } else { "" };
    let lines: Vec<String> = rows.iter().map(|row| format!("    ({})", values(it, row))).collect();
    format!("INSERT INTO {table} ({}){overriding} VALUES\n{}", names.join(", "), lines.join(",\n"))
}

fn values(it: &Rows, row: &[Value]) -> String {
    let values = row.iter().zip(&it.columns).map(|(value, column)| literal(value, &column.data_type));
    values.collect::<Vec<_>>().join(", ")
}

/// A value as SQL has it: numbers and booleans bare, the rest as text that the column's type reads.
fn literal(value: &Value, data_type: &str) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Default => "DEFAULT".into(),
        Value::Text(text) => {
            let family = data_type.split('(').next().unwrap_or_default();
            let is_number =
                matches!(family, "smallint" | "integer" | "bigint" | "numeric" | "real" | "double precision")
                    && text.strip_prefix('-').unwrap_or(text).chars().all(|c| c.is_ascii_digit() || c == '.');
            match (is_number, family, text.as_str()) {
                (true, ..) => text.clone(),
                (false, "boolean", "t" | "true") => "true".into(),
                (false, "boolean", "f" | "false") => "false".into(),
                (false, ..) => quote_literal(text),
            }
        }
    }
}

/// The statements that take rows away again, those that refer to others first.
pub fn deletes(catalog: &Catalog, all: &[Rows]) -> String {
    let mut text = String::new();
    let mut order: Vec<usize> = groups(catalog, all).into_iter().flat_map(|(group, _)| group).collect();
    order.reverse();
    for it in order.into_iter().map(|at| &all[at]).filter(|it| !it.rows.is_empty()) {
        let table = it.table.path();
        let _ = writeln!(text, "-- rows of {table}: {}", it.rows.len());
        let key = key(catalog, &it.table);
        let names: Vec<String> =
            it.columns.iter().map(|column| quote_ident(&column.name).into_owned()).collect();
        let wanted: Vec<usize> = match &key {
            Some(key) => {
                (0..names.len()).filter(|at| key.split(", ").any(|part| part == names[*at])).collect()
            }
            None => (0..names.len()).collect(),
        };
        for row in &it.rows {
            let conditions: Vec<String> = wanted
                .iter()
                .map(|at| match &row[*at] {
                    Value::Null => format!("{} IS NULL", names[*at]),
                    value => format!("{} = {}", names[*at], literal(value, &it.columns[*at].data_type)),
                })
                .collect();
            let _ = writeln!(text, "DELETE FROM {table} WHERE {};", conditions.join(" AND "));
        }
        text.push('\n');
    }
    text
}

/// Makes a sequence go on from where it was.
pub fn setval(sequence: &str, last: i64, is_called: bool) -> String {
    format!("SELECT pg_catalog.setval({}, {last}, {is_called})", quote_literal(sequence))
}

/// The triggers that an INSERT into a table would fire, quoted, and when they do.
fn firing<'a>(catalog: &'a Catalog, table: &'a Id) -> impl Iterator<Item = (String, Firing)> + 'a {
    let on =
        move |id: &Id| id.kind == Kind::Trigger && id.namespace == table.namespace && id.name == table.name;
    catalog.objects().iter().filter(move |object| on(&object.id)).filter_map(|object| {
        match &object.definition {
            Definition::Trigger(it) => {
                let head = it.definition.split(" ON ").next().unwrap_or_default();
                let fires = head.contains(" INSERT") && matches!(it.firing, Firing::Origin | Firing::Always);
                fires.then(|| (object.id.own_name(), it.firing))
            }
            _ => None,
        }
    })
}
