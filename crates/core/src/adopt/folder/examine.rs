//! One part of a file looked at: what psql, transactions and the grammar say, and the part as plain SQL.
//!
//! What it has to do with other files is looked at in `objects`.

use std::sync::Arc;

use cutover_sql::psql;
use cutover_sql::repeated::parse_long;
use cutover_sql::span::{Span, line_around, place};
use cutover_sql::statement::{Statement, SyntaxError};
use cutover_sql::tree::{DeleteStmt, InsertStmt, NodeEnum, SelectStmt, UpdateStmt};

use super::{Layout, Part, Source, alone, commands, control, known, privilege, reach};
use crate::adopt::secret::{is_secret, masked};
use crate::report::{Conclusion, Weight};

/// Where a part is, for its conclusions.
pub(super) struct Where<'p> {
    pub path: &'p str,
    /// The line of the file that the part begins on.
    pub first: usize,
    pub style: Layout,
}

impl Where<'_> {
    /// The line of the file for a line of the part, both from 1.
    pub fn line(&self, line: usize) -> usize {
        self.first + line - 1
    }
}

/// A statement with its tree. Rows that are inserted, and queries, have an empty one: nobody looks into it here, and the
/// trees of a dump would take a hundred times its text.
pub(super) type Parsed = (Statement, Arc<NodeEnum>);

/// A part with its statements.
pub(super) struct Examined {
    pub part: Part,
    pub statements: Vec<Parsed>,
}

/// The first and the last line of each statement, from 1 in the part.
pub(super) fn lines(all: &[Parsed], sql: &str) -> Vec<(usize, usize)> {
    let last = |it: &Statement| it.line + it.span.text(sql).matches('\n').count();
    all.iter().map(|(it, _)| (it.line, last(it))).collect()
}

/// Looks at a part, and makes plain SQL of it.
pub(super) fn examine(
    mut part: Part,
    style: Layout,
    sources: &[Source],
    found: &mut Vec<Conclusion>,
) -> Examined {
    let path = part.path.clone();
    let at = Where { path: &path, first: part.line, style };
    let psql = psql::read(&part.sql);
    part.sql = psql.sql.clone();
    let (mut statements, errors) = parse_long(&part.sql, Span::new(0, part.sql.len()), &mut shorten);
    // a colon may be SQL: psql leaves a variable that nobody has set as it is
    let lines = lines(&statements, &part.sql);
    let is_read = |line: usize| errors.is_empty() || lines.iter().any(|it| (it.0..=it.1).contains(&line));
    found.extend(commands::check(&psql, &at, sources, &is_read));
    found.extend(errors.iter().map(|error| syntax(error, &part.sql, &at)));
    let verdict = control::verdict(&control::Text {
        statements: &statements,
        errors: &errors,
        sql: &part.sql,
        at: &at,
    });
    found.extend(verdict.conclusions.iter().cloned());
    if let Some(spans) = &verdict.unwrap {
        statements.retain(|(it, _)| !spans.contains(&it.span));
        spans.iter().for_each(|span| blank(&mut part.sql, *span));
    }
    part.is_transactional &= verdict.is_transactional;
    found.extend(alone::check(&mut part, &statements, &verdict, &at));
    for (statement, tree) in &statements {
        found.extend(privilege::check(statement, tree, &at));
        found.extend(reach::check(statement, tree, &part.sql, &at));
        found.extend(known::check(statement, tree, &part.sql, &at));
    }
    Examined { part, statements }
}

/// Takes out of a tree what nobody looks at; says whether that is all that makes it differ from others like it.
fn shorten(tree: &mut NodeEnum) -> bool {
    match tree {
        NodeEnum::InsertStmt(it) => {
            **it = InsertStmt::default();
            true
        }
        NodeEnum::SelectStmt(it) => {
            // SELECT INTO makes a table
            if it.into_clause.is_none() {
                **it = SelectStmt::default();
            }
            false
        }
        NodeEnum::UpdateStmt(it) => {
            **it = UpdateStmt::default();
            false
        }
        NodeEnum::DeleteStmt(it) => {
            **it = DeleteStmt::default();
            false
        }
        _ => false,
    }
}

/// Blanks in place of a statement and its semicolon: no other place moves.
fn blank(sql: &mut String, span: Span) {
    let after = &sql[span.end..];
    let gap = after.len() - after.trim_start().len();
    let end = if after[gap..].starts_with(';') { span.end + gap + 1 } else { span.end };
    let blanks: String = sql[span.start..end]
        .chars()
        .flat_map(|it| std::iter::repeat_n(if it == '\n' || it == '\r' { it } else { ' ' }, it.len_utf8()))
        .collect();
    sql.replace_range(span.start..end, &blanks);
}

/// What PostgreSQL's grammar says of a statement that it does not know.
fn syntax(error: &SyntaxError, sql: &str, at: &Where) -> Conclusion {
    let offset = error.offset();
    let place = place(sql, offset);
    let line = line_around(sql, offset);
    // the caret of a long line would stand far to the right of what is shown
    let caret =
        if place.column <= 120 { format!("\n{}^", " ".repeat(place.column - 1)) } else { String::new() };
    let shown: String = line.chars().take(200).collect();
    Conclusion::new("not-sql", Weight::Error, at.path, error.to_string())
        .at(at.path, at.line(place.line))
        .because(if is_secret(&shown) { masked(&shown).into_owned() } else { format!("{shown}{caret}") })
        .next(match error {
            SyntaxError::Grammar(_) => match privilege::misplaced(sql, offset) {
                Some(hint) => hint,
                None => "look whether it was ever run; it is left out of what is carried over, as a comment"
                    .to_owned(),
            },
            SyntaxError::MetaCommand { .. }
            | SyntaxError::UnterminatedCopy { .. }
            | SyntaxError::AfterCopy { .. }
            | SyntaxError::Nul { .. } => error.help(),
        })
}
