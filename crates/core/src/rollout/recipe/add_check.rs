//! `add-check`: a check constraint on a table that is in use.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::names::{Names, chosen};
use super::online::NewConstraint;
use super::{Argument, Given, Recipe, Refusal, Target, clients, expression, shape};
use crate::catalog::Id;
use crate::object::table::Table;
use crate::object::types::made_name;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "add-check",
    summary: "Add a check constraint",
    about: "Adds a CHECK without reading the table under a strong lock.

Steps: with --writer, a deploy of each writer, which keeps to the rule from then on; with --fill, a backfill that mends the rows
that break it; the constraint as NOT VALID, so that new rows keep to it, after a guard that no row breaks it; its validation.

Locks: ADD CONSTRAINT ... NOT VALID takes ACCESS EXCLUSIVE for a change of the catalog. The guard reads the table as a query does.
VALIDATE reads it under SHARE UPDATE EXCLUSIVE, beside reads and writes.

While the constraint is NOT VALID a row that breaks it cannot be updated either. So rows are mended before, and the guard looks at
them before the constraint is there.

Undo: drops the constraint. What --fill has mended stays mended.

It refuses: a partition or a table that inherits (name the parent), expressions with a query in them or with columns that the table
does not have, and a name that is taken.",
    example: "add-check shop.orders 'total >= 0' --constraint orders_total_positive --fill 'total = 0'",
    arguments: &[
        Argument::place("table", "TABLE", "the table"),
        Argument::place("check", "EXPRESSION", "what must hold for each row"),
        Argument::option("constraint", "NAME", "the name of the constraint"),
        Argument::option("fill", "COLUMN = EXPRESSION", "how rows that break the rule are mended"),
        clients::WRITER,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    shape::own(target, id, table)?;
    let check = given.need("check")?.trim();
    let columns = expression::over(id, table, check)?;
    if columns.is_empty() {
        return Err(Refusal::new(format!("\"{check}\" names no column of {}", id.path())));
    }
    let name = constraint_name(given, target, id, &columns)?;
    let constraint = NewConstraint::check(id, &name, format!("CHECK ({check})"));
    let mut parts = clients::writers(
        given,
        &format!("Writers keep to {name}"),
        &format!("writes no row of {} for which ({check}) is false", id.path()),
        &format!("may write rows of {} for which ({check}) is false", id.path()),
        "From the next steps on PostgreSQL refuses such rows, and a program that writes them fails.",
    );
    parts.extend(fill(given, target, id, table, check)?);
    let breaks = format!("SELECT * FROM {} WHERE NOT ({check})", id.path());
    parts.push(
        Part::new(Phase::Validate, format!("New rows of {} keep to {name}", id.path()))
            .prose("Why: from here on no row can come that breaks the rule.\n\nSafe: NOT VALID reads no row, so ACCESS EXCLUSIVE lasts for a change of the catalog. The guard reads the table as a query does, before: a row that breaks the rule could not be updated any more.")
            .up([guard(&name, &breaks)])
            .up(constraint.add())
            .down(constraint.drop()),
    );
    parts.push(constraint.accepted(
        Part::new(Phase::Validate, format!("All rows of {} keep to {name}", id.path()))
            .prose("Why: a constraint that is not valid says nothing about the rows that were there before it.\n\nSafe: VALIDATE reads the table under SHARE UPDATE EXCLUSIVE; reads and writes go on.")
            .up(constraint.validate())
            .down(constraint.unvalidate()),
        true,
    ));
    Ok(drafted(given.rollout_or(format!("check-{name}")), parts))
}

fn guard(name: &str, query: &str) -> Block {
    Block::Guard {
        text: format!("no row breaks {name}"),
        expect: Expect::NoRows,
        query: format!("{query}\nLIMIT 1"),
    }
}

fn constraint_name(
    given: &Given,
    target: &Target<'_>,
    id: &Id,
    columns: &[String],
) -> Result<String, Refusal> {
    let mut names = Names::of(target);
    let Some(name) = given.get("constraint") else {
        let column = if let [one] = columns { one.as_str() } else { "" };
        return Ok(names.constraint(id, &made_name(&id.name, column, "check"), ""));
    };
    let name = chosen(name)?;
    if names.has_constraint(id, &name) {
        return Err(Refusal::new(format!("{} has a constraint {} already", id.path(), quote_ident(&name)))
            .help("choose another name with --constraint"));
    }
    Ok(name)
}

/// Mends the rows that break the rule.
fn fill(
    given: &Given,
    target: &Target<'_>,
    id: &Id,
    table: &Table,
    check: &str,
) -> Result<Option<Part>, Refusal> {
    let Some(fill) = given.get("fill") else { return Ok(None) };
    let (column, value) = fill.split_once('=').ok_or_else(|| {
        Refusal::new(format!("\"{fill}\" does not say what to set"))
            .help("write --fill 'COLUMN = EXPRESSION'")
    })?;
    let column = target.column(id, table, column.trim())?;
    expression::over(id, table, value.trim())?;
    let part = Part::new(Phase::Backfill, format!("Mend the rows of {} that break the rule", id.path()))
        .prose("Why: they would make the validation fail, and once the constraint is there they could not be updated.\n\nSafe: in batches by the key of the table. There is no way back to the values that broke the rule; old code works with those that keep to it.")
        .up([Block::Backfill {
            table: id.path(),
            key: shape::key(target, id, table)?.iter().map(|c| quote_ident(c).into_owned()).collect(),
            options: BackfillOptions::default(),
            statement: format!(
                "UPDATE {} SET {} = {} WHERE NOT ({check})",
                id.path(),
                quote_ident(&column.name),
                value.trim()
            ),
        }])
        .allow("empty-downgrade", "what broke the rule is not brought back; old code works with what keeps to it");
    Ok(Some(part))
}
