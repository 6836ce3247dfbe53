//! `change-type`: a column gets another type under its own name.

use super::finish::drafted;
use super::names::Names;
use super::twin::{Twin, Wanted};
use super::{Argument, Given, Recipe, Refusal, Target, clients, columns, expression, published, shape};
use crate::catalog::Id;
use crate::object::column::Column;
use crate::object::table::Table;
use crate::object::types::{casts_by_assignment, conversion};
use crate::rollout::draft::Draft;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "change-type",
    summary: "Change the type of a column",
    about: "Gives a column another type without rewriting the table under a lock. At the end it has its old name.

Steps: a column of the new type is added beside the old one; triggers keep the two in agreement; a backfill; a guard that they agree;
indexes and constraints for the new one; a deploy of everybody, who can work with either type from then on; then the two exchange
their names in one transaction, and the triggers turn round; then the old column goes.

Programs see the exchange as a change of the type between two statements. What they send has to be right for both types (a
number for integer and bigint, a text for varchar and text). A prepared statement that returns the column fails once with
\"cached plan must not change result type\": pools that prepare again on that error do not notice; others are restarted, or name
a cast (total::text).

Locks: ADD COLUMN and the exchange take ACCESS EXCLUSIVE for changes of the catalog, CREATE TRIGGER SHARE ROW EXCLUSIVE. Nothing reads
or rewrites the table under such a lock.

Undo: at any time, behind the last step as well. It stops at a guard where a row has a value that the old type cannot have; --back
says what becomes of it there.

It refuses: what rename-column refuses, a type that it has already, and types without a cast when --using does not say how.",
    example: "change-type shop.orders.payload jsonb --using 'payload::jsonb' --back 'payload::text'",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "the column"),
        Argument::place("type", "TYPE", "its new type"),
        Argument::option("using", "EXPRESSION", "the new value, from the old one"),
        Argument::option("back", "EXPRESSION", "the old value, from the new one, which has the same name"),
        clients::READER,
        clients::WRITER,
        published::PUBLISHED,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table, column) = target.table_column(given.need("column")?)?;
    published::known(given, target, id)?;
    let mut names = Names::of(target);
    let rollout = given.rollout_or(format!("type-{}-{}", id.name, column.name));
    let wanted = wanted(given, id, table, column)?;
    let twin = Twin::scan(*target, &mut names, id, table, &rollout, &[wanted], &[])?;
    let path = shape::named(id, &column.name);
    let mut parts =
        columns::beside(&twin, &format!("A column of type {} beside {path}", given.need("type")?))?;
    parts.extend(columns::exchange(given, &[twin], &path, Vec::new())?);
    Ok(drafted(rollout, parts))
}

fn wanted(given: &Given, id: &Id, table: &Table, column: &Column) -> Result<Wanted, Refusal> {
    let path = shape::named(id, &column.name);
    let new = data_type(given.need("type")?)?;
    if new == *column.data_type {
        return Err(Refusal::new(format!("{path} is of type {new} already")));
    }
    let own = cutover_sql::ident::quote_ident(&column.name).into_owned();
    let from = &*column.data_type;
    let value = |name: &str, from: &str, to: &str| match given.get(name) {
        Some(text) => {
            let columns = expression::over(id, table, text)?;
            if columns.iter().any(|c| **c != *column.name) {
                return Err(Refusal::new(format!("--{name} \"{text}\" names other columns than {}", column.name))
                    .help("the other side could not be made from it; a column of several has the recipes split-column and merge-columns"));
            }
            Ok(text.trim().to_owned())
        }
        None if casts_by_assignment(from, to) => Ok(format!("{own}::{to}")),
        None if casts_by_assignment(to, from) || to.ends_with("[]") == from.ends_with("[]") => {
            Ok(conversion(&own, from, to))
        }
        None => Err(Refusal::new(format!("nothing is known of how {from} becomes {to}"))
            .help(format!("say it with --{name}, over {}", column.name))),
    };
    let (forward, backward) = (value("using", from, &new)?, value("back", &new, from)?);
    if column.default.is_some() && !casts_by_assignment(from, &new) {
        return Err(Refusal::new(format!(
            "the default of {path} is of type {from}, which does not become {new} by itself"
        ))
        .help("drop the default first, and set the new one in a revision after the exchange"));
    }
    let mut new_name = format!("{}_new", column.name);
    while table.column(&new_name).is_some() {
        new_name.insert(0, '_');
    }
    if new_name.len() > super::names::LONGEST {
        return Err(Refusal::new(format!(
            "the name {} leaves no room for that of its successor",
            column.name
        ))
        .help("give it a shorter name first, with the recipe rename-column"));
    }
    Ok(Wanted { old: column.name.to_string(), new: new_name, data_type: new, forward, backward })
}

/// A type as PostgreSQL writes it, where that is known.
fn data_type(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let parsed = super::within::columns(&format!("NULL::{text}"));
    if parsed.is_err() || text.is_empty() {
        return Err(
            Refusal::new(format!("\"{text}\" is no type")).help("write it as in CREATE TABLE: numeric(12,2)")
        );
    }
    let (head, tail) = text.find(['(', '[', ' ']).map_or((text, ""), |at| text.split_at(at));
    let long = match head.to_lowercase().as_str() {
        "int" | "int4" => "integer",
        "int8" => "bigint",
        "int2" => "smallint",
        "varchar" => "character varying",
        "bool" => "boolean",
        "float8" => "double precision",
        "float4" => "real",
        "decimal" => "numeric",
        "timestamptz" => {
            return Ok(format!("timestamp{tail} with time zone"));
        }
        "timestamp" if !tail.contains("zone") => return Ok(format!("timestamp{tail} without time zone")),
        _ => return Ok(text.to_owned()),
    };
    Ok(format!("{long}{tail}"))
}
