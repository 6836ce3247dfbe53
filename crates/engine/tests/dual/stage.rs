//! Where triggers are tried: a database, connections, and results as text.

use std::future::Future;

use cutover_core::rollout::dual::Dual;
use cutover_engine::connect::{self, ConnParams, Connected};
use cutover_engine::server::{Scratch, ScratchDatabase};
use tokio_postgres::SimpleQueryMessage;

/// A failed statement: its SQLSTATE and message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// The SQLSTATE.
    pub code: String,
    /// What the server said.
    pub message: String,
}

/// Runs something that waits, on this thread.
pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// A connection to a database.
pub async fn open(database: &ScratchDatabase) -> Connected {
    let params = ConnParams::parse(&database.url(), &|_| None).unwrap();
    connect::connect(&params).await.unwrap()
}

/// Rows of all statements, a line for each, the fields with `|` between.
pub async fn rows(session: &Connected, sql: &str) -> Result<Vec<String>, Failed> {
    match session.client.simple_query(sql).await {
        Ok(messages) => Ok(messages.iter().filter_map(line).collect()),
        Err(error) => Err(failed(&error)),
    }
}

/// Runs statements that must work.
pub async fn run(session: &Connected, sql: &str) {
    if let Err(failed) = rows(session, sql).await {
        panic!("{failed:?}\n{sql}");
    }
}

/// Installs triggers in one transaction, as the executor does.
pub async fn install(session: &Connected, dual: &Dual) {
    run(session, &format!("BEGIN; {}; COMMIT", dual.create.join(";\n"))).await;
}

/// What the server said.
pub fn failed(error: &tokio_postgres::Error) -> Failed {
    let error = error.as_db_error().unwrap_or_else(|| panic!("not the server's: {error}"));
    Failed { code: error.code().code().to_owned(), message: error.message().to_owned() }
}

/// A row as text; NULL is `-`.
pub fn line(message: &SimpleQueryMessage) -> Option<String> {
    match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).unwrap_or("-")).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    }
}

/// The servers of this run: the installed one, and 18 where the tests have it.
pub fn servers() -> Vec<&'static Scratch> {
    [Some(cutover_testkit::server()), cutover_testkit::server_18()].into_iter().flatten().collect()
}
