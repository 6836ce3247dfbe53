//! One revision file: its header, made into a node of the graph.
//!
//! Only the header is read here. The sections are parsed when they are about to run, because a
//! project has thousands of files and a run touches few of them.

use std::path::{Path, PathBuf};

use cutover_sql::checksum;
use cutover_sql::document::{self, Document, DocumentError, Header};
use cutover_sql::span::Span;

use super::graph::{Node, Reference};
use super::naming::fits;
use super::replaced::Replaces;
use super::target::is_name;
use crate::rollout::gate::{Gate, GateError};
use crate::rollout::order::OrderError;
use crate::rollout::phase::Phase;

/// A revision file with its header read.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Where it came from.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
    /// The directives above the first section.
    pub header: Header,
    /// The rollout that it is a part of.
    pub rollout: Option<Membership>,
    /// What must hold before it may run.
    pub gates: Vec<Gate>,
    /// SHA-256 of the text, in hex.
    pub content_hash: String,
}

/// A revision's place in a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The rollout's name.
    pub name: String,
    /// The phase.
    pub phase: Phase,
}

/// What is wrong with one revision file.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RevisionError {
    /// The text does not follow the file format.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No `--@ revision` line.
    #[error("the file has no revision id")]
    NoId,
    /// No `--@ revises` line.
    #[error("the file does not say what it revises")]
    NoParent,
    /// An id or label with characters that a target could not name.
    #[error("\"{name}\" cannot be a revision id or a branch label")]
    Name {
        /// What was written.
        name: String,
        /// Where.
        span: Span,
    },
    /// The file name does not begin with the id.
    #[error("the file name does not begin with the revision id {id}")]
    FileName {
        /// The id.
        id: String,
        /// Where it stands.
        span: Span,
    },
    /// A phase that rollouts do not have.
    #[error("\"{phase}\" is no phase of a rollout")]
    Phase {
        /// What was written.
        phase: String,
        /// Where.
        span: Span,
    },
    /// A rollout whose revisions stand in an order that loses something.
    #[error("{error}")]
    Order {
        /// What is wrong with it.
        error: OrderError,
        /// The rollout directive.
        span: Span,
    },
    /// A gate that cannot be read.
    #[error("{error}")]
    Gate {
        /// What is wrong with it.
        error: GateError,
        /// Where it stands.
        span: Span,
    },
}

impl RevisionError {
    /// Where in the file, when it is somewhere.
    pub fn span(&self) -> Option<Span> {
        match self {
            Self::Document(error) => Some(error.span),
            Self::NoId | Self::NoParent => None,
            Self::Name { span, .. }
            | Self::FileName { span, .. }
            | Self::Phase { span, .. }
            | Self::Order { span, .. }
            | Self::Gate { span, .. } => Some(*span),
        }
    }

    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::Document(error) => error.help(),
            Self::NoId => {
                "write \"--@ revision ID\" at the top, with the id that the file name begins with".into()
            }
            Self::NoParent => "write \"--@ revises ID\", or \"--@ revises base\" for a first revision".into(),
            Self::Name { .. } => {
                "use letters, digits, _ and . and none of the words head, heads, base, current".into()
            }
            Self::Phase { .. } => {
                format!("the phases are {}", Phase::ALL.map(Phase::as_str).join(", "))
            }
            Self::Order { error, .. } => error.help(),
            Self::Gate { error, .. } => error.help(),
            Self::FileName { id, .. } => format!("name the file {id}_something.sql, or change the id"),
        }
    }
}

impl Revision {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// The text, and [`RevisionError`] for the first thing that is wrong with it.
    pub fn read(path: PathBuf, text: String) -> Result<Self, (String, Box<RevisionError>)> {
        let header = match document::read_header(&text) {
            Ok(header) => header,
            Err(error) => return Err((text, Box::new(error.into()))),
        };
        if let Err(error) = check(&header, &path) {
            return Err((text, Box::new(error)));
        }
        let (rollout, gates) = match (membership(&header), gates(&header)) {
            (Ok(rollout), Ok(gates)) => (rollout, gates),
            (Err(error), _) | (_, Err(error)) => return Err((text, Box::new(error))),
        };
        let content_hash = checksum::content_hash(text.as_bytes());
        Ok(Self { path, text, header, rollout, gates, content_hash })
    }

    /// The id.
    pub fn id(&self) -> &str {
        self.header.revision.as_ref().map_or("", |id| id.value.as_str())
    }

    /// Its place in the graph.
    pub fn node(&self) -> Node {
        let references = |list: &[document::Spanned<String>]| {
            list.iter().map(|r| Reference { id: r.value.clone(), span: r.span }).collect()
        };
        let before = |(id, list): &(document::Spanned<String>, Vec<String>)| {
            (Reference { id: id.value.clone(), span: id.span }, list.clone())
        };
        Node {
            id: self.id().to_owned(),
            message: self.header.message.clone(),
            parents: self.header.revises.as_deref().map(references).unwrap_or_default(),
            depends: references(&self.header.depends),
            labels: self.header.labels.iter().map(|l| l.value.clone()).collect(),
            rollout: self.rollout.as_ref().map(|r| r.name.clone()),
            replaces: Replaces {
                ids: references(&self.header.replaces),
                before: self.header.replaced_before.iter().map(before).collect(),
            },
            file: self.path.clone(),
        }
    }

    /// The whole file, parsed.
    ///
    /// # Errors
    /// The first thing in it that does not follow the file format or PostgreSQL's grammar.
    pub fn document(&self) -> Result<Document, Box<RevisionError>> {
        document::read(&self.text).map_err(|e| Box::new(e.into()))
    }
}

fn membership(header: &Header) -> Result<Option<Membership>, RevisionError> {
    let Some(rollout) = &header.rollout else { return Ok(None) };
    let (name, phase) = rollout.value.clone();
    match Phase::parse(&phase) {
        Some(phase) => Ok(Some(Membership { name, phase })),
        None => Err(RevisionError::Phase { phase, span: rollout.span }),
    }
}

fn gates(header: &Header) -> Result<Vec<Gate>, RevisionError> {
    let gate = |text: &document::Spanned<String>| {
        Gate::parse(&text.value).map_err(|error| RevisionError::Gate { error, span: text.span })
    };
    header.requires.iter().map(gate).collect()
}

fn check(header: &Header, path: &Path) -> Result<(), RevisionError> {
    let id = header.revision.as_ref().ok_or(RevisionError::NoId)?;
    if header.revises.is_none() {
        return Err(RevisionError::NoParent);
    }
    for name in std::iter::once(id).chain(&header.labels).chain(&header.replaces) {
        if !is_name(&name.value) {
            return Err(RevisionError::Name { name: name.value.clone(), span: name.span });
        }
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy()).unwrap_or_default();
    if !fits(&stem, &id.value) {
        return Err(RevisionError::FileName { id: id.value.clone(), span: id.span });
    }
    Ok(())
}
