//! `add-unique`: a unique constraint on a table that is in use.

use cutover_sql::document::Expect;
use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::names::{Names, chosen};
use super::online::{NewIndex, is_partitioned};
use super::{Argument, Given, Recipe, Refusal, Target, clients, shape};
use crate::catalog::Id;
use crate::object::constraint::ConstraintKind;
use crate::object::table::Table;
use crate::object::types::{base, made_name};
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "add-unique",
    summary: "Add a unique constraint",
    about: "Adds UNIQUE by an index that is built while the table is in use.

Steps: with --writer, a deploy of each writer, which writes no value twice from then on; a guard that no value is there twice; the
index, built concurrently; the constraint, which takes the index over.

Locks: CREATE UNIQUE INDEX CONCURRENTLY takes SHARE UPDATE EXCLUSIVE: reads and writes go on. ADD CONSTRAINT ... USING INDEX takes
ACCESS EXCLUSIVE for a change of the catalog. On a partitioned table the index of each partition is built concurrently and then
attached.

While the index is built, a second row with the same value is refused already.

Undo: drops the constraint with its index.

It refuses: columns of a type without an order, a partitioned table when the partition key is not among the columns, a key that is
there already, and a name that is taken.",
    example: "add-unique shop.customer --column tenant_id --column email",
    arguments: &[
        Argument::place("table", "TABLE", "the table"),
        Argument::many("column", "COLUMN", "a column of the key; as often as there are"),
        Argument::option("constraint", "NAME", "the name of the constraint"),
        Argument::flag("nulls-not-distinct", "take two NULLs for the same value (PostgreSQL 15 and later)"),
        clients::WRITER,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    shape::own(target, id, table)?;
    let columns = columns(given, target, id, table)?;
    let nulls = given.flag("nulls-not-distinct");
    if nulls && target.major < 15 {
        return Err(Refusal::new(format!("PostgreSQL {} has no NULLS NOT DISTINCT", target.major)));
    }
    let mut names = Names::of(target);
    let joined = columns.join("_");
    let name = match given.get("constraint").map(chosen).transpose()? {
        Some(name) if names.has_constraint(id, &name) || names.has_relation(id, &name) => {
            return Err(Refusal::new(format!(
                "the name {} is taken in {}",
                quote_ident(&name),
                id.namespace
            ))
            .help("choose another one with --constraint"));
        }
        Some(name) => name,
        None => names.constraint(id, &made_name(&id.name, &joined, "key"), ""),
    };
    let list: Vec<_> = columns.iter().map(|c| quote_ident(c)).collect();
    let list = list.join(", ");
    let tail = format!("({list}){}", if nulls { " NULLS NOT DISTINCT" } else { "" });
    let index = NewIndex::plan(target, &mut names, id, &name, &tail, (&joined, "key")).unique(true);

    let mut parts = clients::writers(
        given,
        &format!("Writers write no value of {list} twice"),
        &format!("writes no value of ({list}) of {} twice", id.path()),
        &format!("may write a value of ({list}) of {} twice", id.path()),
        "From the next step on PostgreSQL refuses such rows, and a program that writes them fails.",
    );
    parts.push(
        Part::new(Phase::Validate, format!("{list} of {} is unique", id.path()))
            .prose("Why the guard: an index that finds a value twice fails at its end, after all the work.\n\nSafe: the index is built while reads and writes go on. The constraint takes it over by a change of the catalog, under ACCESS EXCLUSIVE for a moment.")
            .up([guard(id, &list, &columns, nulls)])
            .up(build(target, &index, nulls))
            .down(undo(target, &index)),
    );
    Ok(drafted(given.rollout_or(format!("unique-{name}")), parts))
}

fn columns(given: &Given, target: &Target<'_>, id: &Id, table: &Table) -> Result<Vec<String>, Refusal> {
    let mut columns = Vec::new();
    for name in given.all("column") {
        let column = target.column(id, table, name)?;
        let without_order =
            ["json", "xml", "point", "line", "lseg", "box", "path", "polygon", "circle", "xid"];
        if without_order.contains(&base(&column.data_type).as_str()) {
            return Err(Refusal::new(format!(
                "{} is of type {}, which no unique index can have",
                shape::named(id, name),
                column.data_type
            ))
            .help("for json, change the type to jsonb first (recipe change-type)"));
        }
        columns.push(column.name.to_string());
    }
    if columns.is_empty() {
        return Err(Refusal::new("no column was named").help("name each with --column"));
    }
    let below = shape::partitions(target, id);
    for (part, of) in std::iter::once((id, table)).chain(below) {
        let key = of.partition_by.iter().flat_map(|key| shape::partition_columns(key));
        if let Some(missing) = key.into_iter().find(|column| !columns.contains(column)) {
            return Err(Refusal::new(format!("{} is partitioned by {missing}, which is not among the columns", part.path()))
                .help("PostgreSQL keeps a value unique within a partition only: add the partition key, or partition otherwise"));
        }
    }
    let same = |definition: &str| {
        let mut key = super::within::key(definition);
        let mut wanted = columns.clone();
        key.sort();
        wanted.sort();
        key == wanted
    };
    let there = target.constraints(id).find(|(_, it)| {
        matches!(it.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) && same(&it.definition)
    });
    match there {
        Some((constraint, _)) => {
            Err(Refusal::new(format!("{} keeps these columns unique already", constraint.detail)))
        }
        None => Ok(columns),
    }
}

/// Rows with a NULL are as different as can be, unless the constraint says otherwise.
fn guard(id: &Id, list: &str, columns: &[String], nulls: bool) -> Block {
    let known: Vec<String> = columns.iter().map(|c| format!("{} IS NOT NULL", quote_ident(c))).collect();
    let only = if nulls { String::new() } else { format!(" WHERE {}", known.join(" AND ")) };
    Block::Guard {
        text: format!("no value of {list} is there twice"),
        expect: Expect::NoRows,
        query: format!(
            "SELECT {list}, count(*) FROM {}{only}\nGROUP BY {list} HAVING count(*) > 1\nLIMIT 1",
            id.path()
        ),
    }
}

fn build(target: &Target<'_>, index: &NewIndex, nulls: bool) -> Vec<Block> {
    let add = |table: &Id, name: &str| {
        let name = quote_ident(name);
        format!("ALTER TABLE {} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}", table.path())
    };
    if !is_partitioned(target, &index.table) {
        let mut blocks = index.create(target);
        blocks.push(Block::sql([add(&index.table, &index.name)]));
        return blocks;
    }
    let word = if nulls { "UNIQUE NULLS NOT DISTINCT" } else { "UNIQUE" };
    let columns = index.tail.split_once(')').map_or("", |(columns, _)| columns);
    let alone = |table: &Id, name: &str| {
        // no row is read: there is no index of a partition in it yet
        format!("ALTER TABLE ONLY {} ADD CONSTRAINT {} {word} {columns})", table.path(), quote_ident(name))
    };
    let mut above = vec![alone(&index.table, &index.name)];
    let mut blocks = Vec::new();
    for (part, name) in &index.parts {
        if is_partitioned(target, part) {
            above.push(alone(part, name));
        } else {
            let leaf =
                NewIndex { table: part.clone(), name: name.clone(), parts: Vec::new(), ..index.clone() };
            blocks.extend(leaf.create(target));
            blocks.push(Block::sql([add(part, name)]));
        }
    }
    blocks.push(Block::Sql(above));
    blocks.extend(index.attach(target));
    blocks
}

fn undo(target: &Target<'_>, index: &NewIndex) -> Vec<Block> {
    let drop = |table: &Id, name: &str| {
        format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}", table.path(), quote_ident(name))
    };
    let mut blocks = vec![Block::sql([drop(&index.table, &index.name)])];
    for (part, name) in &index.parts {
        // one that is attached has gone with the one above it
        blocks.push(Block::sql([drop(part, name)]));
        if !is_partitioned(target, part) {
            let leaf =
                NewIndex { table: part.clone(), name: name.clone(), parts: Vec::new(), ..index.clone() };
            blocks.extend(leaf.drop(target));
        }
    }
    if !is_partitioned(target, &index.table) {
        blocks.extend(index.drop(target));
    }
    blocks
}
