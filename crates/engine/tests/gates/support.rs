//! Sessions with a ledger, and gates asked in one line.

use std::sync::OnceLock;

use cutover_core::rollout::gate::Gate;
use cutover_engine::connect::ConnParams;
use cutover_engine::gate::{self, Verdict};
use cutover_engine::ledger::format;
use cutover_engine::server::{Binaries, Lookup, Scratch, ScratchDatabase};
use cutover_engine::session::{Session, SessionError};
use cutover_testkit::replica;

/// Everything that a test has.
pub struct Stage {
    pub database: ScratchDatabase,
    pub session: Session,
    /// Somebody else's session.
    pub app: Session,
}

/// A server with pg_stat_statements.
pub fn server() -> Scratch {
    static SERVER: OnceLock<Scratch> = OnceLock::new();
    SERVER.get_or_init(|| with_statements(&[])).clone()
}

/// The same with more settings.
pub fn with_statements(settings: &[(&str, &str)]) -> Scratch {
    let binaries = Binaries::find(&Lookup::from_env()).unwrap();
    let base = [("shared_preload_libraries", "pg_stat_statements"), ("track_functions", "all")];
    replica::primary(&binaries, &[&base[..], settings].concat())
}

pub async fn open(url: &str) -> Session {
    Session::open(&params(url)).await.unwrap()
}

pub fn params(url: &str) -> ConnParams {
    ConnParams::parse(url, &|_| None).unwrap()
}

impl Stage {
    /// A database with a ledger and this schema.
    pub async fn new(server: &Scratch, schema: &str) -> Self {
        let database = server.create(None).await.unwrap();
        let session = open(&database.url()).await;
        session.client().batch_execute(&format!("BEGIN; {}; COMMIT", format::migrate(0))).await.unwrap();
        let mut named = params(&database.url());
        named.application_name = "app".into();
        let app = Session::open(&named).await.unwrap();
        app.client().batch_execute(schema).await.unwrap();
        Self { database, session, app }
    }

    /// Runs a statement as the application, so that it is counted by the time this returns.
    pub async fn app(&self, sql: &str) {
        self.app.client().batch_execute(sql).await.unwrap();
        flush(&self.app).await;
    }

    pub async fn try_gate(&self, text: &str) -> Result<Verdict, SessionError> {
        gate::evaluate(&Gate::parse(text).unwrap(), &self.session).await
    }

    pub async fn gate(&self, text: &str) -> Verdict {
        self.try_gate(text).await.unwrap()
    }

    /// The verdict with its evidence, to be looked through.
    pub async fn said(&self, text: &str) -> String {
        let verdict = self.gate(text).await;
        format!("{}: {}\n{}", verdict.open, verdict.summary, verdict.evidence.join("\n"))
    }

    /// Makes the evidence older.
    pub async fn age(&self, by: &str) {
        let sql = format!(
            "UPDATE cutover.evidence SET seen_from = seen_from - interval '{by}', seen_to = seen_to - interval '{by}'"
        );
        self.session.client().batch_execute(&sql).await.unwrap();
    }
}

/// Counters come late: a session hands them over at most once a second.
pub async fn flush(session: &Session) {
    if session.facts.version >= 150_000 {
        session.client().batch_execute("SELECT pg_stat_force_next_flush()").await.unwrap();
    } else {
        tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    }
}

pub async fn wait(seconds: f64) {
    tokio::time::sleep(std::time::Duration::from_secs_f64(seconds)).await;
}

/// A session with a ledger on a server that is stopped and started.
pub struct Watcher(Session);

impl Watcher {
    /// Makes the ledger.
    pub async fn new(url: &str) -> Self {
        let session = open(url).await;
        session.client().batch_execute(&format!("BEGIN; {}; COMMIT", format::migrate(0))).await.unwrap();
        Self(session)
    }

    /// Comes back to it.
    pub async fn again(url: &str) -> Self {
        Self(open(url).await)
    }

    pub async fn app(&self, sql: &str) {
        self.0.client().batch_execute(sql).await.unwrap();
        flush(&self.0).await;
    }

    pub async fn said(&self, text: &str) -> String {
        let verdict = gate::evaluate(&Gate::parse(text).unwrap(), &self.0).await.unwrap();
        format!("{}: {}\n{}", verdict.open, verdict.summary, verdict.evidence.join("\n"))
    }
}
