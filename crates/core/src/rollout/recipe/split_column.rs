//! `split-column`: one column becomes several.

use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::several::{Form, Several};
use super::{Argument, Given, Recipe, Refusal, Target, clients, expression, names, published, shape};
use crate::rollout::draft::Draft;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "split-column",
    summary: "Make several columns of one",
    about: "Makes several columns of one, while old programs use the one and new programs the several.

Steps: the new columns are added; triggers keep both sides in agreement, whichever is written; a backfill; a guard that they agree; a
deploy of everybody; then the old column goes.

Each new column is given as NAME=EXPRESSION over the old one, and --back says how the old value is made of the new ones. Expressions
see one row, must give the same each time, and name functions outside pg_catalog with their schema. New columns have the type of
the old one, unless NAME:TYPE=EXPRESSION says another.

Locks: ADD COLUMN, the triggers and the last step take ACCESS EXCLUSIVE (CREATE TRIGGER: SHARE ROW EXCLUSIVE) for changes of the catalog.

Undo: at any time, behind the last step as well: the old column is made of the new ones by --back, with its default and NOT NULL.

It refuses: what drop-column refuses, and old columns with indexes or constraints of their own: what those become is yours to say, so
drop them first, or add the new ones after the first step, and drop the old ones before the last.

What the bodies of functions say PostgreSQL does not know: look for the name there yourself.",
    example: "split-column shop.customer.name --to \"first=split_part(name, ' ', 1)\" --to \"last=substr(name, strpos(name, ' ') + 1)\" --back \"concat_ws(' ', first, last)\"",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "the column"),
        Argument::many("to", "NAME=EXPRESSION", "a new column, and its value from the old one; as often as there are"),
        Argument::needed("back", "EXPRESSION", "the old value, from the new ones"),
        clients::UNUSED_FOR,
        clients::READER,
        clients::WRITER,
        published::PUBLISHED,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table, column) = target.table_column(given.need("column")?)?;
    shape::own(target, id, table)?;
    published::known(given, target, id)?;
    if given.all("to").len() < 2 {
        return Err(Refusal::new("a column is split into two or more")
            .help("give each with --to; for one alone there are rename-column and change-type"));
    }
    let mut new = Vec::new();
    for text in given.all("to") {
        let wrong = || {
            Refusal::new(format!("\"{text}\" is not NAME=EXPRESSION"))
                .help("write --to \"first=split_part(name, ' ', 1)\"")
        };
        let (head, value) = text.split_once('=').ok_or_else(wrong)?;
        let (name, data_type) = head.split_once(':').unwrap_or((head, &column.data_type));
        let name = names::chosen(name.trim())?;
        if table.column(&name).is_some() {
            return Err(Refusal::new(format!("{} has a column {} already", id.path(), quote_ident(&name))));
        }
        for other in expression::over(id, table, value)? {
            if *other != *column.name {
                return Err(Refusal::new(format!(
                    "\"{value}\" names {other}; only {} may be in it",
                    column.name
                )));
            }
        }
        new.push(Form { name, data_type: data_type.trim().to_owned(), value: value.trim().to_owned() });
    }
    let back = given.need("back")?;
    expression::among(back, new.iter().map(|form| form.name.as_str()))?;
    let old = Form {
        name: column.name.to_string(),
        data_type: column.data_type.to_string(),
        value: back.to_owned(),
    };
    let rollout = given.rollout_or(format!("split-{}-{}", id.name, column.name));
    let several = Several { target: *target, id, table, rollout: rollout.clone(), old: vec![old], new };
    Ok(drafted(rollout, several.parts(given)?))
}
