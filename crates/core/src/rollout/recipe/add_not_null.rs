//! `add-not-null`: NOT NULL on a column of a table that is in use.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::names::Names;
use super::not_null::Steps;
use super::{Argument, Given, Recipe, Refusal, Target, clients, expression, shape};
use crate::catalog::Id;
use crate::object::column::{Column, Generated};
use crate::object::table::Table;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::dual::{Setting, fill};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "add-not-null",
    summary: "Make a column NOT NULL, with or without a default",
    about: "Makes a column NOT NULL without reading the table under a strong lock.

Steps: with --default, the default; with --default or --fill, a trigger that fills in the value where an old program writes
NULL, and a backfill of the rows that have none; the rule for new rows, after a guard that no NULL is left; its validation, after
which the column is NOT NULL; then a deploy of the writers, which write no NULL any more, and the trigger goes.

Without --default and --fill nothing is filled in: the guard stops the rollout where a NULL is left, and with --writer a deploy
of each writer comes first.

Locks: from PostgreSQL 18 on ADD CONSTRAINT ... NOT NULL ... NOT VALID, before that a check that says the same: ACCESS EXCLUSIVE for a
change of the catalog. VALIDATE reads the table under SHARE UPDATE EXCLUSIVE. SET NOT NULL then takes the check's word and reads
nothing.

Undo: the column may be NULL again, the default and the trigger go. What was filled in stays filled in.

It refuses: a column that is NOT NULL already, and --default or --fill for one that is generated.",
    example: "add-not-null shop.orders.currency --default \"'EUR'\"",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "the column"),
        Argument::option("default", "EXPRESSION", "its default from now on, and the value where there is none"),
        Argument::option("fill", "EXPRESSION", "the value where there is none, from other columns too"),
        clients::READER,
        clients::WRITER,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table, column) = target.table_column(given.need("column")?)?;
    shape::own(target, id, table)?;
    let path = shape::named(id, &column.name);
    if let Some(not_null) = &column.not_null {
        let refusal = Refusal::new(format!("{path} is NOT NULL already"));
        return Err(if not_null.not_valid {
            refusal.help("it is not valid: ALTER TABLE ... VALIDATE CONSTRAINT in a revision of its own")
        } else {
            refusal
        });
    }
    let value = value(given, id, table, column)?;
    let mut parts = Vec::new();
    match &value {
        Some(value) => parts.extend(filled(given, target, id, table, column, value)?),
        None => parts.extend(clients::writers(
            given,
            &format!("Writers give {} a value", column.name),
            &format!("writes no NULL into {path}"),
            &format!("may write NULL into {path}"),
            "From the next steps on PostgreSQL refuses such rows, and a program that writes them fails.",
        )),
    }
    parts.extend(rule(target, id, column));
    if let Some(value) = value {
        parts.extend(contract(given, id, column, &value));
    }
    Ok(drafted(given.rollout_or(format!("not-null-{}-{}", id.name, column.name)), parts))
}

fn value(given: &Given, id: &Id, table: &Table, column: &Column) -> Result<Option<String>, Refusal> {
    if let Some(default) = given.get("default") {
        expression::constant(default)?;
    }
    let value = given.get("fill").or(given.get("default"));
    if let Some(value) = value {
        expression::over(id, table, value)?;
        if column.generated != Generated::No {
            return Err(Refusal::new(format!("{} is generated", shape::named(id, &column.name)))
                .help("make its expression one that is never NULL, and leave --default and --fill out"));
        }
    }
    Ok(value.map(str::to_owned))
}

/// The name of the rollout, for the trigger.
fn setting(given: &Given, id: &Id, column: &Column) -> Setting {
    Setting::of(given.rollout_or(format!("not-null-{}-{}", id.name, column.name)))
}

fn filled(
    given: &Given,
    target: &Target<'_>,
    id: &Id,
    table: &Table,
    column: &Column,
    value: &str,
) -> Result<Vec<Part>, Refusal> {
    let (path, name) = (id.path(), quote_ident(&column.name));
    let mut parts = Vec::new();
    if let Some(default) = given.get("default") {
        let back = column.default.as_ref().map_or("DROP DEFAULT".into(), |d| format!("SET DEFAULT {d}"));
        parts.push(
            Part::new(Phase::Expand, format!("{} has a default", shape::named(id, &column.name)))
                .prose("Why: a program that does not name the column leaves no NULL behind.\n\nSafe: a default is for rows to come, and a change of the catalog.")
                .up([Block::sql([format!("ALTER TABLE {path} ALTER COLUMN {name} SET DEFAULT {default}")])])
                .down([Block::sql([format!("ALTER TABLE {path} ALTER COLUMN {name} {back}")])]),
        );
    }
    let dual = fill(&setting(given, id, column), &table_of(id), &column.name, value);
    parts.push(
        Part::new(Phase::DualWrite, format!("A NULL that is written into {} is filled in", shape::named(id, &column.name)))
            .prose("Why: old programs write NULL and would begin to fail.\n\nSafe: the trigger changes the row before it is written. CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change of the catalog.")
            .up([Block::Sql(dual.create)])
            .down([Block::Sql(dual.drop)]),
    );
    parts.push(
        Part::new(Phase::Backfill, format!("Fill in {} where it is NULL", shape::named(id, &column.name)))
            .prose("Safe: in batches by the key of the table; no NULL comes any more. What is filled in stays: old programs take it as they take any value.")
            .up([Block::Backfill {
                table: path.clone(),
                key: shape::key(target, id, table)?.iter().map(|c| quote_ident(c).into_owned()).collect(),
                options: BackfillOptions::default(),
                statement: format!("UPDATE {path} SET {name} = {value} WHERE {name} IS NULL"),
            }])
            .allow("empty-downgrade", "nobody knows any more which values were NULL; old programs work with these"),
    );
    Ok(parts)
}

fn table_of(id: &Id) -> crate::rollout::dual::Table {
    crate::rollout::dual::Table::new(&*id.namespace, &*id.name)
}

fn rule(target: &Target<'_>, id: &Id, column: &Column) -> Vec<Part> {
    let steps = Steps::plan(target, &mut Names::of(target), id, &column.name, None);
    let path = shape::named(id, &column.name);
    let name = quote_ident(&column.name);
    vec![
        Part::new(Phase::Validate, format!("New rows have a value in {path}"))
            .prose("Why: from here on no NULL can come.\n\nSafe: NOT VALID reads no row, so ACCESS EXCLUSIVE lasts for a change of the catalog. The guard reads before: a row that has NULL could not be updated any more.")
            .up([Block::Guard {
                text: format!("no row has NULL in {path}"),
                expect: Expect::NoRows,
                query: format!("SELECT * FROM {} WHERE {name} IS NULL\nLIMIT 1", id.path()),
            }])
            .up(steps.add())
            .down(steps.remove()),
        Part::new(Phase::Validate, format!("{path} is NOT NULL"))
            .prose("Why: now it holds for all rows, and PostgreSQL knows it.\n\nSafe: VALIDATE reads the table under SHARE UPDATE EXCLUSIVE; reads and writes go on. What follows it reads nothing.")
            .up(steps.finish())
            .down(steps.unfinish()),
    ]
}

fn contract(given: &Given, id: &Id, column: &Column, value: &str) -> Vec<Part> {
    let path = shape::named(id, &column.name);
    let mut parts = clients::deploys(
        given,
        Phase::CutOver,
        &format!("Writers give {} a value", column.name),
        &format!("writes no NULL into {path}"),
        &format!("may write NULL into {path}"),
        "Why: after the next step a NULL is refused. Until then the trigger fills it in.",
    );
    let dual = fill(&setting(given, id, column), &table_of(id), &column.name, value);
    parts.push(
        Part::new(Phase::Contract, format!("NULL in {path} is not filled in any more"))
            .prose("Safe: dropping a trigger takes ACCESS EXCLUSIVE for a change of the catalog.")
            .up([Block::Sql(dual.drop)])
            .down([Block::Sql(dual.create)]),
    );
    parts
}
