//! Whether a lock timeout holds, statement by statement: of the session, or of the transaction that is open.

use cutover_sql::tree::{self, Node, NodeEnum, TransactionStmtKind, VariableSetKind, a_const};

use crate::source::Item;

/// The state before the next statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LockTimeout {
    session: bool,
    /// What `SET LOCAL` said in the transaction that is open.
    local: Option<bool>,
    /// What the session had before it.
    before: Option<bool>,
}

impl LockTimeout {
    /// Of a session that begins with one, or without.
    pub fn new(session: bool) -> Self {
        Self { session, local: None, before: None }
    }

    /// Whether one holds.
    pub fn is_set(self) -> bool {
        self.local.unwrap_or(self.session)
    }

    /// Takes in a statement.
    pub fn see(&mut self, item: &Item) {
        match &item.tree {
            NodeEnum::TransactionStmt(it) => self.transaction(it.kind()),
            NodeEnum::VariableSetStmt(it) => {
                let is_it = it.name.eq_ignore_ascii_case("lock_timeout");
                match it.kind() {
                    VariableSetKind::VarSetValue if is_it => {
                        let on = it.args.first().is_none_or(|value| !is_zero(value));
                        self.set(on, it.is_local, item.in_transaction);
                    }
                    VariableSetKind::VarSetDefault | VariableSetKind::VarReset if is_it => {
                        self.set(false, it.is_local, item.in_transaction);
                    }
                    VariableSetKind::VarResetAll => self.set(false, false, item.in_transaction),
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

    fn set(&mut self, on: bool, local: bool, in_transaction: bool) {
        match (local, in_transaction) {
            (true, true) => self.local = Some(on),
            // PostgreSQL warns, and forgets it
            (true, false) => {}
            (false, _) => (self.session, self.local) = (on, None),
        }
    }

    /// `SELECT set_config('lock_timeout', '2s', false)`
    fn set_config(&mut self, item: &Item) {
        let mut said = None;
        tree::visit(&item.tree, &mut |node| {
            if let NodeEnum::FuncCall(call) = node
                && tree::qualified(&call.funcname).1 == "set_config"
                && let [name, value, rest @ ..] = &call.args[..]
                && constant(name).is_some_and(|name| name.eq_ignore_ascii_case("lock_timeout"))
            {
                said = Some((!is_zero(value), rest.first().is_some_and(is_true)));
            }
        });
        if let Some((on, local)) = said {
            self.set(on, local, item.in_transaction);
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

/// Zero is for ever, with whatever unit.
fn is_zero(node: &Node) -> bool {
    match (tree::integer(node), constant(node)) {
        (Some(value), _) => value == 0,
        (None, Some(text)) => {
            let number = text.trim().trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == ' ');
            number.parse::<f64>().is_ok_and(|value| value == 0.0)
        }
        (None, None) => false,
    }
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
