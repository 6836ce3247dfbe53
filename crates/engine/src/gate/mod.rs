//! Gates on a live system: whether one is open, and the evidence.

use cutover_core::rollout::gate::Gate;

use crate::session::{Session, SessionError, rows};

/// What was found out about a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is open.
    pub open: bool,
    /// Why, in one line.
    pub summary: String,
    /// What was seen, line by line.
    pub evidence: Vec<String>,
}

/// Looks whether a gate is open now.
///
/// # Errors
/// When the database cannot be asked.
pub async fn evaluate(gate: &Gate, session: &Session) -> Result<Verdict, SessionError> {
    let verdict = |open, summary: String| Verdict { open, summary, evidence: Vec::new() };
    match gate {
        Gate::NoRows { query } => {
            let found = rows(session.client(), query, "asking a gate").await?;
            Ok(match found.len() {
                0 => verdict(true, "the query gives no rows".into()),
                many => verdict(false, format!("the query gives {many} rows")),
            })
        }
        Gate::AppliedElsewhere { query } => {
            let found = rows(session.client(), query, "asking a gate").await?;
            let is_true = found.first().is_some_and(|row| row.get(0) != Some("f"));
            Ok(verdict(is_true, if is_true { "it is there" } else { "it is not there yet" }.into()))
        }
        Gate::Unused { .. } | Gate::ReplicasCaughtUp | Gate::Window(_) => {
            Ok(verdict(false, "there is no evidence yet".into()))
        }
    }
}
