//! A policy that was there before is dropped.
//!
//! ## Why
//!
//! Roles that saw rows through it do not see them from the moment of the commit, without an error, and their writes
//! are refused; a restrictive policy that goes lets rows be seen that it hid. Without any policy nobody but the owner
//! sees a row.
//!
//! ## Example
//!
//! ```sql
//! DROP POLICY own ON docs;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! DROP POLICY own ON docs;
//! CREATE POLICY team ON docs USING (team = current_user);
//! ```
//!
//! The policy that takes its place comes in the same transaction; where only its expression changes, ALTER POLICY
//! does it.
//!
//! ## When to allow it
//!
//! Another policy lets see what shall be seen, or row level security is off.

use cutover_sql::tree::{NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each;
use crate::look::together::policy_comes;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-policy",
    level: Level::Warning,
    area: Area::Code,
    title: "A policy that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropStmt(it) = one.node else { return };
        if it.remove_type() != ObjectType::ObjectPolicy {
            return;
        }
        for (table, name) in it.objects.iter().filter_map(|node| one.known.on_what(node)) {
            let relation = one.known.get(&table);
            let policy = relation.and_then(|it| it.policies.iter().find(|policy| policy.name == name));
            let is_new = policy.is_some_and(|policy| one.known.is_new(policy.made));
            // where row level security is known to be off, it did nothing
            let is_off = relation.is_some_and(|it| it.columns.is_some() && !it.row_security);
            if one.is_old(&table) && !is_new && !is_off && !policy_comes(place, &table) {
                let message =
                    format!("roles see other rows of {table} than the policy {name} said, without an error");
                out.report(place.span(), message)
                    .help("make the one that takes its place in the same transaction");
            }
        }
    });
}
