//! Statements without the passwords that stand in them: those of roles, and those of user mappings.
//!
//! A password in a revision is a secret in a repository. PostgreSQL shows no password in its catalogs, so a history without
//! them leads to the same schema. Passwords that a block puts together from parts are not found here.
//! Sources: <https://www.postgresql.org/docs/current/sql-createrole.html>,
//! <https://www.postgresql.org/docs/current/sql-createusermapping.html>.

use cutover_sql::lex::{Token, TokenKind, tokens};
use cutover_sql::span::Span;

use crate::object::foreign::is_secret;

/// A statement whose passwords were taken out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleared {
    /// What is left of it; nothing where it only sets a password.
    pub sql: Option<String>,
    /// Whose they are, as SQL writes it: `role app`.
    pub whose: Vec<String>,
}

impl Cleared {
    /// The line of a comment above it.
    pub fn comment(&self) -> String {
        format!(
            "-- the password of {} is set by hand: a revision is no place for it",
            self.whose.join(" and ")
        )
    }
}

/// A statement without its passwords; nothing where it has none.
pub fn cleared(sql: &str) -> Option<Cleared> {
    if !crate::adopt::secret::has_password(sql) && !sql.to_ascii_lowercase().contains("options") {
        return None;
    }
    let text = Text::of(sql);
    let mut cuts = text.roles();
    cuts.extend(text.options());
    if text.is_word(0, "DO") {
        cuts.extend(text.bodies());
    }
    if cuts.is_empty() {
        return None;
    }
    cuts.sort_by_key(|cut| cut.span.start);
    let mut whose: Vec<String> = cuts.iter().flat_map(|cut| cut.whose.clone()).collect();
    whose.dedup();
    let mut out = String::with_capacity(sql.len());
    let mut at = 0;
    for cut in &cuts {
        out += sql.get(at..cut.span.start).unwrap_or_default();
        out += &cut.instead;
        at = cut.span.end.max(at);
    }
    out += &sql[at..];
    let is_left = !Text::of(&out).only_names();
    Some(Cleared { sql: is_left.then_some(out), whose })
}

/// Something that goes.
struct Cut {
    span: Span,
    instead: String,
    whose: Vec<String>,
}

/// A text with its tokens, without blanks and comments.
struct Text<'s> {
    sql: &'s str,
    solid: Vec<Token>,
}

impl<'s> Text<'s> {
    fn of(sql: &'s str) -> Self {
        Self { sql, solid: tokens(sql).filter(|it| !it.is_blank()).collect() }
    }

    fn word(&self, at: usize) -> &'s str {
        self.solid.get(at).map_or("", |it| it.span.text(self.sql))
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    fn is_any(&self, at: usize, words: &[&str]) -> bool {
        words.iter().any(|it| self.is_word(at, it))
    }

    fn is_string(&self, at: usize) -> bool {
        self.solid.get(at).is_some_and(|it| matches!(it.kind, TokenKind::String | TokenKind::DollarString))
    }

    /// The end of a string that may go on in the next line, by its tokens.
    fn string_end(&self, mut at: usize) -> usize {
        while self.solid.get(at + 1).is_some_and(|it| it.kind == TokenKind::String) {
            at += 1;
        }
        at
    }

    /// From the end of one token to the end of another.
    fn span(&self, after: usize, last: usize) -> Span {
        Span::new(self.solid[after].span.end, self.solid[last].span.end)
    }

    /// `[ENCRYPTED] PASSWORD '...'` in statements that create or alter a role.
    fn roles(&self) -> Vec<Cut> {
        let is_one = |at: &usize| self.is_word(*at, "PASSWORD") && self.is_string(at + 1);
        (2..self.solid.len()).filter(is_one).filter_map(|at| self.role(at)).collect()
    }

    fn role(&self, at: usize) -> Option<Cut> {
        let begins =
            self.solid[..at].iter().rposition(|it| it.kind == TokenKind::Semicolon).map_or(0, |it| it + 1);
        let verb = (begins..at.saturating_sub(2)).rev().find(|verb| {
            self.is_any(*verb, &["CREATE", "ALTER"])
                && self.is_any(verb + 1, &["ROLE", "USER", "GROUP"])
                && !self.is_word(verb + 2, "MAPPING")
        })?;
        let mut first = at;
        if self.is_any(first - 1, &["ENCRYPTED", "UNENCRYPTED"]) {
            first -= 1;
        }
        let last = self.string_end(at + 1);
        let ends = self.solid.get(last + 1).is_none_or(|it| it.kind == TokenKind::Semicolon);
        if ends && self.is_word(first - 1, "WITH") && first - 1 > verb + 2 {
            first -= 1;
        }
        let whose = vec![format!("role {}", self.word(verb + 2))];
        Some(Cut { span: self.span(first - 1, last), instead: String::new(), whose })
    }

    /// `OPTIONS (user 'a', password 'b')` of a server or a user mapping.
    fn options(&self) -> Option<Cut> {
        let is_mapping = self.is_word(1, "USER") && self.is_word(2, "MAPPING");
        let is_server = self.is_word(1, "SERVER");
        if !self.is_any(0, &["CREATE", "ALTER"]) || !(is_mapping || is_server) {
            return None;
        }
        let opens = self.solid.iter().rposition(|it| it.kind == TokenKind::OpenParen)?;
        let closes = self.solid.iter().rposition(|it| it.kind == TokenKind::CloseParen)?;
        if !self.is_word(opens.checked_sub(1)?, "OPTIONS") || closes <= opens {
            return None;
        }
        let all: Vec<&[Token]> =
            self.solid[opens + 1..closes].split(|it| it.span.text(self.sql) == ",").collect();
        let is_kept = |option: &&&[Token]| {
            let mut words = option.iter().rev().skip_while(|it| it.kind == TokenKind::String);
            let name = words.next().map_or("", |it| it.span.text(self.sql)).trim_matches('"');
            let has_value = option.last().is_some_and(|it| it.kind == TokenKind::String);
            !(has_value && is_secret(&name.to_ascii_lowercase()))
        };
        let kept: Vec<&&[Token]> = all.iter().filter(is_kept).collect();
        if kept.len() == all.len() {
            return None;
        }
        let text = |option: &&&[Token]| {
            let (first, last) = (option.first()?, option.last()?);
            self.sql.get(first.span.start..last.span.end)
        };
        let left: Vec<&str> = kept.iter().filter_map(text).collect();
        let instead = if left.is_empty() { String::new() } else { format!(" OPTIONS ({})", left.join(", ")) };
        let target = if is_mapping { "user mapping" } else { "server" };
        let named = if is_mapping {
            format!("{target} for {}", self.word(4))
        } else {
            format!("{target} {}", self.word(2))
        };
        Some(Cut { span: self.span(opens - 2, closes), instead, whose: vec![named] })
    }

    /// Statements in the body of a `DO`, and in the strings that it executes.
    fn bodies(&self) -> Vec<Cut> {
        let one = |token: &Token| {
            let body = token.span.text(self.sql);
            let (open, close) = match token.kind {
                TokenKind::DollarString => {
                    let tag = body[1..].find('$')? + 2;
                    (&body[..tag], &body[body.len().checked_sub(tag)?..])
                }
                TokenKind::String if body.starts_with('\'') && body.len() > 1 => ("'", "'"),
                _ => return None,
            };
            let inner = body.get(open.len()..body.len() - close.len())?;
            let is_quoted = open == "'";
            let plain = if is_quoted { inner.replace("''", "'") } else { inner.to_owned() };
            let text = Text::of(&plain);
            let mut cuts = text.roles();
            cuts.extend(text.bodies());
            if cuts.is_empty() {
                return None;
            }
            cuts.sort_by_key(|cut| cut.span.start);
            let mut rest = plain.clone();
            for cut in cuts.iter().rev() {
                rest.replace_range(cut.span.start..cut.span.end, &cut.instead);
            }
            let rest = if is_quoted { rest.replace('\'', "''") } else { rest };
            let whose = cuts.into_iter().flat_map(|cut| cut.whose).collect();
            Some(Cut { span: token.span, instead: format!("{open}{rest}{close}"), whose })
        };
        self.solid.iter().filter_map(one).collect()
    }

    /// `ALTER ROLE app`, `ALTER USER MAPPING FOR app SERVER s`: it would change nothing.
    fn only_names(&self) -> bool {
        let ends = |count: usize| self.solid.len() == count || self.is_word(count, ";");
        if !self.is_word(0, "ALTER") {
            return false;
        }
        if self.is_word(1, "USER") && self.is_word(2, "MAPPING") {
            return ends(7);
        }
        self.is_any(1, &["ROLE", "USER", "GROUP", "SERVER"]) && ends(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(sql: &str) -> Option<String> {
        cleared(sql).map(|it| it.sql.unwrap_or_else(|| "nothing".to_owned()))
    }

    #[test]
    fn passwords_go_and_the_rest_stays() {
        let table = [
            ("CREATE ROLE app LOGIN PASSWORD 'x''y' CREATEDB", "CREATE ROLE app LOGIN CREATEDB"),
            ("create user \"My App\" with encrypted password $$x$$", "create user \"My App\""),
            ("CREATE ROLE app PASSWORD 'a'\n  'b' LOGIN", "CREATE ROLE app LOGIN"),
            ("ALTER ROLE app WITH PASSWORD E'x' NOLOGIN", "ALTER ROLE app WITH NOLOGIN"),
            ("ALTER USER app PASSWORD 'x'", "nothing"),
            ("ALTER ROLE app WITH PASSWORD 'x' -- new", "nothing"),
            (
                "DO $do$ BEGIN IF NOT EXISTS (SELECT) THEN CREATE ROLE a LOGIN PASSWORD 'x'; END IF; END $do$",
                "DO $do$ BEGIN IF NOT EXISTS (SELECT) THEN CREATE ROLE a LOGIN; END IF; END $do$",
            ),
            (
                "DO $$ BEGIN EXECUTE 'CREATE ROLE a PASSWORD ''x'' LOGIN'; END $$",
                "DO $$ BEGIN EXECUTE 'CREATE ROLE a LOGIN'; END $$",
            ),
            (
                "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u', password 'x')",
                "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u')",
            ),
            ("ALTER USER MAPPING FOR app SERVER s OPTIONS (SET password 'x')", "nothing"),
        ];
        for (sql, expected) in table {
            assert_eq!(left(sql).as_deref(), Some(expected), "{sql}");
        }
        let two = cleared("DO $$ BEGIN CREATE ROLE a PASSWORD 'x'; CREATE ROLE b PASSWORD 'y'; END $$");
        assert_eq!(two.map(|it| it.whose), Some(vec!["role a".to_owned(), "role b".to_owned()]));
    }

    #[test]
    fn what_is_no_password_stays() {
        for sql in [
            "CREATE ROLE app LOGIN PASSWORD NULL",
            "CREATE TABLE account (name text, password text DEFAULT 'x')",
            "INSERT INTO note VALUES ('CREATE ROLE a PASSWORD ''x''')",
            "COMMENT ON COLUMN account.password IS 'a hash'",
            "CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'password')",
            "DROP ROLE app",
        ] {
            assert_eq!(left(sql), None, "{sql}");
        }
    }
}
