//! Asks a live database whether its rows stand against what is to come: read only, for a short while, and without waiting.

use cutover_core::reconcile::{Probe, probes};
use tokio_postgres::error::SqlState;

use super::Source;
use crate::session::{Patience, Session, SessionError, look, message};

/// How many rows are counted.
const MOST: usize = 1000;

/// How long one question may take; it is no reason to keep a live database busy.
const PATIENCE: Patience = Patience { statement: "10s", lock: "1s" };

/// What a database says of a probe.
#[derive(Clone, Debug)]
pub struct Answered {
    /// What has to hold.
    pub text: String,
    /// The query of the rows.
    pub query: String,
    /// What was found.
    pub rows: Rows,
}

/// The rows that stand against something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rows {
    /// None.
    None,
    /// So many, and some of them; a thousand are a thousand or more.
    Some(usize, Vec<String>),
    /// At least one, for which PostgreSQL says this.
    Fails(String),
    /// It could not be asked, with the reason.
    Unknown(String),
}

/// Asks whether rows of a live database stand against its own way to what is wanted.
///
/// # Errors
/// When the connection is lost.
pub async fn ask(source: &Source, session: &Session) -> Result<Vec<Answered>, SessionError> {
    let major = session.facts.version / 10_000;
    let mut answered = Vec::new();
    for probe in probes(&source.renamed, &source.goal, &source.actions) {
        let query = probe.query(&source.renames, major);
        let rows = one(session, &query, &probe).await?;
        answered.push(Answered { text: probe.text, query, rows });
    }
    Ok(answered)
}

async fn one(session: &Session, query: &str, probe: &Probe) -> Result<Rows, SessionError> {
    let asking = "asking for rows that stand against a change";
    Ok(match look(session.client(), &format!("{query} LIMIT {MOST}"), asking, PATIENCE).await {
        Ok(found) if found.is_empty() => Rows::None,
        Ok(found) => {
            let some = found.iter().take(3).filter_map(|row| row.get(0)).map(str::to_owned);
            Rows::Some(found.len(), some.collect())
        }
        Err(SessionError::Query { source, .. }) => match source.code() {
            Some(code) if is_about_a_value(code) => Rows::Fails(message(&source)),
            Some(code) if *code == SqlState::QUERY_CANCELED => {
                Rows::Unknown(format!("{} has too many rows for ten seconds", probe.table))
            }
            Some(_) => Rows::Unknown(message(&source)),
            None => return Err(SessionError::Query { what: asking, source }),
        },
        Err(other) => return Err(other),
    })
}

/// Class 22, a value that is none of the type
/// (<https://www.postgresql.org/docs/current/errcodes-appendix.html>).
fn is_about_a_value(code: &SqlState) -> bool {
    code.code().starts_with("22")
}
