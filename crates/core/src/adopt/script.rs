//! A file of SQL as a list of what psql would do with it: statements, its own commands, and what is neither.
//!
//! It knows what a transaction in the file takes back; it knows no database.

use std::sync::Arc;

use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::repeated::parse_long;
use cutover_sql::span::{Span, place};
use cutover_sql::statement::{Statement, SyntaxError, Transaction};
use cutover_sql::tree::{InsertStmt, NodeEnum, boxed};

use super::folder::Part;
use super::secret::masked;
use crate::report::count;

/// One thing in a file.
#[derive(Clone, Debug)]
pub struct Item {
    /// Where it stands in the part's text, without its semicolon.
    pub span: Span,
    /// The line of the file that it begins on, from 1.
    pub line: usize,
    /// What it is.
    pub what: What,
}

/// What a thing in a file is.
#[derive(Clone, Debug)]
pub enum What {
    /// A statement, with its tree. Of rows that are inserted only the table is in it.
    Statement(Box<(Statement, Arc<NodeEnum>)>),
    /// A statement between `BEGIN` and `ROLLBACK`, or a savepoint and the way back to it.
    TakenBack(Box<(Statement, Arc<NodeEnum>)>),
    /// `BEGIN`, `COMMIT`, `SAVEPOINT` and the like.
    Control(String),
    /// A command of psql.
    Meta(String),
    /// Text that PostgreSQL's grammar refuses, with its message.
    Broken(String),
}

impl Item {
    /// The statement that is run.
    pub fn statement(&self) -> Option<(&Statement, &NodeEnum)> {
        match &self.what {
            What::Statement(it) => Some((&it.0, it.1.as_ref())),
            What::TakenBack(_) | What::Control(_) | What::Meta(_) | What::Broken(_) => None,
        }
    }

    /// Whether it inserts rows that stand in it, as a dump has them.
    pub fn is_rows(&self) -> bool {
        let is_insert = |(it, node): (&Statement, &NodeEnum)| {
            matches!(node, NodeEnum::InsertStmt(insert) if insert.select_stmt.is_none())
                && it.copy_data.is_none()
        };
        self.statement().is_some_and(is_insert)
    }

    /// Its text on one line, shortened.
    pub fn title(&self, sql: &str) -> String {
        const LONGEST: usize = 72;
        // it is shown in reports
        let text = masked(self.span.text(sql));
        let words: Vec<&str> = text.split_whitespace().collect();
        let text = words.join(" ");
        match text.char_indices().nth(LONGEST) {
            Some((at, _)) => format!("{} ...", text[..at].trim_end()),
            None => text,
        }
    }
}

/// What is in a part of a file, in its order.
pub fn items(part: &Part) -> Vec<Item> {
    let sql = part.sql.as_str();
    let (statements, errors) = parse_long(sql, Span::new(0, sql.len()), &mut shorten);
    let mut found = Vec::new();
    let mut at = 0;
    for (statement, node) in statements {
        gap(part, Span::new(at, statement.span.start.max(at)), &errors, &mut found);
        at = statement.copy_data.map_or(statement.span.end, |data| after_line(sql, data.end));
        let (span, line) = (statement.span, part.line + statement.line - 1);
        let what = match &statement.traits.transaction {
            Transaction::Control(verb) => What::Control(verb.clone()),
            Transaction::Inside | Transaction::Outside(_) => What::Statement(Box::new((statement, node))),
        };
        found.push(Item { span, line, what });
    }
    gap(part, Span::new(at, sql.len()), &errors, &mut found);
    take_back(&mut found, sql);
    found
}

/// Takes the rows out of a tree: the trees of a dump would take a hundred times its text. What a row calls is not
/// looked for, then; whether it is there is seen when the file is run.
fn shorten(tree: &mut NodeEnum) -> bool {
    let NodeEnum::InsertStmt(it) = tree else { return false };
    let Some(NodeEnum::SelectStmt(rows)) = boxed(it.select_stmt.as_deref()) else { return false };
    let is_plain = !rows.values_lists.is_empty() && it.with_clause.is_none();
    if is_plain {
        **it = InsertStmt { relation: it.relation.take(), ..InsertStmt::default() };
    }
    is_plain
}

fn line(part: &Part, offset: usize) -> usize {
    part.line + place(&part.sql, offset).line - 1
}

/// The end of the line on which the data of a COPY ends.
fn after_line(sql: &str, at: usize) -> usize {
    sql[at.min(sql.len())..].find('\n').map_or(sql.len(), |n| at + n)
}

/// What stands between two statements besides comments and semicolons.
fn gap(part: &Part, span: Span, errors: &[SyntaxError], found: &mut Vec<Item>) {
    let sql = part.sql.as_str();
    let mut from = span.start;
    while from < span.end {
        let rest = Span::new(from, span.end);
        let mut solid = tokens(rest.text(sql)).filter(|token| !token.is_blank());
        let Some(first) = solid.find(|token| token.kind != TokenKind::Semicolon) else { return };
        let start = from + first.span.start;
        let is_meta = Span::new(start, span.end).text(sql).starts_with('\\');
        let end = if is_meta {
            after_line(sql, start).min(span.end)
        } else {
            let end = solid.find(|token| token.kind == TokenKind::Semicolon);
            end.map_or(span.end, |token| from + token.span.start)
        };
        let text = Span::new(start, end);
        let trimmed = Span::new(start, start + text.text(sql).trim_end().len());
        let what = if is_meta {
            What::Meta(trimmed.text(sql).split_whitespace().next().unwrap_or("\\").to_owned())
        } else {
            let mine = errors.iter().find(|error| (start..=end).contains(&error.offset()));
            What::Broken(mine.map_or_else(|| "it is no statement".to_owned(), ToString::to_string))
        };
        found.push(Item { span: trimmed, line: line(part, start), what });
        from = end.max(start + 1);
    }
}

/// Marks what the file itself takes back.
fn take_back(items: &mut [Item], sql: &str) {
    let mut began: Option<usize> = None;
    let mut points: Vec<(String, usize)> = Vec::new();
    for at in 0..items.len() {
        let What::Control(verb) = &items[at].what else { continue };
        let words: Vec<String> = items[at].span.text(sql).split_whitespace().map(str::to_lowercase).collect();
        let name = words.last().cloned().unwrap_or_default();
        let from = match verb.as_str() {
            "BEGIN" | "START TRANSACTION" => {
                began = Some(at);
                None
            }
            "SAVEPOINT" => {
                points.push((name, at));
                None
            }
            "ROLLBACK TO SAVEPOINT" => points.iter().rev().find(|(it, _)| *it == name).map(|(_, at)| *at),
            "ROLLBACK" => {
                points.clear();
                began.take()
            }
            "COMMIT" => {
                points.clear();
                began = None;
                None
            }
            _ => None,
        };
        for item in from.map(|from| &mut items[from..at]).into_iter().flatten() {
            let what = std::mem::replace(&mut item.what, What::Control(String::new()));
            item.what = match what {
                What::Statement(it) => What::TakenBack(it),
                other => other,
            };
        }
    }
}

/// What of a file stays when the statement at `failed` fails, as psql has it: in words.
pub fn stays(items: &[Item], failed: usize) -> String {
    let is = |item: &Item, verbs: &[&str]| matches!(&item.what, What::Control(verb) if verbs.contains(&verb.as_str()));
    let last = items[..failed].iter().rposition(|item| is(item, &["COMMIT"]));
    let begins = items.iter().any(|item| is(item, &["BEGIN", "START TRANSACTION", "COMMIT"]));
    match last {
        Some(at) => {
            let kept = items[..at].iter().filter(|item| item.statement().is_some()).count();
            let kept = count(kept, "statement");
            format!("what stands before the COMMIT on line {} stays: {kept}", items[at].line)
        }
        None if begins => "nothing of the file stays".to_owned(),
        None => "run in one transaction, nothing of the file stays; psql without one keeps what went before"
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(sql: &str) -> Part {
        Part { path: "a.sql".into(), line: 1, sql: sql.into(), is_transactional: true }
    }

    fn shown(sql: &str) -> Vec<String> {
        let part = part(sql);
        let word = |item: &Item| match &item.what {
            What::Statement(_) => "run",
            What::TakenBack(_) => "taken back",
            What::Control(_) => "control",
            What::Meta(_) => "psql",
            What::Broken(_) => "broken",
        };
        items(&part).iter().map(|it| format!("{} {}: {}", it.line, word(it), it.title(sql))).collect()
    }

    #[test]
    fn everything_in_a_file_is_something() {
        let sql = "\\set ON_ERROR_STOP on\nBEGIN;\nCREATE TABLE a (id int); -- one\nGRANT NONSENSE x ON;\nCOMMIT;\n\
                   SELECT 1;\nCOPY a FROM stdin;\n1\n\\.\nSELECT 2\n";
        assert_eq!(
            shown(sql),
            [
                "1 psql: \\set ON_ERROR_STOP on",
                "2 control: BEGIN",
                "3 run: CREATE TABLE a (id int)",
                "4 broken: GRANT NONSENSE x ON",
                "5 control: COMMIT",
                "6 run: SELECT 1",
                "7 run: COPY a FROM stdin",
                "10 run: SELECT 2",
            ]
        );
    }

    #[test]
    fn what_a_file_takes_back_is_not_run() {
        let sql = "BEGIN; SELECT 1; SAVEPOINT s; SELECT 2; ROLLBACK TO s; COMMIT; BEGIN; SELECT 3; ROLLBACK;";
        let kept: Vec<String> = shown(sql).into_iter().filter(|it| !it.contains("control")).collect();
        assert_eq!(kept, ["1 run: SELECT 1", "1 taken back: SELECT 2", "1 taken back: SELECT 3"]);
    }

    #[test]
    fn no_password_is_shown() {
        assert_eq!(
            shown("CREATE ROLE app LOGIN PASSWORD 'secret';"),
            ["1 run: CREATE ROLE app LOGIN PASSWORD '***'"]
        );
    }

    #[test]
    fn what_stays_is_what_was_committed() {
        let part = part("BEGIN;\nSELECT 1;\nCOMMIT;\nSELECT 1/0;");
        let items = items(&part);
        assert_eq!(stays(&items, 3), "what stands before the COMMIT on line 3 stays: 1 statement");
    }
}
