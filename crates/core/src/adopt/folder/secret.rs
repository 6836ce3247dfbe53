//! Texts of files as they may be shown: without passwords.
//!
//! A report is passed around more than the files are.

use std::borrow::Cow;

use cutover_sql::lex::{TokenKind, tokens};

/// Whether a name or a text has to do with something secret.
pub(super) fn is_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let has_word = ["password", "passwd", "passphrase", "secret", "token", "api_key"]
        .iter()
        .any(|it| lower.contains(it));
    // also where the word is misspelt
    let mut words = lower.split_whitespace();
    let is_role =
        matches!(words.next(), Some("create" | "alter")) && matches!(words.next(), Some("role" | "user"));
    has_word || is_role
}

/// A text with stars for its strings, where it has to do with something secret.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    if !is_secret(text) {
        return Cow::Borrowed(text);
    }
    let shown = |kind, body: &str| match kind {
        TokenKind::String | TokenKind::DollarString => "'***'".to_owned(),
        _ => body.to_owned(),
    };
    Cow::Owned(tokens(text).map(|it| shown(it.kind, it.span.text(text))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_stars() {
        assert_eq!(masked("CREATE ROLE a PASSWORD 'x''y'"), "CREATE ROLE a PASSWORD '***'");
        assert_eq!(masked("SELECT 'x'"), "SELECT 'x'");
    }
}
