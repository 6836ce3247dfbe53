//! Why there is no connection, told so that a person can act on it.

use tokio_postgres::error::SqlState;

use super::redact::redact;

/// Why there is no connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// Nothing answers there.
    #[error("no PostgreSQL server answers at {at}: {message}")]
    NotThere {
        /// Where.
        at: String,
        /// The system's words.
        message: String,
    },
    /// It takes too long.
    #[error("the server at {at} did not answer within {seconds} s")]
    Timeout {
        /// Where.
        at: String,
        /// The limit.
        seconds: u64,
    },
    /// A wrong password.
    #[error("the server at {at} does not accept the password of {user}")]
    Password {
        /// Where.
        at: String,
        /// The role.
        user: String,
    },
    /// No password where one is needed.
    #[error("the server at {at} wants a password for {user}, and there is none")]
    NoPassword {
        /// Where.
        at: String,
        /// The role.
        user: String,
    },
    /// The server refuses the role, the host or the method.
    #[error("the server at {at} does not let {user} in: {message}")]
    Rejected {
        /// Where.
        at: String,
        /// The role.
        user: String,
        /// The server's words.
        message: String,
    },
    /// No such database.
    #[error("the server at {at} has no database \"{database}\"")]
    NoDatabase {
        /// Where.
        at: String,
        /// The database.
        database: String,
    },
    /// Full, starting, or stopping.
    #[error("the server at {at} takes no connections now: {message}")]
    Busy {
        /// Where.
        at: String,
        /// The server's words.
        message: String,
    },
    /// Encryption that does not come about.
    #[error("no encrypted connection to {at}: {message}")]
    Tls {
        /// Where.
        at: String,
        /// What is wrong.
        message: String,
    },
    /// Anything else.
    #[error("no connection to {at}: {message}")]
    Other {
        /// Where.
        at: String,
        /// The words.
        message: String,
    },
}

impl ConnectError {
    /// Sorts the driver's error.
    pub(super) fn sort(error: &tokio_postgres::Error, at: &str, user: &str, database: &str) -> Self {
        use std::error::Error as _;
        let (at, user) = (at.to_owned(), user.to_owned());
        if let Some(db) = error.as_db_error() {
            let message = db.message().to_owned();
            return match db.code() {
                &SqlState::INVALID_PASSWORD => Self::Password { at, user },
                &SqlState::INVALID_AUTHORIZATION_SPECIFICATION => Self::Rejected { at, user, message },
                &SqlState::INVALID_CATALOG_NAME => Self::NoDatabase { at, database: database.to_owned() },
                &SqlState::TOO_MANY_CONNECTIONS | &SqlState::CANNOT_CONNECT_NOW => Self::Busy { at, message },
                _ => Self::Other { at, message },
            };
        }
        let source = error.source();
        let message = redact(&source.map_or_else(|| error.to_string(), ToString::to_string));
        let text = error.to_string();
        if message.contains("password missing") || text.contains("password missing") {
            return Self::NoPassword { at, user };
        }
        if text.contains("TLS") || message.contains("certificate") || message.contains("TLS") {
            return Self::Tls { at, message };
        }
        match source.and_then(|s| s.downcast_ref::<std::io::Error>()) {
            Some(_) => Self::NotThere { at, message },
            None if text.contains("error connecting") => Self::NotThere { at, message },
            None => Self::Other { at, message },
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotThere { .. } => {
                "check the host and the port, and that the server runs and listens there"
            }
            Self::Timeout { .. } => "check the host, the port and the firewall, or raise connect_timeout",
            Self::Password { .. } => {
                "set PGPASSWORD, a line in ~/.pgpass (mode 0600), or the password in the URL"
            }
            Self::NoPassword { .. } => {
                "set PGPASSWORD, a line in ~/.pgpass (mode 0600), or the password in the URL"
            }
            Self::Rejected { .. } => "check the user name and the server's pg_hba.conf",
            Self::NoDatabase { .. } => "create it with createdb, or correct the name in the URL",
            Self::Busy { .. } => "try again when the server has room, or has started",
            Self::Tls { .. } => "check sslmode and sslrootcert, and the server's certificate",
            Self::Other { .. } => "check the URL",
        }
    }
}
