//! `BEGIN` and `COMMIT` in plain SQL.

use cutover_sql::span::Span;
use cutover_sql::tree::{NodeEnum, TransactionStmtKind};

use super::{Kind, Source};

/// What is odd about them.
#[derive(Default)]
pub struct Begins {
    /// A BEGIN inside a transaction, with the line that this one began on.
    pub nested: Vec<(usize, Span)>,
    /// The last BEGIN, if nothing ends it.
    pub open: Option<Span>,
}

/// Follows the transactions of a file.
pub fn begins(source: &Source) -> Begins {
    let mut found = Begins::default();
    if source.kind != Kind::Plain {
        return found;
    }
    let mut line = 0;
    for item in &source.items {
        let NodeEnum::TransactionStmt(it) = &*item.tree else { continue };
        match it.kind() {
            TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                if found.open.is_some() {
                    found.nested.push((line, item.statement.span));
                } else {
                    (found.open, line) = (Some(item.statement.span), item.statement.line);
                }
            }
            TransactionStmtKind::TransStmtCommit | TransactionStmtKind::TransStmtRollback => {
                // AND CHAIN begins the next one
                (found.open, line) = match it.chain {
                    true => (Some(item.statement.span), item.statement.line),
                    false => (None, 0),
                };
            }
            TransactionStmtKind::TransStmtPrepare => found.open = None,
            TransactionStmtKind::Undefined
            | TransactionStmtKind::TransStmtSavepoint
            | TransactionStmtKind::TransStmtRelease
            | TransactionStmtKind::TransStmtRollbackTo
            | TransactionStmtKind::TransStmtCommitPrepared
            | TransactionStmtKind::TransStmtRollbackPrepared => {}
        }
    }
    found
}
