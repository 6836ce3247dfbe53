//! Puts a condition into the text of a statement, so that all else stays as it was written.
//!
//! Where the text is unusual (a SELECT in parentheses) the statement is written anew from its tree.

use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::{self, BoolExpr, BoolExprType, Node, NodeEnum};

/// A statement with a place for a condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    head: String,
    tail: String,
    /// Up to where the head is the statement's own text, byte by byte.
    own: usize,
    /// How many bytes were put in before the rest of the own text.
    put: usize,
}

/// A condition that nobody writes, to find its place again.
const MARK: &str = "cutover_backfill_mark.k > 71077345";

impl Slot {
    /// Finds the place in `text`, whose tree is `statement`.
    pub fn find(text: &str, statement: &NodeEnum) -> Option<Self> {
        let slot = in_text(text);
        let wanted = with_condition(statement, MARK).and_then(|tree| tree::to_sql(&tree));
        let found = only(&slot.with(MARK)).and_then(|tree| tree::to_sql(&tree));
        if wanted.is_some() && wanted == found {
            return Some(slot);
        }
        let (head, tail) = wanted.as_deref()?.split_once(MARK)?;
        Some(Self { head: format!("{head}("), tail: format!("){tail}"), own: 0, put: 0 })
    }

    /// The statement with the condition.
    pub fn with(&self, condition: &str) -> String {
        format!("{}{condition}{}", self.head, self.tail)
    }

    /// The byte of the statement's own text that a byte of [`Slot::with`] stands for.
    pub fn own_place(&self, at: usize) -> Option<usize> {
        if at < self.own {
            return Some(at);
        }
        (at < self.head.len() && self.put > 0 && at >= self.own + self.put).then(|| at - self.put)
    }
}

/// The only statement of a text.
pub fn only(text: &str) -> Option<NodeEnum> {
    let mut found = parse::parse(text, Span::new(0, text.len())).ok()?;
    if found.len() != 1 {
        return None;
    }
    found.pop()?.stmt.and_then(|node| node.node)
}

/// The place after the WHERE, or where there is none in front of what follows it.
fn in_text(text: &str) -> Slot {
    let (mut depth, mut condition, mut end) = (0_usize, None, text.len());
    for token in tokens(text).filter(|t| !t.is_blank()) {
        let word = token.span.text(text);
        match token.kind {
            TokenKind::OpenParen => depth += 1,
            TokenKind::CloseParen => depth = depth.saturating_sub(1),
            TokenKind::Word if depth == 0 => {
                let is = |name: &str| word.eq_ignore_ascii_case(name);
                let after_rows = is("returning") || is("for") || is("limit");
                if condition.is_none() && is("where") {
                    condition = Some(token.span.end);
                } else if after_rows || (is("on") && conflict_follows(text, token.span.end)) {
                    end = token.span.start;
                    break;
                }
            }
            _ => {}
        }
    }
    let rest = &text[end..];
    match condition {
        // a comment may end its last line, so what follows stands on a new one
        Some(at) => Slot {
            head: format!("{} ({}\n) AND (", &text[..at], &text[at..end]),
            tail: format!(")\n{rest}"),
            own: at,
            put: 2,
        },
        None => {
            Slot { head: format!("{}\nWHERE (", &text[..end]), tail: format!(")\n{rest}"), own: end, put: 0 }
        }
    }
}

fn conflict_follows(text: &str, at: usize) -> bool {
    let mut lexer = tokens(text);
    lexer.seek(at);
    lexer.find(|t| !t.is_blank()).is_some_and(|t| t.span.text(text).eq_ignore_ascii_case("conflict"))
}

/// The tree with the condition at the end of its WHERE, as the grammar would read it.
fn with_condition(statement: &NodeEnum, condition: &str) -> Option<NodeEnum> {
    let NodeEnum::SelectStmt(select) = only(&format!("SELECT WHERE {condition}"))? else { return None };
    let condition = select.where_clause?;
    let mut tree = statement.clone();
    let place = match &mut tree {
        NodeEnum::UpdateStmt(it) => &mut it.where_clause,
        NodeEnum::DeleteStmt(it) => &mut it.where_clause,
        NodeEnum::InsertStmt(it) => match it.select_stmt.as_deref_mut()?.node.as_mut()? {
            NodeEnum::SelectStmt(select) => &mut select.where_clause,
            _ => return None,
        },
        _ => return None,
    };
    let joined = match place.take() {
        None => condition,
        Some(old) => Box::new(both(*old, *condition)),
    };
    *place = Some(joined);
    Some(tree)
}

/// `old AND new`; the grammar adds to an AND that is there.
fn both(old: Node, new: Node) -> Node {
    if let Some(NodeEnum::BoolExpr(it)) = &old.node
        && it.boolop() == BoolExprType::AndExpr
    {
        let mut all = it.as_ref().clone();
        all.args.push(new);
        return Node { node: Some(NodeEnum::BoolExpr(Box::new(all))) };
    }
    let all = BoolExpr { boolop: BoolExprType::AndExpr as i32, args: vec![old, new], ..BoolExpr::default() };
    Node { node: Some(NodeEnum::BoolExpr(Box::new(all))) }
}
