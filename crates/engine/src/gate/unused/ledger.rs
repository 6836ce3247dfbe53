//! Evidence in the ledger: samples, and what Cutover itself did.
//!
//! A sample that says what the last one said makes that one longer, so that years of samples of a thing that nobody uses are
//! one row. Rows are written by whoever runs a command; without the right to write them the samples are lost, and said to be.

use cutover_core::rollout::gate::LONGEST_UNUSED;
use cutover_sql::ident::quote_literal;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::facts::{Facts, Own, Stretch};
use super::target::Target;
use crate::gate::TAG;
use crate::session::{Session, SessionError, message, rows};

/// How long evidence is kept: longer than any gate asks for.
const KEPT_DAYS: u64 = LONGEST_UNUSED.as_secs() / 86_400 + 30;

/// Whether there is a place for evidence.
pub async fn is_there(session: &Session) -> bool {
    let sql = "SELECT to_regclass('cutover.evidence') IS NOT NULL";
    matches!(rows(session.client(), sql, "looking for the ledger").await, Ok(found) if found.first().and_then(|r| r.get(0)) == Some("t"))
}

/// The server's time, in microseconds since 1970.
pub async fn now(session: &Session) -> Result<i64, SessionError> {
    let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    let found = rows(session.client(), sql, "asking for the time").await?;
    Ok(found.first().and_then(|row| row.get(0)?.parse().ok()).unwrap_or(0))
}

/// Writes what a node said at a time; gives why it could not.
pub async fn write(
    session: &Session,
    target: &Target,
    node: &str,
    at: i64,
    facts: &Facts,
) -> Result<(), String> {
    let json = serde_json::to_string(facts).map_err(|error| error.to_string())?;
    let (key, node, json) = (quote_literal(&target.key), quote_literal(node), quote_literal(&json));
    let oids: Vec<String> = target.oids.iter().map(u32::to_string).collect();
    // row locks on rows of ours only; two at once make two rows of one stretch, which says the same
    let sql = format!(
        "WITH at AS (SELECT to_timestamp({at} / 1000000.0) AS at), \
         last AS (SELECT id, facts FROM cutover.evidence WHERE target = {key} AND node = {node} ORDER BY seen_to DESC, id DESC LIMIT 1), \
         same AS (UPDATE cutover.evidence e SET seen_to = greatest(seen_to, at) FROM last, at \
                  WHERE e.id = last.id AND last.facts = {json}::jsonb RETURNING 1) \
         INSERT INTO cutover.evidence (target, node, seen_from, seen_to, facts) \
         SELECT {key}, {node}, at, at, {json}::jsonb FROM at WHERE NOT EXISTS (SELECT FROM same); \
         INSERT INTO cutover.watched (target, oids) VALUES ({key}, ARRAY[{}]::oid[]) \
         ON CONFLICT (target) DO UPDATE SET oids = excluded.oids WHERE watched.oids <> excluded.oids; \
         DELETE FROM cutover.evidence WHERE target = {key} AND node = {node} AND seen_to < to_timestamp({at} / 1000000.0) - interval '{} days'; \
         DELETE FROM cutover.own_use WHERE target = {key} AND at < to_timestamp({at} / 1000000.0) - interval '{} days'",
        oids.join(", "),
        KEPT_DAYS,
        KEPT_DAYS,
    );
    session.client().batch_execute(&sql).await.map_err(|error| message(&error))
}

/// What a node said, the oldest first.
pub async fn read(session: &Session, target: &Target, node: &str) -> Result<Vec<Stretch>, SessionError> {
    let sql = format!(
        "SELECT (extract(epoch FROM seen_from) * 1000000)::bigint, (extract(epoch FROM seen_to) * 1000000)::bigint, facts \
         FROM cutover.evidence WHERE target = {} AND node = {} ORDER BY seen_to, id",
        quote_literal(&target.key),
        quote_literal(node)
    );
    let found = rows(session.client(), &sql, "reading the evidence").await?;
    let stretch = |row: &tokio_postgres::SimpleQueryRow| {
        let number = |at: usize| row.get(at).and_then(|n| n.parse().ok()).unwrap_or(0);
        // facts of a later version that cannot be read are no evidence
        let facts = serde_json::from_str(row.get(2).unwrap_or_default()).ok()?;
        Some(Stretch { from: number(0), to: number(1), facts })
    };
    Ok(found.iter().filter_map(stretch).collect())
}

/// What Cutover itself did to it.
pub async fn own(session: &Session, target: &Target) -> Result<Vec<Own>, SessionError> {
    let sql = format!(
        "SELECT (extract(epoch FROM at) * 1000000)::bigint, reads, writes FROM cutover.own_use WHERE target = {} ORDER BY at",
        quote_literal(&target.key)
    );
    let found = rows(session.client(), &sql, "reading the evidence").await?;
    let number =
        |row: &tokio_postgres::SimpleQueryRow, at| row.get(at).and_then(|n| n.parse().ok()).unwrap_or(0);
    Ok(found
        .iter()
        .map(|row| Own { at: number(row, 0), reads: number(row, 1), writes: number(row, 2) })
        .collect())
}

/// The query that says what this session has done to what is watched, and has not been added to the counters: to be run at
/// the beginning and the end of a transaction of ours. Nothing when nothing is watched.
pub async fn own_count(session: &Session) -> Option<String> {
    let can = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
        WHERE n.nspname = 'cutover' AND c.relname = 'watched' AND has_schema_privilege(n.oid, 'USAGE') \
        AND has_table_privilege(c.oid, 'SELECT'))";
    let found = rows(session.client(), can, "looking for the ledger").await.ok()?;
    (found.first()?.get(0)? == "t").then(|| {
        format!(
            "{TAG} SELECT w.target, coalesce(sum(pg_catalog.pg_stat_get_xact_numscans(o.oid) + coalesce(i.scans, 0)), 0), \
             coalesce(sum(pg_catalog.pg_stat_get_xact_tuples_inserted(o.oid) + pg_catalog.pg_stat_get_xact_tuples_updated(o.oid) \
             + pg_catalog.pg_stat_get_xact_tuples_deleted(o.oid)), 0) \
             FROM cutover.watched w, LATERAL unnest(w.oids) AS o (oid) LEFT JOIN LATERAL (\
             SELECT sum(pg_catalog.pg_stat_get_xact_numscans(x.indexrelid)) AS scans FROM pg_catalog.pg_index x WHERE x.indrelid = o.oid) i ON true \
             WHERE w.target NOT LIKE 'function %' GROUP BY w.target ORDER BY w.target"
        )
    })
}

/// Writes what a transaction of ours did, from what [`own_count`] said before and after it.
pub async fn record_own(client: &Client, before: &[SimpleQueryMessage], after: &[SimpleQueryMessage]) {
    let (before, after) = (decode(before), decode(after));
    let mut values = Vec::new();
    for (target, reads, writes) in after {
        let old = before.iter().find(|(name, ..)| *name == target).map_or((0, 0), |it| (it.1, it.2));
        let (reads, writes) = (reads - old.0, writes - old.1);
        if reads > 0 || writes > 0 {
            values.push(format!("({}, {reads}, {writes})", quote_literal(&target)));
        }
    }
    if values.is_empty() {
        return;
    }
    // where it may not be written the counters show a use that is ours: the gate stays closed for longer than it has to
    let sql = format!("INSERT INTO cutover.own_use (target, reads, writes) VALUES {}", values.join(", "));
    let _ = client.batch_execute(&sql).await;
}

fn decode(messages: &[SimpleQueryMessage]) -> Vec<(String, i64, i64)> {
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            let number = |at: usize| row.get(at).and_then(|n| n.parse().ok()).unwrap_or(0);
            Some((row.get(0)?.to_owned(), number(1), number(2)))
        }
        _ => None,
    };
    messages.iter().filter_map(row).collect()
}
