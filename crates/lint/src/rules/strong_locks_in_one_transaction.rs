//! Strong locks on two or more tables that others use, in one transaction.
//!
//! ## Why
//!
//! Each lock is held until the transaction ends, so the first table stands still while the second one is waited for;
//! and two transactions that take them in another order wait for each other for ever (a deadlock, which PostgreSQL
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
//! The two must change together or not at all.

use std::collections::BTreeMap;

use cutover_core::effect::Rel;

use crate::context::Group;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::safe;

pub const RULE: Rule = Rule {
    id: "strong-locks-in-one-transaction",
    level: Level::Error,
    area: Area::Together,
    title: "Strong locks on two or more tables that others use, in one transaction",
    check: Check::Transaction(check),
};

fn check(group: &Group<'_>, out: &mut Findings<'_>) {
    let mut held: BTreeMap<&Rel, usize> = BTreeMap::new();
    for judged in group.statements {
        let item = group.item(judged);
        if !item.in_transaction {
            continue;
        }
        // what one statement needs it cannot take apart
        let others: Vec<&Rel> =
            held.keys().copied().filter(|rel| !judged.strong.contains_key(*rel)).collect();
        let new: Vec<&Rel> = judged.strong.keys().filter(|rel| !held.contains_key(rel)).collect();
        if let (Some(first), Some(second)) = (others.first(), new.first()) {
            let message = format!("{first} stays locked while {second} is waited for and changed");
            out.report(item.statement.span, message)
                .help("write a line --@ sql before it, so that each runs in a transaction of its own")
                .fix(safe::split_before(group, judged));
            return;
        }
        for rel in judged.strong.keys() {
            held.entry(rel).or_insert(judged.item);
        }
    }
}
