//! Statements: where each begins and ends in a file, and what kind of thing it is.
//!
//! PostgreSQL's grammar splits them. Around it, two things that psql understands and the grammar
//! does not are taken care of: the data of `COPY ... FROM stdin`, and meta-commands, which are
//! refused by name.

use std::sync::Arc;

use crate::lex::{TokenKind, tokens};
use crate::parse::{self, GrammarError};
use crate::span::{self, Span};
use crate::traits;
pub use crate::traits::{EnumValue, Name, Outside, SessionChange, Traits, Transaction};
use crate::tree::NodeEnum;

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

/// Text that is not a list of statements.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// The grammar refuses it.
    #[error("{}", .0.message)]
    Grammar(GrammarError),
    /// A command of psql.
    #[error("{command} is a command of psql, not SQL")]
    MetaCommand {
        /// The command with its backslash.
        command: String,
        /// Where.
        offset: usize,
    },
    /// COPY data without its last line.
    #[error("the data of this COPY does not end in a line with \\.")]
    UnterminatedCopy {
        /// Where the data begins.
        offset: usize,
    },
    /// Something behind a COPY on its line, where nobody would look for it.
    #[error("something follows COPY ... FROM stdin on its line")]
    AfterCopy {
        /// Where.
        offset: usize,
    },
    /// A NUL byte.
    #[error("the text has a NUL byte")]
    Nul {
        /// Where.
        offset: usize,
    },
}

impl SyntaxError {
    /// Byte offset in the whole text.
    pub fn offset(&self) -> usize {
        match self {
            Self::Grammar(error) => error.offset,
            Self::MetaCommand { offset, .. }
            | Self::UnterminatedCopy { offset }
            | Self::AfterCopy { offset }
            | Self::Nul { offset } => *offset,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Grammar(_) => "correct the statement".into(),
            Self::MetaCommand { command, .. } => match command.as_str() {
                "\\connect" | "\\c" => {
                    "remove it: the database is chosen by the configuration or --url".into()
                }
                "\\i" | "\\ir" | "\\include" => "put the statements of that file here".into(),
                "\\copy" => {
                    "write COPY ... FROM stdin with the data below it and a line with \\. at the end".into()
                }
                _ => "remove it, or run it in psql before or after the upgrade".into(),
            },
            Self::UnterminatedCopy { .. } => "end the data with a line that has only \\.".into(),
            Self::AfterCopy { .. } => "put it on a line of its own, after the data".into(),
            Self::Nul { .. } => "remove the byte; PostgreSQL cannot store it in text either".into(),
        }
    }
}

/// A stretch of text between two things that are not SQL.
enum Piece {
    /// Statements.
    Sql(Span),
    /// Statements whose last one is a `COPY ... FROM stdin` with this data.
    Copy(Span, Span),
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
    let mut lines = Lines { text, at: 0, line: 1 };
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
    let mut reading = Reading { text, lines: Lines { text, at: 0, line: 1 }, errors };
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

fn end_with(statements: &mut [(Statement, NodeEnum)], data: Option<Span>) {
    if let (Some(data), Some((last, _))) = (data, statements.last_mut()) {
        last.copy_data = Some(data);
    }
}

/// The statements of a piece that is all SQL.
fn parsed(text: &str, sql: Span, lines: &mut Lines<'_>) -> Result<Vec<(Statement, NodeEnum)>, SyntaxError> {
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
fn trimmed(text: &str, span: Span) -> Span {
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
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
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

/// Finds what is not SQL: COPY data, psql's commands.
fn pieces(text: &str, range: Span) -> Result<Vec<Piece>, SyntaxError> {
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

pub(crate) struct CopyData {
    pub(crate) lines: Span,
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
fn end_of_line(text: &str, at: usize) -> usize {
    text.as_bytes()[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n)
}
