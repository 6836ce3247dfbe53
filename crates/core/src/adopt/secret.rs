//! Texts of files as they may be shown and copied: without passwords.
//!
//! A report is passed around more than the files are, and a revision is a new file in a repository. What a password is
//! stands in SQL of its own, see `password`; here texts are only shown.

use std::borrow::Cow;

use cutover_sql::lex::{TokenKind, tokens};

/// Whether a name or a text has to do with something secret.
pub(super) fn is_secret(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    has_password(text) || ["secret", "token", "api_key"].iter().any(|it| lower.contains(it))
}

/// Whether a text may have a password in it.
pub fn has_password(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    // also where the word is misspelt
    let mut words = lower.split_whitespace();
    let is_role =
        matches!(words.next(), Some("create" | "alter")) && matches!(words.next(), Some("role" | "user"));
    is_role || ["password", "passwd", "passphrase"].iter().any(|it| lower.contains(it))
}

/// A text with stars for its strings, where it has to do with something secret.
pub fn masked(text: &str) -> Cow<'_, str> {
    if !is_secret(text) {
        return Cow::Borrowed(text);
    }
    let shown = |kind, body: &str| match kind {
        TokenKind::String | TokenKind::DollarString => "'***'".to_owned(),
        _ => body.to_owned(),
    };
    Cow::Owned(tokens(text).map(|it| shown(it.kind, it.span.text(text))).collect())
}

/// Comments and blanks between statements, without a password that stands in them: a command of psql that sets one, a
/// statement that was commented out. Line ends stay.
pub fn between(text: &str) -> Cow<'_, str> {
    if !has_password(text) {
        return Cow::Borrowed(text);
    }
    let line = |line: &str| {
        let (body, end) = line.split_at(line.trim_end().len());
        let rest = body.trim_start().trim_start_matches('-').trim_start();
        let name = rest.strip_prefix("\\set").and_then(|it| it.split_whitespace().next());
        match name {
            Some(name) if is_secret(body) => format!("-- \\set {name} ***{end}"),
            _ => format!("{}{end}", stars(body)),
        }
    };
    Cow::Owned(text.split_inclusive('\n').map(line).collect())
}

/// A line with stars for what stands in quotes, where it has to do with a password.
fn stars(line: &str) -> String {
    if !has_password(line) {
        return line.to_owned();
    }
    let mut parts = line.split('\'').enumerate();
    let shown = |(at, part): (usize, &str)| if at % 2 == 1 { "'***'".to_owned() } else { part.to_owned() };
    parts.by_ref().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_stars() {
        assert_eq!(masked("CREATE ROLE a PASSWORD 'x''y'"), "CREATE ROLE a PASSWORD '***'");
        assert_eq!(masked("DO $$ BEGIN CREATE ROLE a PASSWORD 'x'; END $$"), "DO '***'");
        assert_eq!(masked("SELECT 'x'"), "SELECT 'x'");
    }

    #[test]
    fn comments_keep_their_lines_and_no_password() {
        let text =
            "\n-- \\set app_password hunter2\n-- ALTER ROLE a PASSWORD 'hunter2'; it's old\n-- it's fine\n";
        let shown = between(text);
        assert!(!shown.contains("hunter2") && shown.contains("-- it's fine\n"), "{shown}");
        assert_eq!(shown.matches('\n').count(), text.matches('\n').count());
    }
}
