//! What another terminal sees of backfills, and says to them.
//!
//! Both go through the ledger: the runner reads what is said between two batches. A change locks
//! one row that a runner only reads.

use cutover_sql::ident::quote_literal;
use tokio_postgres::SimpleQueryRow;

use crate::ledger::{LOCK_CLASS, LOCK_OBJECT};
use crate::session::{Session, SessionError, rows};

/// The first format of the ledger that has backfills.
const FORMAT: i32 = 2;

/// A backfill that has begun and is not done.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The revision.
    pub revision: String,
    /// `upgrade` or `downgrade`.
    pub direction: String,
    /// The step.
    pub step: u32,
    /// The table.
    pub table: String,
    /// The columns of its key; none for ctid.
    pub key: Vec<String>,
    /// Rows that it went through.
    pub rows: u64,
    /// Rows of the table when it began.
    pub of: u64,
    /// Rows that it changed.
    pub changed: u64,
    /// Batches.
    pub batches: u64,
    /// Ranges, and how many of them are done.
    pub ranges: u64,
    /// Ranges that are done.
    pub ranges_done: u64,
    /// When it began, as ISO 8601 in UTC.
    pub started_at: String,
    /// Milliseconds since the last batch was committed.
    pub last_batch_ms: Option<u64>,
    /// Rows a second, while it was at work.
    pub per_second: f64,
    /// Whether a run of Cutover is at work on the database.
    pub running: bool,
    /// Who paused it, and why.
    pub paused: Option<String>,
    /// Rows a second that are allowed.
    pub rows_per_second: Option<u64>,
    /// How much of the time it may be at work, in percent.
    pub percent: Option<u32>,
    /// What the runner said last: at work, slow or waits, and why.
    pub state: String,
}

/// What is said to a backfill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// Wait after the batch that is on its way.
    Pause {
        /// Who says so.
        by: String,
        /// Why.
        note: Option<String>,
    },
    /// Go on.
    Resume,
    /// No more rows a second than that.
    RowsPerSecond(u64),
    /// At work for no more of the time than that, in percent.
    Percent(u32),
    /// As fast as the server's health allows.
    Free,
}

/// The backfills that have begun and are not done.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn list(session: &Session) -> Result<Vec<Status>, SessionError> {
    if session.state().await?.format < FORMAT {
        return Ok(Vec::new());
    }
    let sql = format!(
        "SELECT b.revision, b.direction, b.ordinal, b.table_name, array_to_json(b.key), sum(r.seen), b.rows_expected, \
         sum(r.changed), sum(r.batches), count(*), count(*) FILTER (WHERE r.done), \
         to_char(b.started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), \
         (extract(epoch FROM clock_timestamp() - max(r.updated_at) FILTER (WHERE r.batches > 0)) * 1000)::bigint, \
         coalesce(sum(r.seen) / nullif(extract(epoch FROM max(r.updated_at) - b.started_at), 0), 0), \
         EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND classid = {LOCK_CLASS} AND objid = {LOCK_OBJECT} AND objsubid = 2 AND granted \
          AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())), \
         CASE WHEN b.paused THEN concat_ws(': ', b.paused_by, b.note_of_pause) END, b.rows_per_second, b.percent, b.state \
         FROM cutover.backfill b JOIN cutover.backfill_range r ON r.backfill = b.id GROUP BY b.id ORDER BY b.id"
    );
    Ok(rows(session.client(), &sql, "reading the backfills").await?.iter().map(status).collect())
}

/// Says it to the backfill of a revision, or to all; gives the revisions that it was said to.
///
/// # Errors
/// When the ledger cannot be written.
pub async fn say(
    session: &Session,
    revision: Option<&str>,
    word: &Word,
) -> Result<Vec<String>, SessionError> {
    if session.state().await?.format < FORMAT {
        return Ok(Vec::new());
    }
    let set = match word {
        Word::Pause { by, note } => format!(
            "paused = true, paused_by = {}, note_of_pause = {}",
            quote_literal(by),
            note.as_ref().map_or("NULL".into(), |note| quote_literal(note))
        ),
        Word::Resume => "paused = false, paused_by = NULL, note_of_pause = NULL".into(),
        Word::RowsPerSecond(rows) => format!("rows_per_second = {rows}, percent = NULL"),
        Word::Percent(percent) => format!("rows_per_second = NULL, percent = {percent}"),
        Word::Free => "rows_per_second = NULL, percent = NULL".into(),
    };
    let which = revision.map_or("true".into(), |id| format!("revision = {}", quote_literal(id)));
    let sql = format!("UPDATE cutover.backfill SET {set} WHERE {which} RETURNING revision");
    let found = rows(session.client(), &sql, "writing to the backfills").await?;
    Ok(found.iter().map(|row| text(row, 0)).collect())
}

fn status(row: &SimpleQueryRow) -> Status {
    Status {
        revision: text(row, 0),
        direction: text(row, 1),
        step: number(row, 2),
        table: text(row, 3),
        key: serde_json::from_str(&text(row, 4)).unwrap_or_default(),
        rows: number(row, 5),
        of: number(row, 6),
        changed: number(row, 7),
        batches: number(row, 8),
        ranges: number(row, 9),
        ranges_done: number(row, 10),
        started_at: text(row, 11),
        last_batch_ms: row.get(12).and_then(|v| v.parse().ok()),
        per_second: number(row, 13),
        running: row.get(14) == Some("t"),
        paused: row.get(15).map(str::to_owned),
        rows_per_second: row.get(16).and_then(|v| v.parse().ok()),
        percent: row.get(17).and_then(|v| v.parse().ok()),
        state: text(row, 18),
    }
}

fn text(row: &SimpleQueryRow, column: usize) -> String {
    row.get(column).unwrap_or_default().to_owned()
}

fn number<T: std::str::FromStr + Default>(row: &SimpleQueryRow, column: usize) -> T {
    row.get(column).and_then(|v| v.parse().ok()).unwrap_or_default()
}
