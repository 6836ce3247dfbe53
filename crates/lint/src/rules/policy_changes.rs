//! A policy is made or changed on a table that was there before.
//!
//! ## Why
//!
//! From the moment of the commit other rows are seen, and other writes are refused, without an error for what is not
//! seen: a permissive policy lets more through, a restrictive one less, and another expression may do both. The
//! expression is evaluated for each row of each query; one that no index serves makes them slow. Both statements take
//! ACCESS EXCLUSIVE for a moment.
//!
//! ## Example
//!
//! ```sql
//! ALTER POLICY own ON docs USING (team = current_user);
//! ```
//!
//! ## Safe form
//!
//! There is none. Run the queries of each role against both forms on a copy, and look at their plans.
//!
//! ## When to allow it
//!
//! Somebody has looked at who sees what.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "policy-changes",
    level: Level::Note,
    area: Area::Design,
    title: "A policy is made or changed on a table that was there before",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let (written, name, is_altered) = match one.node {
            NodeEnum::CreatePolicyStmt(it) => (it.table.as_ref(), &it.policy_name, false),
            NodeEnum::AlterPolicyStmt(it) => (it.table.as_ref(), &it.policy_name, true),
            _ => return,
        };
        let Some(table) = written.map(|rel| one.known.resolve(rel)) else { return };
        let policies = one.known.get(&table).into_iter().flat_map(|it| &it.policies);
        let is_new = policies.into_iter().any(|own| own.name == *name && one.known.is_new(own.made));
        if !one.is_old(&table) || (is_altered && is_new) {
            return;
        }
        let what = if is_altered { "another" } else { "a new" };
        let message = format!(
            "from then on {what} condition, {name}, decides which rows of {table} roles see and write"
        );
        out.report(place.span(), message).help("look at what each role sees and writes then");
    });
}
