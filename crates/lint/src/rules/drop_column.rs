//! A column that was there before is dropped.
//!
//! ## Why
//!
//! Code that is running and names it fails from the moment of the commit: "column does not exist". Its values are
//! gone; a downgrade can make the column again, not what was in it. Many libraries name every column they know in
//! each SELECT and INSERT, also those that the code does not use. The statement takes ACCESS EXCLUSIVE for a moment;
//! it does not rewrite.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users DROP COLUMN nick;
//! ```
//!
//! ## Safe form
//!
//! There is none: the values go. First tell the library to leave the column out, wait until no old code runs, then
//! drop it. A NOT NULL column without a default needs a default first, or INSERTs that leave it out fail.
//!
//! ## When to allow it
//!
//! No code that runs names the column, and the values are kept elsewhere or worthless.

use cutover_sql::tree::AlterTableType;

use crate::context::Place;
use crate::finding::Level;
use crate::look::old;
use crate::look::runs::each;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-column",
    level: Level::Error,
    area: Area::Code,
    title: "A column that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let mut names = Vec::new();
        for (table, command) in one.commands() {
            if command.subtype() == AlterTableType::AtDropColumn
                && old::column(one.known, &table, &command.name).is_some()
            {
                names.push(format!("{table}.{}", command.name));
            }
        }
        if !names.is_empty() {
            let message = format!("running code that names {} fails, and the values are gone", list(&names));
            out.report(place.span(), message).help(format!(
                "drop it when no code that runs names it: cutover rollout new drop-column {} waits for that",
                names[0]
            ));
        }
    });
}
