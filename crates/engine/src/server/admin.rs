//! A connection for our own housekeeping, on a thread of its own: `CREATE DATABASE` and
//! `DROP DATABASE` over one open session, usable from async code, from plain code and from `drop`.

use std::path::PathBuf;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};
use tokio_postgres::{Client, Config, NoTls};

use super::SUPERUSER;

/// Where a session of ours goes.
#[derive(Clone, Debug)]
pub struct Target {
    /// Directory of the unix socket.
    pub socket_dir: PathBuf,
    /// Port in its name.
    pub port: u16,
    /// The database.
    pub database: String,
}

/// Why housekeeping failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// No connection.
    #[error("connecting to our own server failed: {}", crate::session::message(.0))]
    Connect(tokio_postgres::Error),
    /// A statement failed.
    #[error("{sql} failed: {}", crate::session::message(source))]
    Sql {
        /// The statement.
        sql: String,
        /// The driver's error.
        source: tokio_postgres::Error,
    },
    /// No thread or no runtime.
    #[error("starting a thread failed: {0}")]
    Thread(std::io::Error),
    /// The thread is gone, and with it the server's connection.
    #[error("the connection to our own server is closed")]
    Closed,
}

/// One round trip: statements, and who is told whether they gave a row.
struct Job {
    sql: String,
    reply: Box<dyn FnOnce(Result<bool, AdminError>) + Send>,
}

/// An open session. Jobs run one after the other, in the order in which they were given.
#[derive(Debug)]
pub struct Admin {
    jobs: Option<mpsc::UnboundedSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Admin {
    /// Starts the thread; it connects at the first job.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn open(target: Target) -> Result<Self, AdminError> {
        let (jobs, receiver) = mpsc::unbounded_channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(AdminError::Thread)?;
        let body = move || runtime.block_on(serve(target, receiver));
        let thread = std::thread::Builder::new().name("cutover-admin".into()).spawn(body);
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(AdminError::Thread)?) })
    }

    /// Runs statements in the simple protocol; tells whether they gave a row.
    ///
    /// # Errors
    /// The server's.
    pub async fn run(&self, sql: String) -> Result<bool, AdminError> {
        let (reply, answer) = oneshot::channel();
        // whoever no longer waits does not hear
        self.send(sql, move |result| drop(reply.send(result)))?;
        answer.await.map_err(|_| AdminError::Closed)?
    }

    /// The same for code that is not async; the thread waits.
    ///
    /// # Errors
    /// The server's.
    pub fn run_blocking(&self, sql: String) -> Result<bool, AdminError> {
        let (reply, answer) = std::sync::mpsc::channel();
        self.send(sql, move |result| drop(reply.send(result)))?;
        answer.recv().map_err(|_| AdminError::Closed)?
    }

    /// Runs statements some time, and nobody hears how it went.
    pub fn run_later(&self, sql: String) {
        // without a connection there is nothing left to tidy up
        let _ = self.send(sql, |_| {});
    }

    fn send(
        &self,
        sql: String,
        reply: impl FnOnce(Result<bool, AdminError>) + Send + 'static,
    ) -> Result<(), AdminError> {
        let jobs = self.jobs.as_ref().ok_or(AdminError::Closed)?;
        jobs.send(Job { sql, reply: Box::new(reply) }).map_err(|_| AdminError::Closed)
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(target: Target, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let mut client: Option<Client> = None;
    while let Some(Job { sql, reply }) = jobs.recv().await {
        let result = one(&target, &mut client, &sql).await;
        if client.as_ref().is_some_and(Client::is_closed) {
            client = None;
        }
        reply(result);
    }
}

async fn one(target: &Target, client: &mut Option<Client>, sql: &str) -> Result<bool, AdminError> {
    if client.is_none() {
        *client = Some(connect(target).await?);
    }
    let Some(client) = client else { return Err(AdminError::Closed) };
    let messages =
        client.simple_query(sql).await.map_err(|source| AdminError::Sql { sql: sql.to_owned(), source })?;
    Ok(messages.iter().any(|m| matches!(m, tokio_postgres::SimpleQueryMessage::Row(_))))
}

async fn connect(target: &Target) -> Result<Client, AdminError> {
    let mut config = Config::new();
    config
        .host_path(&target.socket_dir)
        .port(target.port)
        .user(SUPERUSER)
        .dbname(&target.database)
        .application_name("cutover");
    let (client, connection) = config.connect(NoTls).await.map_err(AdminError::Connect)?;
    tokio::spawn(connection);
    Ok(client)
}
