//! Identifiers and literals: the only quoting code of the project.

use std::borrow::Cow;

use crate::keywords::QUOTED;

/// An identifier as SQL needs it: bare when that reads back as the same name, else quoted.
pub fn quote_ident(name: &str) -> Cow<'_, str> {
    let mut chars = name.chars();
    let simple = chars.next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if simple && QUOTED.binary_search(&name).is_err() {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    }
}

/// A name with its qualifiers, each part quoted where it needs to be.
pub fn qualified(parts: &[impl AsRef<str>]) -> String {
    parts.iter().map(|p| quote_ident(p.as_ref())).collect::<Vec<_>>().join(".")
}

/// A string literal, in the `E''` form when it has a backslash.
pub fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_when_they_need_it() {
        assert_eq!(quote_ident("task_history"), "task_history");
        assert_eq!(quote_ident("Task"), "\"Task\"");
        assert_eq!(quote_ident("user"), "\"user\"");
        assert_eq!(quote_ident("we\"ird"), "\"we\"\"ird\"");
        assert_eq!(quote_ident("ü"), "\"ü\"");
        assert_eq!(quote_ident(""), "\"\"");
        assert_eq!(qualified(&["Shop", "order", "id"]), "\"Shop\".\"order\".id");
    }

    #[test]
    fn literals_are_safe_with_quotes_and_backslashes() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\'b"), "E'a\\\\''b'");
    }
}
