//! Checksums: of a file's bytes, and of what its text means.
//!
//! The normal form ignores comments and white space outside strings and function bodies, so that
//! an applied file may be reformatted and explained. Directives count, but for those that only
//! inform: `owner`, `allow`, `created`.

use sha2::{Digest, Sha256};

use crate::directive;
use crate::lex::{TokenKind, tokens};
use crate::span::Span;

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
    let mut hash = Sha256::new();
    let mut broken = false;
    let mut last_was_string = false;
    let mut line_start = true;
    for token in tokens(part) {
        let body = token.span.text(part);
        match token.kind {
            TokenKind::Whitespace | TokenKind::BlockComment => {
                broken |= body.contains('\n');
                line_start = if body.contains('\n') { !body.contains("*/") } else { line_start };
            }
            TokenKind::LineComment => {
                if line_start
                    && let Some((name, args)) = directive::split_line(body)
                    && counts(name)
                {
                    feed(&mut hash, "--@");
                    feed(&mut hash, name);
                    args.split_whitespace().for_each(|word| feed(&mut hash, word));
                    last_was_string = false;
                }
            }
            kind => {
                let is_string = kind == TokenKind::String;
                // 'a' 'b' on one line is an error, on two lines it is one string
                if is_string && last_was_string && broken {
                    feed(&mut hash, "\n");
                }
                let quoted =
                    matches!(kind, TokenKind::String | TokenKind::DollarString | TokenKind::QuotedIdent);
                if quoted && body.contains('\r') {
                    feed(&mut hash, &body.replace("\r\n", "\n"));
                } else {
                    feed(&mut hash, body);
                }
                last_was_string = is_string;
                broken = false;
                line_start = false;
            }
        }
    }
    hex(&hash.finalize()[..16])
}

/// Each token is preceded by its length, so that no two lists of tokens look alike.
fn feed(hash: &mut Sha256, token: &str) {
    hash.update((token.len() as u64).to_le_bytes());
    hash.update(token.as_bytes());
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
    fn a_string_that_goes_on_is_not_two_strings() {
        assert_ne!(normal("SELECT 'a'\n'b'"), normal("SELECT 'a' 'b'"));
        assert_ne!(normal("ab"), normal("a b"));
    }
}
