//! A text that is looked at: its statements with their trees, what runs together, and what did not parse.
//!
//! Knows no rules and no schema.

pub mod begins;
pub mod lines;
mod plain;
mod revision;
mod shorten;

use std::sync::Arc;
use std::time::Duration;

use cutover_sql::document;
use cutover_sql::lex::tokens;
use cutover_sql::span::Span;
use cutover_sql::statement::{Statement, SyntaxError};
use cutover_sql::tree::NodeEnum;

use lines::Lines;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A revision file.
    Revision,
    /// SQL that something else runs.
    Plain,
}

/// Which part of a revision a statement is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// What goes up, or all of a plain file.
    Upgrade,
    /// What goes down.
    Downgrade,
}

/// One statement.
#[derive(Debug)]
pub struct Item {
    /// Where it is and what it is called.
    pub statement: Statement,
    /// Its tree.
    pub tree: Arc<NodeEnum>,
    /// Which part it is in.
    pub section: Section,
    /// What runs together has one number; a statement on its own has one for itself.
    pub transaction: usize,
    /// Whether it runs in a transaction with others, or could.
    pub in_transaction: bool,
    /// Whether it stands between `BEGIN` and `COMMIT` that somebody wrote.
    pub in_begin: bool,
    /// The table and the key of a backfill, whose statement runs in batches.
    pub backfill: bool,
    /// Whether it is the query of a guard.
    pub guard: bool,
}

/// What a revision file says of itself.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The id.
    pub id: String,
    /// Where the id stands.
    pub id_span: Span,
    /// The parents.
    pub parents: Vec<String>,
    /// Branch labels.
    pub labels: Vec<String>,
    /// What it is about.
    pub message: String,
    /// Why there is no way back.
    pub irreversible: bool,
    /// Whether there is something in the upgrade section.
    pub has_upgrade: bool,
    /// Whether there is a downgrade section with something in it.
    pub has_downgrade: bool,
    /// All of the prose.
    pub prose: String,
    /// How long its statements wait for a lock, if it says so.
    pub lock_timeout: Option<Duration>,
}

/// A finding that the file accepts.
#[derive(Clone, Debug)]
pub struct Allow {
    /// The rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it holds for the whole file.
    pub everywhere: bool,
}

/// A text.
#[derive(Debug)]
pub struct Source {
    /// What it is called: the path as it was given.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Its lines.
    pub lines: Lines,
    /// What it says of itself, if it is a revision.
    pub header: Header,
    /// Its statements.
    pub items: Vec<Item>,
    /// What it accepts.
    pub allows: Vec<Allow>,
    /// What could not be read.
    pub errors: Vec<Fault>,
}

/// A part of a text that cannot be read.
#[derive(Clone, Debug)]
pub struct Fault {
    /// The rule that reports it.
    pub rule: &'static str,
    /// Where it is.
    pub span: Span,
    /// PostgreSQL's words, or ours.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl Source {
    /// Reads a text. A file with a line `--@ revision` is a revision.
    pub fn read(name: impl Into<String>, text: String, in_transaction: bool) -> Self {
        let is_revision = text.lines().take(60).any(|line| {
            let line = line.trim_start();
            line.starts_with("--@ revision ") || line.starts_with("--@ revises ")
        });
        let mut source = Self::empty(name, if is_revision { Kind::Revision } else { Kind::Plain });
        source.lines = Lines::new(&text);
        source.text = text;
        match source.kind {
            Kind::Revision => source.read_revision(),
            Kind::Plain => source.read_plain(in_transaction),
        }
        source
    }

    /// Only what a revision says of itself, without its statements.
    pub fn read_header(name: impl Into<String>, text: String) -> Self {
        let mut source = Self::empty(name, Kind::Revision);
        if let Ok(header) = document::read_header(&text) {
            source.take_header(&header);
        }
        source.lines = Lines::new(&text);
        source.text = text;
        source
    }

    /// The statements that run together with one, itself included, in order.
    pub fn transaction_of(&self, item: &Item) -> &[Item] {
        // the numbers of transactions only grow
        let start = self.items.partition_point(|other| other.transaction < item.transaction);
        let end = self.items.partition_point(|other| other.transaction <= item.transaction);
        &self.items[start..end]
    }

    /// Whether all of it could be read.
    pub fn is_whole(&self) -> bool {
        self.errors.iter().all(|fault| fault.rule != "syntax-error")
    }

    /// The file's name without folder and ending.
    pub fn stem(&self) -> &str {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name);
        name.strip_suffix(".sql").unwrap_or(name)
    }

    /// The text of a statement.
    pub fn statement_text(&self, item: &Item) -> &str {
        item.statement.span.text(&self.text)
    }

    fn empty(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            text: String::new(),
            kind,
            lines: Lines::new(""),
            header: Header::default(),
            items: Vec::new(),
            allows: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// An `--@ allow` that does not say why.
    fn unreasoned(&mut self, span: Span) {
        self.errors.push(Fault {
            rule: "allow-without-reason",
            span,
            message: "this accepts nothing: --@ allow needs a rule and a reason in double quotes".into(),
            help: "write --@ allow rule-id \"why\"".into(),
        });
    }

    /// What the grammar refuses, at the word that it stops at.
    fn take_errors(&mut self, text: &str, errors: Vec<SyntaxError>) {
        for error in errors {
            let offset = error.offset().min(text.len());
            let mut lexer = tokens(text);
            lexer.seek(offset);
            let end = lexer.next().filter(|token| !token.is_blank()).map_or(offset, |token| token.span.end);
            let (span, message, help) = (Span::new(offset, end), error.to_string(), error.help());
            self.errors.push(Fault { rule: "syntax-error", span, message, help });
        }
    }
}
