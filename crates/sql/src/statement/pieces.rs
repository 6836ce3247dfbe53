//! The parts of a text that psql understands and the grammar does not: the data of `COPY ... FROM stdin`, meta-commands.

use super::SyntaxError;
use super::reading::trimmed;
use crate::lex::{TokenKind, tokens};
use crate::span::Span;

/// A stretch of text between two things that are not SQL.
pub(super) enum Piece {
    /// Statements.
    Sql(Span),
    /// Statements whose last one is a `COPY ... FROM stdin` with this data.
    Copy(Span, Span),
}

/// Finds what is not SQL: COPY data, psql's commands.
pub(super) fn pieces(text: &str, range: Span) -> Result<Vec<Piece>, SyntaxError> {
    let within = &text[..range.end];
    if !may_be_psql(range.text(text)) {
        return Ok(vec![Piece::Sql(range)]);
    }
    let mut lexer = tokens(within);
    lexer.seek(range.start);
    let mut pieces = Vec::new();
    let mut start = range.start;
    let mut head = Head::default();
    while let Some(token) = lexer.next() {
        let word = token.span.text(text);
        match token.kind {
            TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment => {}
            TokenKind::Other if word == "\\" && head.is_fresh() => {
                let line = Span::new(token.span.start, end_of_line(within, token.span.start));
                meta_command(text, line)?;
                pieces.push(Piece::Sql(Span::new(start, token.span.start)));
                lexer.seek(line.end);
                start = line.end;
            }
            TokenKind::Semicolon if head.is_copy_from_stdin() => {
                let data = copy_data(within, token.span.end)?;
                pieces.push(Piece::Copy(Span::new(start, token.span.start), data.lines));
                lexer.seek(data.after);
                start = data.after;
                head = Head::default();
            }
            TokenKind::Semicolon => head.semicolon(),
            _ => head.word(token.kind, word),
        }
    }
    if head.is_copy_from_stdin() {
        return Err(SyntaxError::UnterminatedCopy { offset: trimmed(text, Span::new(start, range.end)).end });
    }
    pieces.push(Piece::Sql(Span::new(start, range.end)));
    Ok(pieces)
}

/// Whether there is anything in a text that only psql understands can begin with: a look at its bytes, which is all
/// that most texts need.
fn may_be_psql(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_stdin = |at: usize| bytes.get(at..at + 5).is_some_and(|word| word.eq_ignore_ascii_case(b"stdin"));
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'\\' => true,
        b's' | b'S' => is_stdin(at),
        _ => false,
    })
}

/// What the beginning of the current statement says, as far as it matters here.
#[derive(Default)]
pub(crate) struct Head {
    words: usize,
    depth: i32,
    copy: bool,
    from: bool,
    stdin: bool,
}

impl Head {
    fn is_fresh(&self) -> bool {
        self.words == 0
    }

    pub(crate) fn is_copy_from_stdin(&self) -> bool {
        self.copy && self.stdin && self.depth == 0
    }

    /// A semicolon between parentheses (a rule) or in BEGIN ATOMIC does not end a statement, but
    /// what follows it there can be no COPY either, so it is safe to begin anew.
    pub(crate) fn semicolon(&mut self) {
        *self = Self { depth: self.depth, ..Self::default() };
    }

    pub(crate) fn word(&mut self, kind: TokenKind, word: &str) {
        match kind {
            TokenKind::OpenParen => self.depth += 1,
            TokenKind::CloseParen => self.depth -= 1,
            TokenKind::Word if self.words == 0 => self.copy = word.eq_ignore_ascii_case("copy"),
            TokenKind::Word if self.depth == 0 => {
                self.stdin |= self.from && word.eq_ignore_ascii_case("stdin");
                self.from = word.eq_ignore_ascii_case("from");
            }
            _ => self.from = false,
        }
        self.words += 1;
    }
}

/// pg_dump frames its output with `\restrict` and `\unrestrict`, which only psql needs.
fn meta_command(text: &str, line: Span) -> Result<(), SyntaxError> {
    let command = line.text(text).split_whitespace().next().unwrap_or("\\");
    if matches!(command, "\\restrict" | "\\unrestrict") {
        return Ok(());
    }
    Err(SyntaxError::MetaCommand { command: command.to_owned(), offset: line.start })
}

/// The data of a COPY.
pub(crate) struct CopyData {
    /// Its lines.
    pub(crate) lines: Span,
    /// Where the text goes on.
    pub(crate) after: usize,
}

/// The data begins on the line after the semicolon and ends before the line `\.`.
pub(crate) fn copy_data(text: &str, semicolon: usize) -> Result<CopyData, SyntaxError> {
    let unterminated = SyntaxError::UnterminatedCopy { offset: semicolon };
    let first = end_of_line(text, semicolon);
    let behind = &text[semicolon..first];
    if let Some(token) = tokens(behind).find(|token| !token.is_blank()) {
        return Err(SyntaxError::AfterCopy { offset: semicolon + token.span.start });
    }
    let start = (first + 1).min(text.len());
    let mut at = start;
    while at < text.len() {
        let end = end_of_line(text, at);
        if text[at..end].trim_end_matches('\r') == "\\." {
            return Ok(CopyData { lines: Span::new(start, at), after: end });
        }
        at = end + 1;
    }
    Err(unterminated)
}

/// The offset of the line end after `at`, or of the end of the text.
pub(super) fn end_of_line(text: &str, at: usize) -> usize {
    text.as_bytes()[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n)
}
