//! Columns inside of the texts of definitions: which of them an index or a constraint names, and the same text with other
//! names for some.
//!
//! The texts are PostgreSQL's own (`pg_get_indexdef`, `pg_get_constraintdef`), or expressions of a user. A text that the
//! parser does not take gives nothing.

use cutover_sql::ident::{quote_ident, split_qualified};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::parse::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::{self, NodeEnum};

/// Names and what they become, none of them quoted.
pub type Names = [(String, String)];

/// Why an expression cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// PostgreSQL's message.
    Grammar(String),
    /// A query in it.
    Query,
    /// A column that is named with its table.
    Qualified(String),
}

const BEFORE: &str = "SELECT (";

/// The columns that an expression of a user names.
///
/// # Errors
/// When it is no expression, or one that a trigger and a constraint could not have.
pub fn columns(expression: &str) -> Result<Vec<String>, Unusable> {
    let text = format!("{BEFORE}{expression}\n)");
    let statements = parse(&text, Span::new(0, text.len())).map_err(|e| Unusable::Grammar(e.message))?;
    let root = match &statements[..] {
        [one] => one.stmt.as_ref().and_then(|node| tree::inner(node)),
        _ => return Err(Unusable::Grammar("it is more than an expression".into())),
    };
    let mut found: Vec<String> = Vec::new();
    let mut wrong = None;
    if let Some(NodeEnum::SelectStmt(select)) = root {
        // ") FROM t, (" would be an expression with something around it
        if select.target_list.len() != 1 || !select.from_clause.is_empty() || select.where_clause.is_some() {
            return Err(Unusable::Grammar("it is more than an expression".into()));
        }
    }
    if let Some(root) = root {
        tree::visit(root, &mut |node| match node {
            NodeEnum::SubLink(_) => wrong = Some(Unusable::Query),
            NodeEnum::ColumnRef(it) => match &tree::texts(&it.fields)[..] {
                [name] if it.fields.len() == 1 => {
                    if !found.iter().any(|f| f == name) {
                        found.push((*name).to_owned());
                    }
                }
                names => wrong = Some(Unusable::Qualified(names.join("."))),
            },
            _ => {}
        });
    }
    wrong.map_or(Ok(found), Err)
}

/// An expression with other names for some columns.
pub fn expression(text: &str, names: &Names) -> Option<String> {
    let whole = format!("{BEFORE}{text}\n)");
    let statements = parse(&whole, Span::new(0, whole.len())).ok()?;
    let mut places: Vec<usize> = Vec::new();
    for statement in &statements {
        tree::visit(statement.stmt.as_ref().and_then(|node| tree::inner(node))?, &mut |node| {
            if let NodeEnum::ColumnRef(it) = node
                && it.fields.len() == 1
                && let Ok(at) = usize::try_from(it.location)
            {
                places.push(at);
            }
        });
    }
    places.sort_unstable();
    places.dedup();
    let mut out = String::new();
    let mut done = BEFORE.len();
    for at in places {
        let token = tokens(&whole[at..]).next()?;
        let end = at + token.span.len();
        out.push_str(&whole[done..at]);
        out.push_str(&renamed(&whole[at..end], names));
        done = end;
    }
    let end = whole.len() - 2;
    out.push_str(whole.get(done..end)?);
    Some(out)
}

/// A name as SQL has it, under its other name if it has one.
fn renamed(name: &str, names: &Names) -> String {
    let plain = split_qualified(name).and_then(|mut parts| parts.pop());
    let new = plain.and_then(|plain| names.iter().find(|(from, _)| *from == plain));
    new.map_or_else(|| name.to_owned(), |(_, to)| quote_ident(to).into_owned())
}

/// The first list of a definition, item by item: `a` and `lower(b) DESC` of `USING btree (a, lower(b) DESC)`.
pub fn items(definition: &str) -> Vec<&str> {
    groups(definition).into_iter().next().map_or_else(Vec::new, |group| split(group.text(definition)))
}

/// The items of a list that are nothing but a column: the columns of a key.
pub fn key(definition: &str) -> Vec<String> {
    items(definition)
        .into_iter()
        .filter_map(|item| split_qualified(item).filter(|parts| parts.len() == 1)?.pop())
        .collect()
}

/// The columns of each list of a definition: those of a foreign key and those that it refers to.
pub fn all_lists(definition: &str) -> Vec<Vec<String>> {
    let list = |group: Span| {
        let items = split(group.text(definition)).into_iter();
        items.filter_map(|item| split_qualified(item)?.pop()).collect()
    };
    groups(definition).into_iter().map(list).collect()
}

/// A definition of lists, `USING btree (a) INCLUDE (b)`, with other names for some columns: the first list by the first
/// names, and so on; the last names are for all lists that follow.
pub fn lists(definition: &str, names: &[&Names]) -> Option<String> {
    let mut out = String::new();
    let mut done = 0;
    for (at, group) in groups(definition).into_iter().enumerate() {
        let names = names[at.min(names.len() - 1)];
        let items: Option<Vec<String>> =
            split(group.text(definition)).into_iter().map(|it| item(it, names)).collect();
        out.push_str(&definition[done..group.start]);
        out.push_str(&items?.join(", "));
        done = group.end;
    }
    out.push_str(&definition[done..]);
    Some(out)
}

/// An item of an index: a column, a call or an expression in parentheses, and what follows it.
fn item(text: &str, names: &Names) -> Option<String> {
    let mut depth = 0_usize;
    let mut end = 0;
    let mut is_column = true;
    for token in tokens(text) {
        match token.kind {
            TokenKind::OpenParen => {
                is_column = false;
                depth += 1;
            }
            TokenKind::CloseParen => depth = depth.checked_sub(1)?,
            _ => {}
        }
        end = token.span.end;
        let rest = &text[end..];
        // a call's name goes on up to its parentheses
        if depth == 0 && !rest.starts_with(['(', '.']) && token.span.text(text) != "." {
            break;
        }
    }
    let (head, tail) = text.split_at(end);
    let head = if is_column { renamed(head, names) } else { expression(head, names)? };
    Some(format!("{head}{tail}"))
}

/// The insides of the parentheses that stand outside of others.
fn groups(definition: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for token in tokens(definition) {
        match token.kind {
            TokenKind::OpenParen => {
                if depth == 0 {
                    start = token.span.end;
                }
                depth += 1;
            }
            TokenKind::CloseParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    found.push(Span::new(start, token.span.start));
                }
            }
            _ => {}
        }
    }
    found
}

/// Splits at commas outside of parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for token in tokens(text) {
        match token.kind {
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => depth = depth.saturating_sub(1),
            TokenKind::Other if depth == 0 && token.span.text(text) == "," => {
                found.push(text[start..token.span.start].trim());
                start = token.span.end;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        found.push(text[start..].trim());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn a_column_gets_its_other_name_and_nothing_else_does() {
        let names = names(&[("date", "Day"), ("a", "b")]);
        let new = |text: &str| expression(text, &names);
        assert_eq!(new("(date)::date > 'date'::date").as_deref(), Some("(\"Day\")::date > 'date'::date"));
        assert_eq!(new("lower(\"a\") = a.date").as_deref(), Some("lower(b) = a.date"));
        assert_eq!(new("EXTRACT(year FROM date) + a").as_deref(), Some("EXTRACT(year FROM \"Day\") + b"));
        assert_eq!(new("a >"), None);
    }

    #[test]
    fn the_lists_of_an_index_and_a_key_get_other_names() {
        let names = names(&[("a", "A"), ("text", "words")]);
        let new = |text: &str| lists(text, &[&names]).unwrap_or_default();
        assert_eq!(
            new("USING btree (a DESC NULLS LAST, lower(text) text_pattern_ops, b) INCLUDE (text, c)"),
            "USING btree (\"A\" DESC NULLS LAST, lower(words) text_pattern_ops, b) INCLUDE (words, c)"
        );
        assert_eq!(
            new("USING gin (to_tsvector('english'::regconfig, text), ((a || ','::text)))"),
            "USING gin (to_tsvector('english'::regconfig, words), ((\"A\" || ','::text)))"
        );
        assert_eq!(new("UNIQUE NULLS NOT DISTINCT (x, text)"), "UNIQUE NULLS NOT DISTINCT (x, words)");
        assert_eq!(
            lists("FOREIGN KEY (a) REFERENCES s.text(a) ON DELETE SET NULL (a)", &[&names, &[], &names])
                .as_deref(),
            Some("FOREIGN KEY (\"A\") REFERENCES s.text(a) ON DELETE SET NULL (\"A\")")
        );
        assert_eq!(new("EXCLUDE USING gist (a WITH &&)"), "EXCLUDE USING gist (\"A\" WITH &&)");
    }

    #[test]
    fn an_expression_is_no_more_than_one() {
        assert_eq!(columns("a + \"B\" + a"), Ok(vec!["a".into(), "B".into()]));
        assert!(matches!(columns("a +"), Err(Unusable::Grammar(_))));
        assert!(matches!(columns("1) FROM (t"), Err(Unusable::Grammar(_))));
        assert!(matches!(columns("1); DROP TABLE t; SELECT (1"), Err(Unusable::Grammar(_))));
        assert_eq!(columns("(SELECT 1)"), Err(Unusable::Query));
        assert_eq!(columns("t.a"), Err(Unusable::Qualified("t.a".into())));
        assert_eq!(key("PRIMARY KEY (\"A b\", c)"), ["A b", "c"]);
    }
}
