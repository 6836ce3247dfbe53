//! Gates on a live system: whether one is open, the evidence, and when it may open.
//!
//! One file for each kind of gate; `unused` is a folder, as its evidence is gathered over days. A gate only looks: what it
//! asks runs in read-only transactions under a time limit. It writes nothing but its own evidence into the ledger.

mod ask;
mod elsewhere;
mod no_rows;
mod replicas;
mod unused;
mod window;

use std::time::Duration;

use cutover_core::report::count;
use cutover_core::rollout::gate::Gate;

use crate::connect::ConnParams;
use crate::session::{Session, SessionError};

pub use ask::TAG;
pub use unused::{Watched, sample};

/// What was found out about a gate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it is open.
    pub open: bool,
    /// Why, in one line.
    pub summary: String,
    /// What was seen, line by line.
    pub evidence: Vec<String>,
    /// The earliest time at which it can open by itself, where that is known: ISO 8601 in UTC.
    pub until: Option<String>,
}

/// How gates are asked in an environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Asking {
    /// The replicas that serve reads; nothing where the configuration does not say.
    pub replicas: Option<Vec<Replica>>,
    /// How far a replica may be behind to have caught up.
    pub replica_lag: Duration,
    /// How long a query of a gate may take.
    pub timeout: Duration,
    /// Where names without a schema are looked for, as SQL has it.
    pub search_path: String,
}

impl Default for Asking {
    fn default() -> Self {
        Self {
            replicas: None,
            replica_lag: Duration::from_secs(1),
            timeout: Duration::from_secs(30),
            search_path: "public".into(),
        }
    }
}

/// A replica of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Replica {
    /// What it is called.
    pub name: String,
    /// How to reach it.
    pub params: ConnParams,
}

/// Looks whether a gate is open now.
///
/// # Errors
/// [`SessionError::Gate`] when a query of the gate is wrong, others when the database cannot be asked.
pub async fn evaluate(gate: &Gate, session: &Session) -> Result<Verdict, SessionError> {
    match gate {
        Gate::NoRows { query } => no_rows::evaluate(session, query).await,
        Gate::AppliedElsewhere { query } => elsewhere::evaluate(session, query).await,
        Gate::ReplicasCaughtUp => replicas::evaluate(session).await,
        Gate::Window(window) => window::evaluate(session, window).await,
        Gate::Unused { what, name, lasting } => {
            unused::evaluate(session, &Watched { what: *what, name: name.clone() }, *lasting).await
        }
    }
}

/// What the gates of a list watch.
pub fn watched<'a>(gates: impl Iterator<Item = &'a Gate>) -> Vec<Watched> {
    let of = |gate: &Gate| match gate {
        Gate::Unused { what, name, .. } => Some(Watched { what: *what, name: name.clone() }),
        Gate::NoRows { .. } | Gate::AppliedElsewhere { .. } | Gate::ReplicasCaughtUp | Gate::Window(_) => {
            None
        }
    };
    let mut found: Vec<Watched> = Vec::new();
    for watched in gates.filter_map(of) {
        if !found.contains(&watched) {
            found.push(watched);
        }
    }
    found
}

/// A time of PostgreSQL in microseconds since 1970, as ISO 8601 in UTC.
fn time(micros: i64) -> String {
    jiff::Timestamp::from_microsecond(micros)
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}

/// A stretch of time as people say it.
fn spoken(time: Duration) -> String {
    match time.as_secs() {
        0 => format!("{} ms", time.as_millis()),
        s if s < 120 => format!("{s} s"),
        s if s < 7200 => format!("{} min", s / 60),
        s if s < 172_800 => format!("{} h", s / 3600),
        s => format!("{} days", s / 86_400),
    }
}

#[cfg(test)]
mod tests;
