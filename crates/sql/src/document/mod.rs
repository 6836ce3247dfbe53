//! A revision file, read: its header, its sections, their blocks and statements.
//!
//! `header` reads what stands above the first section, and nothing else: a run reads thousands of
//! headers and few sections. `section` reads the rest.

mod backfill;
mod error;
mod header;
mod section;

use std::time::Duration;

use crate::span::Span;
use crate::statement::Statement;

pub use backfill::{BackfillOptions, read_bytes};
pub use error::{DocumentError, Problem};
pub use header::read_header;
pub use section::{Trees, read, read_trees};

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// What stands above the first section.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Header {
    /// The id.
    pub revision: Option<Spanned<String>>,
    /// The parents; an empty list for `base`, `None` when the directive is missing.
    pub revises: Option<Vec<Spanned<String>>>,
    /// What must be applied besides the parents.
    pub depends: Vec<Spanned<String>>,
    /// Branch labels.
    pub labels: Vec<Spanned<String>>,
    /// Revisions that it stands for, and that are gone.
    pub replaces: Vec<Spanned<String>>,
    /// Of these, one that stood for others itself, and for which.
    pub replaced_before: Vec<(Spanned<String>, Vec<String>)>,
    /// Name of the rollout and phase.
    pub rollout: Option<Spanned<(String, String)>>,
    /// Who answers for it.
    pub owner: Option<Spanned<String>>,
    /// Gates, as they were written.
    pub requires: Vec<Spanned<String>>,
    /// Why there is no way back.
    pub irreversible: Option<Spanned<String>>,
    /// How long a lock is waited for.
    pub lock_timeout: Option<Spanned<Duration>>,
    /// How long a statement may take.
    pub statement_timeout: Option<Spanned<Duration>>,
    /// When it was written.
    pub created: Option<Spanned<String>>,
    /// Findings that are accepted: rule and reason.
    pub allows: Vec<Spanned<(String, String)>>,
    /// First line of the prose.
    pub message: String,
    /// All of the prose, without the comment signs.
    pub prose: String,
}

/// A whole revision file.
#[derive(Clone, Debug)]
pub struct Document {
    /// What stands above the sections.
    pub header: Header,
    /// The way up.
    pub upgrade: Section,
    /// The way down; missing only in an irreversible revision.
    pub downgrade: Option<Section>,
}

/// One section.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// From after its directive to the next section or the end.
    pub span: Span,
    /// Its parts.
    pub blocks: Vec<Block>,
}

/// A part of a section: what one directive opens.
#[derive(Clone, Debug)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// The directive line, if one opened it.
    pub directive: Option<Span>,
    /// All of it, the directive included.
    pub span: Span,
    /// Its statements.
    pub statements: Vec<Statement>,
    /// Findings that are accepted in it: rule and reason.
    pub allows: Vec<Spanned<(String, String)>>,
}

/// The kinds of block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// Plain statements.
    Sql,
    /// One statement that runs in batches.
    Backfill {
        /// The table, as written.
        table: String,
        /// The columns of the key, as written; none for a walk by `ctid`.
        key: Vec<String>,
        /// How it goes.
        options: BackfillOptions,
    },
    /// A query that must give a result.
    Guard {
        /// What must hold, in words.
        text: String,
        /// The result.
        expect: Expect,
    },
    /// Other code must be deployed.
    Deploy {
        /// Which, in words.
        text: String,
        /// The gate that is evidence of it, as written.
        when: Option<String>,
    },
    /// An external program.
    Run {
        /// The command line.
        command: String,
    },
}

/// What a guard's query must give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// No row.
    NoRows,
    /// At least one row.
    Rows,
    /// One row whose first column is this text.
    Value(String),
}
