//! A new stored generated column of a table that others use.
//!
//! ## Why
//!
//! The value of each row is worked out and written: the whole table and its indexes are written anew under ACCESS
//! EXCLUSIVE, and reads and writes of the table wait as long.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE lines ADD COLUMN total numeric GENERATED ALWAYS AS (price * quantity) STORED;
//! ```
//!
//! ## Safe form
//!
//! A stored column cannot come gently. From PostgreSQL 18 on a VIRTUAL one can: it has no values in the table, and
//! is worked out when it is read. Before, use a plain column that a trigger fills, with the rows that are there
//! filled in batches; or a view; or, where it is only searched by, an index on the expression, built concurrently.
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
    id: "add-stored-generated-column",
    level: Level::Error,
    area: Area::Locks,
    title: "A new stored generated column of a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place) else { return };
    for (command, column) in alter.columns_that_rewrite(Rewrite::StoredColumn) {
        let until = format!(
            "{} is worked out for every row and the table is written anew",
            quote_ident(&column.colname)
        );
        let help = if place.known.major >= 18 {
            "make it VIRTUAL, or a plain column that a trigger fills, with --@ backfill for the rows that are there"
        } else {
            "use a plain column that a trigger fills, with --@ backfill for the rows that are there"
        };
        out.report(alter.commands[command].span, alter.waits(&until)).help(help);
    }
}
