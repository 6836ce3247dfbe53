//! From a section of a revision file to its steps.
//!
//! A step is the smallest thing that either happened or did not. Statements gather in one
//! transaction until something cannot be in it.

use std::borrow::Cow;

use cutover_sql::checksum;
use cutover_sql::document::{BackfillOptions, BlockKind, Document, Expect, Section};
use cutover_sql::span::Span;
use cutover_sql::statement::{Outside, SessionChange, Statement, Transaction};

use super::Direction;
use super::backfill::{self, Refusal};
use crate::rollout::gate::{Gate, GateError};

/// One step of one revision.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place among the steps of the section, from 1.
    pub ordinal: u32,
    /// What it is.
    pub kind: StepKind,
    /// Its statements, in order; positions count from the start of the file.
    pub statements: Vec<Statement>,
    /// The part of the file that it covers.
    pub span: Span,
    /// Normal-form checksum of that part.
    pub checksum: String,
}

/// The kinds of step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// Statements that happen together or not at all.
    Transaction,
    /// One statement that PostgreSQL refuses inside a transaction.
    Alone(Outside),
    /// A query whose result is checked.
    Guard {
        /// What must hold, in words.
        text: String,
        /// The result that it must have.
        expect: Expect,
    },
    /// One statement that runs in batches.
    Backfill {
        /// The table, as written.
        table: String,
        /// The columns of the key, as written; none for a walk by `ctid`.
        key: Vec<String>,
        /// How it goes.
        options: BackfillOptions,
    },
    /// A wait until other code is deployed.
    Deploy {
        /// Which, in words.
        text: String,
        /// The gate that is evidence of it.
        when: Option<Gate>,
    },
    /// An external program.
    Run {
        /// The command line, for `sh -c`.
        command: String,
    },
}

impl StepKind {
    /// The word for it in the ledger and in output.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Transaction => "transaction",
            Self::Alone(_) => "alone",
            Self::Guard { .. } => "guard",
            Self::Backfill { .. } => "backfill",
            Self::Deploy { .. } => "deploy",
            Self::Run { .. } => "run",
        }
    }
}

impl Step {
    /// Whether a statement of the step leaves a setting of the session changed after it.
    pub fn changes_session(&self) -> bool {
        let changes = |it: &Statement| match it.traits.session {
            SessionChange::Sets | SessionChange::ResetsAll => true,
            SessionChange::None | SessionChange::ActsAs => false,
        };
        self.statements.iter().any(changes)
    }

    /// Whether another role than the session's own may act at the end of the step.
    pub fn acts_as(&self) -> bool {
        self.statements.iter().any(|s| s.traits.session != SessionChange::None)
    }
}

/// Why a section cannot become steps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// `BEGIN`, `COMMIT` and their like in a file.
    #[error("{verb} cannot stand in a revision")]
    TransactionControl {
        /// The verb as written.
        verb: String,
        /// The statement.
        span: Span,
    },
    /// `RESET ALL`, `DISCARD ALL`.
    #[error("{tag} would undo the settings that Cutover runs under")]
    ResetsAll {
        /// What it is.
        tag: String,
        /// The statement.
        span: Span,
    },
    /// The gate of a deploy that cannot be read.
    #[error("{error}")]
    Gate {
        /// What is wrong with it.
        error: GateError,
        /// The directive.
        span: Span,
    },
    /// A statement that cannot run in batches.
    #[error("{refusal}")]
    Backfill {
        /// Why not.
        refusal: Refusal,
        /// The part of the file that is to blame.
        span: Span,
    },
}

impl PlanError {
    /// Where in the file.
    pub fn span(&self) -> Span {
        match self {
            Self::TransactionControl { span, .. }
            | Self::ResetsAll { span, .. }
            | Self::Gate { span, .. }
            | Self::Backfill { span, .. } => *span,
        }
    }

    /// What to do instead.
    pub fn help(&self) -> Cow<'static, str> {
        match self {
            Self::TransactionControl { .. } => {
                "every step already runs in a transaction of its own; to commit between two \
                 statements, write a line \"--@ sql\" between them"
                    .into()
            }
            Self::ResetsAll { .. } => "name the setting: RESET name, or use SET LOCAL".into(),
            Self::Gate { error, .. } => error.help().into(),
            Self::Backfill { refusal, .. } => refusal.kind.help().into(),
        }
    }
}

/// The steps of a section; one empty transaction when it has no statements, so that the revision
/// itself is still recorded in one piece.
///
/// `text` is the file that `document` was read from.
///
/// # Errors
/// [`PlanError`] for the first statement that cannot be part of a plan.
pub fn steps(text: &str, document: &Document, direction: Direction) -> Result<Vec<Step>, PlanError> {
    let section = match direction {
        Direction::Upgrade => Some(&document.upgrade),
        Direction::Downgrade => document.downgrade.as_ref(),
    };
    let mut builder = Builder { text, steps: Vec::new(), gathered: Vec::new(), adding: Vec::new() };
    for block in section.into_iter().flat_map(|s: &Section| &s.blocks) {
        match &block.kind {
            BlockKind::Sql => {
                for statement in &block.statements {
                    builder.statement(statement)?;
                }
                builder.flush();
            }
            BlockKind::Guard { text, expect } => {
                let kind = StepKind::Guard { text: text.clone(), expect: expect.clone() };
                builder.push(kind, block.statements.clone(), block.span);
            }
            BlockKind::Run { command } => {
                builder.push(StepKind::Run { command: command.clone() }, Vec::new(), block.span);
            }
            BlockKind::Backfill { table, key, options } => {
                if let Some(statement) = block.statements.first() {
                    let read = backfill::read(statement.span.text(text), table, &backfill::names(key));
                    read.map_err(|refusal| {
                        let span = refusal.span.shift(statement.span.start);
                        PlanError::Backfill { refusal, span }
                    })?;
                }
                let kind =
                    StepKind::Backfill { table: table.clone(), key: key.clone(), options: options.clone() };
                builder.push(kind, block.statements.clone(), block.span);
            }
            BlockKind::Deploy { text, when } => {
                let when = when.as_deref().map(Gate::parse).transpose();
                let when = when.map_err(|error| PlanError::Gate { error, span: block.span })?;
                builder.push(StepKind::Deploy { text: text.clone(), when }, Vec::new(), block.span);
            }
        }
    }
    if builder.steps.is_empty() {
        let at = section.map_or(Span { start: 0, end: 0 }, |s| s.span);
        builder.push(StepKind::Transaction, Vec::new(), Span { start: at.end, end: at.end });
    }
    Ok(builder.steps)
}

/// The statements of a section, and whether a step begins with each: what a session sets ends with its step. Unlike
/// [`steps`] it takes whatever parses.
pub fn beginnings<'s>(text: &str, section: &'s Section) -> Vec<(&'s Statement, bool)> {
    let mut found = Vec::new();
    for block in &section.blocks {
        // only those that add a value are asked for it: a dump has many others
        let (mut is_first, mut adding) = (true, Vec::<&Statement>::new());
        for statement in &block.statements {
            let is_outside = matches!(statement.traits.transaction, Transaction::Outside(_));
            if is_outside || uses_new_enum_value(text, adding.iter().copied(), statement) {
                is_first = true;
                adding.clear();
            }
            found.push((statement, is_first));
            is_first = is_outside;
            if !is_outside && statement.traits.adds_enum_value.is_some() {
                adding.push(statement);
            }
        }
    }
    found
}

struct Builder<'a> {
    text: &'a str,
    steps: Vec<Step>,
    gathered: Vec<Statement>,
    /// Those of them that add a value to an enum.
    adding: Vec<Statement>,
}

impl Builder<'_> {
    fn statement(&mut self, statement: &Statement) -> Result<(), PlanError> {
        let traits = &statement.traits;
        if traits.session == SessionChange::ResetsAll {
            return Err(PlanError::ResetsAll { tag: statement.title(), span: statement.span });
        }
        match &traits.transaction {
            Transaction::Control(verb) => {
                Err(PlanError::TransactionControl { verb: verb.clone(), span: statement.span })
            }
            Transaction::Outside(outside) => {
                self.flush();
                self.push(StepKind::Alone(outside.clone()), vec![statement.clone()], statement.span);
                Ok(())
            }
            Transaction::Inside => {
                if uses_new_enum_value(self.text, &self.adding, statement) {
                    self.flush();
                }
                if statement.traits.adds_enum_value.is_some() {
                    self.adding.push(statement.clone());
                }
                self.gathered.push(statement.clone());
                Ok(())
            }
        }
    }

    fn flush(&mut self) {
        self.adding.clear();
        if let (Some(first), Some(last)) = (self.gathered.first(), self.gathered.last()) {
            let end = last.copy_data.map_or(last.span.end, |data| data.end);
            let span = Span { start: first.span.start, end };
            let statements = std::mem::take(&mut self.gathered);
            self.push(StepKind::Transaction, statements, span);
        }
    }

    fn push(&mut self, kind: StepKind, statements: Vec<Statement>, span: Span) {
        self.steps.push(Step {
            ordinal: self.steps.len() as u32 + 1,
            kind,
            statements,
            span,
            checksum: checksum::normal_range(self.text, span),
        });
    }
}

/// Whether a statement must wait for those before it in its transaction to be committed.
///
/// A value added by `ALTER TYPE ... ADD VALUE` cannot be used before the transaction that added it has committed
/// (<https://www.postgresql.org/docs/current/sql-altertype.html>; up to 16 not even when the type was made in the same
/// transaction). Whether a statement uses it is answered on the safe side: when its text contains the label at all.
pub fn uses_new_enum_value<'s>(
    text: &str,
    before: impl IntoIterator<Item = &'s Statement>,
    statement: &Statement,
) -> bool {
    let text = statement.span.text(text);
    before
        .into_iter()
        .filter_map(|s| s.traits.adds_enum_value.as_ref())
        .any(|added| text.contains(added.label.as_str()))
}
