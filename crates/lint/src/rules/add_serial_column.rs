//! A new `serial` column of a table that others use.
//!
//! ## Why
//!
//! Each row gets a number: the whole table and its indexes are written anew under ACCESS EXCLUSIVE, and reads and
//! writes of the table wait as long.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE log ADD COLUMN no bigserial;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE SEQUENCE log_no_seq;
//! ALTER TABLE log ADD COLUMN no bigint, ALTER COLUMN no SET DEFAULT nextval('log_no_seq');
//! ALTER SEQUENCE log_no_seq OWNED BY log.no;
//! --@ backfill log by id
//! UPDATE log SET no = nextval('log_no_seq') WHERE no IS NULL;
//! ```
//!
//! A serial column is NOT NULL: that comes afterwards, by way of a check (see `set-not-null-scans`). New rows get
//! numbers before old ones do, so this is not applied without being asked for.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Rewrite;
use cutover_sql::ident::{qualified, quote_ident, quote_literal};
use cutover_sql::lex::tokens;
use cutover_sql::tree::{self, ColumnDef, ConstrType};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::gradual;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-serial-column",
    level: Level::Error,
    area: Area::Locks,
    title: "A new serial column of a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place) else { return };
    for (command, column) in alter.columns_that_rewrite(Rewrite::SerialColumn) {
        let until = format!("every row is written anew with a number in {}", quote_ident(&column.colname));
        out.report(alter.commands[command].span, alter.waits(&until))
            .help("make the sequence and the column, set the default, then number the rows with --@ backfill")
            .fix(fix(&alter, command, column));
    }
}

fn fix(alter: &Alter<'_>, command: usize, column: &ColumnDef) -> Option<Fix> {
    let data_type = alter.place.known.column_of(column).data_type.to_string();
    let (text, _) = gradual::without(alter, command, |it| it.it.contype() == ConstrType::ConstrNotnull)?;
    let at = alter.place.at(column.type_name.as_ref()?.location);
    let at = at.checked_sub(alter.commands[command].span.start)?;
    let word = tokens(text.get(at..)?).next()?.span;
    let text = format!("{}{data_type}{}", text.get(..at)?, text.get(at + word.end..)?);
    let sequence =
        alter.place.known.free_index_name(alter.table, std::slice::from_ref(&column.colname), "seq");
    let sequence = match alter.tree.relation.as_ref().and_then(tree::schema) {
        Some(schema) => qualified(&[schema, &sequence.name]),
        None => qualified(&[&sequence.name]),
    };
    let owner = format!("{}.{}", alter.path(), quote_ident(&column.colname));
    let column = gradual::Column {
        command,
        it: column,
        text,
        default: format!("nextval({})", quote_literal(&sequence)),
        not_null: true,
    };
    let before = format!("CREATE SEQUENCE {sequence} AS {data_type};\n");
    gradual::fix(alter, &column, &before, &format!(";\nALTER SEQUENCE {sequence} OWNED BY {owner}"))
}
