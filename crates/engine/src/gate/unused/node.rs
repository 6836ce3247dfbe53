//! Asks one node, the primary or a replica, what its statistics say of what is watched.
//!
//! Counters are per node: a scan on a replica is not seen on the primary. They come late by up to a second, and what an
//! open transaction did is not in them: so what runs now is looked at as well.

use cutover_core::rollout::gate::Used;
use serde::Deserialize;
use tokio_postgres::Client;

use super::facts::Facts;
use super::statements;
use super::target::Target;
use crate::session::{SessionError, rows};

/// What a node says of itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Server {
    /// From when on its counters count.
    pub since: Option<i64>,
    /// When its statistics were last lost.
    #[serde(deserialize_with = "or_zero")]
    pub crash: i64,
    /// When it was started.
    pub start: i64,
    /// `server_version_num`.
    pub version: u32,
    /// The database's object id.
    pub database: u32,
    /// `track_counts`.
    pub track_counts: bool,
    /// `track_functions`.
    pub track_functions: String,
    /// The schema of the extension `pg_stat_statements`.
    pub statements: Option<String>,
    /// `pg_stat_statements.track`.
    pub track: Option<String>,
    /// `pg_stat_statements.track_utility`.
    pub track_utility: Option<String>,
    /// `pg_stat_statements.save`.
    pub save: Option<String>,
    /// Whether a role or database has settings of its own.
    pub own_settings: bool,
}

fn or_zero<'de, D: serde::Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Ok(Option::<i64>::deserialize(from)?.unwrap_or(0))
}

/// What a node said.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What goes into the ledger.
    pub facts: Facts,
    /// What runs at this moment and uses it.
    pub running: Vec<String>,
    /// What should be known of the node.
    pub notes: Vec<String>,
}

const WHAT: &str = "reading the statistics";

/// Asks it.
///
/// # Errors
/// When it cannot be asked, or its answer not be read.
pub async fn ask(client: &Client, target: &Target) -> Result<Answer, SessionError> {
    let found = rows(client, include_str!("../sql/server.sql"), WHAT).await?;
    let text = found.first().and_then(|row| row.get(0)).unwrap_or_default();
    let server: Server = serde_json::from_str(text)
        .map_err(|error| SessionError::Gate { gate: WHAT.into(), message: error.to_string() })?;
    if server.version >= 150_000 {
        // so that what this session has done is in the counters that are read next
        rows(client, "SELECT pg_catalog.pg_stat_force_next_flush()", WHAT).await?;
    }
    let mut facts = counters(client, &server, target).await?;
    facts.statements = match &target.watch {
        Some(_) => statements::read(client, &server, target).await,
        None => {
            super::facts::Statements { gap: Some("no statement names an index".into()), ..Default::default() }
        }
    };
    let mut notes = Vec::new();
    if facts.statements.gap.is_none() && server.track_utility.as_deref() == Some("off") {
        notes.push("pg_stat_statements.track_utility is off: COPY is not among the statements".to_owned());
    }
    Ok(Answer { facts, running: running(client, target).await?, notes })
}

/// The counters of the statistics.
async fn counters(client: &Client, server: &Server, target: &Target) -> Result<Facts, SessionError> {
    let oids: Vec<String> = target.oids.iter().map(u32::to_string).collect();
    let list = format!("ARRAY[{}]::oid[]", oids.join(", "));
    let last = |columns: &str| {
        if server.version >= 160_000 {
            format!("(extract(epoch FROM max({columns})) * 1000000)::bigint")
        } else {
            "NULL".to_owned()
        }
    };
    let sql = match target.what {
        Used::Table | Used::Column => format!(
            "SELECT coalesce(sum(seq_scan + coalesce(idx_scan, 0)), 0), coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0), {} \
             FROM pg_catalog.pg_stat_all_tables WHERE relid = ANY ({list})",
            last("greatest(last_seq_scan, last_idx_scan)")
        ),
        Used::Index => format!(
            "SELECT coalesce(sum(idx_scan), 0), 0, {} FROM pg_catalog.pg_stat_all_indexes WHERE indexrelid = ANY ({list})",
            last("last_idx_scan")
        ),
        Used::Function => format!(
            "SELECT coalesce((SELECT sum(calls) FROM pg_catalog.pg_stat_user_functions WHERE funcid = ANY ({list})), 0), 0, NULL, \
             (SELECT bool_and(l.lanname NOT IN ('sql', 'c', 'internal')) FROM pg_catalog.pg_proc p \
              JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE p.oid = ANY ({list}))"
        ),
    };
    let found = rows(client, &sql, WHAT).await?;
    let number = |at: usize| found.first().and_then(|row| row.get(at)?.parse::<i64>().ok());
    let is_procedural = found.first().and_then(|row| row.try_get(3).ok().flatten()) == Some("t");
    let blind = blind(server, target.what, is_procedural);
    let counted = |at: usize| if blind.is_none() { number(at) } else { None };
    Ok(Facts {
        since: server.since.unwrap_or(0),
        oids: target.oids.clone(),
        reads: counted(0),
        writes: counted(1),
        last_read: counted(2),
        blind,
        statements: super::facts::Statements::default(),
    })
}

/// Why nothing is counted, where it is not.
fn blind(server: &Server, what: Used, is_procedural: bool) -> Option<String> {
    if !server.track_counts {
        return Some("track_counts is off".into());
    }
    match (what, server.track_functions.as_str()) {
        (Used::Function, "none") => Some("track_functions is none: calls are not counted".into()),
        // a function in SQL that is inlined into its query is never called
        (Used::Function, _) if !is_procedural => {
            Some("functions in SQL may be inlined, and are not counted then".into())
        }
        (Used::Function, _) if server.own_settings => {
            Some("a role or database has its own setting of track_functions".into())
        }
        (Used::Table | Used::Column | Used::Index | Used::Function, _) => None,
    }
}

/// Texts that are cut off count by their words. Sessions whose text is hidden are told.
async fn running(client: &Client, target: &Target) -> Result<Vec<String>, SessionError> {
    let Some(watch) = &target.watch else { return Ok(Vec::new()) };
    let mut found = holders(client, target).await?;
    let sql = "SELECT pid, coalesce(application_name, ''), state, query FROM pg_catalog.pg_stat_activity \
        WHERE pid <> pg_backend_pid() AND datname = current_database() \
        AND (state = 'active' OR (state LIKE 'idle in transaction%')) AND application_name NOT LIKE 'cutover%'";
    for row in rows(client, sql, WHAT).await? {
        let text = |at: usize| row.get(at).unwrap_or_default();
        let query = text(3);
        if !super::is_own(query) && watch.touches(query).any() {
            let who = if text(1).is_empty() { String::new() } else { format!(" of {}", text(1)) };
            found.push(format!("session {}{who}, {}: {}", text(0), text(2), statements::shown(query)));
        }
    }
    Ok(found)
}

/// Sessions that have used a table in a transaction that is still open: they hold a lock on it, and the counters learn of it
/// when it ends. A table that triggers of ours keep up is locked by everybody who writes the other one: there a lock says
/// nothing, and the texts of statements say it all.
async fn holders(client: &Client, target: &Target) -> Result<Vec<String>, SessionError> {
    if target.what != Used::Table || target.is_dual_written {
        return Ok(Vec::new());
    }
    let oids: Vec<String> = target.oids.iter().map(u32::to_string).collect();
    let sql = format!(
        "SELECT DISTINCT l.pid, l.mode, coalesce(a.application_name, '') FROM pg_catalog.pg_locks l \
         JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE l.locktype = 'relation' AND l.pid <> pg_backend_pid() \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) \
         AND l.relation = ANY (ARRAY[{}]::oid[]) AND a.backend_type NOT LIKE 'autovacuum%' \
         AND a.application_name NOT LIKE 'cutover%' ORDER BY 1, 2",
        oids.join(", ")
    );
    let text = |row: &tokio_postgres::SimpleQueryRow, at: usize| row.get(at).unwrap_or_default().to_owned();
    let found = rows(client, &sql, WHAT).await?;
    Ok(found
        .iter()
        .map(|row| format!("session {} ({}) holds {} on it", text(row, 0), text(row, 2), text(row, 1)))
        .collect())
}
