//! `--@ renamed from OLD` in files of SQL: which object, column or enum value it stands at.
//!
//! On a line of its own it speaks of what follows; behind something on its line, of that.

use crate::lex::{Token, TokenKind, tokens};
use crate::span::Span;

/// Something that had another name. Names are parts: namespace, table, column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// The old name, as it stands behind the words.
    pub old: String,
    /// The object that the statement creates.
    pub object: Vec<String>,
    /// The column or the enum value in it.
    pub part: Option<String>,
    /// The comment.
    pub span: Span,
}

const WORDS: &str = "--@ renamed from ";

/// Words between CREATE and a name that are no name, in the order that the grammar has them.
const BETWEEN: [&str; 34] = [
    "or",
    "replace",
    "temp",
    "temporary",
    "unlogged",
    "unique",
    "materialized",
    "recursive",
    "foreign",
    "global",
    "local",
    "constraint",
    "table",
    "type",
    "view",
    "index",
    "sequence",
    "schema",
    "domain",
    "function",
    "procedure",
    "aggregate",
    "trigger",
    "policy",
    "rule",
    "text",
    "search",
    "collation",
    "concurrently",
    "if",
    "not",
    "exists",
    "server",
    "publication",
];

/// All of them in a text whose statements are in these places.
pub fn all(text: &str, statements: &[Span]) -> Vec<Renamed> {
    if !text.contains(WORDS.trim_end()) {
        return Vec::new();
    }
    let tokens: Vec<Token> = tokens(text).collect();
    let comments = tokens.iter().enumerate().filter(|(_, t)| t.kind == TokenKind::LineComment);
    comments.filter_map(|(at, token)| one(text, statements, &tokens, at, *token)).collect()
}

fn one(text: &str, statements: &[Span], tokens: &[Token], at: usize, comment: Token) -> Option<Renamed> {
    let old = comment.span.text(text).strip_prefix(WORDS)?.trim().to_owned();
    let line = text[..comment.span.start].rfind('\n').map_or(0, |end| end + 1);
    let counts = |t: &&Token| !t.is_blank() && t.span.text(text) != ",";
    let before = tokens[..at].iter().skip_while(|t| t.span.start < line).find(counts);
    let target = before.or_else(|| tokens[at..].iter().find(counts))?;
    let statement = statements.iter().find(|s| s.end >= target.span.start)?;
    let own: Vec<Token> =
        tokens.iter().filter(|t| t.span.start >= statement.start && !t.is_blank()).copied().collect();
    let part = if target.span.start <= statement.start || target.kind == TokenKind::CloseParen {
        None
    } else {
        Some(name(text, *target)?)
    };
    Some(Renamed { old, object: created(text, &own)?, part, span: comment.span })
}

/// The name of what a `CREATE` statement creates.
fn created(text: &str, tokens: &[Token]) -> Option<Vec<String>> {
    let mut rest = tokens.iter();
    rest.next().filter(|t| t.span.text(text).eq_ignore_ascii_case("create"))?;
    let mut rest = rest.skip_while(|t| {
        t.kind == TokenKind::Word && BETWEEN.contains(&t.span.text(text).to_lowercase().as_str())
    });
    let mut parts = vec![name(text, *rest.next()?)?];
    while rest.next().is_some_and(|t| t.span.text(text) == ".") {
        parts.push(name(text, *rest.next()?)?);
    }
    Some(parts)
}

/// The name that a token is; bare ones are lower case to PostgreSQL.
fn name(text: &str, token: Token) -> Option<String> {
    let word = token.span.text(text);
    match token.kind {
        TokenKind::Word => Some(word.to_lowercase()),
        TokenKind::QuotedIdent => Some(word.strip_prefix('"')?.strip_suffix('"')?.replace("\"\"", "\"")),
        TokenKind::String => Some(word.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'")),
        TokenKind::Whitespace
        | TokenKind::LineComment
        | TokenKind::BlockComment
        | TokenKind::DollarString
        | TokenKind::Number
        | TokenKind::Param
        | TokenKind::Semicolon
        | TokenKind::OpenParen
        | TokenKind::CloseParen
        | TokenKind::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement;

    fn found(text: &str) -> Vec<String> {
        let statements = statement::split(text, Span::new(0, text.len()));
        let spans: Vec<Span> = statements.into_iter().flatten().map(|s| s.span).collect();
        all(text, &spans)
            .into_iter()
            .map(|r| format!("{} <- {} at {:?}", r.object.join("."), r.old, r.part))
            .collect()
    }

    #[test]
    fn a_comment_speaks_of_what_follows_or_of_its_line() {
        let text = "-- people\n--@ renamed from users\nCREATE TABLE IF NOT EXISTS shop.accounts (\n    id int,\n    \
            --@ renamed from name\n    \"Full Name\" text,\n    mail text NOT NULL, --@ renamed from email\n    n int\n);\n\
            CREATE TYPE state AS ENUM ( --@ renamed from status\n    'new', --@ renamed from 'fresh'\n    'old'\n);\n\
            CREATE INDEX CONCURRENTLY by_mail ON shop.accounts (mail); --@ renamed from accounts_mail\n";
        assert_eq!(
            found(text),
            [
                "shop.accounts <- users at None",
                "shop.accounts <- name at Some(\"Full Name\")",
                "shop.accounts <- email at Some(\"mail\")",
                "state <- status at None",
                "state <- 'fresh' at Some(\"new\")",
                "by_mail <- accounts_mail at None",
            ]
        );
    }
}
