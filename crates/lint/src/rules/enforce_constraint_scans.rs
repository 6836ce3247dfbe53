//! A foreign key that was NOT ENFORCED and is enforced from now on (PostgreSQL 18).
//!
//! ## Why
//!
//! Every row is looked up in the other table, under ACCESS EXCLUSIVE: reads and writes of the table, and writes to
//! the other one, wait until the last row.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ALTER CONSTRAINT orders_customer ENFORCED;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)
//!     NOT VALID;
//! --@ sql
//! ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_id_fkey;
//! ```
//!
//! It is a second constraint that says the same; the one that is not enforced can be dropped then.
//!
//! ## When to allow it
//!
//! Both tables are small.

use cutover_core::effect::Scan;
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, AlterTableType, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "enforce-constraint-scans",
    level: Level::Error,
    area: Area::Locks,
    title: "A constraint that was NOT ENFORCED and is enforced from now on",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.scans(Scan::Enforce)) else { return };
    let change = alter.commands.iter().find_map(|it| match tree::boxed(it.tree.def.as_deref()) {
        Some(NodeEnum::AtalterConstraint(change)) if it.kind() == AlterTableType::AtAlterConstraint => {
            Some((it, change))
        }
        _ => None,
    });
    let Some((command, change)) = change.filter(|_| place.effects.fails.is_empty()) else { return };
    let until = format!("every row is checked against {}", quote_ident(&change.conname));
    out.report(command.span, alter.waits(&until)).help(
        "add a second one that is enforced, NOT VALID at first, then VALIDATE CONSTRAINT, then drop this one",
    );
}
