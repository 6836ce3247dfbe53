//! Privileges that PostgreSQL does not have: the grammar takes any word, the server only these.
//!
//! Source: the table of <https://www.postgresql.org/docs/current/ddl-priv.html>. Whether a role has the right to grant is
//! not known here.

use cutover_sql::nearest::nearest;
use cutover_sql::statement::Statement;
use cutover_sql::tree::{GrantStmt, NodeEnum, ObjectType, inner};

use super::examine::Where;
use crate::report::{Conclusion, Weight};

/// Those of a kind of object, with the words for the kind; nothing for kinds that are not known here.
fn privileges(kind: ObjectType) -> Option<(&'static [&'static str], &'static str)> {
    Some(match kind {
        // a sequence may be named like a table, and then has USAGE
        ObjectType::ObjectTable => (
            &[
                "select",
                "insert",
                "update",
                "delete",
                "truncate",
                "references",
                "trigger",
                "maintain",
                "usage",
            ],
            "a table or view",
        ),
        ObjectType::ObjectSequence => (&["usage", "select", "update"], "a sequence"),
        ObjectType::ObjectDatabase => (&["create", "connect", "temporary", "temp"], "a database"),
        ObjectType::ObjectSchema => (&["create", "usage"], "a schema"),
        ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine => {
            (&["execute"], "a function or procedure")
        }
        ObjectType::ObjectLanguage => (&["usage"], "a language"),
        ObjectType::ObjectType | ObjectType::ObjectDomain => (&["usage"], "a type"),
        ObjectType::ObjectFdw => (&["usage"], "a foreign-data wrapper"),
        ObjectType::ObjectForeignServer => (&["usage"], "a foreign server"),
        ObjectType::ObjectTablespace => (&["create"], "a tablespace"),
        ObjectType::ObjectLargeobject => (&["select", "update"], "a large object"),
        ObjectType::ObjectParameterAcl => (&["set", "alter system"], "a parameter"),
        _ => return None,
    })
}

/// Looks at a GRANT or REVOKE.
pub(super) fn check(statement: &Statement, tree: &NodeEnum, at: &Where) -> Option<Conclusion> {
    let grant: &GrantStmt = match tree {
        NodeEnum::GrantStmt(it) => it,
        NodeEnum::AlterDefaultPrivilegesStmt(it) => it.action.as_ref()?,
        _ => return None,
    };
    let (known, kind) = privileges(grant.objtype())?;
    let wrong = grant.privileges.iter().find_map(|it| match inner(it)? {
        NodeEnum::AccessPriv(it) if !it.priv_name.is_empty() => {
            let name = it.priv_name.to_lowercase();
            (!known.contains(&name.as_str())).then_some(name)
        }
        _ => None,
    })?;
    let verb = if grant.is_grant { "GRANT" } else { "REVOKE" };
    let upper = |all: &[&str]| all.join(", ").to_uppercase();
    let text = format!("{verb} {}: PostgreSQL has no such privilege on {kind}", wrong.to_uppercase());
    let near = nearest(&wrong, known.iter().copied());
    Some(
        Conclusion::new("unknown-privilege", Weight::Error, at.path, text)
            .at(at.path, at.line(statement.line))
            .because(format!("privileges on {kind}: {}", upper(known)))
            .next(match near {
                Some(near) => format!(
                    "if {} is meant, write that; the statement can never have run",
                    near.to_uppercase()
                ),
                None => "take it out: the statement can never have run".to_owned(),
            }),
    )
}
