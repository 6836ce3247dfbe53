//! How long a statement may wait, or run: `lock_timeout` and `statement_timeout`, followed statement by statement, of
//! the session or of the transaction that is open.

use cutover_sql::statement::{Outside, Statement, Transaction};
use cutover_sql::tree::{self, Node, NodeEnum, TransactionStmtKind, VariableSetKind, a_const};

use crate::context::{Judged, RevisionView};
use crate::look::settings::milliseconds;
use crate::source::{Item, Kind};

/// What holds for a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// What the session had before the file said anything: something, or nothing.
    Usual(bool),
    /// So many milliseconds; zero is for ever.
    Said(u64),
}

impl Limit {
    /// Whether there is an end to it.
    pub fn is_set(self) -> bool {
        match self {
            Self::Usual(is_set) => is_set,
            Self::Said(milliseconds) => milliseconds > 0,
        }
    }
}

/// The limits that hold for a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long it waits for a lock.
    pub lock: Limit,
    /// How long it runs.
    pub statement: Limit,
}

/// The state of one setting before the next statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeout {
    /// What it is called.
    name: &'static str,
    session: Limit,
    /// What `SET LOCAL` said in the transaction that is open.
    local: Option<Limit>,
    /// What the session had before it.
    before: Option<Limit>,
}

impl Timeout {
    /// Of a session that begins with this.
    pub fn new(name: &'static str, session: Limit) -> Self {
        Self { name, session, local: None, before: None }
    }

    /// What holds.
    pub fn limit(self) -> Limit {
        self.local.unwrap_or(self.session)
    }

    /// Takes in a statement.
    pub fn see(&mut self, item: &Item) {
        match &*item.tree {
            NodeEnum::TransactionStmt(it) => self.transaction(it.kind()),
            NodeEnum::VariableSetStmt(it) => {
                let is_it = it.name.eq_ignore_ascii_case(self.name);
                match it.kind() {
                    VariableSetKind::VarSetValue if is_it => {
                        let said = it.args.first().map_or(Limit::Usual(true), limit);
                        self.set(said, it.is_local, item.in_transaction);
                    }
                    VariableSetKind::VarSetDefault | VariableSetKind::VarReset if is_it => {
                        self.set(Limit::Usual(false), it.is_local, item.in_transaction);
                    }
                    VariableSetKind::VarResetAll => {
                        self.set(Limit::Usual(false), false, item.in_transaction);
                    }
                    _ => {}
                }
            }
            NodeEnum::SelectStmt(_) => self.set_config(item),
            _ => {}
        }
    }

    fn transaction(&mut self, kind: TransactionStmtKind) {
        match kind {
            TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                self.before = Some(self.session);
            }
            TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtPrepare => {
                (self.local, self.before) = (None, None);
            }
            TransactionStmtKind::TransStmtRollback => {
                self.session = self.before.take().unwrap_or(self.session);
                self.local = None;
            }
            _ => {}
        }
    }

    fn set(&mut self, to: Limit, local: bool, in_transaction: bool) {
        match (local, in_transaction) {
            (true, true) => self.local = Some(to),
            // PostgreSQL warns, and forgets it
            (true, false) => {}
            (false, _) => (self.session, self.local) = (to, None),
        }
    }

    /// `SELECT set_config('lock_timeout', '2s', false)`
    fn set_config(&mut self, item: &Item) {
        let mut said = None;
        tree::visit(&item.tree, &mut |node| {
            if let NodeEnum::FuncCall(call) = node
                && tree::qualified(&call.funcname).1 == "set_config"
                && let [name, value, rest @ ..] = &call.args[..]
                && constant(name).is_some_and(|name| name.eq_ignore_ascii_case(self.name))
            {
                said = Some((limit(value), rest.first().is_some_and(is_true)));
            }
        });
        if let Some((to, local)) = said {
            self.set(to, local, item.in_transaction);
        }
    }
}

fn constant(node: &Node) -> Option<&str> {
    match tree::inner(node)? {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            a_const::Val::Sval(text) => Some(&text.sval),
            a_const::Val::Fval(text) => Some(&text.fval),
            _ => None,
        },
        NodeEnum::TypeCast(it) => constant(it.arg.as_deref()?),
        _ => None,
    }
}

/// What a value says; one that is worked out says something.
fn limit(node: &Node) -> Limit {
    let said = match (tree::integer(node), constant(node)) {
        (Some(value), _) => u64::try_from(value).ok(),
        (None, Some(text)) => milliseconds(text),
        (None, None) => None,
    };
    said.map_or(Limit::Usual(true), Limit::Said)
}

/// The statements of plain SQL that `concerns` is true of and that have no limit: the first of those that follow one
/// another without one.
pub(crate) fn without<'v>(
    view: &'v RevisionView<'_>,
    limit: fn(&Limits) -> Limit,
    concerns: fn(&Judged) -> bool,
) -> impl Iterator<Item = &'v Judged> {
    let is_plain = view.source.kind == Kind::Plain;
    let mut is_said = false;
    view.statements.iter().filter(move |_| is_plain).filter(move |judged| {
        let is_set = limit(&judged.limits).is_set();
        is_said &= !is_set;
        let is_found = !is_said && !is_set && concerns(judged) && !is_gentle(&view.item(judged).statement);
        is_said |= is_found;
        is_found
    })
}

/// Whether a statement holds nobody up while it waits or works, and leaves something unfinished when it is stopped: the
/// concurrent forms.
pub(crate) fn is_gentle(statement: &Statement) -> bool {
    matches!(
        statement.traits.transaction,
        Transaction::Outside(
            Outside::CreateIndexConcurrently { .. }
                | Outside::DropIndexConcurrently { .. }
                | Outside::ReindexConcurrently { .. }
                | Outside::DetachPartitionConcurrently { .. }
        )
    )
}

fn is_true(node: &Node) -> bool {
    match tree::inner(node) {
        Some(NodeEnum::AConst(it)) => match it.val.as_ref() {
            Some(a_const::Val::Boolval(value)) => value.boolval,
            Some(a_const::Val::Sval(text)) => text.sval.starts_with(['t', 'T', 'y', 'Y', '1']),
            _ => false,
        },
        Some(NodeEnum::TypeCast(it)) => it.arg.as_deref().is_some_and(is_true),
        _ => false,
    }
}
