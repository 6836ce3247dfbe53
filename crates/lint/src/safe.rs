//! The safe forms, as edits of the text: what several rules write.

use cutover_sql::span::Span;

use crate::context::{Group, Judged, Place};
use crate::finding::{Edit, Fix};
use crate::source::Kind;

/// `CONCURRENTLY` behind the first `word` of a statement that stands alone then. Nothing where it would be refused:
/// between `BEGIN` and `COMMIT`.
pub fn concurrently(place: &Place<'_>, word: &str) -> Option<Fix> {
    if place.item.in_begin {
        return None;
    }
    let at = behind_word(place.text(), word)?;
    let at = place.span().start + at;
    Some(Fix {
        title: "do it concurrently".into(),
        edits: vec![Edit { span: Span::new(at, at), text: " CONCURRENTLY".into() }],
        safe: true,
    })
}

/// The end of the first token that is this word.
pub fn behind_word(text: &str, word: &str) -> Option<usize> {
    cutover_sql::lex::tokens(text)
        .find(|token| token.span.text(text).eq_ignore_ascii_case(word))
        .map(|token| token.span.end)
}

/// A statement in place of another.
pub fn instead(place: &Place<'_>, title: &str, text: impl Into<String>) -> Option<Fix> {
    Some(Fix { title: title.into(), edits: vec![Edit { span: place.span(), text: text.into() }], safe: true })
}

/// Several statements in place of one, each in a transaction of its own. The last has no semicolon: that of the
/// statement is there already.
pub fn steps(place: &Place<'_>, title: &str, statements: &[String]) -> Option<Fix> {
    if place.item.in_begin {
        return None;
    }
    let between = if place.is_revision() { ";\n\n--@ sql\n" } else { ";\n" };
    // what stood before it in the same transaction keeps its own
    let first = place.is_revision() && shares_transaction(place);
    let lead = if first { "--@ sql\n" } else { "" };
    let text = format!("{lead}{}", statements.join(between));
    let mut edits = vec![Edit { span: place.span(), text }];
    if place.is_revision()
        && let Some(next) = next_in_transaction(place)
    {
        edits.push(Edit { span: Span::new(next, next), text: "--@ sql\n".into() });
    }
    Some(Fix { title: title.into(), edits, safe: true })
}

/// Whether a statement before it runs in the same transaction.
fn shares_transaction(place: &Place<'_>) -> bool {
    place.source.items.iter().any(|item| {
        item.section == place.item.section
            && item.transaction == place.item.transaction
            && item.statement.span.start < place.span().start
    })
}

/// Where the next statement of the same transaction begins.
fn next_in_transaction(place: &Place<'_>) -> Option<usize> {
    let next = place.source.items.iter().find(|item| {
        item.section == place.item.section
            && item.transaction == place.item.transaction
            && item.statement.span.start > place.span().start
    })?;
    Some(place.source.lines.start_of(next.statement.span.start))
}

/// A line `--@ sql` before a statement: what follows is a transaction of its own.
pub fn split_before(group: &Group<'_>, judged: &Judged) -> Option<Fix> {
    let item = group.item(judged);
    if group.source.kind != Kind::Revision || item.backfill || item.guard {
        return None;
    }
    let at = group.source.lines.start_of(item.statement.span.start);
    Some(Fix {
        title: "give it a transaction of its own".into(),
        edits: vec![Edit { span: Span::new(at, at), text: "--@ sql\n".into() }],
        safe: true,
    })
}
