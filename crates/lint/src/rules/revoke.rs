//! A right on something that was there before is taken away.
//!
//! ## Why
//!
//! Code that is running under the role is refused from the moment of the commit: "permission denied", also in
//! transactions that are open. The statement locks no table. It is undone by a GRANT in a moment.
//!
//! ## Example
//!
//! ```sql
//! REVOKE SELECT ON docs FROM app_reader;
//! ```
//!
//! ## Safe form
//!
//! There is none. First move the code to a role that keeps the right, or take the queries out of it.
//!
//! ## When to allow it
//!
//! No code that runs needs the right.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::rights::{objects, of_roles, roles};
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "revoke",
    level: Level::Warning,
    area: Area::Code,
    title: "A right on something that was there before is taken away",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let (roles, on) = match one.node {
            NodeEnum::GrantStmt(it) if !it.is_grant => (roles(&it.grantees), objects(one.known, it)),
            NodeEnum::GrantRoleStmt(it) if !it.is_grant => (roles(&it.grantee_roles), of_roles(it)),
            _ => return,
        };
        let roles: Vec<String> = roles.into_iter().filter(|role| !is_made_here(place, role)).collect();
        if !roles.is_empty() && !on.is_empty() {
            let message = format!("code that runs as {} is refused on {}", list(&roles), list(&on));
            out.report(place.span(), message).help("take the right away when no code that runs needs it");
        }
    });
}

/// Whether the same file makes the role: nobody runs as it yet.
fn is_made_here(place: &Place<'_>, role: &str) -> bool {
    place
        .source
        .items
        .iter()
        .any(|item| matches!(&*item.tree, NodeEnum::CreateRoleStmt(it) if it.role == role))
}
