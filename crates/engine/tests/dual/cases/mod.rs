//! Each case by itself: what a client writes, and what both sides are then.

mod common;
mod link;
mod mirror;
mod moved;
mod same_row;

use cutover_core::rollout::dual::Dual;
use cutover_engine::connect::Connected;
use cutover_engine::server::{Scratch, ScratchDatabase};

use crate::stage::{Failed, install, open, rows, run, servers, wait};

/// A database with tables and triggers.
pub struct Case {
    _database: ScratchDatabase,
    session: Connected,
    runtime: tokio::runtime::Runtime,
    /// The server's major version.
    pub major: u32,
}

impl Case {
    fn new(server: &'static Scratch, tables: &str, dual: &Dual) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (database, session) = runtime.block_on(async {
            let database = server.create(None).await.unwrap();
            let session = open(&database).await;
            run(&session, &format!("CREATE SCHEMA app; SET search_path = app; {tables}")).await;
            install(&session, dual).await;
            (database, session)
        });
        Self { _database: database, session, runtime, major: server.major() }
    }

    /// Runs statements and says what the last one gives.
    pub fn try_run(&self, sql: &str) -> Result<Vec<String>, Failed> {
        self.runtime.block_on(rows(&self.session, sql))
    }

    /// Runs statements, then a query, and compares.
    #[track_caller]
    pub fn gives(&self, sql: &str, query: &str, expected: &[&str]) {
        if let Err(failed) = self.try_run(sql) {
            panic!("{failed:?}\n{sql}");
        }
        assert_eq!(self.try_run(query).unwrap(), expected, "PostgreSQL {}: {sql}", self.major);
    }

    /// Runs a statement that must fail.
    #[track_caller]
    pub fn fails(&self, sql: &str, code: &str) {
        let failed = self.try_run(sql).expect_err(sql);
        assert_eq!(failed.code, code, "{failed:?}\n{sql}");
        let _ = self.try_run("ROLLBACK");
    }
}

/// On each server.
pub fn each(tables: &str, dual: &Dual, story: impl Fn(&Case)) {
    each_from(12, tables, dual, story);
}

/// On each server from a major version on.
pub fn each_from(major: u32, tables: &str, dual: &Dual, story: impl Fn(&Case)) {
    for server in servers().into_iter().filter(|server| server.major() >= major) {
        story(&Case::new(server, tables, dual));
    }
}

/// A second session on the database of a case.
pub fn beside<T>(case: &Case, story: impl AsyncFnOnce(&Connected, &Connected) -> T) -> T {
    case.runtime.block_on(async {
        let second = open(&case._database).await;
        run(&second, "SET search_path = app").await;
        story(&case.session, &second).await
    })
}

/// Statements that must fail while triggers are made.
pub fn refused(tables: &str, dual: &Dual) -> Failed {
    wait(async {
        let database = servers()[0].create(None).await.unwrap();
        let session = open(&database).await;
        run(&session, &format!("CREATE SCHEMA app; {tables}")).await;
        rows(&session, &format!("BEGIN; {}; COMMIT", dual.create.join(";\n"))).await.unwrap_err()
    })
}
