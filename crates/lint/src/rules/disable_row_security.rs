//! Row level security goes off for a table that was there before.
//!
//! ## Why
//!
//! Every role with a right on the table sees and changes all of its rows from the moment of the commit, whatever its
//! policies say. The policies stay, and do nothing.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE docs DISABLE ROW LEVEL SECURITY;
//! ```
//!
//! ## Safe form
//!
//! There is none. For one role that shall see all rows, write a policy for it, or give it BYPASSRLS.
//!
//! ## When to allow it
//!
//! Every role with a right on the table may see all of it.

use cutover_sql::tree::AlterTableType;

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "disable-row-security",
    level: Level::Warning,
    area: Area::Code,
    title: "Row level security goes off for a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for (table, command) in one.commands() {
            // one that is known to be off stays off
            let is_off = one.known.get(&table).is_some_and(|it| it.columns.is_some() && !it.row_security);
            if command.subtype() == AlterTableType::AtDisableRowSecurity && one.is_old(&table) && !is_off {
                let message =
                    format!("every role with a right on {table} sees all of its rows, whatever policies say");
                out.report(place.span(), message).help("CREATE POLICY for the role that shall see all rows");
            }
        }
    });
}
