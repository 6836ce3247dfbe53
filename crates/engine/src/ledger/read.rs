//! What the ledger says, decoded.

use std::collections::BTreeMap;

use tokio_postgres::SimpleQueryRow;

/// One applied revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRevision {
    /// The id.
    pub id: String,
    /// First line of its prose when it was applied.
    pub message: String,
    /// Checksum of its normal form when it was applied.
    pub checksum: String,
    /// SHA-256 of the file when it was applied, in hex.
    pub content_hash: String,
    /// `upgrade` or `stamp`.
    pub how: String,
    /// When, as ISO 8601 in UTC.
    pub applied_at: String,
    /// How long its steps took, in milliseconds.
    pub duration_ms: i64,
    /// Who applied it.
    pub applied_by: String,
    /// The version of Cutover that applied it.
    pub tool_version: String,
}

/// A journalled step of a revision that is half done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenStep {
    /// The revision.
    pub revision: String,
    /// `upgrade` or `downgrade`.
    pub direction: String,
    /// Place among the revision's steps, from 1.
    pub ordinal: u32,
    /// How many steps the revision had.
    pub steps: u32,
    /// The kind of step, as the ledger has it.
    pub kind: String,
    /// Checksum of the step's text.
    pub checksum: String,
    /// Whether it is done; otherwise it was begun, and what became of it is not known.
    pub done: bool,
    /// When it began, as ISO 8601 in UTC.
    pub started_at: String,
    /// What was seen in the database before it ran.
    pub evidence: Option<String>,
}

/// What the ledger of a database says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The format of the ledger's tables; 0 when there is no ledger.
    pub format: i32,
    /// Applied revisions by id.
    pub applied: BTreeMap<String, AppliedRevision>,
    /// Revisions that count as applied because all that they replace is, with the ids that the ledger has for them.
    pub adopted: BTreeMap<String, Vec<String>>,
    /// The steps of half-done revisions, by revision and ordinal.
    pub open: Vec<OpenStep>,
}

/// The one query that reads the format.
pub const FORMAT_QUERY: &str = "SELECT format FROM cutover.ledger";

/// The queries that read the rest; each result is one set of rows.
pub const STATE_QUERY: &str = "SELECT id, message, checksum, content_hash, how, \
 to_char(applied_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), duration_ms, applied_by, tool_version \
 FROM cutover.revision; \
 SELECT revision, direction, ordinal, steps, checksum, state = 'done', \
 to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), evidence, kind \
 FROM cutover.step WHERE open ORDER BY revision, ordinal";

/// Decodes a row of the first set of [`STATE_QUERY`].
pub fn applied(row: &SimpleQueryRow) -> AppliedRevision {
    AppliedRevision {
        id: text(row, 0),
        message: text(row, 1),
        checksum: text(row, 2),
        content_hash: text(row, 3),
        how: text(row, 4),
        applied_at: text(row, 5),
        duration_ms: number(row, 6),
        applied_by: text(row, 7),
        tool_version: text(row, 8),
    }
}

/// Decodes a row of the second set of [`STATE_QUERY`].
pub fn open_step(row: &SimpleQueryRow) -> OpenStep {
    OpenStep {
        revision: text(row, 0),
        direction: text(row, 1),
        ordinal: number(row, 2),
        steps: number(row, 3),
        checksum: text(row, 4),
        done: row.get(5) == Some("t"),
        started_at: text(row, 6),
        evidence: row.get(7).map(str::to_owned),
        kind: text(row, 8),
    }
}

fn text(row: &SimpleQueryRow, column: usize) -> String {
    row.get(column).unwrap_or_default().to_owned()
}

fn number<T: std::str::FromStr + Default>(row: &SimpleQueryRow, column: usize) -> T {
    row.get(column).and_then(|v| v.parse().ok()).unwrap_or_default()
}
