//! What was recorded: every statement that reached the server, with its parameters, what the server made of it and when,
//! and out of that, the transactions that came to be.
//!
//! Transactions are in the order of their commits; what was rolled back, as a whole or to a savepoint, is not in them.

use std::collections::BTreeMap;

use cutover_sql::parse::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::{NodeEnum, TransactionStmtKind};

/// Where in a run something was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// In `env.py` or in Alembic itself.
    #[default]
    Around,
    /// In the revision's own function.
    Revision,
}

/// A value that was sent beside a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Param {
    /// The type that the client or the server said, as an oid; 0 when the client left it to the server.
    pub oid: u32,
    /// Whether the value is in the type's binary form.
    pub is_binary: bool,
    /// The value; none is NULL.
    pub value: Option<Vec<u8>>,
}

/// One thing that was seen on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// A text of statements was run.
    Ran(Ran),
    /// One failed: what of it went through before, and the server's message.
    Failed(Ran, String),
    /// The server waits for the next: `I` outside of a transaction, `T` inside, `E` inside of a failed one.
    Ready(u8),
    /// The connection is gone.
    Ended,
}

/// A text that was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ran {
    /// The text: one statement, or several in the simple protocol.
    pub sql: String,
    /// What was sent beside it.
    pub params: Vec<Param>,
    /// The answers, one a statement: `INSERT 0 1`.
    pub tags: Vec<String>,
    /// The data of a `COPY ... FROM stdin`.
    pub copy: Option<Vec<u8>>,
    /// Where.
    pub phase: Phase,
}

/// All that was recorded of one run.
#[derive(Debug, Default)]
pub(super) struct Journal {
    entries: Vec<(u32, Entry)>,
    /// Where the run is now.
    pub phase: Phase,
    sessions: u32,
}

/// A statement that took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The statement, without its semicolon.
    pub sql: String,
    /// What was sent beside it.
    pub params: Vec<Param>,
    /// The server's answer.
    pub tag: String,
    /// The data of a `COPY ... FROM stdin`.
    pub copy: Option<Vec<u8>>,
    /// Where.
    pub phase: Phase,
}

/// A transaction that was committed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// The connection.
    pub session: u32,
    /// What it did, in order.
    pub done: Vec<Done>,
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Taken {
    /// The transactions that were committed.
    pub units: Vec<Unit>,
    /// Statements that failed, each with the server's message.
    pub failures: Vec<(String, String)>,
    /// Statements of the revision that went through and whose transaction was rolled back in the end.
    pub undone: Vec<Done>,
    /// Whether anybody connected at all.
    pub is_touched: bool,
}

impl Journal {
    /// A number for one more connection.
    pub fn session(&mut self) -> u32 {
        self.sessions += 1;
        self.sessions
    }

    /// Adds what was seen on a connection.
    pub fn add(&mut self, session: u32, entry: Entry) {
        self.entries.push((session, entry));
    }

    /// What came of it since the last time; the journal is empty then.
    pub fn take(&mut self) -> Taken {
        let entries = std::mem::take(&mut self.entries);
        let mut taken = Taken { is_touched: !entries.is_empty(), ..Taken::default() };
        let mut open: BTreeMap<u32, Open> = BTreeMap::new();
        for (session, entry) in entries {
            let one = open.entry(session).or_default();
            match entry {
                Entry::Ran(ran) => one.run(ran, session, &mut taken),
                Entry::Failed(ran, message) => {
                    let text = ran.sql.clone();
                    one.run(ran, session, &mut taken);
                    taken.failures.push((text, message));
                    if !one.is_block {
                        one.roll_back(0, &mut taken);
                    }
                }
                Entry::Ready(b'I') => one.commit(session, &mut taken),
                Entry::Ready(_) => {}
                Entry::Ended => one.roll_back(0, &mut taken),
            }
        }
        for mut one in open.into_values() {
            one.roll_back(0, &mut taken);
        }
        taken
    }
}

/// A transaction that is not over.
#[derive(Debug, Default)]
struct Open {
    is_block: bool,
    done: Vec<Done>,
    savepoints: Vec<(String, usize)>,
}

impl Open {
    fn run(&mut self, ran: Ran, session: u32, taken: &mut Taken) {
        let mut copy = ran.copy;
        for (part, tag) in parts(&ran.sql).into_iter().zip(ran.tags) {
            match part.control {
                Some(control) => self.control(control, &tag, session, taken),
                None => self.done.push(Done {
                    sql: part.sql,
                    params: ran.params.clone(),
                    copy: if tag.starts_with("COPY") { copy.take() } else { None },
                    tag,
                    phase: ran.phase,
                }),
            }
        }
    }

    fn control(&mut self, control: Control, tag: &str, session: u32, taken: &mut Taken) {
        match control {
            Control::Begin => self.is_block = true,
            // a failed transaction answers COMMIT with ROLLBACK
            Control::Commit(chain) if tag.starts_with("COMMIT") => {
                self.commit(session, taken);
                self.is_block = chain;
            }
            Control::Commit(chain) | Control::Rollback(chain) => {
                self.roll_back(0, taken);
                self.savepoints.clear();
                self.is_block = chain;
            }
            // the second phase comes after the last chance to fail
            Control::Prepare => self.commit(session, taken),
            Control::Prepared => {}
            Control::Savepoint(name) => self.savepoints.push((name, self.done.len())),
            Control::Release(name) => {
                let at = self.savepoints.iter().rposition(|(it, _)| *it == name);
                self.savepoints.truncate(at.unwrap_or(self.savepoints.len()));
            }
            Control::RollbackTo(name) => {
                if let Some(at) = self.savepoints.iter().rposition(|(it, _)| *it == name) {
                    // that is what savepoints are for: nobody has to be told
                    self.done.truncate(self.savepoints[at].1);
                    self.savepoints.truncate(at + 1);
                }
            }
        }
    }

    fn commit(&mut self, session: u32, taken: &mut Taken) {
        self.is_block = false;
        self.savepoints.clear();
        let done = std::mem::take(&mut self.done);
        if !done.is_empty() {
            taken.units.push(Unit { session, done });
        }
    }

    fn roll_back(&mut self, to: usize, taken: &mut Taken) {
        let gone = self.done.drain(to.min(self.done.len())..);
        taken.undone.extend(gone.filter(|it| it.phase == Phase::Revision));
    }
}

struct Part {
    sql: String,
    control: Option<Control>,
}

#[derive(Clone, Debug)]
enum Control {
    Begin,
    /// And whether another transaction begins at once.
    Commit(bool),
    Rollback(bool),
    /// The first phase of a commit.
    Prepare,
    /// The second.
    Prepared,
    Savepoint(String),
    Release(String),
    RollbackTo(String),
}

/// The statements of a text. One that our grammar does not take, though the server did, is kept as it is.
fn parts(text: &str) -> Vec<Part> {
    let Ok(trees) = parse(text, Span::new(0, text.len())) else {
        return vec![Part { sql: bare(text).to_owned(), control: None }];
    };
    let many = trees.len() > 1;
    let part = |raw: &cutover_sql::tree::RawStmt| {
        let from = usize::try_from(raw.stmt_location).unwrap_or(0);
        let to = match usize::try_from(raw.stmt_len).unwrap_or(0) {
            0 => text.len(),
            length => from + length,
        };
        let sql = if many { text.get(from..to).unwrap_or(text) } else { text };
        let node = raw.stmt.as_deref().and_then(|it| it.node.as_ref());
        Part { sql: bare(sql).to_owned(), control: node.and_then(control) }
    };
    trees.iter().map(part).collect()
}

fn bare(sql: &str) -> &str {
    sql.trim().trim_end_matches(|c: char| c == ';' || c.is_whitespace())
}

fn control(node: &NodeEnum) -> Option<Control> {
    let NodeEnum::TransactionStmt(it) = node else { return None };
    Some(match it.kind() {
        TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => Control::Begin,
        TransactionStmtKind::TransStmtCommit => Control::Commit(it.chain),
        TransactionStmtKind::TransStmtRollback => Control::Rollback(it.chain),
        TransactionStmtKind::TransStmtSavepoint => Control::Savepoint(it.savepoint_name.clone()),
        TransactionStmtKind::TransStmtRelease => Control::Release(it.savepoint_name.clone()),
        TransactionStmtKind::TransStmtRollbackTo => Control::RollbackTo(it.savepoint_name.clone()),
        TransactionStmtKind::TransStmtPrepare => Control::Prepare,
        TransactionStmtKind::TransStmtCommitPrepared | TransactionStmtKind::TransStmtRollbackPrepared => {
            Control::Prepared
        }
        TransactionStmtKind::Undefined => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `session: text -> tags` a line, or `session: ! text` for one that fails, or `session: Z` and a status.
    fn taken(script: &str) -> (Vec<String>, usize) {
        let mut journal = Journal { phase: Phase::Revision, ..Journal::default() };
        for line in script.lines().map(str::trim).filter(|it| !it.is_empty()) {
            let (session, rest) = line.split_once(": ").unwrap_or_default();
            let session = session.parse().unwrap_or(0);
            let ran = |sql: &str, tags: &str| Ran {
                sql: sql.into(),
                tags: tags.split(',').filter(|it| !it.is_empty()).map(|it| it.trim().into()).collect(),
                phase: Phase::Revision,
                ..Ran::default()
            };
            let entry = match rest.split_once(" -> ") {
                Some((sql, tags)) => Entry::Ran(ran(sql, tags)),
                None if rest == "end" => Entry::Ended,
                None => match rest.strip_prefix("! ") {
                    Some(sql) => Entry::Failed(ran(sql, ""), "no".into()),
                    None => Entry::Ready(rest.as_bytes()[0]),
                },
            };
            journal.add(session, entry);
        }
        let taken = journal.take();
        let units = taken.units.iter().map(|unit| {
            let all: Vec<&str> = unit.done.iter().map(|it| it.sql.as_str()).collect();
            format!("{}: {}", unit.session, all.join("; "))
        });
        (units.collect(), taken.undone.len())
    }

    #[test]
    fn what_is_rolled_back_to_a_savepoint_is_left_out() {
        let (units, undone) = taken(
            "1: BEGIN -> BEGIN
             1: T
             1: INSERT INTO t VALUES (1) -> INSERT 0 1
             1: SAVEPOINT a -> SAVEPOINT
             1: INSERT INTO t VALUES (2) -> INSERT 0 1
             1: ! INSERT INTO t VALUES ('x')
             1: E
             1: ROLLBACK TO SAVEPOINT a -> ROLLBACK
             1: SAVEPOINT b -> SAVEPOINT
             1: INSERT INTO t VALUES (3) -> INSERT 0 1
             1: RELEASE b -> RELEASE
             1: COMMIT -> COMMIT
             1: I",
        );
        assert_eq!(
            (units, undone),
            (vec!["1: INSERT INTO t VALUES (1); INSERT INTO t VALUES (3)".to_owned()], 0)
        );
    }

    #[test]
    fn a_commit_in_the_middle_is_a_border_and_a_failed_transaction_is_nothing() {
        let (units, undone) = taken(
            "1: BEGIN -> BEGIN
             1: CREATE TABLE a (); COMMIT; CREATE TABLE b () -> CREATE TABLE, COMMIT, CREATE TABLE
             1: I
             1: BEGIN -> BEGIN
             1: CREATE TABLE c () -> CREATE TABLE
             1: ! SELECT 1/0
             1: COMMIT -> ROLLBACK
             1: I
             1: ! CREATE TABLE d (); SELECT 1/0
             1: I",
        );
        assert_eq!(
            (units, undone),
            (vec!["1: CREATE TABLE a ()".to_owned(), "1: CREATE TABLE b ()".into()], 1)
        );
    }

    #[test]
    fn connections_come_in_the_order_of_their_commits_and_one_that_is_left_open_is_nothing() {
        let (units, undone) = taken(
            "1: BEGIN -> BEGIN
             1: CREATE TABLE a () -> CREATE TABLE
             2: CREATE TABLE b () -> CREATE TABLE
             2: I
             1: COMMIT -> COMMIT
             2: BEGIN -> BEGIN
             2: CREATE TABLE c () -> CREATE TABLE
             2: end",
        );
        assert_eq!(
            (units, undone),
            (vec!["2: CREATE TABLE b ()".to_owned(), "1: CREATE TABLE a ()".into()], 1)
        );
    }
}
