//! Directives: lines that begin with `--@`.
//!
//! To psql they are comments. This file knows their words and arguments; where each may stand is
//! the business of `document`.

use crate::nearest::nearest;
use crate::span::Span;

/// One directive line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// Which.
    pub word: Word,
    /// The text after the word, trimmed.
    pub args: String,
    /// The whole line, without its end.
    pub span: Span,
    /// Where the arguments stand.
    pub args_span: Span,
}

macro_rules! words {
    ($($(#[$doc:meta])* $variant:ident = $text:literal in $place:ident, $form:literal;)*) => {
        /// The directives.
        #[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
        pub enum Word { $($(#[$doc])* $variant,)* }

        impl Word {
            /// All of them.
            pub const ALL: &'static [Word] = &[$(Word::$variant,)*];

            /// The word as it is written.
            pub fn as_str(self) -> &'static str {
                match self { $(Word::$variant => $text,)* }
            }

            /// Where it may stand.
            pub fn place(self) -> Where {
                match self { $(Word::$variant => Where::$place,)* }
            }

            /// How it is written, with its arguments.
            pub fn form(self) -> &'static str {
                match self { $(Word::$variant => $form,)* }
            }
        }
    };
}

/// Where a directive may stand.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// Above the first section.
    Header,
    /// It opens a section.
    Section,
    /// Inside a section.
    Inside,
    /// Above or inside.
    Anywhere,
}

words! {
    /// The id.
    Revision = "revision" in Header, "--@ revision ID";
    /// The parents.
    Revises = "revises" in Header, "--@ revises ID[, ID] or --@ revises base";
    /// What must be applied besides the parents.
    Depends = "depends" in Header, "--@ depends ID[, ID]";
    /// Branch labels.
    Branch = "branch" in Header, "--@ branch LABEL";
    /// Revisions that it stands for, and that are gone.
    Replaces = "replaces" in Header, "--@ replaces ID[, ID] or --@ replaces ID = ID[, ID]";
    /// The rollout and its phase.
    Rollout = "rollout" in Header, "--@ rollout NAME / PHASE";
    /// Who answers for it.
    Owner = "owner" in Header, "--@ owner NAME";
    /// A gate.
    Requires = "requires" in Header, "--@ requires GATE";
    /// That there is no way back, and why.
    Irreversible = "irreversible" in Header, "--@ irreversible \"why\"";
    /// How long a lock is waited for.
    LockTimeout = "lock_timeout" in Header, "--@ lock_timeout 500ms";
    /// How long a statement may take.
    StatementTimeout = "statement_timeout" in Header, "--@ statement_timeout 5m";
    /// When it was written.
    Created = "created" in Header, "--@ created 2025-11-20T10:15:00Z";
    /// A finding that is accepted, and why.
    Allow = "allow" in Anywhere, "--@ allow RULE \"why\"";
    /// The way up.
    Upgrade = "upgrade" in Section, "--@ upgrade";
    /// The way down.
    Downgrade = "downgrade" in Section, "--@ downgrade";
    /// Plain statements.
    Sql = "sql" in Inside, "--@ sql";
    /// A statement that runs in batches.
    Backfill = "backfill" in Inside, "--@ backfill TABLE by KEY[, KEY] [with batch = 1000, time = 250ms, workers = 2, wal = 64MB, vacuum]";
    /// A query that must give a result.
    Guard = "guard" in Inside, "--@ guard \"TEXT\" expect no rows (or: rows, or a value)";
    /// Other code must be deployed.
    Deploy = "deploy" in Inside, "--@ deploy \"TEXT\" [when GATE]";
    /// An external program.
    Run = "run" in Inside, "--@ run COMMAND";
}

impl Word {
    /// The directive of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.as_str() == text)
    }

    /// The directive whose name looks most like `text`.
    pub fn nearest(text: &str) -> Option<Self> {
        nearest(text, Self::ALL.iter().map(|w| w.as_str())).and_then(Self::parse)
    }
}

/// Takes a directive line apart into its word and its arguments; `None` for any other line.
pub fn split_line(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("--@")?.trim();
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Some((&rest[..end], rest[end..].trim_start()))
}

/// Takes a text in double quotes off the beginning of the arguments; `\"` is a quote inside.
/// Gives the text and what follows it.
pub fn quoted(args: &str) -> Option<(String, &str)> {
    let inner = args.strip_prefix('"')?;
    let mut text = String::new();
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((text, inner[at + 1..].trim_start())),
            '\\' => text.push(chars.next().map_or('\\', |(_, escaped)| escaped)),
            c => text.push(c),
        }
    }
    None
}

/// Puts a text in double quotes so that [`quoted`] reads it back.
pub fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Splits a list at its commas; empty items are kept, so that they can be refused.
pub fn list(args: &str) -> impl Iterator<Item = &str> {
    args.split(',').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_comes_back() {
        let text = "say \"hi\" \\ now";
        assert_eq!(quoted(&format!("{} expect rows", quote(text))), Some((text.into(), "expect rows")));
        assert_eq!(quoted("\"open"), None);
    }

    #[test]
    fn a_typing_error_is_recognised() {
        assert_eq!(Word::nearest("revison"), Some(Word::Revision));
        assert_eq!(split_line("--@ guard \"x\" expect rows"), Some(("guard", "\"x\" expect rows")));
        assert_eq!(split_line("-- @ guard"), None);
    }
}
