//! `applied elsewhere: SELECT ...`: a step of another repository, found by looking.
//!
//! Open when the first row's first value is anything but false and NULL. That the thing looked for is not there at all
//! (a table, column, function, schema) is an answer, not an error: it is not applied yet.

use tokio_postgres::error::SqlState;

use super::{Verdict, ask};
use crate::session::{Session, SessionError, message};

/// What the server says when something does not exist yet.
const NOT_THERE: [SqlState; 6] = [
    SqlState::UNDEFINED_TABLE,
    SqlState::UNDEFINED_COLUMN,
    SqlState::UNDEFINED_FUNCTION,
    SqlState::UNDEFINED_OBJECT,
    SqlState::INVALID_SCHEMA_NAME,
    SqlState::UNDEFINED_PARAMETER,
];

/// Asks the query.
///
/// # Errors
/// [`SessionError::Gate`] when the server refuses it for another reason.
pub async fn evaluate(session: &Session, query: &str) -> Result<Verdict, SessionError> {
    let closed =
        |summary: &str, evidence| Verdict { summary: summary.into(), evidence, ..Verdict::default() };
    let answer = match ask::ask(session, query, 1).await {
        Ok(answer) => answer,
        Err(error) if error.code().is_some_and(|code| NOT_THERE.contains(code)) => {
            return Ok(closed("it is not there yet", vec![message(&error)]));
        }
        Err(error) => return Err(ask::wrong("applied elsewhere", query, &error)),
    };
    let first = answer.rows.first().and_then(|row| row.first());
    Ok(match first {
        None => closed("it is not there yet", vec!["the query gives no row".into()]),
        Some((name, value)) => match value.as_deref() {
            None | Some("f") => {
                let shown = value.as_deref().map_or("NULL", |_| "false");
                closed("it is not there yet", vec![format!("{name} = {shown}")])
            }
            Some(value) => Verdict {
                open: true,
                summary: "it is there".into(),
                evidence: vec![format!("{name} = {}", if value == "t" { "true" } else { value })],
                until: None,
            },
        },
    })
}
