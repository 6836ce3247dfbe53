//! What a person said, or evidence showed, of a deploy or a gate: written, read, and used up.
//!
//! An acknowledgement is open from when it is given until its revision has gone through; the next time that the revision
//! runs, it asks again.

use cutover_core::plan::Direction;
use cutover_sql::ident::quote_literal;
use tokio_postgres::Client;

use crate::session::{SessionError, rows};

/// Where the kind of word comes from.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Somebody says so.
    Person,
    /// A gate was open.
    Evidence,
    /// Somebody passes over closed gates.
    Override,
}

impl Source {
    /// As the ledger has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Evidence => "evidence",
            Self::Override => "override",
        }
    }
}

/// The ordinal that stands for the gates of a revision.
pub const GATES: u32 = 0;

/// An acknowledgement to be written.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The revision.
    pub revision: &'a str,
    /// Which way it goes.
    pub direction: Direction,
    /// The step, from 1; [`GATES`] for the gates.
    pub ordinal: u32,
    /// Where it comes from.
    pub source: Source,
    /// Who.
    pub by: &'a str,
    /// What was said.
    pub note: &'a str,
}

/// One that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The revision.
    pub revision: String,
    /// `upgrade` or `downgrade`.
    pub direction: String,
    /// The step, from 1; [`GATES`] for the gates.
    pub ordinal: u32,
    /// `person`, `evidence` or `override`.
    pub kind: String,
    /// Who.
    pub by: String,
    /// What was said.
    pub note: String,
    /// When, as ISO 8601 in UTC.
    pub at: String,
    /// Whether it is still to be used.
    pub open: bool,
}

/// The SQL that writes one; a later word replaces an open earlier one.
pub fn insert(word: Word<'_>) -> String {
    format!(
        "INSERT INTO cutover.acknowledgement (revision, direction, ordinal, kind, given_by, note) \
         VALUES ({}, '{}', {}, '{}', {}, {}) ON CONFLICT (revision, direction, ordinal) WHERE open \
         DO UPDATE SET kind = excluded.kind, given_by = excluded.given_by, note = excluded.note, at = clock_timestamp()",
        quote_literal(word.revision),
        word.direction.as_str(),
        word.ordinal,
        word.source.as_str(),
        quote_literal(word.by),
        quote_literal(word.note),
    )
}

/// The SQL that uses up those of a revision that has gone through.
pub fn close(revision: &str) -> String {
    format!(
        "UPDATE cutover.acknowledgement SET open = false WHERE revision = {} AND open",
        quote_literal(revision)
    )
}

/// Those of a revision, or of all, oldest first.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn all(client: &Client, revision: Option<&str>) -> Result<Vec<Given>, SessionError> {
    let only = revision.map(|id| format!("WHERE revision = {}", quote_literal(id))).unwrap_or_default();
    let sql = format!(
        "SELECT revision, direction, ordinal, kind, given_by, note, \
         to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), open \
         FROM cutover.acknowledgement {only} ORDER BY id"
    );
    let found = rows(client, &sql, "reading the acknowledgements").await?;
    Ok(found
        .iter()
        .map(|row| {
            let text = |i: usize| row.get(i).unwrap_or_default().to_owned();
            Given {
                revision: text(0),
                direction: text(1),
                ordinal: text(2).parse().unwrap_or_default(),
                kind: text(3),
                by: text(4),
                note: text(5),
                at: text(6),
                open: row.get(7) == Some("t"),
            }
        })
        .collect())
}
