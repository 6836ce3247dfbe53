//! Privileges that PostgreSQL does not have: the grammar takes any word, the server only these.
//!
//! Source: the table of <https://www.postgresql.org/docs/current/ddl-priv.html>. Whether a role has the right to grant is
//! not known here.

use cutover_sql::lex::{TokenKind, tokens};
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

/// What is meant by a GRANT or REVOKE that the grammar refuses because it names a kind of object that has no privileges
/// of its own; `offset` is where the grammar stopped.
pub(super) fn misplaced(sql: &str, offset: usize) -> Option<String> {
    let solid = tokens(&sql[..offset]).filter(|it| !it.is_blank());
    let words: Vec<(TokenKind, &str)> = solid.map(|it| (it.kind, it.span.text(sql))).collect();
    let start = words.iter().rposition(|it| it.0 == TokenKind::Semicolon).map_or(0, |at| at + 1);
    let words: Vec<String> = words[start..].iter().map(|it| it.1.to_uppercase()).collect();
    let verb = words.first().filter(|it| ["GRANT", "REVOKE"].contains(&it.as_str()))?;
    let on = words.iter().position(|it| it == "ON")?;
    let mut kind: Vec<String> = words[on + 1..].to_vec();
    let next = tokens(&sql[offset..]).find(|it| !it.is_blank());
    kind.extend(next.map(|it| it.span.shift(offset).text(sql).to_uppercase()));
    let kind: Vec<&str> = kind.iter().map(String::as_str).collect();
    match kind[..] {
        ["VIEW", ..] => Some(format!("{verb} ... ON takes a view as it takes a table: leave out VIEW")),
        ["MATERIALIZED", ..] => {
            Some(format!("{verb} ... ON takes a view as it takes a table: leave out MATERIALIZED VIEW"))
        }
        ["ALL", "VIEWS" | "MATERIALIZED", ..] => {
            Some(format!("{verb} ... ON ALL TABLES IN SCHEMA is for views, too"))
        }
        ["INDEX" | "TRIGGER" | "POLICY" | "EXTENSION" | "CONSTRAINT" | "COLUMN", ..] => Some(
            "PostgreSQL has no privileges on this kind of object: the statement can never have run".into(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_privileges_of_its_own_is_told() {
        let of = |sql: &str| {
            let at = sql.find('^').unwrap_or(0);
            misplaced(&sql.replace('^', ""), at).unwrap_or_default()
        };
        assert!(
            of("SELECT 1; GRANT SELECT ON MATERIALIZED ^VIEW v TO a")
                .ends_with("leave out MATERIALIZED VIEW")
        );
        assert!(of("revoke all on view ^v from a").ends_with("leave out VIEW"));
        assert!(of("GRANT USAGE ON INDEX ^i TO a").starts_with("PostgreSQL has no privileges"));
        assert_eq!(of("GRANT SELECT ON t ^FOR a"), "");
        assert_eq!(of("CREATE INDEX ON VIEW ^v"), "");
    }
}
