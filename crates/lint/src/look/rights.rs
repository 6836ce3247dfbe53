//! Who is meant by a GRANT or a REVOKE, and what it is on, as far as that was there before.

use cutover_core::effect::Known;
use cutover_sql::tree::{self, GrantRoleStmt, GrantStmt, GrantTargetType, NodeEnum, ObjectType};

use crate::look::old;
use crate::look::old::is_old;

/// The roles of a list.
pub fn roles(nodes: &[tree::Node]) -> Vec<String> {
    let names = nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::RoleSpec(role) if role.rolename.is_empty() => Some("any role".to_owned()),
        NodeEnum::RoleSpec(role) => Some(role.rolename.clone()),
        _ => None,
    });
    names.collect()
}

/// What is given with a role, in words.
pub fn of_roles(it: &GrantRoleStmt) -> Vec<String> {
    let granted = it.granted_roles.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::AccessPriv(role) => Some(format!("what the role {} may", role.priv_name)),
        _ => None,
    });
    granted.collect()
}

/// What the right is on, as far as it was there before.
pub fn objects(known: &Known, it: &GrantStmt) -> Vec<String> {
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
