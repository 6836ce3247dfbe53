//! What a rule reports.

use cutover_sql::span::Span;
use serde::Serialize;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Look before it runs.
    Warning,
    /// It blocks for long, loses data, fails, or breaks running code.
    Error,
}

impl Level {
    /// All of them, from the mildest.
    pub const ALL: [Self; 3] = [Self::Note, Self::Warning, Self::Error];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A change of the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// What goes, in bytes of the file; empty to put something in.
    #[serde(skip)]
    pub span: Span,
    /// What comes.
    pub text: String,
}

/// How a finding is mended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fix {
    /// What is done, in a few words.
    pub title: String,
    /// The edits, which do not overlap.
    pub edits: Vec<Edit>,
    /// Whether the result is the same schema with the same rows, so that `--fix` may apply it.
    pub safe: bool,
}

/// One thing that a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// Which of the sources it is in.
    pub source: usize,
    /// Where in its text.
    pub span: Span,
    /// Why, in one sentence.
    pub message: String,
    /// What to write instead, in words or SQL.
    pub help: Option<String>,
    /// The safe form, where it can be written.
    pub fix: Option<Fix>,
    /// Why it is accepted, if the file says so.
    pub allowed: Option<String>,
}
