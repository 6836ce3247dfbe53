//! Which ways back can be tried without a copy of the database: in a transaction that is rolled back, after which nothing is left
//! of them.

use cutover_core::plan::{Direction, Step, StepKind};
use cutover_core::revision::graph::Index;
use cutover_sql::statement::Statement;

use crate::execute::prepare;
use crate::history::History;

/// Statements that change the schema and nothing else. One that changes rows leaves dead ones behind when it is rolled back, and
/// sequences where they have come to: what follows might then find its rows in another order, or give them other numbers.
const OF_THE_SCHEMA: &[&str] = &["ALTER", "COMMENT", "CREATE", "DROP", "GRANT", "REVOKE"];

/// What may move a sequence all the same.
const OF_SEQUENCES: &[&str] = &["nextval", "setval"];

/// The statements of a revision's way back, if it is one transaction and leaves nothing behind.
pub(super) fn script(history: &History, index: Index) -> Option<String> {
    let prepared = prepare(history, &[index], Direction::Downgrade).ok()?;
    let text = &history.revision(index).text;
    let steps = &prepared.first()?.steps;
    if steps.len() > 1 || !steps.iter().all(|step| leaves_nothing(step, text)) {
        return None;
    }
    let statements = steps.iter().flat_map(|step| &step.statements);
    // on lines of their own: a statement may end in a comment
    Some(statements.map(|it| format!("{}\n;\n", it.span.text(text))).collect())
}

fn leaves_nothing(step: &Step, text: &str) -> bool {
    let is_of_schema = |it: &Statement| {
        let verb = it.traits.tag.split(' ').next().unwrap_or_default();
        let sql = it.span.text(text).to_ascii_lowercase();
        OF_THE_SCHEMA.contains(&verb) && !OF_SEQUENCES.iter().any(|word| sql.contains(word))
    };
    step.kind == StepKind::Transaction && !step.changes_session() && step.statements.iter().all(is_of_schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script_of(downgrade: &str) -> Option<String> {
        let folder = tempfile::tempdir().ok()?;
        let history = History::read(folder.path()).ok()?;
        let text = format!(
            "--@ revision a\n--@ revises base\n\n--@ upgrade\nSELECT 1;\n\n--@ downgrade\n{downgrade}"
        );
        let history = history.with([(folder.path().join("a.sql"), text)]).ok()?;
        script(&history, history.graph().find("a")?)
    }

    #[test]
    fn only_changes_of_the_schema_are_tried_in_place() {
        let two = "ALTER TABLE a DROP b; -- no more\nDROP TYPE c;";
        assert_eq!(script_of(two).as_deref(), Some("ALTER TABLE a DROP b\n;\nDROP TYPE c\n;\n"));
        for needs_a_copy in [
            "UPDATE a SET b = 1;",
            "DROP TABLE a; DELETE FROM b;",
            "REFRESH MATERIALIZED VIEW a;",
            "DO $$BEGIN DROP TABLE a; END$$;",
            "ALTER TABLE a ADD b int DEFAULT nextval('c');",
            "DROP INDEX CONCURRENTLY a;",
            "DROP TABLE a;\n\n--@ sql\nDROP TABLE b;",
            "SET LOCAL check_function_bodies = off; CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        ] {
            assert_eq!(script_of(needs_a_copy), None, "{needs_a_copy}");
        }
    }
}
