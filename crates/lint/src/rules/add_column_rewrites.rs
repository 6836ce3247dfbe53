//! A new column with a default that is another for each row.
//!
//! ## Why
//!
//! A default that does not change is stored once, and no row is touched. One with a volatile function, such as
//! `random()`, `gen_random_uuid()`, `clock_timestamp()` or `nextval()`, has to be worked out for each row: the
//! whole table and its indexes are written anew under ACCESS EXCLUSIVE, and reads and writes of the table wait as
//! long. A default that is set after the column was added holds for new rows only, and the others can be filled in
//! batches.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN token uuid, ALTER COLUMN token SET DEFAULT gen_random_uuid();
//! --@ backfill users by id
//! UPDATE users SET token = gen_random_uuid() WHERE token IS NULL;
//! ```
//!
//! NOT NULL comes afterwards, by way of a check: see `set-not-null-scans`. The values, and their order, are others
//! than the one statement would have given, so this is not applied without being asked for.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Rewrite;
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{ColumnDef, ConstrType};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::gradual;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-column-rewrites",
    level: Level::Error,
    area: Area::Locks,
    title: "A new column with a default that is another for each row",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place) else { return };
    for (command, column) in alter.columns_that_rewrite(Rewrite::VolatileDefault) {
        let until =
            format!("every row is written anew with a value for {} of its own", quote_ident(&column.colname));
        out.report(alter.commands[command].span, alter.waits(&until))
            .help("add the column without the default, set the default, then fill the rows with --@ backfill")
            .fix(fix(&alter, command, column));
    }
}

fn fix(alter: &Alter<'_>, command: usize, column: &ColumnDef) -> Option<Fix> {
    let goes = [ConstrType::ConstrDefault, ConstrType::ConstrNotnull];
    let (text, default) = gradual::without(alter, command, |it| goes.contains(&it.it.contype()))?;
    let not_null = alter.place.known.column_of(column).not_null;
    let column = gradual::Column { command, it: column, text, default: default?, not_null };
    gradual::fix(alter, &column, "", "")
}
