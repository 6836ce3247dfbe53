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

/// Takes a name as SQL writes it apart: bare parts are folded to lower case, quoted ones are kept. `None` when it is no
/// name (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
pub fn split_qualified(text: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let mut rest = text.trim();
    loop {
        let (part, after) = if let Some(inner) = rest.strip_prefix('"') {
            quoted_part(inner)?
        } else {
            let end = rest.find(['.', '"']).unwrap_or(rest.len());
            let bare = &rest[..end];
            if bare.is_empty() || bare.contains(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')) {
                return None;
            }
            (bare.to_lowercase(), &rest[end..])
        };
        parts.push(part);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(parts),
            None => return None,
        }
    }
}

/// What stands up to the closing quote, and what follows it.
fn quoted_part(inner: &str) -> Option<(String, &str)> {
    let mut part = String::new();
    let mut rest = inner;
    loop {
        let end = rest.find('"')?;
        part.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(next) => {
                part.push('"');
                rest = next;
            }
            None => return (!part.is_empty()).then_some((part, rest)),
        }
    }
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
    fn names_come_apart_as_they_were_put_together() {
        for parts in [&["Shop", "order", "id"][..], &["we\"ird", "a.b"], &["t"]] {
            assert_eq!(
                split_qualified(&qualified(parts)).as_deref(),
                Some(&parts.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>()[..])
            );
        }
        assert_eq!(split_qualified("Shop.Orders"), Some(vec!["shop".into(), "orders".into()]));
        for wrong in ["", "a.", ".a", "a b", "\"open", "\"\"", "a\"b\""] {
            assert_eq!(split_qualified(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn literals_are_safe_with_quotes_and_backslashes() {
        assert_eq!(quote_literal("it's"), "'it''s'");
        assert_eq!(quote_literal("a\\'b"), "E'a\\\\''b'");
    }
}
