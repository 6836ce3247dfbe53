//! A new identity column of a table that others use.
//!
//! ## Why
//!
//! Each row gets a number: the whole table and its indexes are written anew under ACCESS EXCLUSIVE, and reads and
//! writes of the table wait as long.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE log ADD COLUMN no bigint GENERATED ALWAYS AS IDENTITY;
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
//! That numbers the rows as an identity would. To have an identity in the end, make the column NOT NULL by way of a
//! check (see `set-not-null-scans`); then, in one transaction, drop the default and the sequence, ADD GENERATED ...
//! AS IDENTITY with START WITH a number above the highest: that reads no row.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Rewrite;
use cutover_sql::ident::quote_ident;

use crate::context::Place;
use crate::finding::Level;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-identity-column",
    level: Level::Error,
    area: Area::Locks,
    title: "A new identity column of a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place) else { return };
    for (command, column) in alter.columns_that_rewrite(Rewrite::IdentityColumn) {
        let until = format!("every row is written anew with a number in {}", quote_ident(&column.colname));
        out.report(alter.commands[command].span, alter.waits(&until)).help(
            "add a plain column with a sequence for its default, number the rows with --@ backfill, \
             make it an identity in the end",
        );
    }
}
