//! Which revisions make or remove a name: read off the words of their statements, to say why something is missing.
//!
//! It is a help for people, not a proof: what a DO block puts together is not seen.

use cutover_core::revision::graph::Index;
use cutover_core::usage::has_word;
use cutover_sql::document::Section;
use cutover_sql::ident::split_qualified;
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::statement::Statement;

use super::survey::Survey;

/// What a statement does to a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It is there afterwards.
    Makes,
    /// It is gone afterwards.
    Removes,
}

/// Every statement of the upgrades that makes or removes a name, in running order.
pub fn of<'s>(survey: &'s Survey, name: &str) -> Vec<(Index, &'s Statement, Does)> {
    let mut found = Vec::new();
    for (index, document) in &survey.documents {
        let text = &survey.history.revision(*index).text;
        for statement in document.upgrade.blocks.iter().flat_map(|block| &block.statements) {
            let sql = statement.span.text(text);
            if has_word(sql, name) {
                found.extend(does(sql, name).map(|does| (*index, statement, does)));
            }
        }
    }
    found
}

/// The revisions in whose comments something makes the name: it was disabled.
pub fn disabled(survey: &Survey, name: &str) -> Vec<(Index, String)> {
    let of = |section: &Section, text: &str| {
        let inside = section.span.text(text);
        let comments = tokens(inside)
            .filter(|token| matches!(token.kind, TokenKind::LineComment | TokenKind::BlockComment))
            .map(|token| token.span.text(inside));
        let makes = |comment: &&str| {
            has_word(comment, name) && ["create", "add", "rename"].iter().any(|word| has_word(comment, word))
        };
        comments.filter(makes).map(|comment| comment.trim().to_owned()).next()
    };
    let all = survey.documents.iter();
    all.filter_map(|(index, document)| {
        Some((*index, of(&document.upgrade, &survey.history.revision(*index).text)?))
    })
    .collect()
}

/// What a statement does to a name, if it does something to it.
pub fn does(sql: &str, name: &str) -> Option<Does> {
    let words: Vec<&str> = tokens(sql).filter(|t| !t.is_blank()).map(|t| t.span.text(sql)).collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|it| it.eq_ignore_ascii_case(word));
    let names = |at: usize| words.get(at).is_some_and(|it| bare(it) == name);
    // of `a.b` the last part
    let last = |mut at: usize| {
        while is(at + 1, ".") {
            at += 2;
        }
        at
    };
    let skip = |mut at: usize| {
        while ["IF", "NOT", "EXISTS", "ONLY", "CONCURRENTLY", "COLUMN"].iter().any(|word| is(at, word)) {
            at += 1;
        }
        at
    };
    if is(0, "CREATE") || is(0, "DROP") {
        let noun = (1..words.len()).find(|at| {
            [
                "TABLE",
                "VIEW",
                "INDEX",
                "TYPE",
                "FUNCTION",
                "PROCEDURE",
                "SCHEMA",
                "SEQUENCE",
                "DOMAIN",
                "EXTENSION",
                "ROLE",
                "TRIGGER",
            ]
            .iter()
            .any(|word| is(*at, word))
        })?;
        let makes = if is(0, "CREATE") { Does::Makes } else { Does::Removes };
        return names(last(skip(noun + 1))).then_some(makes);
    }
    if !is(0, "ALTER") {
        return None;
    }
    for at in 1..words.len() {
        let next = skip(at + 1);
        if is(at, "ADD") && (names(next) || is(next, "CONSTRAINT") && names(next + 1)) {
            return Some(Does::Makes);
        }
        if is(at, "DROP") && (names(next) || is(next, "CONSTRAINT") && names(skip(next + 1))) {
            return Some(Does::Removes);
        }
        if is(at, "RENAME") {
            let to = (at..words.len()).find(|at| is(*at, "TO"))?;
            return if names(to + 1) {
                Some(Does::Makes)
            } else if names(next) || names(last(skip(2))) && is(next, "TO") {
                Some(Does::Removes)
            } else {
                None
            };
        }
    }
    None
}

/// A name as PostgreSQL keeps it.
fn bare(word: &str) -> String {
    split_qualified(word).and_then(|mut parts| parts.pop()).unwrap_or_else(|| word.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{Does, does};

    #[test]
    fn what_makes_a_name_is_told_from_what_removes_it() {
        let of = |sql: &str| match does(sql, "notes") {
            Some(Does::Makes) => '+',
            Some(Does::Removes) => '-',
            None => '.',
        };
        assert_eq!(of("CREATE TABLE IF NOT EXISTS app.notes (id int)"), '+');
        assert_eq!(of("create unique index concurrently notes on t (x)"), '+');
        assert_eq!(of("CREATE INDEX i ON notes (x)"), '.');
        assert_eq!(of("ALTER TABLE t ADD COLUMN \"notes\" text"), '+');
        assert_eq!(of("ALTER TABLE t DROP CONSTRAINT IF EXISTS notes"), '-');
        assert_eq!(of("ALTER TABLE memos RENAME TO notes"), '+');
        assert_eq!(of("ALTER TABLE notes RENAME TO memos"), '-');
        assert_eq!(of("ALTER TABLE t RENAME COLUMN notes TO memo"), '-');
        assert_eq!(of("DROP TABLE notes"), '-');
        assert_eq!(of("ALTER TABLE notes ADD COLUMN x int"), '.');
    }
}
