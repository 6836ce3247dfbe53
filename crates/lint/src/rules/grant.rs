//! A right on something that was there before is given.
//!
//! ## Why
//!
//! From the moment of the commit the role may do what it could not do before, with rows that were written when it could
//! not. It locks nobody out and nothing fails; it is reported for those who want to look at each new right.
//!
//! ## Example
//!
//! ```sql
//! GRANT SELECT ON docs TO app_reader;
//! ```
//!
//! ## Safe form
//!
//! There is none. Give the right on the columns that are needed (`GRANT SELECT (id, title)`), or on a view of the rows
//! that are.
//!
//! ## When to allow it
//!
//! The role shall have the right.

use cutover_sql::tree::{self, GrantStmt, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::rights::{objects, of_roles, roles};
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "grant",
    level: Level::Note,
    area: Area::Design,
    title: "A right on something that was there before is given",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let message = match one.node {
            NodeEnum::GrantStmt(it) if it.is_grant => {
                let on = objects(one.known, it);
                if on.is_empty() {
                    return;
                }
                format!("{} gets {} on {} from then on", list(roles(&it.grantees)), rights(it), list(&on))
            }
            NodeEnum::GrantRoleStmt(it) if it.is_grant => {
                format!("{} may from then on {}", list(roles(&it.grantee_roles)), list(of_roles(it)))
            }
            _ => return,
        };
        out.report(place.span(), message).help("give no more than the role's code needs");
    });
}

fn rights(it: &GrantStmt) -> String {
    let names = it.privileges.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::AccessPriv(right) if right.priv_name.is_empty() => Some("every right".to_owned()),
        NodeEnum::AccessPriv(right) => Some(right.priv_name.to_ascii_uppercase()),
        _ => None,
    });
    match names.collect::<Vec<_>>() {
        names if names.is_empty() => "every right".to_owned(),
        names => list(&names),
    }
}
