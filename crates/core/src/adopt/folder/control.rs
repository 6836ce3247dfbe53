//! Transaction control in a file: around all of it, which a revision does by itself, or in the middle, which breaks it
//! into parts that stay by themselves.
//!
//! What each statement does is not known here.

use std::ops::Range;

use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::span::{Span, place};
use cutover_sql::statement::{SessionChange, Statement, SyntaxError, Transaction};
use cutover_sql::tree::{NodeEnum, boxed, inner};

use super::Layout;
use super::examine::{Parsed, Where};
use crate::adopt::secret::masked;
use crate::report::{Conclusion, Weight};

/// What the transaction control of a part comes to.
#[derive(Default)]
pub(super) struct Verdict {
    pub conclusions: Vec<Conclusion>,
    /// The BEGIN and COMMIT to take out, where they are around all of it.
    pub unwrap: Option<[Span; 2]>,
    /// Whether they are.
    pub is_wrapped: bool,
    /// The statements between a BEGIN and what ends it.
    pub blocked: Vec<Span>,
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

/// A part, as those who look at its transaction control see it.
pub(super) struct Text<'p> {
    pub statements: &'p [Parsed],
    /// What of it is no statement.
    pub errors: &'p [SyntaxError],
    pub sql: &'p str,
    pub at: &'p Where<'p>,
}

/// Looks at the transaction control of a part.
pub(super) fn verdict(text: &Text) -> Verdict {
    let (all, at) = (text.statements, text.at);
    let edges: Vec<(usize, Edge)> =
        all.iter().enumerate().filter_map(|(n, (it, _))| Some((n, edge(it)?))).collect();
    let mut verdict = Verdict { is_transactional: true, ..Verdict::default() };
    verdict.conclusions.extend(text.savepoints());
    verdict.conclusions.extend(all.iter().filter_map(|(it, tree)| in_body(it, tree, at)));
    verdict.blocked = blocked(all);
    match edges[..] {
        [] => {}
        [(first, Edge::Begin), (last, Edge::Commit)] if is_around(all, first, last) => {
            verdict.is_wrapped = true;
            verdict.unwrap = Some([all[first].0.span, all[last].0.span]);
            verdict.conclusions.push(text.wrapped(&all[first].0, &all[last].0));
        }
        _ => {
            verdict.is_transactional = false;
            verdict.conclusions.extend(text.broken(&edges));
        }
    }
    verdict
}

fn blocked(all: &[Parsed]) -> Vec<Span> {
    let (mut found, mut is_open) = (Vec::new(), false);
    for (statement, _) in all {
        match edge(statement) {
            Some(Edge::Begin) => is_open = true,
            Some(Edge::Commit | Edge::Rollback) => is_open = false,
            None if is_open => found.push(statement.span),
            None => {}
        }
    }
    found
}

/// The statements that a part itself undoes: up to a ROLLBACK, or in a transaction that never ends.
pub(super) fn undone(all: &[Parsed]) -> Vec<Range<usize>> {
    let (mut found, mut begin) = (Vec::new(), None);
    for (n, edge) in all.iter().enumerate().filter_map(|(n, (it, _))| Some((n, edge(it)?))) {
        match edge {
            Edge::Begin => begin = begin.or(Some(n)),
            Edge::Commit => begin = None,
            Edge::Rollback => found.extend(begin.take().map(|from| from..n)),
        }
    }
    found.extend(begin.map(|from| from..all.len()));
    found
}

/// Whether two statements are around all others, but for settings before the first.
fn is_around(all: &[Parsed], first: usize, last: usize) -> bool {
    let is_setting = |(it, tree): &Parsed| {
        it.traits.session == SessionChange::Sets && matches!(**tree, NodeEnum::VariableSetStmt(_))
    };
    last + 1 == all.len() && all[..first].iter().all(is_setting)
}

impl Text<'_> {
    fn conclusion(&self, id: &'static str, weight: Weight, statement: &Statement, text: &str) -> Conclusion {
        Conclusion::new(id, weight, self.at.path, text).at(self.at.path, self.at.line(statement.line))
    }

    fn told(&self, statement: &Statement) -> String {
        format!("line {}: {}", self.at.line(statement.line), statement.span.text(self.sql))
    }

    fn wrapped(&self, begin: &Statement, commit: &Statement) -> Conclusion {
        let tool = match self.at.style {
            Layout::Plain => None,
            Layout::Flyway => Some("Flyway"),
            Layout::Dbmate => Some("dbmate"),
            Layout::Goose => Some("goose"),
            Layout::GolangMigrate => Some("golang-migrate"),
            Layout::Prisma => Some("Prisma"),
            Layout::Drizzle => Some("Drizzle"),
        };
        let text = "BEGIN and COMMIT are around all of it; they are taken out, as a revision runs in a transaction by itself";
        let found = self
            .conclusion("wrapped", Weight::Note, begin, text)
            .because(self.told(begin))
            .because(self.told(commit));
        match tool {
            Some(tool) => found
                .because(format!("{tool} runs it in a transaction of its own, which this COMMIT ends early")),
            None => found,
        }
    }

    /// What stays, and what does not, where the transaction control is not around all of the part.
    fn broken(&self, edges: &[(usize, Edge)]) -> Vec<Conclusion> {
        let (all, mut found) = (self.statements, Vec::new());
        // without BEGIN each statement is a transaction by itself, as psql runs it
        let (mut begin, mut from): (Option<usize>, usize) = (None, 0);
        for (n, edge) in edges {
            let statement = &all[*n].0;
            match edge {
                Edge::Begin if begin.is_some() => {
                    let text = "a transaction is open already where this one is to begin";
                    let conclusion = self.conclusion("begin-twice", Weight::Warning, statement, text);
                    found.push(conclusion.because(statement.span.text(self.sql)));
                }
                Edge::Begin => begin = Some(*n),
                Edge::Commit => {
                    if begin.is_none() {
                        found.push(self.no_begin(statement));
                    }
                    found.extend(self.commits(from, *n));
                    (begin, from) = (None, n + 1);
                }
                Edge::Rollback => {
                    found.push(self.rolls_back(begin, *n));
                    (begin, from) = (None, n + 1);
                }
            }
        }
        found.extend(begin.map(|begin| self.no_commit(begin)));
        found
    }

    fn no_commit(&self, begin: usize) -> Conclusion {
        let text = "a transaction begins here and never ends: psql rolls back what follows when it reaches the end of the file";
        self.conclusion("no-commit", Weight::Error, &self.statements[begin].0, text)
            .because(self.listed(begin + 1..self.statements.len(), "undone"))
            .next("end it with COMMIT, or take the BEGIN out")
    }

    fn no_begin(&self, statement: &Statement) -> Conclusion {
        let text = "there is no transaction to end here, unless what runs the file has begun one: then this ends it early";
        self.conclusion("commit-without-begin", Weight::Warning, statement, text)
            .because(statement.span.text(self.sql))
            .next("take it out")
    }

    /// Nothing where no statement follows.
    fn commits(&self, from: usize, to: usize) -> Option<Conclusion> {
        let (statement, rest) = (&self.statements[to].0, &self.statements[to + 1..]);
        let real: Vec<&Statement> = rest.iter().map(|(it, _)| it).filter(|it| edge(it).is_none()).collect();
        let is_error = |it: &&SyntaxError| it.offset() > statement.span.end;
        let errors: Vec<&SyntaxError> = self.errors.iter().filter(is_error).collect();
        if real.is_empty() && errors.is_empty() {
            return None;
        }
        // what cannot be in the transaction has to come after it
        let is_meant = errors.is_empty()
            && real.iter().all(|it| matches!(it.traits.transaction, Transaction::Outside(_)));
        let weight = if is_meant { Weight::Warning } else { Weight::Error };
        let text = "COMMIT in the middle: what stands before it stays when a later statement fails";
        let mut found = self
            .conclusion("commit-in-the-middle", weight, statement, text)
            .because(self.listed(from..to, "stays"));
        if !real.is_empty() {
            found = found.because(self.listed(to + 1..self.statements.len(), "may fail after it"));
        }
        for error in errors {
            let line = self.at.line(place(self.sql, error.offset()).line);
            found = found.because(format!("fails after it: line {line}: {error}"));
        }
        Some(found.next("make two files of it, or take the COMMIT out"))
    }

    fn rolls_back(&self, begin: Option<usize>, rollback: usize) -> Conclusion {
        let text = "ROLLBACK: nothing of its transaction stays";
        let found = self.conclusion("rolls-back", Weight::Error, &self.statements[rollback].0, text);
        let found = match begin {
            Some(begin) => found.because(self.listed(begin + 1..rollback, "undone")),
            None => found.because(
                "no transaction is open here, unless what runs the file has begun one: then all of it is undone",
            ),
        };
        found.next("if it was a trial, take out BEGIN and ROLLBACK; if it was meant, the file does nothing")
    }

    /// Statements by their lines and titles, without transaction control.
    fn listed(&self, range: Range<usize>, what: &str) -> String {
        const SHOWN: usize = 12;
        let all = self.statements[range].iter().map(|(it, _)| it);
        let real: Vec<&Statement> = all.filter(|it| edge(it).is_none()).collect();
        let line =
            |it: &&Statement| format!("{what}: line {}: {}", self.at.line(it.line), title(it, self.sql));
        let mut lines: Vec<String> = real.iter().take(SHOWN).map(line).collect();
        match real.len() {
            0 => lines.push(format!("{what}: nothing")),
            more if more > SHOWN => lines.push(format!("{what}: {} more", more - SHOWN)),
            _ => {}
        }
        lines.join("\n")
    }

    fn savepoints(&self) -> Option<Conclusion> {
        let is_one =
            |it: &&Statement| matches!(it.traits.transaction, Transaction::Control(_)) && edge(it).is_none();
        let points: Vec<&Statement> = self.statements.iter().map(|(it, _)| it).filter(is_one).collect();
        let text = "savepoints in a file: a revision has none, and a statement that fails ends it";
        let found = self.conclusion("savepoint", Weight::Warning, points.first()?, text);
        let found = points.iter().fold(found, |found, it| found.because(self.told(it)));
        Some(found.next("take them out; what may fail belongs into a DO block with EXCEPTION"))
    }
}

/// A statement in a few words; its text when that is short.
pub(super) fn title(statement: &Statement, sql: &str) -> String {
    let text = statement.span.text(sql);
    let is_short = text.len() <= 60 && !text.contains('\n');
    masked(&if is_short { text.to_owned() } else { statement.title() }).into_owned()
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
