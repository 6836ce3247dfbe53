//! Reads plain SQL that something else runs: its statements, between BEGIN and COMMIT or not, and what it accepts.

use cutover_sql::directive;
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::repeated::parse_long;
use cutover_sql::span::Span;
use cutover_sql::tree::{NodeEnum, TransactionStmtKind};

use super::shorten::shorten;
use super::{Allow, Item, Section, Source};

impl Source {
    /// Takes in the text as plain SQL; `in_transaction` says whether all of it runs as one transaction.
    pub(super) fn read_plain(&mut self, in_transaction: bool) {
        let text = std::mem::take(&mut self.text);
        let (statements, errors) =
            parse_long(&text, Span::new(0, text.len()), &mut |tree| shorten(tree, &text));
        self.take_errors(&text, errors);
        self.plain_allows(&text);
        let (mut transaction, mut in_begin) = (0, false);
        for (statement, tree) in statements {
            let mut ends = false;
            if let NodeEnum::TransactionStmt(it) = &*tree {
                match it.kind() {
                    TransactionStmtKind::TransStmtBegin | TransactionStmtKind::TransStmtStart => {
                        in_begin = true
                    }
                    TransactionStmtKind::TransStmtCommit
                    | TransactionStmtKind::TransStmtRollback
                    | TransactionStmtKind::TransStmtPrepare => ends = true,
                    _ => {}
                }
            }
            let together = in_begin || in_transaction;
            self.items.push(Item {
                statement,
                tree,
                section: Section::Upgrade,
                transaction,
                in_transaction: together,
                in_begin,
                backfill: false,
                guard: false,
            });
            if ends || !together {
                transaction += 1;
                in_begin &= !ends;
            }
        }
        self.text = text;
    }

    /// `--@ allow rule "why"` in a file that is no revision.
    fn plain_allows(&mut self, text: &str) {
        if !text.contains("--@ allow") {
            return;
        }
        for token in tokens(text).filter(|token| token.kind == TokenKind::LineComment) {
            let line = token.span.text(text).trim_end();
            let Some(rest) = line.strip_prefix("--@ allow") else { continue };
            let rest = rest.trim();
            let (rule, why) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let reason = directive::quoted(why.trim()).map(|(text, _)| text).unwrap_or_default();
            let span = Span::new(token.span.start, token.span.start + line.len());
            if reason.trim().is_empty() {
                self.unreasoned(span);
                continue;
            }
            self.allows.push(Allow { rule: rule.to_owned(), reason, span, everywhere: false });
        }
    }
}
