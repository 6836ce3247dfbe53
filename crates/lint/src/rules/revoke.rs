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

use cutover_core::effect::Known;
use cutover_sql::tree::{self, GrantStmt, GrantTargetType, NodeEnum, ObjectType};

use crate::context::Place;
use crate::deep::{each, is_old, listed};
use crate::finding::Level;
use crate::old;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "revoke",
    level: Level::Warning,
    area: Area::Code,
    title: "A right on something that was there before is taken away",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    if !place.is_upgrade() {
        return;
    }
    each(place, |one| {
        let (roles, on) = match one.node {
            NodeEnum::GrantStmt(it) if !it.is_grant => (roles(&it.grantees), objects(one.known, it)),
            NodeEnum::GrantRoleStmt(it) if !it.is_grant => {
                let granted = it.granted_roles.iter().filter_map(|node| match tree::inner(node)? {
                    NodeEnum::AccessPriv(role) => Some(format!("what the role {} may", role.priv_name)),
                    _ => None,
                });
                (roles(&it.grantee_roles), granted.collect())
            }
            _ => return,
        };
        let roles: Vec<String> = roles.into_iter().filter(|role| !is_made_here(place, role)).collect();
        if !roles.is_empty() && !on.is_empty() {
            let message = format!("code that runs as {} is refused on {}", listed(&roles), listed(&on));
            out.report(place.span(), message).help("take the right away when no code that runs needs it");
        }
    });
}

fn roles(nodes: &[tree::Node]) -> Vec<String> {
    let names = nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::RoleSpec(role) if role.rolename.is_empty() => Some("any role".to_owned()),
        NodeEnum::RoleSpec(role) => Some(role.rolename.clone()),
        _ => None,
    });
    names.collect()
}

/// Whether the same file makes the role: nobody runs as it yet.
fn is_made_here(place: &Place<'_>, role: &str) -> bool {
    place
        .source
        .items
        .iter()
        .any(|item| matches!(&item.tree, NodeEnum::CreateRoleStmt(it) if it.role == role))
}

/// What the right is on, as far as it was there before.
fn objects(known: &Known, it: &GrantStmt) -> Vec<String> {
    let in_schema = it.targtype() == GrantTargetType::AclTargetAllInSchema;
    let names = it.objects.iter().filter_map(|node| {
        let (schema, name) = tree::name_of(node);
        let (old, name) = match it.objtype() {
            _ if in_schema => (old::schema_is_old(known, name), format!("everything in {name}")),
            ObjectType::ObjectTable | ObjectType::ObjectSequence => {
                let rel = known.named(schema, name);
                (is_old(known, &rel), rel.to_string())
            }
            ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
                (old::routine_is_old(known, node), known.routine_named(schema, name).to_string())
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let rel = known.type_named(schema, name);
                (old::type_is_old(known, &rel), rel.to_string())
            }
            ObjectType::ObjectSchema => (old::schema_is_old(known, name), format!("the schema {name}")),
            _ => (true, name.to_owned()),
        };
        old.then_some(name)
    });
    names.collect()
}
