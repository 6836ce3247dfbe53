//! Strong locks on two or more tables that others use, in one transaction.
//!
//! ## Why
//!
//! Each lock is held until the transaction ends, so the first table stands still while the second one is waited for.
//! And two transactions that take them in another order wait for each other for ever (a deadlock, which PostgreSQL
//! ends by killing one).
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN note text;
//! ALTER TABLE customers ADD COLUMN note text;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD COLUMN note text;
//! --@ sql
//! ALTER TABLE customers ADD COLUMN note text;
//! ```
//!
//! ## When to allow it
//!
//! The two must change together or not at all. One statement that cannot but lock two tables (a foreign key, an
//! ATTACH) and partitions of one table are not reported.

use crate::context::Group;
use crate::finding::Level;
use crate::fix::safe;
use crate::look::together;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "strong-locks-in-one-transaction",
    level: Level::Error,
    area: Area::Together,
    title: "Strong locks on two or more tables that others use, in one transaction",
    check: Check::Transaction(check),
};

fn check(group: &Group<'_>, out: &mut Findings<'_>) {
    for clash in together::clashes(group) {
        let judged = &group.statements[clash.at];
        let message = format!("{} stays locked while {} is waited for and changed", clash.held, clash.wanted);
        out.report(group.item(judged).statement.span, message)
            .help("write a line --@ sql before it, so that each runs in a transaction of its own")
            .fix(safe::split_before(group, judged));
    }
}
