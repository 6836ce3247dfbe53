//! A new CHECK on a table that others use, without `NOT VALID`.
//!
//! ## Why
//!
//! Every row is read to see that it fits, under ACCESS EXCLUSIVE: reads and writes of the table wait until the last
//! row. A check that comes with `ADD COLUMN` does the same, also where the column has a constant default. With `NOT
//! VALID` the lock is held for a moment, and rows written from then on are checked. `VALIDATE CONSTRAINT` looks at
//! the others under SHARE UPDATE EXCLUSIVE, which holds up neither reads nor writes; it has to be a transaction of
//! its own, because the first lock is held until its transaction ends.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
//! --@ sql
//! ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
//! ```
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Scan;
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::not_valid;
use crate::look::alter::{Added, Alter};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-check-without-not-valid",
    level: Level::Error,
    area: Area::Locks,
    title: "A new CHECK on a table that others use, without NOT VALID",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.scans(Scan::Check)) else { return };
    let checks = not_valid::open(&alter, ConstrType::ConstrCheck);
    let Some(first) = checks.first().filter(|_| place.effects.fails.is_empty()) else { return };
    out.report(first.span, alter.waits("every row is checked"))
        .help("add it NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own")
        .fix(fix(&alter, &checks));
}

fn fix(alter: &Alter<'_>, checks: &[Added<'_>]) -> Option<Fix> {
    not_valid::fix(alter, checks, |text, added, name| {
        // a name is in the text already, if it was written
        let name = if added.it.conname.is_empty() {
            format!("CONSTRAINT {} ", quote_ident(name))
        } else {
            String::new()
        };
        format!("ADD {name}{text} NOT VALID")
    })
}
