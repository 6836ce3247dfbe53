//! A backfill in the ledger: that it runs, where its ranges are, and what a person says of it.
//!
//! The cursor of a range is written in the transaction of the batch that it speaks of, so that
//! both are there or neither is.

use cutover_core::plan::Direction;
use cutover_core::plan::backfill::key::Values;
use cutover_sql::ident::quote_literal;
use tokio_postgres::{Client, SimpleQueryMessage, SimpleQueryRow};

use crate::execute::{StepError, classify};
use crate::session::rows;

/// Which backfill it is.
#[derive(Clone, Debug)]
pub struct Which<'a> {
    /// The revision.
    pub revision: &'a str,
    /// Which section.
    pub direction: Direction,
    /// The step.
    pub ordinal: u32,
}

/// A backfill that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Its row in the ledger.
    pub id: i64,
    /// Checksum of its statement.
    pub statement: String,
    /// How often the table is gone through by now, from 1.
    pub pass: u32,
    /// Rows that the pass before changed.
    pub changed_before: Option<u64>,
    /// Rows of the table when it began.
    pub rows_expected: u64,
}

/// A part of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Range {
    /// Its number, from 1.
    pub part: u32,
    /// It begins behind this key; at the first row when there is none.
    pub after: Option<Values>,
    /// It goes up to and with this key; a block is not part of it.
    pub upto: Values,
    /// Everything up to and with this key is done.
    pub cursor: Option<Values>,
    /// Whether all of it is done.
    pub done: bool,
    /// Rows that it went through.
    pub seen: u64,
    /// Rows that it changed.
    pub changed: u64,
    /// Rows that it changed in this pass.
    pub changed_in_pass: u64,
    /// How many batches it took.
    pub batches: u64,
    /// WAL of the server in its batches.
    pub wal_bytes: u64,
}

/// What a person says from another terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Control {
    /// Who paused it, and why; nothing when it is not paused.
    pub paused: Option<String>,
    /// Rows a second that are allowed.
    pub rows_per_second: Option<u64>,
    /// How much of the time it may be at work, in percent.
    pub percent: Option<u32>,
}

impl Range {
    /// The key behind which the next batch begins.
    pub fn position(&self) -> Option<&Values> {
        self.cursor.as_ref().or(self.after.as_ref())
    }
}

/// Finds a backfill that has begun.
///
/// # Errors
/// The server's.
pub async fn find(client: &Client, which: &Which<'_>) -> Result<Option<Begun>, StepError> {
    let sql = format!(
        "SELECT id, statement, pass, changed_before, rows_expected FROM cutover.backfill WHERE {}",
        which.condition()
    );
    let found = rows(client, &sql, "reading the backfill").await?;
    Ok(found.first().map(|row| Begun {
        id: number(row, 0),
        statement: row.get(1).unwrap_or_default().to_owned(),
        pass: number(row, 2),
        changed_before: row.get(3).and_then(|v| v.parse().ok()),
        rows_expected: number(row, 4),
    }))
}

/// Forgets a backfill.
///
/// # Errors
/// The server's.
pub async fn forget(client: &Client, which: &Which<'_>) -> Result<(), StepError> {
    execute(client, &format!("DELETE FROM cutover.backfill WHERE {}", which.condition())).await
}

impl Which<'_> {
    fn condition(&self) -> String {
        format!(
            "revision = {} AND direction = '{}' AND ordinal = {}",
            quote_literal(self.revision),
            self.direction.as_str(),
            self.ordinal
        )
    }
}

/// What is written down when a backfill begins.
#[derive(Clone, Debug)]
pub struct Beginning<'a> {
    /// The table.
    pub table: &'a str,
    /// The columns of the key; none for ctid.
    pub key: &'a [String],
    /// Checksum of the statement.
    pub statement: &'a str,
    /// Rows of the table.
    pub rows_expected: u64,
    /// The ranges: after (nothing for the first) and up to.
    pub ranges: &'a [(Option<Values>, Values)],
}

/// Writes down that a backfill begins, with its ranges, in one transaction.
///
/// # Errors
/// The server's.
pub async fn begin(
    client: &Client,
    run: &str,
    which: &Which<'_>,
    what: &Beginning<'_>,
) -> Result<(), StepError> {
    let ranges: Vec<String> = what
        .ranges
        .iter()
        .zip(1..)
        .map(|((after, upto), part)| format!("({part}, {}, {})", array(after.as_ref()), array(Some(upto))))
        .collect();
    // a table that has been emptied since has no range, and the backfill is done as it begins
    let values =
        if ranges.is_empty() { "(0, NULL::text[], NULL::text[])".to_owned() } else { ranges.join(", ") };
    let sql = format!(
        "BEGIN; WITH backfill AS (INSERT INTO cutover.backfill (run, revision, direction, ordinal, table_name, key, statement, rows_expected) \
         VALUES ({run}, {}, '{}', {}, {}, {}, {}, {}) RETURNING id, run) \
         INSERT INTO cutover.backfill_range (backfill, run, part, after_key, upto_key) \
         SELECT id, run, part, after_key, upto_key FROM backfill, (VALUES {values}) AS part (part, after_key, upto_key) WHERE part > 0; COMMIT",
        quote_literal(which.revision),
        which.direction.as_str(),
        which.ordinal,
        quote_literal(what.table),
        array(Some(&what.key.to_vec())),
        quote_literal(what.statement),
        what.rows_expected,
    );
    execute(client, &sql).await
}

/// Reads the ranges.
///
/// # Errors
/// The server's.
pub async fn ranges(client: &Client, id: i64) -> Result<Vec<Range>, StepError> {
    let sql = format!("SELECT {COLUMNS} FROM cutover.backfill_range WHERE backfill = {id} ORDER BY part");
    Ok(rows(client, &sql, "reading the ranges of the backfill").await?.iter().map(range).collect())
}

/// Columns of a range in the order that [`range`] reads them.
pub const COLUMNS: &str = "part, array_to_json(after_key), array_to_json(upto_key), array_to_json(cursor), done, \
 seen, changed, changed_in_pass, batches, wal_bytes";

/// Decodes a range.
pub fn range(row: &SimpleQueryRow) -> Range {
    Range {
        part: number(row, 0),
        after: values(row.get(1)),
        upto: values(row.get(2)).unwrap_or_default(),
        cursor: values(row.get(3)),
        done: row.get(4) == Some("t"),
        seen: number(row, 5),
        changed: number(row, 6),
        changed_in_pass: number(row, 7),
        batches: number(row, 8),
        wal_bytes: number(row, 9),
    }
}

/// The query that takes the row of a range for the transaction, before its batch runs. A batch of
/// a runner that died can still be at work: its lock is waited for, and then the cursor tells.
pub fn lock_range(id: i64, part: u32) -> String {
    format!(
        "SELECT {COLUMNS}, pg_catalog.pg_current_wal_insert_lsn() FROM cutover.backfill_range WHERE backfill = {id} AND part = {part} FOR UPDATE"
    )
}

/// The column of [`lock_range`] that says where the WAL is.
pub const WAL_PLACE: usize = 10;

/// What a batch did.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Everything up to and with this key is done.
    pub upto: Values,
    /// Whether that is the end of the range.
    pub is_last: bool,
    /// Rows that it went through.
    pub seen: u64,
    /// Rows that it changed.
    pub changed: u64,
    /// Milliseconds since it began.
    pub ms: u64,
}

/// The statement that moves the cursor. `run` is NULL, and the batch fails with it, in a session
/// that is not ours; `wal` is the place in the WAL where the batch began.
pub fn advance(run: &str, id: i64, part: u32, batch: &Batch, wal: &str) -> String {
    let Batch { upto, is_last, seen, changed, ms } = batch;
    format!(
        "UPDATE cutover.backfill_range SET run = {run}, cursor = {}, done = {is_last}, seen = seen + {seen}, \
         changed = changed + {changed}, changed_in_pass = changed_in_pass + {changed}, batches = batches + 1, \
         wal_bytes = wal_bytes + pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), {})::bigint, \
         busy_ms = busy_ms + {ms}, updated_at = clock_timestamp() WHERE backfill = {id} AND part = {part}",
        array(Some(upto)),
        quote_literal(wal),
    )
}

/// The column of [`control_query`] that says where the WAL is.
pub const CONTROL_WAL_PLACE: usize = 3;

/// The query for what a person says, and where the WAL is.
pub fn control_query(id: i64) -> String {
    format!(
        "SELECT CASE WHEN paused THEN concat_ws(': ', paused_by, note_of_pause) END, rows_per_second, percent, \
         pg_catalog.pg_current_wal_insert_lsn() FROM cutover.backfill WHERE id = {id}"
    )
}

/// Decodes a row of [`control_query`].
pub fn control(row: &SimpleQueryRow) -> Control {
    Control {
        paused: row.get(0).map(str::to_owned),
        rows_per_second: row.get(1).and_then(|v| v.parse().ok()),
        percent: row.get(2).and_then(|v| v.parse().ok()),
    }
}

/// Writes down what the runner is at, in words.
///
/// # Errors
/// The server's.
pub async fn tell(client: &Client, id: i64, state: &str) -> Result<(), StepError> {
    let sql = format!(
        "UPDATE cutover.backfill SET state = {}, state_at = clock_timestamp() WHERE id = {id}",
        quote_literal(state)
    );
    execute(client, &sql).await
}

/// Goes through the table again: a walk by blocks whose last pass changed rows.
///
/// # Errors
/// The server's.
pub async fn next_pass(
    client: &Client,
    run: &str,
    begun: &Begun,
    pages: u64,
    changed: u64,
) -> Result<(), StepError> {
    let id = begun.id;
    let sql = format!(
        "BEGIN; UPDATE cutover.backfill SET run = {run}, pass = pass + 1, changed_before = {changed} WHERE id = {id}; \
         UPDATE cutover.backfill_range SET run = {run}, cursor = NULL, done = false, changed_in_pass = 0, \
         upto_key = CASE WHEN part = (SELECT max(part) FROM cutover.backfill_range WHERE backfill = {id}) \
         THEN ARRAY['{pages}'] ELSE upto_key END WHERE backfill = {id}; COMMIT"
    );
    execute(client, &sql).await
}

/// The statements that end a backfill together with its step; what it was is kept with the step.
pub fn finish(which: &Which<'_>, summary: &str) -> Vec<String> {
    vec![
        format!("DELETE FROM cutover.backfill WHERE {}", which.condition()),
        format!(
            "UPDATE cutover.step SET evidence = {} WHERE revision = {} AND ordinal = {} AND open",
            quote_literal(summary),
            quote_literal(which.revision),
            which.ordinal,
        ),
    ]
}

async fn execute(client: &Client, sql: &str) -> Result<(), StepError> {
    if let Err(error) = client.batch_execute(sql).await {
        let failure = classify(&error);
        let _ = client.batch_execute("ROLLBACK").await;
        return Err(failure);
    }
    Ok(())
}

/// The rows among the messages of a simple query.
pub fn only_rows(messages: &[SimpleQueryMessage]) -> impl Iterator<Item = &SimpleQueryRow> {
    messages.iter().filter_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None })
}

fn array(values: Option<&Values>) -> String {
    match values {
        None => "NULL::text[]".into(),
        Some(values) => {
            let all: Vec<String> = values.iter().map(|v| quote_literal(v)).collect();
            format!("ARRAY[{}]::text[]", all.join(", "))
        }
    }
}

fn values(json: Option<&str>) -> Option<Values> {
    serde_json::from_str(json?).ok()
}

fn number<T: std::str::FromStr + Default>(row: &SimpleQueryRow, column: usize) -> T {
    row.get(column).and_then(|v| v.parse().ok()).unwrap_or_default()
}
