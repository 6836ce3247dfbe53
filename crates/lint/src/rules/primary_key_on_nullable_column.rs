//! A primary key that takes over an index, on a column that may be NULL.
//!
//! ## Why
//!
//! The index is there, and yet every row is read: PostgreSQL has to see that no value is NULL, under ACCESS
//! EXCLUSIVE. Reads and writes of the table wait until the last row. It reads nothing where the column is NOT NULL,
//! or where a valid check says so.
//!
//! ## Example
//!
//! ```sql
//! CREATE UNIQUE INDEX CONCURRENTLY log_pkey ON log (id);
//! --@ sql
//! ALTER TABLE log ADD CONSTRAINT log_pkey PRIMARY KEY USING INDEX log_pkey;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE log ADD CONSTRAINT log_id_set CHECK (id IS NOT NULL) NOT VALID;
//! --@ sql
//! ALTER TABLE log VALIDATE CONSTRAINT log_id_set;
//! --@ sql
//! CREATE UNIQUE INDEX CONCURRENTLY log_pkey ON log (id);
//! --@ sql
//! ALTER TABLE log ADD CONSTRAINT log_pkey PRIMARY KEY USING INDEX log_pkey;
//! ALTER TABLE log DROP CONSTRAINT log_id_set;
//! ```
//!
//! The check goes in a statement of its own: what an ALTER TABLE drops goes before what it adds.
//!
//! ## When to allow it
//!
//! The table is small, or its columns are NOT NULL and the files do not say so.

use cutover_core::effect::{Scan, is_implied_by_check};
use cutover_sql::ident::quote_ident;

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::{not_null, safe};
use crate::look::alter::{Alter, Command};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "primary-key-on-nullable-column",
    level: Level::Error,
    area: Area::Locks,
    title: "A primary key that takes over an index, on a column that may be NULL",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.scans(Scan::KeyNotNull)) else { return };
    let takes_over =
        |it: &&Command<'_>| it.new_constraint().is_some_and(|constraint| !constraint.indexname.is_empty());
    let Some(command) = alter.commands.iter().find(takes_over).filter(|_| place.effects.fails.is_empty())
    else {
        return;
    };
    let columns = nullable(&alter, command);
    let until = match &columns[..] {
        [] => "every row is read to look for NULL in the key".to_owned(),
        some => {
            let names: Vec<_> = some.iter().map(|name| quote_ident(name)).collect();
            format!("every row is read to look for NULL in {}", names.join(", "))
        }
    };
    out.report(command.span, alter.waits(&until))
        .help("prove it first: ADD CONSTRAINT ... CHECK (... IS NOT NULL) NOT VALID, VALIDATE it, drop it afterwards")
        .level(if alter.is_known() { Level::Error } else { Level::Warning })
        .fix(fix(&alter, &columns));
}

/// The columns of the index that may be NULL, for all that is known.
fn nullable(alter: &Alter<'_>, command: &Command<'_>) -> Vec<String> {
    let known = alter.place.known;
    let index = command.new_constraint().map(|it| alter.table.sibling(it.indexname.clone()));
    let mut columns = index
        .and_then(|index| known.index(&index))
        .map(|(_, index)| index.columns.clone())
        .unwrap_or_default();
    columns.retain(|column| {
        !alter.relation().is_some_and(|table| table.is_not_null(column))
            && !is_implied_by_check(known, alter.table, column)
    });
    columns
}

fn fix(alter: &Alter<'_>, columns: &[String]) -> Option<Fix> {
    let proof = not_null::proof(alter, columns)?;
    let mut statements = proof.steps;
    let own = alter.place.text().to_owned();
    statements.push(proof.drop.map_or_else(|| own.clone(), |drop| format!("{own};\n{drop}")));
    safe::steps(alter.place, "prove that no value is NULL first", &statements)
}
