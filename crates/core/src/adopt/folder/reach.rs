//! What a file reads from outside of itself and the database, and what it does to the whole cluster.
//!
//! What psql reads is found in `commands`.

use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::statement::Statement;
use cutover_sql::tree::NodeEnum;

use super::control::title;
use super::examine::Where;
use crate::report::{Conclusion, Weight};

/// Functions that read what is not in the database.
const READERS: [&str; 9] = [
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "pg_stat_file",
    "lo_import",
    "dblink",
    "dblink_exec",
    "dblink_connect",
    "dblink_open",
];

/// Looks at a statement.
pub(super) fn check(statement: &Statement, tree: &NodeEnum, sql: &str, at: &Where) -> Vec<Conclusion> {
    let body = statement.span.text(sql);
    // most texts have none of these words, and those of many rows are long
    let names = ["pg_", "lo_import", "dblink", "PG_", "LO_IMPORT", "DBLINK"];
    let is_body = matches!(tree, NodeEnum::DoStmt(_));
    let words = if is_body || names.iter().any(|it| body.contains(it)) { words(body) } else { Vec::new() };
    let found = [cluster(tree, &words), outside(tree, &words)];
    let place = |found: (&'static str, Weight, String, &'static str)| {
        let (id, weight, text, next) = found;
        Conclusion::new(id, weight, at.path, text)
            .at(at.path, at.line(statement.line))
            .because(title(statement, sql))
            .next(next)
    };
    found.into_iter().flatten().map(place).collect()
}

type Found = Option<(&'static str, Weight, String, &'static str)>;

/// Roles, databases and tablespaces are of the cluster: other databases see them.
fn cluster(tree: &NodeEnum, words: &[String]) -> Found {
    let what = match tree {
        NodeEnum::CreateRoleStmt(_) | NodeEnum::AlterRoleStmt(_) | NodeEnum::AlterRoleSetStmt(_) => "a role",
        NodeEnum::DropRoleStmt(_) => "a role",
        NodeEnum::GrantRoleStmt(_) => "who is a member of a role",
        NodeEnum::CreatedbStmt(_) | NodeEnum::DropdbStmt(_) => "a database",
        NodeEnum::AlterDatabaseStmt(_) | NodeEnum::AlterDatabaseSetStmt(_) => "a database's settings",
        NodeEnum::CreateTableSpaceStmt(_) | NodeEnum::DropTableSpaceStmt(_) => "a tablespace",
        NodeEnum::AlterSystemStmt(_) => "the server's settings",
        NodeEnum::DoStmt(_) => in_body(words)?,
        _ => return None,
    };
    let text = format!("it changes {what}, which is of the whole server: its other databases see it, too");
    let next = "make it part of setting up the server; a revision of it has to bear that it is there already";
    Some(("cluster-wide", Weight::Warning, text, next))
}

fn in_body(words: &[String]) -> Option<&'static str> {
    words.windows(3).find_map(|it| {
        let is_change = ["create", "alter", "drop"].contains(&it[0].as_str());
        match it[1].as_str() {
            // a user mapping is of the database
            "role" | "user" | "group" if is_change && it[2] != "mapping" => Some("a role"),
            "database" if is_change => Some("a database"),
            "tablespace" if is_change => Some("a tablespace"),
            _ => None,
        }
    })
}

/// Data that is not in the file.
fn outside(tree: &NodeEnum, words: &[String]) -> Found {
    let text = match tree {
        NodeEnum::CopyStmt(it) if it.is_program && it.is_from => {
            format!("it reads rows from a program that runs on the server's machine: {}", it.filename)
        }
        NodeEnum::CopyStmt(it) if !it.filename.is_empty() && it.is_from => {
            format!("it reads rows from a file on the server's machine: {}", it.filename)
        }
        NodeEnum::CopyStmt(it) if it.is_program || !it.filename.is_empty() => {
            let text = format!("it writes rows out of the database: {}", it.filename);
            return Some((
                "writes-outside",
                Weight::Warning,
                text,
                "take it out: it is no change of the schema",
            ));
        }
        NodeEnum::ImportForeignSchemaStmt(it) => {
            format!("it makes the tables that another server has at that time: {}", it.server_name)
        }
        _ => {
            let called = words.windows(2).find(|it| it[1] == "(" && READERS.contains(&it[0].as_str()))?;
            format!("it calls {}, which reads what is neither in the file nor in the database", called[0])
        }
    };
    let next =
        "put what it reads into the file, with a way to do it again that does not depend on the machine";
    Some(("reads-outside", Weight::Error, text, next))
}

/// The words of a statement and of the bodies in it, in small letters, with opening parentheses.
fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens(text) {
        let body = token.span.text(text);
        match token.kind {
            TokenKind::Word => found.push(body.to_ascii_lowercase()),
            TokenKind::OpenParen => found.push("(".into()),
            TokenKind::DollarString => {
                let tag = body[1..].find('$').map_or(0, |at| at + 2);
                let inner = body.get(tag..body.len().saturating_sub(tag)).unwrap_or("");
                found.extend(words(inner));
            }
            _ => {}
        }
    }
    found
}
