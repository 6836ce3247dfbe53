//! Reads a revision file: its header, and its sections with what runs together.

use std::collections::HashMap;
use std::sync::Arc;

use cutover_core::plan;
use cutover_sql::directive::Word;
use cutover_sql::document::{self, BlockKind, DocumentError, Problem, Spanned};
use cutover_sql::span::Span;
use cutover_sql::statement::{self, Statement, Transaction};
use cutover_sql::tree::NodeEnum;

use super::shorten::shorten;
use super::{Allow, Fault, Header, Item, Section, Source};

impl Source {
    /// Takes in the text as a revision; what is wrong with it becomes faults.
    pub(super) fn read_revision(&mut self) {
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

    pub(super) fn take_header(&mut self, header: &document::Header) {
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
        self.take_allows(&header.allows, true);
    }

    fn take_allows(&mut self, allows: &[Spanned<(String, String)>], everywhere: bool) {
        self.allows.extend(allows.iter().map(|allow| {
            let (rule, reason) = allow.value.clone();
            Allow { rule, reason, span: allow.span, everywhere }
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
            self.take_allows(&block.allows, false);
        }
        *transaction += 1;
    }
}

/// Whether a section does anything.
fn has_something(section: &document::Section) -> bool {
    section.blocks.iter().any(|block| block.kind != BlockKind::Sql || !block.statements.is_empty())
}
