//! Whether the text of a query uses a table, a column or a function: evidence that is found in `pg_stat_statements`.
//!
//! Where a text leaves it open, it counts as a use: an answer of "no" has to be right, a "yes" may be one too many.
//! Knows no database: what the catalog adds (views, triggers, functions) comes in with the [`Watch`].

mod scope;
mod walk;

use std::collections::BTreeSet;

use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::parse::parse;
use cutover_sql::span::Span;

/// Namespace and name.
pub type Name = (String, String);

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A table, view or any other relation.
    Relation,
    /// A column, by its name, with its place among the table's columns from 0.
    Column {
        /// Its name.
        name: String,
        /// How many columns stand before it.
        place: usize,
    },
    /// A function or procedure, whatever its arguments.
    Function,
}

/// What is looked for, with what the catalog knows of its surroundings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// The relation (also of a column), or the function.
    pub object: Name,
    /// What of it.
    pub wanted: Wanted,
    /// Relations that reach it when they are read: views on it, the parents of a partition.
    pub carriers: BTreeSet<Name>,
    /// Tables whose triggers reach it when they are written.
    pub triggers: BTreeSet<Name>,
    /// Functions whose body names it, or one of the carriers, or another such function.
    pub functions: BTreeSet<Name>,
    /// Relations that have a column of the same name; an unqualified name may be theirs.
    pub same_column: BTreeSet<Name>,
}

/// How a text uses it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Reads it, calls it, or may.
    pub read: bool,
    /// Writes it, or may.
    pub write: bool,
    /// The text could not be followed, and its words name it.
    pub by_word: bool,
}

impl Touch {
    /// Whether it uses it at all.
    pub fn any(self) -> bool {
        self.read || self.write || self.by_word
    }
}

impl Watch {
    /// How a text of one or more statements uses what is watched. Statements that change schemas are no use of it.
    pub fn touches(&self, text: &str) -> Touch {
        if !self.may_name(text) {
            return Touch::default();
        }
        // the normal form of a text has parameters where the grammar wants literals: `interval $1`
        let trees = parse(text, Span::new(0, text.len())).or_else(|_| {
            let literal = without_parameters(text);
            parse(&literal, Span::new(0, literal.len()))
        });
        match trees {
            Ok(trees) => walk::touches(self, trees.iter().filter_map(|it| it.stmt.as_deref()?.node.as_ref())),
            Err(_) => Touch { by_word: self.names(text), ..Touch::default() },
        }
    }

    /// Whether any of the names stands in a text, in whatever case: what cannot is not parsed.
    fn may_name(&self, text: &str) -> bool {
        let lower = text.to_ascii_lowercase();
        lower.contains("u&\"") || self.all_names().any(|(_, name)| lower.contains(&written(name)))
    }

    /// Whether one of the names is a word of a text that is not SQL, or is cut off.
    pub(crate) fn names(&self, text: &str) -> bool {
        self.all_names().any(|(_, name)| has_word(text, name))
    }

    fn all_names(&self) -> impl Iterator<Item = &Name> {
        std::iter::once(&self.object).chain(&self.carriers).chain(&self.triggers).chain(&self.functions)
    }

    /// Whether a name of a statement is this one: without a namespace it may be.
    pub(crate) fn is(wanted: &Name, schema: Option<&str>, name: &str) -> bool {
        wanted.1 == name && schema.is_none_or(|schema| schema == wanted.0)
    }

    /// Whether a name of a statement is one of these.
    pub(crate) fn is_in(set: &BTreeSet<Name>, schema: Option<&str>, name: &str) -> bool {
        set.iter().any(|it| Self::is(it, schema, name))
    }
}

/// A name as it stands in a text, whatever its case: PostgreSQL makes ASCII letters small, and no others.
/// Source: `downcase_identifier` of `scansup.c`.
pub fn written(name: &str) -> String {
    name.to_ascii_lowercase().replace('"', "\"\"")
}

/// Whether a name stands in a text as a word of its own, in whatever case.
pub fn has_word(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_ascii_lowercase(), written(name));
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    text.match_indices(&name).any(|(at, _)| {
        let before = text[..at].chars().next_back().is_some_and(is_part);
        let after = text[at + name.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

fn without_parameters(text: &str) -> String {
    tokens(text).map(|t| if t.kind == TokenKind::Param { "''" } else { t.span.text(text) }).collect()
}

#[cfg(test)]
mod tests;
