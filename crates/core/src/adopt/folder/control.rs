//! Transaction control in a file: around all of it, which a revision does by itself, or in the middle, which breaks it
//! into parts that stay by themselves.
//!
//! What each statement does is not known here.

use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::span::Span;
use cutover_sql::statement::{SessionChange, Statement, Transaction};
use cutover_sql::tree::{NodeEnum, boxed, inner};

use super::Layout;
use super::examine::Where;
use crate::report::{Conclusion, Weight};

/// What the transaction control of a part comes to.
#[derive(Default)]
pub(super) struct Verdict {
    pub conclusions: Vec<Conclusion>,
    /// The BEGIN and COMMIT to take out, where they are around all of it.
    pub unwrap: Option<[Span; 2]>,
    /// Whether they are.
    pub is_wrapped: bool,
    /// Whether it can still run as one transaction.
    pub is_transactional: bool,
}

/// Statements of transaction control that end one or begin one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edge {
    Begin,
    Commit,
    Rollback,
}

fn edge(statement: &Statement) -> Option<Edge> {
    match &statement.traits.transaction {
        Transaction::Control(verb) => match verb.as_str() {
            "BEGIN" | "START TRANSACTION" => Some(Edge::Begin),
            "COMMIT" | "PREPARE TRANSACTION" => Some(Edge::Commit),
            "ROLLBACK" => Some(Edge::Rollback),
            _ => None,
        },
        Transaction::Inside | Transaction::Outside(_) => None,
    }
}

/// Looks at the transaction control of a part.
pub(super) fn verdict(all: &[(Statement, NodeEnum)], sql: &str, at: &Where) -> Verdict {
    let edges: Vec<(usize, Edge)> =
        all.iter().enumerate().filter_map(|(n, (it, _))| Some((n, edge(it)?))).collect();
    let mut verdict = Verdict { is_transactional: true, ..Verdict::default() };
    verdict.conclusions.extend(savepoints(all, sql, at));
    verdict.conclusions.extend(all.iter().filter_map(|(it, tree)| in_body(it, tree, at)));
    match edges[..] {
        [] => {}
        [(first, Edge::Begin), (last, Edge::Commit)] if is_around(all, first, last) => {
            verdict.is_wrapped = true;
            verdict.unwrap = Some([all[first].0.span, all[last].0.span]);
            verdict.conclusions.push(wrapped(&all[first].0, &all[last].0, sql, at));
        }
        _ => {
            verdict.is_transactional = false;
            verdict.conclusions.extend(broken(all, &edges, sql, at));
        }
    }
    verdict
}

/// Whether two statements are around all others, but for settings before the first.
fn is_around(all: &[(Statement, NodeEnum)], first: usize, last: usize) -> bool {
    let is_setting = |(it, tree): &(Statement, NodeEnum)| {
        it.traits.session == SessionChange::Sets && matches!(tree, NodeEnum::VariableSetStmt(_))
    };
    last + 1 == all.len() && all[..first].iter().all(is_setting)
}

fn wrapped(begin: &Statement, commit: &Statement, sql: &str, at: &Where) -> Conclusion {
    let tool = match at.style {
        Layout::Plain => None,
        Layout::Flyway => Some("Flyway"),
        Layout::Dbmate => Some("dbmate"),
        Layout::Goose => Some("goose"),
        Layout::GolangMigrate => Some("golang-migrate"),
    };
    let text = "BEGIN and COMMIT are around all of it; they are taken out, as a revision runs in a transaction by itself";
    let found = Conclusion::new("wrapped", Weight::Note, at.path, text)
        .at(at.path, at.line(begin.line))
        .because(format!("line {}: {}", at.line(begin.line), begin.span.text(sql)))
        .because(format!("line {}: {}", at.line(commit.line), commit.span.text(sql)));
    match tool {
        Some(tool) => {
            found.because(format!("{tool} runs it in a transaction of its own, which this COMMIT ends early"))
        }
        None => found,
    }
}

/// What stays, and what does not, of a part whose transaction control is not around all of it.
fn broken(all: &[(Statement, NodeEnum)], edges: &[(usize, Edge)], sql: &str, at: &Where) -> Vec<Conclusion> {
    let mut found = Vec::new();
    // without BEGIN each statement is a transaction by itself, as psql runs it
    let (mut begin, mut from): (Option<usize>, usize) = (None, 0);
    for (n, edge) in edges {
        let statement = &all[*n].0;
        let place = at.line(statement.line);
        match edge {
            Edge::Begin if begin.is_some() => found.push(
                Conclusion::new(
                    "begin-twice",
                    Weight::Warning,
                    at.path,
                    "a transaction is open already where this one is to begin",
                )
                .at(at.path, place)
                .because(statement.span.text(sql)),
            ),
            Edge::Begin => begin = Some(*n),
            Edge::Commit => {
                if begin.is_none() {
                    found.push(no_begin(statement, sql, at));
                }
                let rest = all[n + 1..].iter().any(|(it, _)| self::edge(it).is_none());
                if rest {
                    found.push(commits(all, (from, *n), sql, at));
                }
                (begin, from) = (None, n + 1);
            }
            Edge::Rollback => {
                found.push(rolls_back(all, begin.map(|at| (at, *n)), statement, sql, at));
                (begin, from) = (None, n + 1);
            }
        }
    }
    if let Some(begin) = begin {
        let statement = &all[begin].0;
        let text = "a transaction begins here and never ends: psql rolls back what follows when it reaches the end of the file";
        found.push(
            Conclusion::new("no-commit", Weight::Error, at.path, text)
                .at(at.path, at.line(statement.line))
                .because(listed(&all[begin + 1..], sql, at))
                .next("end it with COMMIT, or take the BEGIN out"),
        );
    }
    found
}

fn no_begin(statement: &Statement, sql: &str, at: &Where) -> Conclusion {
    let text = "there is no transaction to end here, unless what runs the file has begun one: then this ends it early";
    Conclusion::new("commit-without-begin", Weight::Warning, at.path, text)
        .at(at.path, at.line(statement.line))
        .because(statement.span.text(sql))
        .next("take it out")
}

fn commits(all: &[(Statement, NodeEnum)], (from, to): (usize, usize), sql: &str, at: &Where) -> Conclusion {
    let (statement, text) =
        (&all[to].0, "COMMIT in the middle: what stands before it stays when a later statement fails");
    Conclusion::new("commit-in-the-middle", Weight::Error, at.path, text)
        .at(at.path, at.line(statement.line))
        .because(format!("stays: {}", listed(&all[from..to], sql, at).replace('\n', "\nstays: ")))
        .because(format!(
            "may fail after it: {}",
            listed(&all[to + 1..], sql, at).replace('\n', "\nmay fail after it: ")
        ))
        .next("make two files of it, or take the COMMIT out")
}

fn rolls_back(
    all: &[(Statement, NodeEnum)],
    block: Option<(usize, usize)>,
    statement: &Statement,
    sql: &str,
    at: &Where,
) -> Conclusion {
    let text = "ROLLBACK: nothing of its transaction stays";
    let found =
        Conclusion::new("rolls-back", Weight::Error, at.path, text).at(at.path, at.line(statement.line));
    let found = match block {
        Some((from, to)) => found
            .because(format!("undone: {}", listed(&all[from + 1..to], sql, at).replace('\n', "\nundone: "))),
        None => found.because(
            "no transaction is open here, unless what runs the file has begun one: then all of it is undone",
        ),
    };
    found.next("if it was a trial, take out BEGIN and ROLLBACK; if it was meant, the file does nothing")
}

/// Statements by their lines and titles, without transaction control.
fn listed(all: &[(Statement, NodeEnum)], sql: &str, at: &Where) -> String {
    const SHOWN: usize = 12;
    let real: Vec<&Statement> = all.iter().map(|(it, _)| it).filter(|it| edge(it).is_none()).collect();
    let line = |it: &&Statement| format!("line {}: {}", at.line(it.line), title(it, sql));
    let mut lines: Vec<String> = real.iter().take(SHOWN).map(line).collect();
    match real.len() {
        0 => lines.push("nothing".into()),
        more if more > SHOWN => lines.push(format!("and {} more", more - SHOWN)),
        _ => {}
    }
    lines.join("\n")
}

/// A statement in a few words; its text when that is short.
pub(super) fn title(statement: &Statement, sql: &str) -> String {
    let text = statement.span.text(sql);
    if text.len() <= 60 && !text.contains('\n') { text.to_owned() } else { statement.title() }
}

fn savepoints(all: &[(Statement, NodeEnum)], sql: &str, at: &Where) -> Option<Conclusion> {
    let is_one =
        |it: &&Statement| matches!(it.traits.transaction, Transaction::Control(_)) && edge(it).is_none();
    let points: Vec<&Statement> = all.iter().map(|(it, _)| it).filter(is_one).collect();
    let first = points.first()?;
    let text = "savepoints in a file: a revision has none, and a statement that fails ends it";
    let found = Conclusion::new("savepoint", Weight::Warning, at.path, text).at(at.path, at.line(first.line));
    let found = points
        .iter()
        .fold(found, |found, it| found.because(format!("line {}: {}", at.line(it.line), it.span.text(sql))));
    Some(found.next("take them out; what may fail belongs into a DO block with EXCEPTION"))
}

/// COMMIT in the body of a DO block: PostgreSQL allows it only where no transaction is open around it.
/// Source: <https://www.postgresql.org/docs/current/plpgsql-transactions.html>.
fn in_body(statement: &Statement, tree: &NodeEnum, at: &Where) -> Option<Conclusion> {
    let NodeEnum::DoStmt(block) = tree else { return None };
    let body = block.args.iter().find_map(|it| match inner(it)? {
        NodeEnum::DefElem(it) if it.defname == "as" => match boxed(it.arg.as_deref())? {
            NodeEnum::String(it) => Some(it.sval.as_str()),
            _ => None,
        },
        _ => None,
    })?;
    let mut solid = tokens(body).filter(|it| !it.is_blank()).peekable();
    let mut fresh = true;
    while let Some(token) = solid.next() {
        let is_end = solid.peek().is_some_and(|it| it.kind == TokenKind::Semicolon);
        let word = token.span.text(body);
        let is_edge = word.eq_ignore_ascii_case("commit") || word.eq_ignore_ascii_case("rollback");
        if fresh && is_end && is_edge {
            let text =
                format!("{} in a DO block: PostgreSQL refuses it in a transaction", word.to_uppercase());
            return Some(
                Conclusion::new("commit-in-body", Weight::Error, at.path, text)
                    .at(at.path, at.line(statement.line))
                    .next("take it out, or write the loop as a backfill, which commits each batch"),
            );
        }
        let opens = ["begin", "loop", "then", "else"].iter().any(|it| word.eq_ignore_ascii_case(it));
        fresh = token.kind == TokenKind::Semicolon || opens;
    }
    None
}
