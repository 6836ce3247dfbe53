//! `replicas caught up`: what is written on the primary by now is replayed on every replica within the permitted lag.
//!
//! Two witnesses: the primary's `pg_stat_replication`, and each replica of the configuration, which is asked how far it is.
//! Source: <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-REPLICATION-VIEW>.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio_postgres::Client;

use super::{Replica, Verdict, count};
use crate::connect;
use crate::session::{Session, SessionError, message, rows};

#[derive(Debug, Deserialize)]
struct Receiver {
    name: Option<String>,
    state: Option<String>,
    lag_bytes: Option<i64>,
    lag_ms: Option<i64>,
    logical: bool,
}

/// A slot that nobody uses: a replica that is away and will come back.
const SLOTS: &str = "SELECT slot_name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint \
 FROM pg_catalog.pg_replication_slots WHERE NOT active AND slot_type = 'physical' AND restart_lsn IS NOT NULL ORDER BY 1";

/// Asks the primary and the replicas.
///
/// # Errors
/// When the primary cannot be asked; a replica that cannot keeps the gate closed.
pub async fn evaluate(session: &Session) -> Result<Verdict, SessionError> {
    let mut seen = Seen::default();
    let limit_ms = i64::try_from(session.asking.replica_lag.as_millis()).unwrap_or(i64::MAX);
    let what = "asking for the replicas";
    let found = rows(session.client(), include_str!("sql/replication.sql"), what).await?;
    let text = found.first().and_then(|row| row.get(0)).unwrap_or("[]");
    let receivers: Vec<Receiver> = serde_json::from_str(text).unwrap_or_default();
    for receiver in &receivers {
        seen.receiver(receiver, limit_ms);
    }
    for row in rows(session.client(), SLOTS, what).await? {
        let bytes = row.get(1).and_then(|b| b.parse().ok()).unwrap_or(0);
        let name = row.get(0).unwrap_or_default();
        seen.behind(format!("slot {name}: nobody reads from it, {} of WAL wait", size(bytes)));
    }
    let target = position(session.client()).await?;
    let named = session.asking.replicas.as_deref().unwrap_or_default();
    for replica in named {
        seen.replica(replica, target, session.asking.replica_lag).await;
    }
    Ok(seen.verdict())
}

/// What was seen, the bad and the good.
#[derive(Debug, Default)]
struct Seen {
    lines: Vec<String>,
    replicas: usize,
    behind: usize,
}

impl Seen {
    fn behind(&mut self, line: String) {
        self.replicas += 1;
        self.behind += 1;
        self.lines.push(line);
    }

    fn good(&mut self, line: String) {
        self.replicas += 1;
        self.lines.push(line);
    }

    fn receiver(&mut self, it: &Receiver, limit_ms: i64) {
        let kind = if it.logical { "subscriber" } else { "replica" };
        let name = it.name.as_deref().unwrap_or("without a name");
        let (Some(state), Some(bytes)) = (it.state.as_deref(), it.lag_bytes) else {
            let why = "nothing is shown of it; this needs the role pg_monitor or pg_read_all_stats";
            return self.behind(format!("{kind} {name} as the primary sees it: {why}"));
        };
        let lag = it.lag_ms.map_or_else(String::new, |ms| format!(", {ms} ms behind"));
        let line = format!("{kind} {name} as the primary sees it: {state}, {} to replay{lag}", size(bytes));
        // the time is that of the last reply: with nothing to replay it says nothing
        let is_late = bytes > 0 && it.lag_ms.is_none_or(|ms| ms > limit_ms);
        if state == "streaming" && !is_late { self.good(line) } else { self.behind(line) }
    }

    async fn replica(&mut self, replica: &Replica, target: i64, limit: Duration) {
        let name = &replica.name;
        let client = match connect::connect(&replica.params).await {
            Ok(connected) => connected.client,
            Err(error) => return self.behind(format!("{name} itself: {error}")),
        };
        let began = Instant::now();
        loop {
            let (is_replica, bytes) = match replayed(&client, target).await {
                Ok(found) => found,
                Err(text) => return self.behind(format!("{name} itself: {text}")),
            };
            if !is_replica {
                return self.behind(format!("{name} itself: it is no replica: it is not in recovery"));
            }
            if bytes <= 0 {
                return self.good(format!("{name} itself: it has replayed everything up to now"));
            }
            if began.elapsed() >= limit {
                return self.behind(format!("{name} itself: {} to replay", size(bytes)));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn verdict(self) -> Verdict {
        let many = count(i128::try_from(self.replicas).unwrap_or(0), "replica");
        let summary = match (self.replicas, self.behind) {
            (0, _) => "there is no replica".to_owned(),
            (_, 0) => format!("{many} caught up"),
            (_, behind) => format!("{behind} of {many} not caught up"),
        };
        Verdict { open: self.behind == 0, summary, evidence: self.lines, until: None }
    }
}

/// Whether it is a replica, and how many bytes before `target` it has not replayed.
async fn replayed(client: &Client, target: i64) -> Result<(bool, i64), String> {
    let sql = "SELECT pg_is_in_recovery(), pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint";
    let found = match rows(client, sql, "asking a replica").await {
        Ok(found) => found,
        Err(SessionError::Query { source, .. }) => return Err(message(&source)),
        Err(error) => return Err(error.to_string()),
    };
    let get = |at: usize| found.first().and_then(|row| row.get(at));
    let at: i64 = get(1).and_then(|b| b.parse().ok()).unwrap_or(0);
    Ok((get(0) == Some("t"), target - at))
}

/// How far the server's log goes, in bytes. What is inserted counts, not what is written: with `synchronous_commit = off` a
/// commit is written later. At the beginning of a page the place is behind the page's head (24 or 40 bytes), which a replica
/// reaches with the next record only.
async fn position(client: &Client) -> Result<i64, SessionError> {
    let sql = "SELECT n - CASE WHEN n % 8192 IN (24, 40) THEN n % 8192 ELSE 0 END \
        FROM (SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint AS n) at";
    let found = rows(client, sql, "asking for the place in the log").await?;
    Ok(found.first().and_then(|row| row.get(0)?.parse().ok()).unwrap_or(0))
}

fn size(bytes: i64) -> String {
    match bytes.max(0) {
        b if b < 10_000 => format!("{b} bytes"),
        b if b < 10_000_000 => format!("{} kB", b / 1000),
        b => format!("{} MB", b / 1_000_000),
    }
}
