//! Whether a downgrade can be run over an upgrade that stopped half way.

use cutover_sql::parse::parse;
use cutover_sql::tree::{AlterTableCmd, AlterTableType, NodeEnum, inner};

use super::step::{Step, StepKind};

/// Whether every step of a downgrade does no harm where the upgrade never came to what it undoes: what it drops, it drops
/// IF EXISTS; and changed rows can be changed back, whether there are few or many.
///
/// `text` is the file that the steps were read from. What cannot be told is not tolerant.
pub fn is_tolerant(text: &str, steps: &[Step]) -> bool {
    steps.iter().all(|step| match step.kind {
        StepKind::Guard { .. } | StepKind::Deploy { .. } | StepKind::Backfill { .. } => true,
        StepKind::Run { .. } => false,
        StepKind::Transaction | StepKind::Alone(_) => step.statements.iter().all(|statement| {
            parse(text, statement.span).is_ok_and(|trees| {
                trees
                    .iter()
                    .all(|raw| raw.stmt.as_ref().and_then(|node| inner(node)).is_some_and(of_statement))
            })
        }),
    })
}

fn of_statement(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::DropStmt(it) => it.missing_ok,
        NodeEnum::AlterTableStmt(it) => it.cmds.iter().all(|command| match inner(command) {
            Some(NodeEnum::AlterTableCmd(command)) => of_command(command),
            _ => false,
        }),
        NodeEnum::UpdateStmt(_) | NodeEnum::DeleteStmt(_) | NodeEnum::VariableSetStmt(_) => true,
        NodeEnum::CreateFunctionStmt(it) => it.replace,
        NodeEnum::ViewStmt(it) => it.replace,
        _ => false,
    }
}

fn of_command(command: &AlterTableCmd) -> bool {
    match command.subtype() {
        AlterTableType::AtDropColumn | AlterTableType::AtDropConstraint => command.missing_ok,
        // what is set already can be set again
        AlterTableType::AtDropNotNull | AlterTableType::AtColumnDefault | AlterTableType::AtSetStatistics => {
            true
        }
        _ => false,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use cutover_sql::document;

    use super::super::{Direction, steps};
    use super::*;

    fn tolerant(down: &str) -> bool {
        let text = format!("--@ revision 1\n--@ revises base\n--@ upgrade\n--@ downgrade\n{down}");
        let document = document::read(&text).unwrap();
        is_tolerant(&text, &steps(&text, &document, Direction::Downgrade).unwrap())
    }

    #[test]
    fn what_drops_only_what_is_there_is_tolerant() {
        for down in [
            "",
            "DROP INDEX CONCURRENTLY IF EXISTS i;",
            "ALTER TABLE t DROP COLUMN IF EXISTS a, DROP CONSTRAINT IF EXISTS c; DROP TRIGGER IF EXISTS g ON t;",
            "UPDATE t SET a = NULL;",
            "--@ deploy \"old\"",
            "ALTER TABLE t ALTER a DROP NOT NULL;",
        ] {
            assert!(tolerant(down), "{down}");
        }
        for down in [
            "DROP TABLE t;",
            "ALTER TABLE t DROP COLUMN a;",
            "CREATE TABLE t ();",
            "--@ run ls",
            "ALTER TABLE t RENAME a TO b;",
        ] {
            assert!(!tolerant(down), "{down}");
        }
    }
}
