//! What one node says of one thing at one time: the unit of evidence, as it is kept in the ledger.

use serde::{Deserialize, Serialize};

/// What was seen. Times are microseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// From when on the counters have counted without a break.
    pub since: i64,
    /// The objects that were counted.
    pub oids: Vec<u32>,
    /// Scans, or calls of a function. Nothing where they are not counted.
    pub reads: Option<i64>,
    /// Rows inserted, updated and deleted.
    pub writes: Option<i64>,
    /// The last scan, which PostgreSQL keeps from version 16 on.
    pub last_read: Option<i64>,
    /// Why nothing is counted.
    pub blind: Option<String>,
    /// What `pg_stat_statements` says.
    pub statements: Statements,
}

/// What `pg_stat_statements` says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Statements {
    /// From when on it has counted without a break.
    pub since: i64,
    /// How many times it has thrown out entries to make room.
    pub evicted: i64,
    /// Why it proves nothing.
    pub gap: Option<String>,
    /// The statements that use it.
    pub uses: Vec<Use>,
}

/// A statement that uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Use {
    /// Which: the query id, the user's id, and whether it is nested in another.
    pub id: String,
    /// Who ran it.
    pub user: String,
    /// How many times.
    pub calls: i64,
    /// `reads`, `writes`, ...
    pub how: String,
    /// Its text, shortened.
    pub sql: String,
}

/// A stretch of time at whose two ends a node said the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The first time.
    pub from: i64,
    /// The last.
    pub to: i64,
    /// What it said.
    pub facts: Facts,
}

/// What Cutover itself did to it between two samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// When.
    pub at: i64,
    /// Scans.
    pub reads: i64,
    /// Rows.
    pub writes: i64,
}
