//! A text that is looked at: its statements with their trees, what runs together, and what did not parse.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cutover_core::plan;
use cutover_sql::directive::{self, Word};
use cutover_sql::document::{self, BlockKind, DocumentError, Problem, Spanned};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::repeated::parse_long;
use cutover_sql::span::Span;
use cutover_sql::statement::{self, Statement, Transaction};
use cutover_sql::tree::{NodeEnum, TransactionStmtKind};

use crate::lines::Lines;

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
        let lines = Lines::new(&text);
        let is_revision = text.lines().take(60).any(|line| {
            let line = line.trim_start();
            line.starts_with("--@ revision ") || line.starts_with("--@ revises ")
        });
        let kind = if is_revision { Kind::Revision } else { Kind::Plain };
        let mut source = Self {
            name: name.into(),
            text,
            kind,
            lines,
            header: Header::default(),
            items: Vec::new(),
            allows: Vec::new(),
            errors: Vec::new(),
        };
        match kind {
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

    fn read_revision(&mut self) {
        let text = std::mem::take(&mut self.text);
        let mut readable = text.clone();
        match self.read_document(&mut readable) {
            Ok((document, mut trees)) => {
                self.take_header(&document.header);
                self.header.has_upgrade = has_something(&document.upgrade);
                self.header.has_downgrade = document.downgrade.as_ref().is_some_and(has_something);
                let mut transaction = 0;
                self.take_section(&text, &document.upgrade, Section::Upgrade, &mut trees, &mut transaction);
                if let Some(downgrade) = &document.downgrade {
                    self.take_section(&text, downgrade, Section::Downgrade, &mut trees, &mut transaction);
                }
            }
            Err(error) => self.read_broken(&readable, &error),
        }
        self.text = text;
    }

    /// An `--@ allow` without a reason is put aside, so that the rest of the file is read as what it is.
    fn read_document(
        &mut self,
        readable: &mut String,
    ) -> Result<(document::Document, document::Trees), DocumentError> {
        loop {
            let error = match document::read_trees(readable) {
                Err(error) => error,
                read => return read,
            };
            if !matches!(error.problem, Problem::Arguments { word: Word::Allow, .. }) {
                return Err(error);
            }
            let blank = format!("--{}", " ".repeat(error.span.end - error.span.start - 2));
            readable.replace_range(error.span.start..error.span.end, &blank);
            self.unreasoned(error.span);
        }
    }

    fn unreasoned(&mut self, span: Span) {
        self.errors.push(Fault {
            rule: "allow-without-reason",
            span,
            message: "this accepts nothing: --@ allow needs a rule and a reason in double quotes".into(),
            help: "write --@ allow rule-id \"why\"".into(),
        });
    }

    /// A file that is not whole: its header, and the statements that can be read.
    fn read_broken(&mut self, text: &str, error: &DocumentError) {
        if let Ok(header) = document::read_header(text) {
            self.take_header(&header);
        }
        let (statements, errors) = statement::parse_what_can(text, Span::new(0, text.len()));
        if !matches!(error.problem, Problem::Syntax(_)) {
            let (message, help) = (error.problem.to_string(), error.help());
            self.errors.push(Fault { rule: "syntax-error", span: error.span, message, help });
        }
        self.take_errors(text, errors);
        let down = text.find("\n--@ downgrade").unwrap_or(text.len());
        for (statement, tree) in statements {
            let section = if statement.span.start < down { Section::Upgrade } else { Section::Downgrade };
            let transaction = usize::from(section == Section::Downgrade);
            self.items.push(Item {
                statement,
                tree: Arc::new(tree),
                section,
                transaction,
                in_transaction: true,
                in_begin: false,
                backfill: false,
                guard: false,
            });
        }
    }

    fn take_header(&mut self, header: &document::Header) {
        let names = |list: &[Spanned<String>]| list.iter().map(|name| name.value.clone()).collect();
        self.header = Header {
            id: header.revision.as_ref().map(|id| id.value.clone()).unwrap_or_default(),
            id_span: header.revision.as_ref().map(|id| id.span).unwrap_or_default(),
            parents: header.revises.as_deref().map(names).unwrap_or_default(),
            labels: names(&header.labels),
            message: header.message.clone(),
            irreversible: header.irreversible.is_some(),
            has_upgrade: false,
            has_downgrade: false,
            prose: header.prose.clone(),
            lock_timeout: header.lock_timeout.as_ref().map(|time| time.value),
        };
        self.allows.extend(header.allows.iter().map(|allow| Allow {
            rule: allow.value.0.clone(),
            reason: allow.value.1.clone(),
            span: allow.span,
            everywhere: true,
        }));
    }

    fn take_section(
        &mut self,
        text: &str,
        section: &document::Section,
        which: Section,
        trees: &mut HashMap<usize, NodeEnum>,
        transaction: &mut usize,
    ) {
        for block in &section.blocks {
            *transaction += 1;
            let mut gathered: Vec<&Statement> = Vec::new();
            for one in &block.statements {
                let Some(mut tree) = trees.remove(&one.span.start) else { continue };
                shorten(&mut tree, text);
                let outside = matches!(one.traits.transaction, Transaction::Outside(_));
                if outside || plan::uses_new_enum_value(text, gathered.iter().copied(), one) {
                    *transaction += 1;
                    gathered.clear();
                }
                gathered.push(one);
                self.items.push(Item {
                    statement: one.clone(),
                    tree: Arc::new(tree),
                    section: which,
                    transaction: *transaction,
                    in_transaction: !outside,
                    in_begin: false,
                    backfill: matches!(block.kind, BlockKind::Backfill { .. }),
                    guard: matches!(block.kind, BlockKind::Guard { .. }),
                });
                if outside {
                    *transaction += 1;
                    gathered.clear();
                }
            }
            self.allows.extend(block.allows.iter().map(|allow| Allow {
                rule: allow.value.0.clone(),
                reason: allow.value.1.clone(),
                span: allow.span,
                everywhere: false,
            }));
        }
        *transaction += 1;
    }

    fn read_plain(&mut self, in_transaction: bool) {
        let text = std::mem::take(&mut self.text);
        let (statements, errors) =
            parse_long(&text, Span::new(0, text.len()), &mut |tree| shorten(tree, &text));
        self.take_errors(&text, errors);
        self.plain_allows(&text);
        let (mut transaction, mut in_begin) = (0, false);
        for (statement, tree) in statements {
            let mut ends = false;
            if let NodeEnum::TransactionStmt(it) = &*tree {
                match it.kind() {
                    TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                        in_begin = true
                    }
                    TransactionStmtKind::TransStmtCommit
                    | TransactionStmtKind::TransStmtRollback
                    | TransactionStmtKind::TransStmtPrepare => ends = true,
                    _ => {}
                }
            }
            let together = in_begin || in_transaction;
            self.items.push(Item {
                statement,
                tree,
                section: Section::Upgrade,
                transaction,
                in_transaction: together,
                in_begin,
                backfill: false,
                guard: false,
            });
            if ends || !together {
                transaction += 1;
                in_begin &= !ends;
            }
        }
        self.text = text;
    }

    fn take_errors(&mut self, text: &str, errors: Vec<statement::SyntaxError>) {
        for error in errors {
            let offset = error.offset().min(text.len());
            let mut lexer = tokens(text);
            lexer.seek(offset);
            let end = lexer.next().filter(|token| !token.is_blank()).map_or(offset, |token| token.span.end);
            let (span, message, help) = (Span::new(offset, end), error.to_string(), error.help());
            self.errors.push(Fault { rule: "syntax-error", span, message, help });
        }
    }

    /// `--@ allow rule "why"` in a file that is no revision.
    fn plain_allows(&mut self, text: &str) {
        if !text.contains("--@ allow") {
            return;
        }
        for token in tokens(text).filter(|token| token.kind == TokenKind::LineComment) {
            let line = token.span.text(text).trim_end();
            let Some(rest) = line.strip_prefix("--@ allow") else { continue };
            let rest = rest.trim();
            let (rule, why) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let reason = directive::quoted(why.trim()).map(|(text, _)| text).unwrap_or_default();
            let span = Span::new(token.span.start, token.span.start + line.len());
            if reason.trim().is_empty() {
                self.unreasoned(span);
                continue;
            }
            self.allows.push(Allow { rule: rule.to_owned(), reason, span, everywhere: false });
        }
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
}

/// Whether a section does anything.
fn has_something(section: &document::Section) -> bool {
    section.blocks.iter().any(|block| block.kind != BlockKind::Sql || !block.statements.is_empty())
}

/// A text that is mostly rows; its trees would take a hundred times its size.
const LARGE: usize = 4 * 1024 * 1024;

/// Of an INSERT with thousands of rows a few say all that there is to say, and of thousands of INSERTs of constants
/// their table. Says whether it is such a one, and nothing but constants is gone.
fn shorten(tree: &mut NodeEnum, text: &str) -> bool {
    let rows = if text.len() > LARGE { 1 } else { 8 };
    let NodeEnum::InsertStmt(insert) = tree else { return false };
    let plain = insert.on_conflict_clause.is_none()
        && insert.returning_clause.is_none()
        && insert.with_clause.is_none();
    let query = insert.select_stmt.as_mut().and_then(|node| node.node.as_mut());
    let Some(NodeEnum::SelectStmt(select)) = query else { return false };
    if select.values_lists.len() > rows {
        select.values_lists.truncate(rows);
        select.values_lists.shrink_to_fit();
    }
    if text.len() <= LARGE {
        return false;
    }
    let mut is_constant = !select.values_lists.is_empty();
    for list in &mut select.values_lists {
        if let Some(NodeEnum::List(list)) = &mut list.node {
            list.items.retain(|item| !matches!(item.node, Some(NodeEnum::AConst(_))));
            list.items.shrink_to_fit();
            is_constant &= list.items.is_empty();
        }
    }
    insert.cols = Vec::new();
    let only_values = select.with_clause.is_none() && select.sort_clause.is_empty();
    plain && is_constant && only_values && select.limit_count.is_none() && select.limit_offset.is_none()
}
