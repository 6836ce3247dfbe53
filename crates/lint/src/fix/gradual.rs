//! How a column with a value for every row comes to a table that is in use: the column, its default for what is
//! written from now on, the rows that are there in batches, then `NOT NULL`.

use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, AlterTableType, ColumnDef, ConstrType};

use crate::finding::Fix;
use crate::fix::not_null;
use crate::fix::safe::{self, Block};
use crate::look::alter::{Added, Alter};

/// What a new column is made of.
pub struct Column<'c> {
    /// Which subcommand adds it.
    pub command: usize,
    /// It.
    pub it: &'c ColumnDef,
    /// The subcommand without the default.
    pub text: String,
    /// The default.
    pub default: String,
    /// Whether it cannot be NULL in the end.
    pub not_null: bool,
}

/// The steps, with statements before and after the first. The values, and their order, are others than those that
/// the statement would give, so that nobody applies it without a look.
pub fn fix(alter: &Alter<'_>, column: &Column<'_>, before: &str, after: &str) -> Option<Fix> {
    let key: Vec<String> =
        alter.relation()?.primary_key()?.columns.iter().map(|name| quote_ident(name).into_owned()).collect();
    let is_key = |it: &tree::Constraint| it.contype() == ConstrType::ConstrPrimary;
    let only_adds = alter.commands.iter().all(|it| it.kind() == AlterTableType::AtAddColumn);
    if key.is_empty() || !only_adds || tree::column_constraints(column.it).iter().any(is_key) {
        return None;
    }
    let name = quote_ident(&column.it.colname);
    let default = &column.default;
    let mut commands = alter.texts();
    commands[column.command] = Some(format!("{}, ALTER COLUMN {name} SET DEFAULT {default}", column.text));
    let first = alter.with(&commands)?;
    let table = alter.path();
    let sql = format!("UPDATE {table} SET {name} = {default} WHERE {name} IS NULL");
    let mut blocks = vec![Block::Sql(format!("{before}{first}{after}")), Block::Backfill { table, key, sql }];
    if column.not_null {
        let proof = not_null::proof(alter, std::slice::from_ref(&column.it.colname))?;
        blocks.extend(proof.all().into_iter().map(Block::Sql));
    }
    let mut fix = safe::blocks(alter.place, "fill the rows that are there in batches", &blocks)?;
    fix.safe = false;
    Some(fix)
}

/// The text of a subcommand without some constraints of its column, and the text of the default.
pub fn without(
    alter: &Alter<'_>,
    command: usize,
    goes: impl Fn(&Added<'_>) -> bool,
) -> Option<(String, Option<String>)> {
    let added = alter.added();
    let own = added.iter().filter(|it| it.command == command && it.column.is_some());
    let mut going: Vec<&Added<'_>> = own.filter(|it| goes(it)).collect();
    going.sort_by_key(|it| std::cmp::Reverse(it.span));
    let (mut text, mut default) = (alter.text(command).to_owned(), None);
    for it in going {
        if it.it.contype() == ConstrType::ConstrDefault {
            let written = it.span.text(&alter.place.source.text);
            default = safe::behind_word(written, "default").map(|at| written[at..].trim().to_owned());
        }
        text = alter.cut(it, &text)?;
    }
    Some((text, default))
}
