//! Row level security comes on for a table that was there before, without a policy.
//!
//! ## Why
//!
//! A table with row level security and without a policy shows no row to anybody but its owner and superusers, and
//! takes none. There is no error: queries of code that is running give nothing from the moment of the commit. FORCE
//! does the same to the owner.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE POLICY own ON docs USING (owner = current_user);
//! ALTER TABLE docs ENABLE ROW LEVEL SECURITY;
//! ```
//!
//! In one transaction; the policy says who sees what.
//!
//! ## When to allow it
//!
//! Only the owner uses the table, or nobody else shall see a row of it.

use cutover_sql::tree::AlterTableType;

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::look::together::policy_comes;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "row-security-hides-rows",
    level: Level::Error,
    area: Area::Code,
    title: "Row level security comes on for a table that was there before, without a policy",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for (table, command) in one.commands() {
            let relation = one.known.get(&table);
            let (comes, who) = match command.subtype() {
                AlterTableType::AtEnableRowSecurity => {
                    let on = relation.is_some_and(|it| it.row_security || !it.policies.is_empty());
                    (!on, "roles other than its owner")
                }
                AlterTableType::AtForceRowSecurity => (true, "its owner, too,"),
                _ => (false, ""),
            };
            if comes && one.is_old(&table) && !policy_comes(place, &table) {
                let message =
                    format!("{who} see no row of {table} that no policy lets them see, without an error");
                out.report(place.span(), message).help("CREATE POLICY in the same transaction");
            }
        }
    });
}
