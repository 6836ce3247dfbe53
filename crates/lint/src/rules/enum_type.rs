//! A new enum.
//!
//! ## Why
//!
//! Values can be added and renamed. They cannot be removed, or put into another order, without a new type and a
//! rewrite of every table that has a column of it; and a value that was added cannot be used before its transaction
//! has committed.
//!
//! ## Example
//!
//! ```sql
//! CREATE TYPE state AS ENUM ('open', 'done');
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE orders (
//!     id bigint PRIMARY KEY,
//!     state text NOT NULL CONSTRAINT orders_state_ok CHECK (state IN ('open', 'done'))
//! );
//! ```
//!
//! The CHECK is changed with NOT VALID and VALIDATE, which hold up nobody for long.
//!
//! ## When to allow it
//!
//! The values are known for good. An enum takes four bytes in each row and sorts in its own order.

use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::is_looked_at;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "enum-type",
    level: Level::Note,
    area: Area::Design,
    title: "An enum",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::CreateEnumStmt(it) = place.tree() else { return };
    if is_looked_at(place) {
        let (_, name) = tree::qualified(&it.type_name);
        let message = format!("a value of {name} can be added and renamed later, and never be removed");
        out.report(place.span(), message)
            .help("text with a CHECK, or a table of the values and a foreign key");
    }
}
