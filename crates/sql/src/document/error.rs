//! What can be wrong with a revision file, and what to write instead.

use crate::directive::{Where, Word};
use crate::span::Span;
use crate::statement::SyntaxError;

/// The first thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct DocumentError {
    /// What.
    pub problem: Problem,
    /// Where.
    pub span: Span,
}

/// What can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such directive.
    #[error("there is no directive \"{0}\"")]
    Unknown(String),
    /// A directive in the wrong place.
    #[error("\"--@ {}\" cannot stand here", .0.as_str())]
    Misplaced(Word),
    /// A directive that was there before.
    #[error("\"--@ {}\" stands here for the second time", .0.as_str())]
    Twice(Word),
    /// Arguments that make no sense.
    #[error("\"--@ {}\" {what}", word.as_str())]
    Arguments {
        /// The directive.
        word: Word,
        /// What is wrong with them.
        what: &'static str,
    },
    /// SQL above the first section.
    #[error("this SQL stands above the first section")]
    SqlInHeader,
    /// No upgrade section.
    #[error("the file has no section \"--@ upgrade\"")]
    NoUpgrade,
    /// No downgrade section.
    #[error("the file has no section \"--@ downgrade\"")]
    NoDowngrade,
    /// Something that is not a statement.
    #[error("{0}")]
    Syntax(SyntaxError),
    /// A block with the wrong statements.
    #[error("\"--@ {}\" needs {needs}, and has {has}", word.as_str())]
    Statements {
        /// The directive.
        word: Word,
        /// What it needs.
        needs: &'static str,
        /// What it has.
        has: String,
    },
    /// A comment or string without its end.
    #[error("this {0} does not end")]
    Unterminated(&'static str),
}

impl DocumentError {
    /// What to write instead.
    pub fn help(&self) -> String {
        match &self.problem {
            Problem::Unknown(name) => match Word::nearest(name) {
                Some(word) => format!("did you mean \"{}\"?", word.form()),
                None => {
                    let all: Vec<_> = Word::ALL.iter().map(|w| w.as_str()).collect();
                    format!("the directives are {}", all.join(", "))
                }
            },
            Problem::Misplaced(word) => match word.place() {
                Where::Header => "put it above the first section".into(),
                Where::Section => "write each section once".into(),
                Where::Inside => "put it below \"--@ upgrade\" or \"--@ downgrade\"".into(),
                Where::Anywhere => "remove it".into(),
            },
            Problem::Twice(word) if word.place() == Where::Section => {
                "put all its statements under the first one".into()
            }
            Problem::Twice(_) => "keep one of the two".into(),
            Problem::Arguments { word, .. } => format!("write {}", word.form()),
            Problem::SqlInHeader => "write a line \"--@ upgrade\" above it".into(),
            Problem::NoUpgrade => "write a line \"--@ upgrade\" and the statements below it".into(),
            Problem::NoDowngrade => {
                "write \"--@ downgrade\" and the statements that undo the upgrade, or \"--@ irreversible \\\"why\\\"\" in the header".replace("\\\"", "\"")
            }
            Problem::Syntax(error) => error.help(),
            Problem::Statements { word, .. } => match word {
                Word::Guard | Word::Backfill => {
                    "write the one statement below it, and open what follows with \"--@ sql\"".into()
                }
                _ => "open the statements with \"--@ sql\"".into(),
            },
            Problem::Unterminated(what) => format!("close the {what}"),
        }
    }
}
