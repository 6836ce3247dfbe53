//! Checksums: of a file's bytes, and of what its text means.
//!
//! The normal form ignores comments and white space outside strings, function bodies and the data
//! of COPY, so that an applied file may be reformatted and explained. Directives count, but for
//! those that only inform: `owner`, `allow`, `created`.

use sha2::{Digest, Sha256};

use crate::directive;
use crate::lex::{TokenKind, tokens};
use crate::span::Span;
use crate::statement::{CopyData, Head, copy_data};

/// SHA-256 of bytes, in hex.
pub fn content_hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Checksum of the normal form of a whole file, in hex (32 digits).
pub fn normal(text: &str) -> String {
    normal_range(text, Span::new(0, text.len()))
}

/// Checksum of the normal form of a part of a text.
pub fn normal_range(text: &str, range: Span) -> String {
    let part = range.text(text).trim_start_matches('\u{feff}');
    let mut normal = Normal { hash: Sha256::new(), broken: false, after_string: false, line_start: true };
    let mut head = Head::default();
    let mut lexer = tokens(part);
    while let Some(token) = lexer.next() {
        let body = token.span.text(part);
        match token.kind {
            TokenKind::Whitespace => normal.blank(body),
            TokenKind::BlockComment => {
                normal.blank(body);
                normal.line_start = false;
            }
            TokenKind::LineComment => {
                if normal.directive(body) {
                    head = Head::default();
                }
            }
            TokenKind::Semicolon if head.is_copy_from_stdin() => {
                normal.solid(token.kind, body);
                let data = data_after(part, token.span.end);
                feed_lines(&mut normal.hash, data.lines.text(part), true);
                lexer.seek(data.after);
                head = Head::default();
            }
            TokenKind::Semicolon => {
                normal.solid(token.kind, body);
                head.semicolon();
            }
            kind => {
                normal.solid(kind, body);
                head.word(kind, body);
            }
        }
    }
    hex(&normal.hash.finalize()[..16])
}

/// The data of a COPY. The text of a step may end with it: then all that follows is data.
fn data_after(text: &str, semicolon: usize) -> CopyData {
    copy_data(text, semicolon).unwrap_or_else(|_| {
        let start = text[semicolon..].find('\n').map_or(text.len(), |end| semicolon + end + 1);
        CopyData { lines: Span::new(start, text.len()), after: text.len() }
    })
}

/// The normal form on its way into a hash.
struct Normal {
    hash: Sha256,
    /// Whether a line has ended since the last token that counts.
    broken: bool,
    after_string: bool,
    /// Whether a comment here could be a directive.
    line_start: bool,
}

impl Normal {
    fn blank(&mut self, body: &str) {
        let has_end = body.contains('\n');
        self.broken |= has_end;
        self.line_start |= has_end;
    }

    /// A comment of one line; tells whether it is a directive.
    fn directive(&mut self, body: &str) -> bool {
        let Some((name, args)) = directive::split_line(body).filter(|_| self.line_start) else {
            return false;
        };
        if counts(name) {
            feed(&mut self.hash, "--@");
            feed(&mut self.hash, name);
            args.split_whitespace().for_each(|word| feed(&mut self.hash, word));
            self.after_string = false;
        }
        true
    }

    /// A token that counts.
    fn solid(&mut self, kind: TokenKind, body: &str) {
        let is_string = kind == TokenKind::String;
        // 'a' 'b' on one line is an error, on two lines it is one string
        if is_string && self.after_string && self.broken {
            feed(&mut self.hash, "\n");
        }
        let quoted = is_string || matches!(kind, TokenKind::DollarString | TokenKind::QuotedIdent);
        feed_lines(&mut self.hash, body, quoted);
        self.after_string = is_string;
        self.broken = false;
        self.line_start = false;
    }
}

/// Each token is preceded by its length, so that no two lists of tokens look alike.
fn feed(hash: &mut Sha256, token: &str) {
    hash.update((token.len() as u64).to_le_bytes());
    hash.update(token.as_bytes());
}

/// A text that counts as it is, whatever ends its lines.
fn feed_lines(hash: &mut Sha256, text: &str, may_have_lines: bool) {
    if may_have_lines && text.contains('\r') {
        feed(hash, &text.replace("\r\n", "\n"));
    } else {
        feed(hash, text);
    }
}

fn counts(name: &str) -> bool {
    !matches!(name, "owner" | "allow" | "created")
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]])
        .map(char::from)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_white_space_do_not_count() {
        let a = "CREATE TABLE a (id int); -- x\nSELECT $$ body $$;";
        let b = "/* y */ CREATE   TABLE a(id int)\n;\r\nSELECT $$ body $$ ;";
        assert_eq!(normal(a), normal(b));
    }

    #[test]
    fn strings_bodies_and_directives_count() {
        let base = normal("--@ upgrade\nSELECT 'a b', $$ body $$;");
        assert_ne!(base, normal("--@ upgrade\nSELECT 'a  b', $$ body $$;"));
        assert_ne!(base, normal("--@ upgrade\nSELECT 'a b', $$body $$;"));
        assert_ne!(base, normal("--@ downgrade\nSELECT 'a b', $$ body $$;"));
        assert_eq!(base, normal("--@ owner me\n--@   upgrade\nSELECT 'a b', $$ body $$;"));
    }

    #[test]
    fn data_of_copy_counts_as_it_is() {
        let copy = |data: &str| normal(&format!("COPY t FROM stdin;\n{data}\n\\.\nSELECT 1;"));
        let base = copy("a b\t-- it's data");
        assert_eq!(base, normal("COPY  t FROM stdin ; -- x\r\na b\t-- it's data\r\n\\.\r\n\r\nSELECT 1;"));
        for other in ["a  b\t-- it's data", "a b\t-- its data", "a b\t", "a b\t-- it's data\n--@ owner me"] {
            assert_ne!(base, copy(other), "{other}");
        }
    }

    #[test]
    fn a_string_that_goes_on_is_not_two_strings() {
        assert_ne!(normal("SELECT 'a'\n'b'"), normal("SELECT 'a' 'b'"));
        assert_ne!(normal("ab"), normal("a b"));
    }
}
