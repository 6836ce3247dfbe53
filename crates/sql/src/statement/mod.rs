//! Statements: where each begins and ends in a file, and what kind of thing it is.
//!
//! PostgreSQL's grammar splits them. Around it, two things that psql understands and the grammar
//! does not are taken care of: the data of `COPY ... FROM stdin`, and meta-commands, which are
//! refused by name.

mod error;
mod pieces;
mod reading;

use std::sync::Arc;

use crate::parse;
use crate::span::Span;
pub use crate::traits::{EnumValue, Name, Outside, SessionChange, Traits, Transaction};
use crate::tree::NodeEnum;
pub use error::SyntaxError;
pub(crate) use pieces::{CopyData, Head, copy_data};
use pieces::{Piece, pieces};
use reading::{Lines, end_with, parsed};
pub(crate) use reading::{Taker, each};

/// One statement of a file.
#[derive(Clone, Debug)]
pub struct Statement {
    /// From its first token to its last, without the semicolon.
    pub span: Span,
    /// The line that it begins on, from 1.
    pub line: usize,
    /// The byte that the places in its syntax tree count from.
    pub origin: usize,
    /// What the syntax tree says of it.
    pub traits: Arc<Traits>,
    /// The data lines of a `COPY ... FROM stdin`, without the closing `\.`.
    pub copy_data: Option<Span>,
}

impl Statement {
    /// The statement in a few words: `CREATE TABLE planner.task`.
    pub fn title(&self) -> String {
        match &self.traits.subject {
            Some(subject) => format!("{} {subject}", self.traits.tag),
            None => self.traits.tag.clone(),
        }
    }
}

/// Splits the part of `text` in `range` into statements.
///
/// # Errors
/// [`SyntaxError`] for the first thing that is not a statement.
pub fn split(text: &str, range: Span) -> Result<Vec<Statement>, SyntaxError> {
    Ok(parse_all(text, range)?.into_iter().map(|(statement, _)| statement).collect())
}

/// Splits the part of `text` in `range` into statements, each with its syntax tree.
///
/// # Errors
/// As [`split`].
pub fn parse_all(text: &str, range: Span) -> Result<Vec<(Statement, NodeEnum)>, SyntaxError> {
    if let Some(at) = range.text(text).bytes().position(|b| b == 0) {
        return Err(SyntaxError::Nul { offset: range.start + at });
    }
    let mut lines = Lines::new(text);
    let mut statements = Vec::new();
    for piece in pieces(text, range)? {
        let (sql, data) = match piece {
            Piece::Sql(sql) => (sql, None),
            Piece::Copy(sql, data) => (sql, Some(data)),
        };
        statements.extend(parsed(text, sql, &mut lines)?);
        end_with(&mut statements, data);
    }
    Ok(statements)
}

/// Whether all of a text is statements. No tree is made, which is most of the work of parsing.
pub fn is_sound(text: &str) -> bool {
    let is_sql = |piece: &Piece| match piece {
        Piece::Sql(sql) | Piece::Copy(sql, _) => parse::check(sql.text(text)),
    };
    !text.contains('\0') && pieces(text, Span::new(0, text.len())).is_ok_and(|all| all.iter().all(is_sql))
}

/// The same as [`parse_all`], going on after what is wrong: each error is that of one statement, or of one line for psql.
pub fn parse_what_can(text: &str, range: Span) -> (Vec<(Statement, NodeEnum)>, Vec<SyntaxError>) {
    let mut taken = Vec::new();
    let errors = each(text, range, &mut taken);
    (taken, errors)
}
