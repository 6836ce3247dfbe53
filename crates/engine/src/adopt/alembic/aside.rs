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
