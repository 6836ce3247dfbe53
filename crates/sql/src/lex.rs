//! A lexical scanner for PostgreSQL's SQL: strings, comments, names, and the rest.
//!
//! It never fails and covers every byte of its input, so that text which the grammar refuses (or
//! never sees: comments, COPY data) can still be looked at. The rules are those of
//! <https://www.postgresql.org/docs/current/sql-syntax-lexical.html>.

use crate::span::Span;

/// What a token is.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash)]
pub enum TokenKind {
    /// Blanks, tabs, line ends.
    Whitespace,
    /// `-- ...` up to the end of the line.
    LineComment,
    /// `/* ... */`, nested.
    BlockComment,
    /// A key word or a bare identifier.
    Word,
    /// `"..."` or `U&"..."`.
    QuotedIdent,
    /// `'...'` with its prefix, if any: `E`, `B`, `X`, `N`, `U&`.
    String,
    /// `$tag$...$tag$`.
    DollarString,
    /// A number.
    Number,
    /// `$1`.
    Param,
    /// `;`
    Semicolon,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// Operators, commas, brackets, and bytes that mean nothing.
    Other,
}

/// One token.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Where it is.
    pub span: Span,
    /// Whether the text ended before the token did: an open string or comment.
    pub unterminated: bool,
}

impl Token {
    /// Whether it is a comment or white space.
    pub fn is_blank(self) -> bool {
        matches!(self.kind, TokenKind::Whitespace | TokenKind::LineComment | TokenKind::BlockComment)
    }
}

/// Scans a text, lazily.
pub fn tokens(text: &str) -> Lexer<'_> {
    Lexer { bytes: text.as_bytes(), at: 0, escapes: Escapes::Off }
}

/// The iterator of [`tokens`].
#[derive(Clone, Debug)]
pub struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    escapes: Escapes,
}

/// Whether backslashes escape in the next string: `E'a'` goes on in a string on another line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escapes {
    /// They do not.
    Off,
    /// An `E` string has ended on this line.
    Here,
    /// It has ended on a line above, with nothing after it.
    Above,
}

impl Lexer<'_> {
    /// Goes on at another place: after data that is not SQL.
    pub fn seek(&mut self, at: usize) {
        self.at = at.min(self.bytes.len());
        self.escapes = Escapes::Off;
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn skip_while(&mut self, test: impl Fn(u8) -> bool) {
        while self.at < self.bytes.len() && test(self.bytes[self.at]) {
            self.at += 1;
        }
    }

    fn block_comment(&mut self) -> bool {
        let mut depth = 0_usize;
        while self.at < self.bytes.len() {
            match (self.peek(0), self.peek(1)) {
                (b'/', b'*') => {
                    depth += 1;
                    self.at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        return true;
                    }
                }
                _ => self.at += 1,
            }
        }
        false
    }

    /// Consumes up to the closing quote; the opening one is at `self.at`.
    fn quoted(&mut self, quote: u8, backslashes: bool) -> bool {
        self.at += 1;
        while self.at < self.bytes.len() {
            match self.bytes[self.at] {
                b'\\' if backslashes => self.at = (self.at + 2).min(self.bytes.len()),
                c if c == quote && self.peek(1) == quote => self.at += 2,
                c if c == quote => {
                    self.at += 1;
                    return true;
                }
                _ => self.at += 1,
            }
        }
        false
    }

    /// A dollar-quoted string, a parameter, or a lone `$`.
    fn dollar(&mut self) -> (TokenKind, bool) {
        let start = self.at;
        let mut end = start + 1;
        if self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(|c| c.is_ascii_digit());
            return (TokenKind::Param, true);
        }
        while self.bytes.get(end).is_some_and(|c| is_word(*c) && *c != b'$') {
            end += 1;
        }
        if self.bytes.get(end) != Some(&b'$') {
            self.at += 1;
            return (TokenKind::Other, true);
        }
        let tag = &self.bytes[start..=end];
        self.at = end + 1;
        match find(&self.bytes[self.at..], tag) {
            Some(found) => {
                self.at += found + tag.len();
                (TokenKind::DollarString, true)
            }
            None => {
                self.at = self.bytes.len();
                (TokenKind::DollarString, false)
            }
        }
    }

    fn number(&mut self) {
        let digits = |c: u8| c.is_ascii_alphanumeric() || c == b'_';
        self.skip_while(digits);
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            self.at += 1;
            self.skip_while(digits);
        }
        let exponent = matches!(self.bytes.get(self.at.wrapping_sub(1)), Some(b'e' | b'E'));
        if exponent && matches!(self.peek(0), b'+' | b'-') && self.peek(1).is_ascii_digit() {
            self.at += 1;
            self.skip_while(digits);
        }
    }

    /// A word, or a string or identifier with a prefix.
    fn word(&mut self) -> (TokenKind, bool) {
        let quote = match (self.peek(0), self.peek(1), self.peek(2)) {
            (b'e' | b'E', b'\'', _) => Some((1, b'\'', true)),
            (b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', _) => Some((1, b'\'', false)),
            (b'u' | b'U', b'&', b'\'') => Some((2, b'\'', false)),
            (b'u' | b'U', b'&', b'"') => Some((2, b'"', false)),
            _ => None,
        };
        if let Some((prefix, quote, backslashes)) = quote {
            self.at += prefix;
            let kind = if quote == b'"' { TokenKind::QuotedIdent } else { TokenKind::String };
            return (kind, self.quoted(quote, backslashes));
        }
        self.skip_while(is_word);
        (TokenKind::Word, true)
    }

    /// What a token says of the escapes in the next string.
    fn remember(&mut self, kind: TokenKind, start: usize) {
        let text = &self.bytes[start..self.at];
        self.escapes = match (kind, self.escapes) {
            (TokenKind::Whitespace, Escapes::Here) if text.contains(&b'\n') => Escapes::Above,
            (TokenKind::Whitespace | TokenKind::LineComment, as_before) => as_before,
            (TokenKind::String, Escapes::Above) => Escapes::Here,
            (TokenKind::String, _) if matches!(text.first(), Some(b'e' | b'E')) => Escapes::Here,
            _ => Escapes::Off,
        };
    }

    fn one(&mut self, kind: TokenKind) -> (TokenKind, bool) {
        self.at += 1;
        (kind, true)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let start = self.at;
        let first = *self.bytes.get(start)?;
        let (kind, whole) = match first {
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => {
                self.skip_while(|c| matches!(c, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c));
                (TokenKind::Whitespace, true)
            }
            b'-' if self.peek(1) == b'-' => {
                self.skip_while(|c| c != b'\n' && c != b'\r');
                (TokenKind::LineComment, true)
            }
            b'/' if self.peek(1) == b'*' => (TokenKind::BlockComment, self.block_comment()),
            b'\'' => (TokenKind::String, self.quoted(b'\'', self.escapes == Escapes::Above)),
            b'"' => (TokenKind::QuotedIdent, self.quoted(b'"', false)),
            b'$' => self.dollar(),
            b';' => self.one(TokenKind::Semicolon),
            b'(' => self.one(TokenKind::OpenParen),
            b')' => self.one(TokenKind::CloseParen),
            c if c.is_ascii_digit() || (c == b'.' && self.peek(1).is_ascii_digit()) => {
                self.number();
                (TokenKind::Number, true)
            }
            c if is_word(c) => self.word(),
            _ => self.one(TokenKind::Other),
        };
        self.remember(kind, start);
        Some(Token { kind, span: Span::new(start, self.at), unterminated: !whole })
    }
}

/// Whether a byte can be inside a word. Every byte of a multi-byte character can.
fn is_word(c: u8) -> bool {
    c.is_ascii_alphanumeric() || c == b'_' || c == b'$' || c >= 0x80
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> String {
        tokens(text)
            .filter(|t| t.kind != TokenKind::Whitespace)
            .map(|t| format!("{:?}({})", t.kind, t.span.text(text)))
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn strings_of_every_kind_end_where_they_should() {
        assert_eq!(kinds(r"'a''b' E'c\'d' 'e\'"), r"String('a''b') String(E'c\'d') String('e\')");
        assert_eq!(kinds("$a$ ';$$ $a$;"), "DollarString($a$ ';$$ $a$) Semicolon(;)");
        assert_eq!(kinds("U&\"d\\0061t\" x'1F'"), "QuotedIdent(U&\"d\\0061t\") String(x'1F')");
        assert_eq!(kinds("E'a'\n'b\\'; c';"), "String(E'a') String('b\\'; c') Semicolon(;)");
        assert_eq!(kinds("'a'\n'b\\' c"), "String('a') String('b\\') Word(c)");
        assert_eq!(kinds("$1 $ a$b"), "Param($1) Other($) Word(a$b)");
    }

    #[test]
    fn comments_nest_and_may_be_open() {
        assert_eq!(kinds("/* a /* b */ c */ d"), "BlockComment(/* a /* b */ c */) Word(d)");
        assert!(tokens("/* a /* b */").any(|t| t.unterminated));
        assert!(tokens("'abc").any(|t| t.unterminated));
    }
}
