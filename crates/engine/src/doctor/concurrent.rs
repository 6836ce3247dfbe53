//! Statements that PostgreSQL refuses in a transaction, between a `BEGIN` and a `COMMIT` of the file's own. Everywhere else
//! such a statement is a step of its own.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_sql::document::Section;
use cutover_sql::statement::{Statement, Transaction};

use super::survey::Survey;

/// Finds them.
pub fn check(survey: &Survey) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for (index, document) in &survey.documents {
        for section in std::iter::once(&document.upgrade).chain(document.downgrade.as_ref()) {
            found.extend(inside(section).into_iter().map(|(begin, it)| conclude(survey, *index, begin, it)));
        }
    }
    found
}

/// Each with the statement that begins the transaction around it.
fn inside(section: &Section) -> Vec<(&Statement, &Statement)> {
    let (mut found, mut open) = (Vec::new(), None);
    for statement in section.blocks.iter().flat_map(|block| &block.statements) {
        match &statement.traits.transaction {
            Transaction::Control(verb) => match verb.as_str() {
                "BEGIN" | "START TRANSACTION" => open = Some(statement),
                "COMMIT" | "ROLLBACK" | "PREPARE TRANSACTION" => open = None,
                _ => {}
            },
            Transaction::Outside(_) => found.extend(open.map(|begin| (begin, statement))),
            Transaction::Inside => {}
        }
    }
    found
}

fn conclude(survey: &Survey, index: Index, begin: &Statement, statement: &Statement) -> Conclusion {
    let text = format!("{} inside a transaction: PostgreSQL refuses it", statement.title());
    let id = "concurrently-in-transaction";
    let file = &survey.history.revision(index).text;
    survey
        .about(index, statement.span.start, id, Weight::Error, text)
        .because(begin.span.text(file))
        .because(statement.span.text(file).lines().next().unwrap_or_default())
        .next("take BEGIN and COMMIT out: such a statement is a step of its own here")
}
