//! One session on the target database: what kind of database it is, and its settings.
//!
//! A session is pinned before it runs anything of the user's and released as it was found.

use std::time::Duration;

use cutover_sql::ident::quote_literal;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::connect::{self, ConnParams, ConnectError, Connected};
use crate::gate::Asking;
use crate::ledger::read::{self, State};
use crate::ledger::{FORMAT, FORMAT_QUERY_EXISTS, format};

/// Settings that every statement of a run is executed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long one lock is waited for before the step is given up and tried again.
    pub lock_timeout: Duration,
    /// How long a step is tried again for because of locks before the run fails.
    pub lock_retry: Duration,
    /// How long one statement may take; zero for no limit.
    pub statement_timeout: Duration,
    /// How long the session may sit idle in a transaction; zero for no limit.
    pub idle_in_transaction_timeout: Duration,
    /// The pinned `search_path`, as SQL would have it.
    pub search_path: String,
    /// How long another runner is waited for.
    pub wait: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // below the server's deadlock_timeout (1 s): who stands in a circle with us must not be the one who is ended
            lock_timeout: Duration::from_millis(500),
            lock_retry: Duration::from_secs(120),
            statement_timeout: Duration::ZERO,
            idle_in_transaction_timeout: Duration::from_secs(60),
            search_path: "public".into(),
            wait: Duration::from_secs(10),
        }
    }
}

/// What a database says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// `server_version_num`, such as 150018.
    pub version: u32,
    /// `server_version`, such as `15.18 (Debian 15.18-0+deb12u1)`.
    pub version_text: String,
    /// Name of the database.
    pub database: String,
    /// The user that the session runs as.
    pub user: String,
    /// Whether the server is a standby.
    pub in_recovery: bool,
    /// Whether new transactions are read only.
    pub read_only: bool,
    /// Whether the user may create a schema in the database.
    pub may_create: bool,
    /// The server process of this session.
    pub pid: i32,
    /// Whether there is a ledger.
    pub has_ledger: bool,
}

/// Why a session is no use.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A query of our own failed.
    #[error("{what} failed: {}", message(source))]
    Query {
        /// What we wanted.
        what: &'static str,
        /// The driver's error.
        source: tokio_postgres::Error,
    },
    /// A server older than the oldest we know.
    #[error("the server is PostgreSQL {version}, and Cutover needs 12 or later")]
    TooOld {
        /// `server_version`.
        version: String,
    },
    /// A standby.
    #[error("{database} is a standby in recovery, which cannot be changed")]
    InRecovery {
        /// Name of the database.
        database: String,
    },
    /// A read-only database.
    #[error("{database} is read only (default_transaction_read_only is on)")]
    ReadOnly {
        /// Name of the database.
        database: String,
    },
    /// No right to create the ledger.
    #[error("{user} may not create the schema \"cutover\" in database {database}")]
    MayNotCreate {
        /// The database user.
        user: String,
        /// Name of the database.
        database: String,
    },
    /// No right to read or write the ledger.
    #[error("{user} may not use the ledger in schema \"cutover\": {message}")]
    MayNotUse {
        /// The database user.
        user: String,
        /// PostgreSQL's message.
        message: String,
    },
    /// A ledger of a later version of Cutover.
    #[error("the ledger has format {found}, and this version of Cutover knows formats up to {known}")]
    NewerLedger {
        /// The format that is there.
        found: i32,
        /// The newest that we know.
        known: i32,
    },
    /// Schema `cutover` is there and is not ours.
    #[error("the schema \"cutover\" is there, but it is not a ledger: {message}")]
    NotALedger {
        /// PostgreSQL's message.
        message: String,
    },
    /// A gate whose query cannot be asked.
    #[error("the gate \"{gate}\" cannot be asked: {message}")]
    Gate {
        /// The gate.
        gate: String,
        /// PostgreSQL's message.
        message: String,
    },
    /// Statements of one run go to different server sessions.
    #[error("the connection goes through a pooler that changes the server session between transactions")]
    Pooled,
}

/// A session on a target database.
#[derive(Debug)]
pub struct Session {
    /// The connection, with its stream of notices.
    pub connected: Connected,
    /// What the database says of itself.
    pub facts: Facts,
    /// Where it came from; used again for the second connection that looks for blockers.
    pub params: ConnParams,
    /// How gates are asked.
    pub asking: Asking,
}

const FACTS: &str = "SELECT current_setting('server_version_num'), current_setting('server_version'), \
 current_database(), current_user, pg_is_in_recovery(), current_setting('transaction_read_only'), \
 has_database_privilege(current_database(), 'CREATE'), pg_backend_pid(), ";

impl Session {
    /// Connects and looks at the database: one connection, one query.
    ///
    /// # Errors
    /// When there is no connection, or the server is older than PostgreSQL 12.
    pub async fn open(params: &ConnParams) -> Result<Self, SessionError> {
        let connected = connect::connect(params).await?;
        let rows =
            rows(&connected.client, &format!("{FACTS}{FORMAT_QUERY_EXISTS}"), "looking at the database")
                .await?;
        let row = rows.first();
        let get = |i: usize| row.and_then(|r| r.get(i)).unwrap_or_default();
        let facts = Facts {
            version: get(0).parse().unwrap_or(0),
            version_text: get(1).to_owned(),
            database: get(2).to_owned(),
            user: get(3).to_owned(),
            in_recovery: get(4) == "t",
            read_only: get(5) == "on",
            may_create: get(6) == "t",
            pid: get(7).parse().unwrap_or(0),
            has_ledger: get(8) == "t",
        };
        if facts.version < 120_000 {
            return Err(SessionError::TooOld { version: facts.version_text });
        }
        Ok(Self { connected, facts, params: params.clone(), asking: Asking::default() })
    }

    /// The client of the session.
    pub fn client(&self) -> &Client {
        &self.connected.client
    }

    /// Whether the server process is another one than the connection was made to: a pooler.
    pub fn is_pooled(&self) -> bool {
        self.connected.backend_pid_from_handshake.is_some_and(|pid| pid != self.facts.pid)
    }

    /// Reads the ledger; an empty state when there is none.
    ///
    /// # Errors
    /// When the ledger cannot be read, or is of a newer format.
    pub async fn state(&self) -> Result<State, SessionError> {
        if self.facts.has_ledger { self.read_state().await } else { Ok(State::default()) }
    }

    async fn read_state(&self) -> Result<State, SessionError> {
        let both = format!("{}; {}", read::FORMAT_QUERY, read::STATE_QUERY);
        // A newer format may have other columns, so a failure asks for the format alone.
        let messages = match self.client().simple_query(&both).await {
            Ok(messages) => messages,
            Err(error) => return Err(self.unreadable(error).await),
        };
        let mut state = State::default();
        let mut set = 0;
        for message in messages {
            match message {
                SimpleQueryMessage::CommandComplete(_) => set += 1,
                SimpleQueryMessage::Row(row) if set == 0 => {
                    state.format = row.get(0).and_then(|v| v.parse().ok()).unwrap_or(0);
                }
                SimpleQueryMessage::Row(row) if set == 1 => {
                    let applied = read::applied(&row);
                    state.applied.insert(applied.id.clone(), applied);
                }
                SimpleQueryMessage::Row(row) => state.open.push(read::open_step(&row)),
                _ => {}
            }
        }
        if state.format > FORMAT {
            return Err(SessionError::NewerLedger { found: state.format, known: FORMAT });
        }
        Ok(state)
    }

    /// Writes into the ledger outside of a run, and makes it or brings it up to date first.
    ///
    /// # Errors
    /// When the database cannot be changed or the ledger cannot be written; nothing is written then.
    pub async fn write(&self, state: &State, what: &'static str, sql: &str) -> Result<(), SessionError> {
        self.check_writable()?;
        let migration = format::migrate(state.format);
        self.transaction(what, &format!("{migration}; {sql}")).await
    }

    /// Runs statements of ours in a transaction, without the notices of what is there already.
    ///
    /// # Errors
    /// The first that fails; all of it is taken back then.
    pub async fn transaction(&self, what: &'static str, sql: &str) -> Result<(), SessionError> {
        let sql = format!("BEGIN; SET LOCAL client_min_messages = warning; {sql}; COMMIT");
        if let Err(source) = self.client().batch_execute(&sql).await {
            let _ = self.client().batch_execute("ROLLBACK").await;
            return Err(SessionError::Query { what, source });
        }
        Ok(())
    }

    /// Reads the ledger as it is now: after the lock was taken, another run may have made it.
    ///
    /// # Errors
    /// As [`Session::state`].
    pub async fn state_now(&self) -> Result<State, SessionError> {
        let sql = format!("SELECT {FORMAT_QUERY_EXISTS}");
        let found = rows(self.client(), &sql, "looking for the ledger").await?;
        if found.first().and_then(|r| r.get(0)) == Some("t") {
            self.read_state().await
        } else {
            Ok(State::default())
        }
    }

    async fn unreadable(&self, error: tokio_postgres::Error) -> SessionError {
        if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) {
            return SessionError::MayNotUse { user: self.facts.user.clone(), message: message(&error) };
        }
        let format = rows(self.client(), read::FORMAT_QUERY, "reading the ledger").await;
        let found = format.ok().and_then(|r| r.first()?.get(0)?.parse().ok());
        match found {
            Some(found) if found > FORMAT => SessionError::NewerLedger { found, known: FORMAT },
            _ if error.code().is_some() => SessionError::NotALedger { message: message(&error) },
            _ => SessionError::Query { what: "reading the ledger", source: error },
        }
    }

    /// Refuses a pooler that lends our server session to others between transactions. Seen from a
    /// second connection: in transaction mode it is given the server process that was ours a
    /// moment ago, in session mode another one. Every ledger row checks the same again.
    ///
    /// # Errors
    /// [`SessionError::Pooled`].
    pub async fn check_unshared(&self) -> Result<(), SessionError> {
        if !self.is_pooled() {
            return Ok(());
        }
        let pid = "SELECT pg_backend_pid()";
        let ours = rows(self.client(), pid, "looking at the pooler").await?;
        let other = connect::connect(&self.params).await?;
        let theirs = rows(&other.client, pid, "looking at the pooler").await?;
        let first = |rows: &[SimpleQueryRow]| rows.first().and_then(|r| r.get(0).map(str::to_owned));
        if first(&ours) == first(&theirs) { Err(SessionError::Pooled) } else { Ok(()) }
    }

    /// Refuses a database that cannot be changed.
    ///
    /// # Errors
    /// For a standby, a read-only database, and one where the ledger could not be made.
    pub fn check_writable(&self) -> Result<(), SessionError> {
        let Facts { database, user, .. } = &self.facts;
        if self.facts.in_recovery {
            return Err(SessionError::InRecovery { database: database.clone() });
        }
        if self.facts.read_only {
            return Err(SessionError::ReadOnly { database: database.clone() });
        }
        if !self.facts.has_ledger && !self.facts.may_create {
            return Err(SessionError::MayNotCreate { user: user.clone(), database: database.clone() });
        }
        Ok(())
    }
}

impl Settings {
    /// SQL that pins a session: nothing of a role's or a database's own settings decides what the
    /// user's statements mean or how long they may stand in somebody's way.
    pub fn pin(&self, version: u32) -> String {
        let mut sql = format!(
            "SET search_path = {}; SET lock_timeout = {}; SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; SET client_min_messages = notice; SET standard_conforming_strings = on; SET check_function_bodies = on; SET row_security = on; SET default_transaction_isolation = 'read committed'; SET default_transaction_deferrable = off",
            self.search_path,
            self.lock_timeout.as_millis(),
            self.statement_timeout.as_millis(),
            self.idle_in_transaction_timeout.as_millis(),
        );
        if version >= 140_000 {
            // so that the server stops a long statement soon after we were killed
            sql.push_str("; SET client_connection_check_interval = 1000");
        }
        sql
    }

    /// SQL that undoes [`Settings::pin`] and everything that a revision may have set.
    pub fn release() -> &'static str {
        "RESET SESSION AUTHORIZATION; RESET ALL"
    }

    /// SQL after which the session's own role acts again, as it did when it began: the ledger is its, and not of a role
    /// that a file takes on (<https://www.postgresql.org/docs/current/sql-set-role.html>).
    pub fn own_role() -> &'static str {
        "RESET SESSION AUTHORIZATION; RESET ROLE"
    }

    /// SQL that pins the session again, inside a transaction, after statements that changed it: also what is not pinned,
    /// such as the time zone, is again what the session began with.
    pub fn pin_again(&self, version: u32, run: &str) -> String {
        format!(
            "{}; RESET ALL; {}; SELECT set_config('cutover.run', {}, false)",
            Self::own_role(),
            self.pin(version),
            quote_literal(run)
        )
    }
}

/// Runs a query of our own in the simple protocol and gives its rows.
///
/// # Errors
/// [`SessionError::Query`] with `what` in it.
pub async fn rows(
    client: &Client,
    sql: &str,
    what: &'static str,
) -> Result<Vec<SimpleQueryRow>, SessionError> {
    let messages = client.simple_query(sql).await.map_err(|source| SessionError::Query { what, source })?;
    Ok(messages
        .into_iter()
        .filter_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None })
        .collect())
}

/// How long a look at a live database may take, and wait for a lock: durations as PostgreSQL writes them.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One statement.
    pub statement: &'static str,
    /// One lock.
    pub lock: &'static str,
}

impl Patience {
    /// Of a look that somebody waits for.
    pub const USUAL: Self = Self { statement: "60s", lock: "2s" };
}

/// Asks somebody's live database: in a read-only transaction of its own that waits neither long nor for locks, and of which
/// nothing stays in the session, which behind a pooler may be everybody's.
///
/// # Errors
/// [`SessionError::Query`] with `what` in it.
pub async fn look(
    client: &Client,
    sql: &str,
    what: &'static str,
    patience: Patience,
) -> Result<Vec<SimpleQueryRow>, SessionError> {
    let Patience { statement, lock } = patience;
    let limits = format!("SET LOCAL statement_timeout = '{statement}'; SET LOCAL lock_timeout = '{lock}'");
    let found = rows(client, &format!("BEGIN READ ONLY; {limits}; {sql}; COMMIT"), what).await;
    if found.is_err() {
        let ended = client.batch_execute("ROLLBACK").await;
        ended.map_err(|source| SessionError::Query { what, source })?;
    }
    found
}

/// Whether something that a statement names is not there, or not yet.
pub(crate) fn is_absent(code: &SqlState) -> bool {
    [
        SqlState::UNDEFINED_TABLE,
        SqlState::UNDEFINED_OBJECT,
        SqlState::UNDEFINED_FUNCTION,
        SqlState::UNDEFINED_COLUMN,
        SqlState::INVALID_SCHEMA_NAME,
        SqlState::INVALID_FOREIGN_KEY,
    ]
    .contains(code)
}

/// The server's message where there is one, else the driver's, with its cause.
pub fn message(error: &tokio_postgres::Error) -> String {
    use std::error::Error as _;
    match (error.as_db_error(), error.source()) {
        (Some(db), _) => db.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
