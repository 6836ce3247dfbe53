//! The safe forms, as edits of the text: what several rules write.

use cutover_sql::span::Span;
use cutover_sql::tree::NodeEnum;

use crate::context::{Group, Judged, Place};
use crate::finding::{Edit, Fix};
use crate::source::{Kind, Section, Source};

/// `CONCURRENTLY` behind the first `word` of a statement that stands alone then. Nothing where it would be refused:
/// between `BEGIN` and `COMMIT`.
pub fn concurrently(place: &Place<'_>, word: &str) -> Option<Fix> {
    if !place.can_be_alone() {
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

/// A word behind another one of a statement that may stay where it is.
pub fn insert_behind(place: &Place<'_>, word: &str, title: &str, text: &str) -> Option<Fix> {
    let at = place.span().start + behind_word(place.text(), word)?;
    let edit = Edit { span: Span::new(at, at), text: format!(" {text}") };
    Some(Fix { title: title.into(), edits: vec![edit], safe: true })
}

/// A statement in place of another.
pub fn instead(place: &Place<'_>, title: &str, text: impl Into<String>) -> Option<Fix> {
    Some(Fix { title: title.into(), edits: vec![Edit { span: place.span(), text: text.into() }], safe: true })
}

/// A part of what comes in the place of a statement; each is a transaction of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block {
    /// Statements, with a semicolon between them and none at the end.
    Sql(String),
    /// A statement that runs in batches, by the key of a table.
    Backfill {
        /// The table.
        table: String,
        /// Its key.
        key: Vec<String>,
        /// The statement.
        sql: String,
    },
}

/// Several statements in place of one, each in a transaction of its own. The last has no semicolon: that of the
/// statement is there already.
pub fn steps(place: &Place<'_>, title: &str, statements: &[String]) -> Option<Fix> {
    let steps: Vec<Block> = statements.iter().cloned().map(Block::Sql).collect();
    blocks(place, title, &steps)
}

/// The same with statements that run in batches; those only a revision can have.
pub fn blocks(place: &Place<'_>, title: &str, parts: &[Block]) -> Option<Fix> {
    // a plain file that somebody runs in one transaction cannot be taken apart
    if !place.can_be_alone() || sets_local(place) {
        return None;
    }
    let text = written(place, parts)?;
    let mut edits = vec![Edit { span: place.span(), text }];
    // what stood before it in the same transaction keeps its own, and so does what comes after
    if place.is_revision() {
        let before = neighbours(place).filter(|span| span.start < place.span().start).last();
        let after = neighbours(place).find(|span| span.start > place.span().start);
        if let Some(line) = before.map(|before| line_between(place, before, place.span())) {
            if line.span.start == place.span().start {
                edits[0].text.insert_str(0, &line.text);
            } else {
                edits.insert(0, line);
            }
        }
        edits.extend(after.map(|after| line_between(place, place.span(), after)));
    }
    Some(Fix { title: title.into(), edits, safe: true })
}

/// The text of the parts, if they are SQL.
fn written(place: &Place<'_>, parts: &[Block]) -> Option<String> {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        let sql = match part {
            Block::Sql(sql) => {
                text.push_str(match (at, place.is_revision()) {
                    (0, _) => "",
                    (_, true) => ";\n\n--@ sql\n",
                    (_, false) => ";\n",
                });
                sql
            }
            Block::Backfill { table, key, sql } if place.is_revision() && at > 0 => {
                text.push_str(&format!(";\n\n--@ backfill {table} by {}\n", key.join(", ")));
                sql
            }
            Block::Backfill { .. } => return None,
        };
        if !cutover_sql::statement::is_sound(sql) {
            return None;
        }
        text.push_str(sql);
    }
    Some(text)
}

/// What follows a statement in its transaction begins one of its own.
pub fn split_behind(place: &Place<'_>) -> Option<Edit> {
    let after = neighbours(place).find(|span| span.start > place.span().start);
    after.filter(|_| place.is_revision()).map(|after| line_between(place, place.span(), after))
}

/// A line of its own above a statement, also when others stand before it on its line.
pub fn line_above(source: &Source, statement: usize, line: &str) -> Edit {
    let start = source.lines.start_of(statement);
    let is_first = source.text.get(start..statement).is_some_and(|before| before.trim().is_empty());
    let (at, lead) = if is_first { (start, "") } else { (statement, "\n") };
    Edit { span: Span::new(at, at), text: format!("{lead}{line}\n") }
}

/// The statements of the same transaction, in order.
fn neighbours(place: &Place<'_>) -> impl Iterator<Item = Span> {
    place.source.transaction_of(place.item).iter().map(|item| item.statement.span)
}

/// Whether a setting that ends with the transaction was made before it.
fn sets_local(place: &Place<'_>) -> bool {
    place.source.transaction_of(place.item).iter().any(|item| {
        item.statement.span.start < place.span().start
            && matches!(&*item.tree, NodeEnum::VariableSetStmt(it) if it.is_local)
    })
}

/// A line `--@ sql` between two statements, above the comments of the second.
fn line_between(place: &Place<'_>, first: Span, second: Span) -> Edit {
    let text = &place.source.text;
    let between = Span::new(first.end, second.start).text(text);
    let Some(end) = between.find('\n') else {
        return Edit { span: Span::new(second.start, second.start), text: "\n--@ sql\n".into() };
    };
    let mut at = first.end + end + 1;
    while let Some(line) = text.get(at..second.start).and_then(|rest| rest.split_inclusive('\n').next())
        && line.ends_with('\n')
        && line.trim().is_empty()
    {
        at += line.len();
    }
    Edit { span: Span::new(at, at), text: "--@ sql\n".into() }
}

/// A line `--@ sql` before a statement: what follows is a transaction of its own.
pub fn split_before(group: &Group<'_>, judged: &Judged) -> Option<Fix> {
    let item = group.item(judged);
    if group.source.kind != Kind::Revision || item.backfill || item.guard {
        return None;
    }
    Some(Fix {
        title: "give it a transaction of its own".into(),
        edits: vec![line_above(group.source, item.statement.span.start, "--@ sql")],
        safe: true,
    })
}

/// A statement behind the last one of a section, in a transaction of its own.
pub fn at_end(source: &Source, section: Section, title: &str, statement: &str) -> Option<Fix> {
    let last = source.items.iter().rfind(|item| item.section == section)?;
    if last.statement.copy_data.is_some() {
        return None;
    }
    let between = if source.kind == Kind::Revision { ";\n\n--@ sql\n" } else { ";\n" };
    let at = last.statement.span.end;
    let edits = vec![Edit { span: Span::new(at, at), text: format!("{between}{statement}") }];
    Some(Fix { title: title.into(), edits, safe: true })
}
