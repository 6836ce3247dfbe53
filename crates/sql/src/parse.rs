//! PostgreSQL's own grammar, with the place of an error in bytes.

use pg_query::protobuf::RawStmt;

use crate::ffi;
use crate::span::Span;

/// A text that PostgreSQL's grammar refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrammarError {
    /// PostgreSQL's message, such as `syntax error at or near "TABEL"`.
    pub message: String,
    /// Byte offset in the whole text.
    pub offset: usize,
}

/// Parses the part of `text` in `range`; places in the trees count from the start of `range`.
///
/// # Errors
/// [`GrammarError`] with PostgreSQL's message.
pub fn parse(text: &str, range: Span) -> Result<Vec<RawStmt>, GrammarError> {
    let part = range.text(text);
    let tree = ffi::parse(part).map_err(|refusal| GrammarError {
        offset: range.start + byte_of(part, refusal.position),
        message: refusal.message,
    })?;
    Ok(tree.stmts)
}

/// Whether PostgreSQL's grammar accepts a text.
pub fn check(text: &str) -> bool {
    ffi::check(text)
}

/// The byte of the 1-based character `position`; the end for "at end of input".
fn byte_of(text: &str, position: usize) -> usize {
    match position.checked_sub(1) {
        Some(before) => text.char_indices().nth(before).map_or(text.trim_end().len(), |(byte, _)| byte),
        None => 0,
    }
}
