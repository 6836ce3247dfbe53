//! A new column of a domain that has a condition or is NOT NULL.
//!
//! ## Why
//!
//! The whole table and its indexes are written anew under ACCESS EXCLUSIVE to see that each row fits the domain,
//! even where the column has no value or a constant one. Reads and writes of the table wait as long. That is so in
//! all versions up to PostgreSQL 18.
//!
//! ## Example
//!
//! ```sql
//! CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
//! ALTER TABLE users ADD COLUMN contact email;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE users ADD COLUMN contact text,
//!     ADD CONSTRAINT users_contact_check CHECK (contact LIKE '%@%') NOT VALID;
//! --@ sql
//! ALTER TABLE users VALIDATE CONSTRAINT users_contact_check;
//! ```
//!
//! The column has the type that the domain is made of, and the table has the condition. A domain without conditions
//! rewrites nothing.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Rewrite;

use crate::context::Place;
use crate::finding::Level;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-column-of-constrained-domain",
    level: Level::Error,
    area: Area::Locks,
    title: "A new column of a domain that has a condition or is NOT NULL",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place) else { return };
    for (command, column) in alter.columns_that_rewrite(Rewrite::ConstrainedDomain) {
        let domain = place.known.column_of(column).data_type;
        let until = format!("every row is written anew to see that it fits the domain {domain}");
        out.report(alter.commands[command].span, alter.waits(&until)).help(
            "use the type that the domain is made of, with a CHECK of the table that is NOT VALID at first",
        );
    }
}
