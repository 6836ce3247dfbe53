//! A new column that is NOT NULL and has no default.
//!
//! ## Why
//!
//! It fails if the table has a row. Where it has none, an INSERT that does not name the column fails from then on:
//! every one of the program that runs while the new version is not there yet.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN email text NOT NULL;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN email text NOT NULL DEFAULT '';
//! ```
//!
//! A default that does not change is stored once and touches no row. Where there is no sensible default, add the
//! column without NOT NULL, let the program write it, fill the rows that are there with `--@ backfill`, and make it
//! NOT NULL by way of a check (see `set-not-null-scans`).
//!
//! ## When to allow it
//!
//! The table has no rows, and nothing writes to it yet.

use cutover_core::effect::Break;
use cutover_sql::ident::quote_ident;

use crate::context::Place;
use crate::finding::Level;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-required-column",
    level: Level::Error,
    area: Area::Code,
    title: "A new column that is NOT NULL and has no default",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| place.is_old(alter.table)) else { return };
    let required = required(place);
    if place.effects.fails.len() > required.len() {
        return;
    }
    for column in required {
        let command = alter.commands.iter().find(|it| it.new_column().is_some_and(|it| it.colname == column));
        let message = format!(
            "it fails if {} has a row, and an INSERT that does not name {} fails from then on",
            alter.table,
            quote_ident(column)
        );
        out.report(command.map_or(place.span(), |it| it.span), message)
            .help("give it a default, or add it without NOT NULL, fill the rows, and set NOT NULL by way of a check");
    }
}

fn required<'a>(place: &'a Place<'_>) -> Vec<&'a str> {
    let breaks = place.effects.breaks.iter().filter_map(|it| match it {
        Break::RequiredColumn { column, .. } => Some(column.as_str()),
        _ => None,
    });
    breaks.collect()
}
