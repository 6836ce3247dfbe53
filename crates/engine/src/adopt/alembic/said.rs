//! What the project's Alembic says of itself and of its revisions. Plain data.

use serde::Deserialize;

/// One revision, as Alembic has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Script {
    /// Its id.
    pub id: String,
    /// Its parents.
    pub revises: Vec<String>,
    /// What it needs besides.
    pub depends: Vec<String>,
    /// Branch labels that begin here.
    pub labels: Vec<String>,
    /// The docstring of the file.
    pub doc: String,
    /// The file.
    pub path: String,
    /// Whether its `upgrade` says nothing: `pass`.
    pub empty_up: bool,
    /// Whether its `downgrade` says nothing.
    pub empty_down: bool,
    /// What its text has that SQL cannot say.
    pub scan: Vec<Sign>,
}

/// A line of a revision that does more than SQL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Sign {
    /// `reads-rows`, `reads-file`, `calls-out`, `imports-application`, `reads-environment`, `commits`.
    pub kind: String,
    /// The line, from 1.
    pub line: usize,
    /// The line's text.
    pub text: String,
}

/// What the project is.
#[derive(Clone, Debug, Deserialize)]
pub struct Started {
    /// Alembic's version.
    pub alembic: String,
    /// SQLAlchemy's version.
    pub sqlalchemy: String,
    /// Python's version.
    pub python: String,
    /// The database that its configuration names.
    pub database: Option<String>,
    /// The revisions, parents first.
    pub revisions: Vec<Script>,
}

/// What one run of a revision was like, besides its statements.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Ran {
    /// Alembic's tables, one for each `context.configure`.
    #[serde(default)]
    pub contexts: Vec<ContextTable>,
    /// Files that were opened, programs that were started, addresses that were connected to.
    #[serde(default)]
    pub seen: Vec<(String, String)>,
    /// Where connections were meant to go, before they were led to the scratch server: host, port, database, user.
    #[serde(default)]
    pub led: Vec<[String; 4]>,
}

/// Where Alembic writes what is applied.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ContextTable {
    /// The table.
    pub table: String,
    /// Its schema.
    pub schema: Option<String>,
}

/// A revision that raised an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Raised {
    /// The class of the error.
    pub kind: String,
    /// What it says.
    pub message: String,
    /// The traceback.
    pub traceback: String,
    /// The line of a revision's file.
    pub line: Option<RaisedAt>,
    /// Files that were opened, programs and addresses that were asked for, before.
    #[serde(default)]
    pub seen: Vec<(String, String)>,
}

/// A line of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct RaisedAt {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}
