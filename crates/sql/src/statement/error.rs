//! What makes a text no list of statements, where, and what to do about it.

use crate::parse::GrammarError;

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
