//! `merge-columns`: several columns become one.

use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::several::{Form, Several};
use super::{Argument, Given, Recipe, Refusal, Target, clients, expression, names, published, shape};
use crate::rollout::draft::Draft;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "merge-columns",
    summary: "Make one column of several",
    about: "Makes one column of several, while old programs use the several and new programs the one.

Steps: the new column is added; triggers keep both sides in agreement, whichever is written; a backfill; a guard that they agree; a
deploy of everybody; then the old columns go.

--with says how the new value is made of the old ones, and for each old column --from NAME=EXPRESSION how it is made of the new one.
Expressions see one row, must give the same each time, and name functions outside pg_catalog with their schema.

Locks: ADD COLUMN, the triggers and the last step take ACCESS EXCLUSIVE (CREATE TRIGGER: SHARE ROW EXCLUSIVE) for changes of the catalog.

Undo: at any time, behind the last step as well: the old columns are made of the new one, with their defaults and NOT NULL.

It refuses: what drop-column refuses, and old columns with indexes or constraints of their own: what those become is yours to say, so
drop them first, or add the new ones after the first step, and drop the old ones before the last.

What the bodies of functions say PostgreSQL does not know: look for the name there yourself.",
    example: "merge-columns shop.customer name:text --with \"concat_ws(' ', first, last)\" --from \"first=split_part(name, ' ', 1)\" --from \"last=substr(name, strpos(name, ' ') + 1)\"",
    arguments: &[
        Argument::place("table", "TABLE", "the table"),
        Argument::place("to", "NAME:TYPE", "the new column"),
        Argument::needed("with", "EXPRESSION", "its value, from the old ones"),
        Argument::many("from", "NAME=EXPRESSION", "an old column, and its value from the new one; as often as there are"),
        clients::UNUSED_FOR,
        clients::READER,
        clients::WRITER,
        published::PUBLISHED,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    shape::own(target, id, table)?;
    published::known(given, target, id)?;
    let to = given.need("to")?;
    let (name, data_type) = to.split_once(':').ok_or_else(|| {
        Refusal::new(format!("\"{to}\" does not say the type")).help("write NAME:TYPE, name:text")
    })?;
    let name = names::chosen(name.trim())?;
    if table.column(&name).is_some() {
        return Err(Refusal::new(format!("{} has a column {} already", id.path(), quote_ident(&name))));
    }
    if given.all("from").len() < 2 {
        return Err(Refusal::new("two or more columns are merged")
            .help("give each with --from; for one alone there are rename-column and change-type"));
    }
    let mut old = Vec::new();
    for text in given.all("from") {
        let wrong = || {
            Refusal::new(format!("\"{text}\" is not NAME=EXPRESSION"))
                .help("write --from \"first=split_part(name, ' ', 1)\"")
        };
        let (head, value) = text.split_once('=').ok_or_else(wrong)?;
        let column = target.column(id, table, head.trim())?;
        expression::among(value, [name.as_str()])?;
        old.push(Form {
            name: column.name.to_string(),
            data_type: column.data_type.to_string(),
            value: value.trim().to_owned(),
        });
    }
    let with = given.need("with")?;
    expression::among(with, old.iter().map(|form| form.name.as_str()))?;
    let new = Form { name: name.clone(), data_type: data_type.trim().to_owned(), value: with.to_owned() };
    let rollout = given.rollout_or(format!("merge-{}-{name}", id.name));
    let several = Several { target: *target, id, table, rollout: rollout.clone(), old, new: vec![new] };
    Ok(drafted(rollout, several.parts(given)?))
}
