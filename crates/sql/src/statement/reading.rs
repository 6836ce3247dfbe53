//! Reads a text part by part: all of it where it is sound, else what can be parsed of it.

use std::sync::Arc;

use super::pieces::{Piece, end_of_line, pieces};
use super::{Statement, SyntaxError};
use crate::lex::{TokenKind, tokens};
use crate::span::{self, Span};
use crate::tree::NodeEnum;
use crate::{parse, traits};

/// Where statements go, part of the text by part, so that not all of a long text is in memory at a time.
pub(crate) trait Taker {
    /// Takes the next statements of the text.
    fn take(&mut self, text: &str, found: Vec<(Statement, NodeEnum)>);

    /// Whether it knows a statement without its tree. Statements of long texts only, each with its semicolon.
    fn knows(&mut self, _text: &str, _statement: Span) -> bool {
        false
    }

    /// Takes the statement that it knew; `line` gives the line of a place.
    fn take_known(&mut self, _line: &mut dyn FnMut(usize) -> usize) {}
}

impl Taker for Vec<(Statement, NodeEnum)> {
    fn take(&mut self, _text: &str, found: Vec<(Statement, NodeEnum)>) {
        self.extend(found);
    }
}

/// Gives what can be parsed to `taker`; the rest is errors.
pub(crate) fn each(text: &str, range: Span, taker: &mut dyn Taker) -> Vec<SyntaxError> {
    let mut errors = Vec::new();
    let nul = range.text(text).bytes().position(|b| b == 0);
    let without_nul = nul.map(|at| {
        errors.push(SyntaxError::Nul { offset: range.start + at });
        text.replace('\0', " ")
    });
    let text = without_nul.as_deref().unwrap_or(text);
    let mut reading = Reading { text, lines: Lines::new(text), errors };
    let mut from = range.start;
    while from < range.end {
        let rest = Span::new(from, range.end);
        let (pieces, next) = match pieces(text, rest) {
            Ok(pieces) => (pieces, range.end),
            Err(error) => {
                let at = error.offset().clamp(from, range.end);
                reading.errors.push(error);
                let before = self::pieces(text, Span::new(from, at));
                (before.unwrap_or_default(), (end_of_line(text, at) + 1).min(range.end))
            }
        };
        for piece in pieces {
            match piece {
                Piece::Sql(sql) => reading.piece(sql, None, taker),
                Piece::Copy(sql, data) => reading.piece(sql, Some(data), taker),
            }
        }
        from = next;
    }
    reading.errors
}

/// A text on the way through it.
struct Reading<'t> {
    text: &'t str,
    lines: Lines<'t>,
    errors: Vec<SyntaxError>,
}

impl Reading<'_> {
    /// A piece that is all SQL, with the data behind it. One that is long is read in parts, as the parser's tree takes a
    /// hundred times its text; one with a body of statements in it only whole: where such a body ends the grammar knows.
    fn piece(&mut self, sql: Span, data: Option<Span>, taker: &mut dyn Taker) {
        let part = sql.text(self.text);
        let words = || tokens(part).filter(|token| token.kind == TokenKind::Word);
        let is_whole =
            part.len() <= CHUNK || words().any(|it| it.span.text(part).eq_ignore_ascii_case("atomic"));
        let (mut start, mut begins, mut depth) = (sql.start, sql.start, 0_i32);
        for token in tokens(part).take_while(|_| !is_whole) {
            match token.kind {
                TokenKind::OpenParen => depth += 1,
                TokenKind::CloseParen => depth -= 1,
                TokenKind::Semicolon if depth == 0 => {
                    let end = sql.start + token.span.end;
                    if taker.knows(self.text, Span::new(begins, end)) {
                        self.part(Span::new(start, begins), None, taker);
                        taker.take_known(&mut |at| self.lines.of(at));
                        start = end;
                    } else if end - start > CHUNK {
                        self.part(Span::new(start, end), None, taker);
                        start = end;
                    }
                    begins = end;
                }
                _ => {}
            }
        }
        self.part(Span::new(start, sql.end), data, taker);
    }

    /// A part that is parsed at once.
    fn part(&mut self, sql: Span, data: Option<Span>, taker: &mut dyn Taker) {
        if sql.start == sql.end {
            return;
        }
        let mut found = match parsed(self.text, sql, &mut self.lines) {
            Ok(found) => found,
            Err(_) => {
                let mut found = Vec::new();
                one_by_one(self.text, sql, &mut self.lines, &mut found, &mut self.errors);
                found
            }
        };
        end_with(&mut found, data);
        taker.take(self.text, found);
    }
}

/// Bytes after which a text is parsed in parts.
const CHUNK: usize = 256 * 1024;

/// Statements between semicolons, for a text that does not parse as a whole. Where one does not, more are
/// taken to it if it may be a routine with a body of statements.
fn one_by_one(
    text: &str,
    sql: Span,
    lines: &mut Lines<'_>,
    statements: &mut Vec<(Statement, NodeEnum)>,
    errors: &mut Vec<SyntaxError>,
) {
    let part = sql.text(text);
    let mut ends: Vec<usize> =
        tokens(part).filter(|t| t.kind == TokenKind::Semicolon).map(|t| sql.start + t.span.end).collect();
    ends.push(sql.end);
    let mut start = sql.start;
    let mut at = 0;
    while let Some(end) = ends.get(at) {
        let chunk = Span::new(start, *end);
        let mut taken = at;
        match parsed(text, chunk, lines) {
            Ok(found) => statements.extend(found),
            Err(error) => {
                let has_body = tokens(chunk.text(text)).any(|t| {
                    t.kind == TokenKind::Word && t.span.text(chunk.text(text)).eq_ignore_ascii_case("atomic")
                });
                let longer = ends[at + 1..].iter().take(if has_body { 200 } else { 0 }).enumerate();
                let whole = longer
                    .filter_map(|(n, end)| {
                        Some((at + 1 + n, parsed(text, Span::new(start, *end), lines).ok()?))
                    })
                    .next();
                match whole {
                    Some((last, found)) => {
                        statements.extend(found);
                        taken = last;
                    }
                    None => errors.push(error),
                }
            }
        }
        start = ends[taken];
        at = taken + 1;
    }
}

/// Data belongs to the statement before it.
pub(super) fn end_with(statements: &mut [(Statement, NodeEnum)], data: Option<Span>) {
    if let (Some(data), Some((last, _))) = (data, statements.last_mut()) {
        last.copy_data = Some(data);
    }
}

/// The statements of a piece that is all SQL.
pub(super) fn parsed(
    text: &str,
    sql: Span,
    lines: &mut Lines<'_>,
) -> Result<Vec<(Statement, NodeEnum)>, SyntaxError> {
    let trees = parse::parse(text, sql).map_err(SyntaxError::Grammar)?;
    Ok(trees
        .into_iter()
        .filter_map(|raw| {
            let start = sql.start + usize::try_from(raw.stmt_location).unwrap_or(0);
            let end = match usize::try_from(raw.stmt_len).unwrap_or(0) {
                0 => sql.end,
                len => start + len,
            };
            let span = trimmed(text, Span::new(start, end));
            let node = raw.stmt?.node?;
            let traits = Arc::new(traits::of(&node, span.text(text)));
            Some((
                Statement { span, line: lines.of(span.start), origin: sql.start, traits, copy_data: None },
                node,
            ))
        })
        .collect())
}

/// White space as the scanner knows it.
const BLANKS: [char; 6] = [' ', '\t', '\n', '\r', '\x0b', '\x0c'];

/// Without comments and white space at both ends.
pub(super) fn trimmed(text: &str, span: Span) -> Span {
    let mut solid = tokens(span.text(text)).filter(|t| !t.is_blank());
    let Some(first) = solid.next() else { return Span::new(span.end, span.end) };
    // most statements end where their blanks begin, and need not be read to the end for that
    let words = span.text(text).trim_end_matches(BLANKS);
    let last_line = words.rfind('\n').map_or(words, |at| &words[at..]);
    if !words.ends_with("*/") && !last_line.contains("--") {
        return Span::new(span.start + first.span.start, span.start + words.len());
    }
    let last = solid.last().unwrap_or(first);
    Span::new(span.start + first.span.start, span.start + last.span.end)
}

/// Counts lines without starting anew for each statement.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Lines<'a> {
    /// From the beginning of a text.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    /// The line of a place, from 1.
    fn of(&mut self, offset: usize) -> usize {
        if offset < self.at {
            return span::place(self.text, offset).line;
        }
        let between = &self.text.as_bytes()[self.at..offset];
        self.line += between.iter().filter(|b| **b == b'\n').count();
        self.at = offset;
        self.line
    }
}
