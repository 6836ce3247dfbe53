//! Temporary tables, views and sequences: they end with their session, and a file has a session of its own.
//!
//! All revisions of a run share one session, so what a file leaves behind there has to be said.
//! Source: <https://www.postgresql.org/docs/current/sql-createtable.html>.

use cutover_sql::tree::{self, IntoClause, NodeEnum, OnCommitAction, RangeVar};

/// Whether a statement makes something that stays until the session ends.
pub fn makes_one(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::CreateStmt(it) => {
            is_temporary(it.relation.as_ref()) && it.oncommit() != OnCommitAction::OncommitDrop
        }
        NodeEnum::CreateTableAsStmt(it) => it.into.as_deref().is_some_and(stays),
        NodeEnum::SelectStmt(it) => it.into_clause.as_deref().is_some_and(stays),
        NodeEnum::ViewStmt(it) => is_temporary(it.view.as_ref()),
        NodeEnum::CreateSeqStmt(it) => is_temporary(it.sequence.as_ref()),
        _ => false,
    }
}

fn stays(into: &IntoClause) -> bool {
    is_temporary(into.rel.as_ref()) && into.on_commit() != OnCommitAction::OncommitDrop
}

fn is_temporary(relation: Option<&RangeVar>) -> bool {
    relation.is_some_and(|it| it.relpersistence == "t" || tree::schema(it) == Some("pg_temp"))
}

#[cfg(test)]
mod tests {
    use cutover_sql::span::Span;
    use cutover_sql::statement::parse_all;

    use super::*;

    #[test]
    fn what_ends_with_the_session_is_told_from_what_stays() {
        let is_one = |sql: &str| {
            let all = parse_all(sql, Span::new(0, sql.len())).expect("it is SQL");
            makes_one(&all[0].1)
        };
        for sql in [
            "CREATE TEMP TABLE a (id int)",
            "CREATE TABLE pg_temp.a (id int)",
            "CREATE LOCAL TEMPORARY TABLE a AS SELECT 1",
            "SELECT 1 AS id INTO TEMP a",
            "CREATE TEMP VIEW a AS SELECT 1",
            "CREATE TEMP SEQUENCE a",
        ] {
            assert!(is_one(sql), "{sql}");
        }
        for sql in ["CREATE TABLE a (id int)", "CREATE TEMP TABLE a (id int) ON COMMIT DROP", "SELECT 1"] {
            assert!(!is_one(sql), "{sql}");
        }
    }
}
