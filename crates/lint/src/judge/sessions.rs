//! The session that each statement of a file finds: who runs the file gives it back what it had, or does not.
//!
//! Cutover gives its session back what it had after each step. psql goes through a plain file with one session, in which
//! a transaction forgets what was `SET LOCAL`, and all that was set when it is rolled back
//! (<https://www.postgresql.org/docs/current/sql-set.html>).

use cutover_core::effect::Known;
use cutover_core::effect::known::Session;
use cutover_sql::tree::{NodeEnum, TransactionStmtKind};

use crate::source::{Item, Kind, Source};

/// The sessions of files, one after the other.
pub(crate) struct Sessions {
    /// What each file begins with.
    own: Session,
    /// What the next transaction of this file begins with.
    now: Session,
    /// What the transaction that is open began with.
    before: Option<Session>,
    transaction: Option<usize>,
}

impl Sessions {
    /// Those of files that each begin with the session of now.
    pub fn of(known: &Known) -> Self {
        let own = known.session();
        Self { now: own.clone(), own, before: None, transaction: None }
    }

    /// A file begins, or its other section, or nothing more of it comes.
    pub fn begin(&mut self, known: &mut Known) {
        self.now.clone_from(&self.own);
        (self.before, self.transaction) = (None, None);
        known.set_session(&self.own);
    }

    /// What a statement of the file finds.
    pub fn enter(&mut self, item: &Item, known: &mut Known) {
        if self.transaction.replace(item.transaction) != Some(item.transaction) {
            known.set_session(&self.now);
        }
    }

    /// What it leaves behind.
    pub fn leave(&mut self, source: &Source, item: &Item) {
        if source.kind == Kind::Revision {
            return;
        }
        match &*item.tree {
            NodeEnum::TransactionStmt(it) => match it.kind() {
                TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                    self.before = Some(self.now.clone());
                }
                TransactionStmtKind::TransStmtRollback => {
                    self.now = self.before.take().unwrap_or_else(|| self.now.clone());
                }
                _ => {}
            },
            node => self.now.see(node, false),
        }
    }
}
