//! `no rows: SELECT ...`: open while the query gives nothing.

use super::{Verdict, ask, count};
use crate::session::{Session, SessionError};

/// Asks the query.
///
/// # Errors
/// [`SessionError::Gate`] when the server refuses it.
pub async fn evaluate(session: &Session, query: &str) -> Result<Verdict, SessionError> {
    let answer =
        ask::ask(session, query, usize::MAX).await.map_err(|error| ask::wrong("no rows", query, &error))?;
    if answer.total == 0 {
        return Ok(Verdict { open: true, summary: "the query gives no rows".into(), ..Verdict::default() });
    }
    let total = i128::try_from(answer.total).unwrap_or(i128::MAX);
    let mut evidence: Vec<String> = answer.rows.iter().map(|row| ask::line(row)).collect();
    if answer.total > evidence.len() {
        evidence.push(format!("and {} more", answer.total - evidence.len()));
    }
    Ok(Verdict {
        summary: format!("the query gives {}", count(total, "row")),
        evidence,
        ..Verdict::default()
    })
}
