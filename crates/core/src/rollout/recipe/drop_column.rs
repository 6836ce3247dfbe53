//! `drop-column`: a column that is still in use goes.

use cutover_sql::document::Expect;
use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::names::Names;
use super::not_null::Steps;
use super::{
    Argument, Given, Recipe, Refusal, Target, clients, dependents, expression, shape, tripwire, within,
};
use crate::catalog::Id;
use crate::object::column::{Column, Generated};
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::index::Index;
use crate::object::table::Table;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "drop-column",
    summary: "Drop a column that programs still use",
    about: "Drops a column after everybody has stopped using it.

Steps: if programs have to give it a value now, that ends: it gets the default of --fill, or, with --fill NULL, may be NULL; a deploy
of everybody that reads or writes it; its indexes go concurrently, then its foreign key, then the column.

That nobody uses a column cannot be seen in the statistics of the server. The proof is the deploy that somebody acknowledges; with
--unused-for the last steps also wait until pg_stat_statements has seen no statement with its name for that long.

With --tripwire the column is first renamed, or the rights on it are revoked, and somebody looks whether anything fails: going back
is then a matter of a moment.

Locks: DROP INDEX CONCURRENTLY waits for those who use the index and lets all others through. DROP COLUMN takes ACCESS EXCLUSIVE for a
change of the catalog: PostgreSQL does not touch the rows. A foreign key of the column goes in a step before, because that takes
the lock on the other table, too.

Undo: at any time before the last step. That one takes the values along, so there is no way back behind it.

It refuses: columns of the primary key, of the partition key, of an index or constraint with other columns, those that foreign keys
refer to, and those that views, functions, triggers or policies are made from.

What the bodies of functions say PostgreSQL does not know: look for the name there yourself.",
    example: "drop-column shop.customer.fax --fill NULL --unused-for '7 days' --reader frontend --writer backend",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "the column"),
        Argument::option(
            "fill",
            "EXPRESSION",
            "what old programs see in rows of new ones; needed when the column is NOT NULL and has no default",
        ),
        clients::UNUSED_FOR,
        tripwire::TRIPWIRE,
        clients::READER,
        clients::WRITER,
    ],
    draft,
};

/// What stands on the column and goes with it.
struct Goes<'a> {
    indexes: Vec<(&'a Id, &'a Index)>,
    foreign: Vec<(&'a Id, &'a Constraint)>,
}

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table, column) = target.table_column(given.need("column")?)?;
    shape::own(target, id, table)?;
    let goes = goes(target, id, table, column)?;
    let path = shape::named(id, &column.name);
    let mut parts: Vec<Part> = optional(given, target, id, table, column)?.into_iter().collect();
    parts.extend(clients::deploys(
        given,
        Phase::CutOver,
        &format!("Nobody uses {path}"),
        &format!("neither reads nor writes {path}, and no SELECT * of it needs it"),
        &format!("may use {path} again"),
        "Why: the next steps drop it. A program that still names it would fail.\n\nSafe: nothing is changed here.",
    ));
    let mut last: Vec<Part> = goes.indexes.iter().map(|(index, it)| drop_index(target, index, it)).collect();
    last.extend(goes.foreign.iter().map(|(constraint, it)| drop_foreign_key(id, constraint, it)));
    let wire = tripwire::column(given, target, id, table, &column.name)?;
    last.extend(wire.parts);
    let mut drop = vec![format!("ALTER TABLE {} DROP COLUMN {}", id.path(), quote_ident(&wire.name))];
    let gives_back = !wire.after.is_empty();
    drop.extend(wire.after);
    last.push(
        Part {
            irreversible: Some(format!("the values of {path} are gone")),
            ..Part::new(Phase::Contract, format!("{path} goes"))
        }
        .prose("Safe: PostgreSQL marks the column as dropped and touches no row; ACCESS EXCLUSIVE lasts for a change of the catalog. Prepared statements that say SELECT * fail once with \"cached plan must not change result type\".")
        .up([Block::sql(drop)]),
    );
    if gives_back && let Some(part) = last.pop() {
        last.push(part.allow("revoke", "in the same transaction the right on the whole table is given back"));
    }
    if let (Some(time), Some(first)) = (given.get("unused-for"), last.first_mut()) {
        first.requires.push(format!("unused column {path} for {time}"));
    }
    parts.extend(last);
    Ok(drafted(given.rollout_or(format!("drop-{}-{}", id.name, column.name)), parts))
}

fn goes<'a>(target: &Target<'a>, id: &Id, table: &Table, column: &Column) -> Result<Goes<'a>, Refusal> {
    let path = shape::named(id, &column.name);
    dependents::none(target, id, &column.name)?;
    if table
        .partition_by
        .as_ref()
        .is_some_and(|key| shape::partition_columns(key).contains(&column.name.to_string()))
    {
        return Err(Refusal::new(format!("{} is partitioned by {}", id.path(), column.name))
            .help("make a new table beside it, with the recipe partition-table"));
    }
    let names = [(column.name.to_string(), "\u{1}".to_owned())];
    let uses = |definition: &str, predicate: Option<&str>| {
        let in_predicate = predicate.and_then(|text| within::expression(text, &names));
        within::lists(definition, &[&names]).is_none_or(|new| new != definition)
            || in_predicate.is_some_and(|new| Some(&*new) != predicate)
    };
    let alone = |definition: &str| within::items(definition).len() == 1;
    let shared = |what: String| {
        Err(Refusal::new(format!("{what} has other columns than {} as well", column.name))
            .help("drop it in a revision before, and make one without the column if it is needed"))
    };
    let mut goes = Goes { indexes: Vec::new(), foreign: Vec::new() };
    for (name, it) in target.constraints(id) {
        let own: &[&within::Names] = &[&names, &[]];
        match it.kind {
            ConstraintKind::Check => {
                let columns = within::columns(super::dependents::check(&it.definition)).unwrap_or_default();
                let named = columns.iter().any(|c| **c == *column.name);
                if named && columns.len() > 1 {
                    return shared(format!("the check {}", name.detail));
                }
            }
            ConstraintKind::ForeignKey => {
                if within::lists(&it.definition, own).is_some_and(|new| new != *it.definition) {
                    if !alone(&it.definition) {
                        return shared(format!("the foreign key {}", name.detail));
                    }
                    goes.foreign.push((name, it));
                }
            }
            ConstraintKind::PrimaryKey if within::key(&it.definition).contains(&column.name.to_string()) => {
                return Err(Refusal::new(format!("{path} is in the primary key"))
                    .help("give the table another primary key first"));
            }
            ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {
                if uses(&it.definition, it.predicate.as_deref()) && !alone(&it.definition) {
                    return shared(format!("the constraint {}", name.detail));
                }
            }
        }
    }
    for (other, it) in target.referring(id) {
        let to: &[&within::Names] = &[&[], &names, &[]];
        if within::lists(&it.definition, to).is_some_and(|new| new != *it.definition) {
            return Err(Refusal::new(format!(
                "the foreign key {} of {} refers to {path}",
                other.detail,
                other.path()
            ))
            .help("drop that foreign key first"));
        }
    }
    for (index, it) in target.indexes(id).filter(|(_, it)| uses(&it.definition, it.predicate.as_deref())) {
        if !alone(&it.definition) {
            return shared(format!("the index {}", index.name));
        }
        goes.indexes.push((index, it));
    }
    Ok(goes)
}

/// Programs may leave the column out.
fn optional(
    given: &Given,
    target: &Target<'_>,
    id: &Id,
    table: &Table,
    column: &Column,
) -> Result<Option<Part>, Refusal> {
    let path = shape::named(id, &column.name);
    let fill = given.get("fill").map(str::trim);
    let has_value =
        column.default.is_some() || column.identity.is_some() || column.generated != Generated::No;
    if column.not_null.is_none() || has_value {
        return Ok(None);
    }
    let Some(fill) = fill else {
        return Err(Refusal::new(format!("{path} is NOT NULL and has no default, so new programs could not leave it out"))
            .help("say with --fill what old programs see in the rows of new ones; --fill NULL when they can do with NULL"));
    };
    expression::over(id, table, fill)?;
    let part = Part::new(Phase::Expand, format!("{path} can be left out"));
    let name = quote_ident(&column.name);
    if !fill.eq_ignore_ascii_case("null") {
        expression::constant(fill)?;
        return Ok(Some(part
            .prose("Why: new programs write rows without it, while old ones still read it.\n\nSafe: a default is for rows to come, and a change of the catalog.")
            .up([Block::sql([format!("ALTER TABLE {} ALTER COLUMN {name} SET DEFAULT {fill}", id.path())])])
            .down([Block::sql([format!("ALTER TABLE {} ALTER COLUMN {name} DROP DEFAULT", id.path())])])));
    }
    let known = column.not_null.as_ref().map(|n| n.known_as.0.to_string()).filter(|name| !name.is_empty());
    let steps = Steps::plan(target, &mut Names::of(target), id, &column.name, known.as_deref());
    Ok(Some(part
        .prose("Why: new programs write rows without it, while old ones still read it and can do with NULL.\n\nSafe: a change of the catalog. The way down needs a value in every row: the guard says so before anything else.")
        .up([Block::sql([format!("ALTER TABLE {} ALTER COLUMN {name} DROP NOT NULL", id.path())])])
        .down([Block::Guard {
            text: format!("no row has NULL in {path}: fill it in first"),
            expect: Expect::NoRows,
            query: format!("SELECT * FROM {} WHERE {name} IS NULL\nLIMIT 1", id.path()),
        }])
        .down(steps.whole())
        .allow("drop-not-null", "old programs can do with NULL, as --fill NULL has said")))
}

fn drop_index(target: &Target<'_>, id: &Id, index: &Index) -> Part {
    let on_partitioned = index.on_partitioned.0;
    let mut ops = crate::object::ops::Ops::default();
    let sides = crate::object::ops::Sides { from: target.catalog, to: target.catalog };
    crate::object::Define::create(index, id, sides, &mut ops);
    let made: Vec<Block> = ops
        .list
        .into_iter()
        .flat_map(|op| op.online.unwrap_or(op.sql))
        .map(|sql| Block::sql([sql]))
        .collect();
    let part = Part::new(Phase::Contract, format!("The index {} goes", id.path()))
        .prose("Why: in a step of its own it goes without a strong lock.\n\nSafe: DROP INDEX CONCURRENTLY waits for those who use the index, and lets all others through.");
    if !on_partitioned {
        return part.up([Block::sql([format!("DROP INDEX CONCURRENTLY {}", id.path())])]).down(made);
    }
    let mut names = Names::of(target);
    let new = super::online::NewIndex {
        parts: shape::partitions(target, &index.table)
            .into_iter()
            .filter_map(|(table, _)| {
                let own = target.indexes(table).find(|(_, it)| below(target, it, id))?;
                Some((table.clone(), own.0.name.to_string()))
            })
            .collect(),
        ..super::online::NewIndex::plan(target, &mut names, &index.table, &id.name, &tail(index), ("", ""))
    };
    part.up([Block::sql([format!("DROP INDEX IF EXISTS {}", id.path())])])
        .down(new.unique(index.unique).create(target))
}

fn below(target: &Target<'_>, index: &Index, top: &Id) -> bool {
    let mut above = index.part_of.clone();
    while let Some(id) = above {
        if id == *top {
            return true;
        }
        above = match target.catalog.definition(&id) {
            Some(crate::object::Definition::Index(it)) => it.part_of.clone(),
            _ => None,
        };
    }
    false
}

fn tail(index: &Index) -> String {
    let predicate = index.predicate.as_ref().map(|p| format!(" WHERE {p}")).unwrap_or_default();
    format!("{}{predicate}", index.definition)
}

fn drop_foreign_key(table: &Id, id: &Id, it: &Constraint) -> Part {
    let (path, name) = (table.path(), id.own_name());
    Part::new(Phase::Contract, format!("The foreign key {name} of {path} goes"))
        .prose("Why: it takes ACCESS EXCLUSIVE on the table that it refers to, too; in a step of its own that lasts for a moment only.")
        .up([Block::sql([format!("ALTER TABLE {path} DROP CONSTRAINT {name}")])])
        .down([
            Block::sql([format!("ALTER TABLE {path} ADD {} NOT VALID", it.clause(id))]),
            Block::sql([format!("ALTER TABLE {path} VALIDATE CONSTRAINT {name}")]),
        ])
        .allow("drop-foreign-key", "its column goes next")
        .allow("drop-locks-referenced-table", "a change of the catalog on both, for a moment")
}
