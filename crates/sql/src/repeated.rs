//! Long texts of rows: an INSERT of constants that is like one before, but for the constants, is not parsed again.
//!
//! The parser's tree takes a hundred times its text and most of the time. Two statements with the same tokens, but for what
//! their strings and numbers say, have the same tree but for that.

use std::collections::HashMap;
use std::sync::Arc;

use crate::lex::{Token, TokenKind, tokens};
use crate::span::Span;
use crate::statement::{Statement, SyntaxError, Taker, each};
use crate::tree::NodeEnum;

/// Statements whose trees may be those of others.
pub type Statements = Vec<(Statement, Arc<NodeEnum>)>;

/// Parses a part of a long text, going on after what is wrong. `shorten` sees each tree before the next part is parsed, and
/// says whether the constants of the statement are all that is gone from it.
pub fn parse_long(
    text: &str,
    range: Span,
    shorten: &mut dyn FnMut(&mut NodeEnum) -> bool,
) -> (Statements, Vec<SyntaxError>) {
    let mut long = Long { shorten, taken: Vec::new(), samples: HashMap::new(), known: None };
    let errors = each(text, range, &mut long);
    (long.taken, errors)
}

struct Long<'s> {
    shorten: &'s mut dyn FnMut(&mut NodeEnum) -> bool,
    taken: Statements,
    /// The first statement of each form, by its text up to the first constant.
    samples: HashMap<String, Sample>,
    /// Where the words of the next statement are, and which it is like.
    known: Option<(Span, usize)>,
}

/// A statement that others may be like.
struct Sample {
    /// Which one it is.
    number: usize,
    /// Its text from the first constant on, without a semicolon.
    rest: String,
}

impl Taker for Long<'_> {
    fn take(&mut self, text: &str, found: Vec<(Statement, NodeEnum)>) {
        for (mut statement, mut tree) in found {
            let is_repeatable = (self.shorten)(&mut tree) && statement.copy_data.is_none();
            // those that follow one another are often of one kind
            if let Some((last, _)) = self.taken.last()
                && last.traits == statement.traits
            {
                statement.traits = Arc::clone(&last.traits);
            }
            if is_repeatable && let Some((words, rest)) = head_and_rest(text, statement.span) {
                let sample = Sample { number: self.taken.len(), rest: rest.text(text).to_owned() };
                self.samples.entry(words.text(text).to_owned()).or_insert(sample);
            }
            self.taken.push((statement, Arc::new(tree)));
        }
    }

    fn knows(&mut self, text: &str, statement: Span) -> bool {
        self.known = self.like(text, statement);
        self.known.is_some()
    }

    fn take_known(&mut self, line: &mut dyn FnMut(usize) -> usize) {
        let Some((span, number)) = self.known.take() else { return };
        let (sample, tree) = &self.taken[number];
        let statement = Statement {
            span,
            line: line(span.start),
            // what is left of the tree stands before the first constant, up to where both are the same
            origin: span.start - (sample.span.start - sample.origin),
            traits: Arc::clone(&sample.traits),
            copy_data: None,
        };
        let tree = Arc::clone(tree);
        self.taken.push((statement, tree));
    }
}

impl Long<'_> {
    /// Where the words of a statement are, and the number of the sample that it is like.
    fn like(&self, text: &str, statement: Span) -> Option<(Span, usize)> {
        let without_semicolon = Span::new(statement.start, statement.end - 1);
        let (head, rest) = head_and_rest(text, without_semicolon)?;
        let sample = self.samples.get(head.text(text))?;
        let rest = rest.text(text);
        let end = alike(&sample.rest, rest)?;
        Some((Span::new(head.start, head.end + end), sample.number))
    }
}

/// The text of an INSERT up to its first constant, and the rest of it; nothing for other statements.
fn head_and_rest(text: &str, statement: Span) -> Option<(Span, Span)> {
    let part = statement.text(text);
    let mut solid = tokens(part).filter(|token| !token.is_blank());
    let first = solid.next().filter(|token| token.span.text(part).eq_ignore_ascii_case("insert"))?;
    // what stands before the first parenthesis is in the statement's title
    solid.find(|token| token.kind == TokenKind::OpenParen)?;
    let constant = solid.find(|token| matches!(token.kind, TokenKind::String | TokenKind::Number))?;
    let at = |offset: usize| statement.start + offset;
    let head = Span::new(at(first.span.start), at(constant.span.start));
    Some((head, Span::new(head.end, statement.end)))
}

/// Where the words of a text end, if it has the tokens of another but for what plain constants say.
fn alike(one: &str, other: &str) -> Option<usize> {
    let solid = |text| tokens(text).filter(|token: &Token| !token.is_blank());
    let (mut ones, mut others) = (solid(one), solid(other));
    let mut before: Option<Token> = None;
    loop {
        let (a, b) = match (ones.next(), others.next()) {
            (Some(a), Some(b)) => (a, b),
            (None, None) => return before.map(|last| last.span.end),
            _ => return None,
        };
        let same = match (a.kind, b.kind) {
            // two strings in a row are one, or an error, by what is between them
            (TokenKind::String, TokenKind::String) => {
                let is_first = before.is_none_or(|it| it.kind != TokenKind::String);
                is_first && is_plain_string(a, one) && is_plain_string(b, other)
            }
            (TokenKind::Number, TokenKind::Number) => {
                is_plain_number(a.span.text(one)) && is_plain_number(b.span.text(other))
            }
            (a_kind, b_kind) => a_kind == b_kind && a.span.text(one) == b.span.text(other),
        };
        if !same {
            return None;
        }
        before = Some(b);
    }
}

/// Whether it is a string of any text: without a prefix, after which there are rules for what stands in it.
fn is_plain_string(token: Token, text: &str) -> bool {
    !token.unterminated && token.span.text(text).starts_with('\'')
}

/// Whether it is digits with or without a dot.
fn is_plain_number(text: &str) -> bool {
    let dots = text.bytes().filter(|byte| *byte == b'.').count();
    dots <= 1 && text.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{alike, head_and_rest};
    use crate::span::Span;

    #[test]
    fn statements_are_alike_but_for_plain_constants() {
        for (one, other) in [
            ("1, 'a')", "22, 'it''s; -- b')"),
            ("1.5, -2)", "10, - 3.25)"),
            ("'a', NULL)", "'' /* none */ , NULL)"),
        ] {
            assert_eq!(alike(one, other), Some(other.len()), "{other}");
        }
        for (one, other) in [
            ("1, 2)", "1, 'a')"),
            ("1, 2)", "1, 2, 3)"),
            ("1, 2)", "1, 2x)"),
            ("1, 2)", "1, 0x1F)"),
            ("1, NULL)", "1, TRUE)"),
            ("'a', 1)", "E'a\\x', 1)"),
            ("E'a', 1)", "E'\\u12', 1)"),
            ("'a' 'b')", "'a' 'c')"),
            ("'a')", "'a"),
            ("f(1))", "g(1))"),
        ] {
            assert_eq!(alike(one, other), None, "{other}");
        }
    }

    #[test]
    fn the_head_of_an_insert_ends_at_its_first_constant() {
        let of = |text| {
            let (head, rest) = head_and_rest(text, Span::new(0, text.len()))?;
            Some((head.text(text), rest.text(text)))
        };
        assert_eq!(of(" INSERT INTO t (a) VALUES (1, 'b')"), Some(("INSERT INTO t (a) VALUES (", "1, 'b')")));
        assert_eq!(of("INSERT INTO t SELECT * FROM u"), None);
        assert_eq!(of("INSERT INTO t SELECT 1"), None);
        assert_eq!(of("UPDATE t SET a = 1"), None);
    }
}
