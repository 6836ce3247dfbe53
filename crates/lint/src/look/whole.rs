//! Statements that take all rows of a table at once: what a condition leaves out, and what a query reads in full.

use cutover_core::effect::{Known, Loss, Rel, Scan, uses};
use cutover_sql::tree::{self, AExprKind, BoolExprType, Node, NodeEnum, SelectStmt, WithClause, a_const};

use crate::context::Place;

/// The queries and changes of rows that run with a statement: itself, and those in its WITH.
pub(crate) fn queries(statement: &NodeEnum) -> Vec<&NodeEnum> {
    let query = match statement {
        NodeEnum::SelectStmt(_)
        | NodeEnum::InsertStmt(_)
        | NodeEnum::UpdateStmt(_)
        | NodeEnum::DeleteStmt(_)
        | NodeEnum::MergeStmt(_) => Some(statement),
        NodeEnum::CreateTableAsStmt(it) => tree::boxed(it.query.as_deref()),
        NodeEnum::CopyStmt(it) => tree::boxed(it.query.as_deref()),
        NodeEnum::ExplainStmt(it) if tree::is_on(&it.options, "analyze") => tree::boxed(it.query.as_deref()),
        _ => None,
    };
    let mut found = Vec::new();
    if let Some(query) = query {
        tree::visit(query, &mut |node| {
            if matches!(node, NodeEnum::InsertStmt(_) | NodeEnum::UpdateStmt(_) | NodeEnum::DeleteStmt(_)) {
                found.push(node);
            }
        });
    }
    found
}

/// The old tables of which the text of a block or a procedure loses something in all rows, as `what` says. It is seen
/// only where there is no condition at all.
pub(crate) fn by_code(place: &Place<'_>, what: fn(&Loss) -> Option<&Rel>) -> Vec<Rel> {
    if !matches!(place.tree(), NodeEnum::DoStmt(_) | NodeEnum::CallStmt(_)) {
        return Vec::new();
    }
    // TRUNCATE reads nothing
    let in_full =
        |table: &Rel| place.effects.scans.iter().any(|(rel, cause)| rel == table && *cause == Scan::Query);
    let lost = place.effects.losses.iter().filter_map(what);
    lost.filter(|table| in_full(table) && place.is_old(table)).cloned().collect()
}

/// Whether a condition lets every row pass: there is none, or it says nothing.
pub(crate) fn passes_all(condition: Option<&Node>) -> bool {
    condition.and_then(tree::inner).is_none_or(is_always_true)
}

/// Whether a condition names no value that would pick a few rows: it asks what is NULL, or compares columns with
/// each other (`new IS DISTINCT FROM lower(old)`).
pub(crate) fn names_no_value(condition: &NodeEnum) -> bool {
    match condition {
        NodeEnum::NullTest(_) => true,
        NodeEnum::AExpr(it)
            if matches!(it.kind(), AExprKind::AexprDistinct | AExprKind::AexprNotDistinct) =>
        {
            let sides = [tree::boxed(it.lexpr.as_deref()), tree::boxed(it.rexpr.as_deref())];
            sides.iter().flatten().any(|side| tree::is_null(side))
                || sides.iter().flatten().all(|side| !tree::columns(side).is_empty() && !has_query(side))
        }
        NodeEnum::BoolExpr(it) => {
            let mut args = it.args.iter().filter_map(tree::inner);
            match it.boolop() {
                BoolExprType::OrExpr => args.any(|arg| is_always_true(arg) || names_no_value(arg)),
                _ => args.all(|arg| is_always_true(arg) || names_no_value(arg)),
            }
        }
        _ => false,
    }
}

fn has_query(node: &NodeEnum) -> bool {
    let mut found = false;
    tree::visit(node, &mut |node| found |= matches!(node, NodeEnum::SubLink(_)));
    found
}

fn is_always_true(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::AConst(it) => match it.val.as_ref() {
            Some(a_const::Val::Boolval(value)) => value.boolval,
            Some(a_const::Val::Sval(text)) => matches!(text.sval.as_str(), "t" | "true"),
            _ => false,
        },
        NodeEnum::TypeCast(it) => tree::boxed(it.arg.as_deref()).is_some_and(is_always_true),
        // 1 = 1
        NodeEnum::AExpr(it) if it.name.last().and_then(tree::text) == Some("=") => {
            let value = |side: &Option<Box<Node>>| side.as_deref().and_then(tree::integer);
            value(&it.lexpr).is_some_and(|left| value(&it.rexpr) == Some(left))
        }
        NodeEnum::BoolExpr(it) => {
            let mut args = it.args.iter().filter_map(tree::inner);
            match it.boolop() {
                BoolExprType::AndExpr => args.all(is_always_true),
                BoolExprType::OrExpr => args.any(is_always_true),
                BoolExprType::NotExpr | BoolExprType::Undefined => false,
            }
        }
        _ => false,
    }
}

/// The tables of which a query reads all rows: no condition and no limit stands between.
pub(crate) fn read_in_full(known: &Known, query: &SelectStmt, with: Option<&WithClause>) -> Vec<Rel> {
    let mut reader = Reader { known, with: Vec::new(), found: Vec::new() };
    reader.with.extend(with);
    reader.select(query);
    reader.found
}

struct Reader<'a> {
    known: &'a Known,
    with: Vec<&'a WithClause>,
    found: Vec<Rel>,
}

impl<'a> Reader<'a> {
    fn select(&mut self, it: &'a SelectStmt) {
        if !passes_all(it.where_clause.as_deref()) || it.limit_count.is_some() {
            return;
        }
        let depth = self.with.len();
        self.with.extend(&it.with_clause);
        for side in [&it.larg, &it.rarg].into_iter().flatten() {
            self.select(side);
        }
        for node in it.from_clause.iter().filter_map(tree::inner) {
            self.from(node);
        }
        self.with.truncate(depth);
    }

    fn from(&mut self, node: &'a NodeEnum) {
        match node {
            NodeEnum::RangeVar(it) => match self.of_with(&it.relname).filter(|_| it.schemaname.is_empty()) {
                Some(query) => self.below(query),
                None => self.found.extend(uses(self.known, node).into_iter().map(|one| one.relation)),
            },
            NodeEnum::JoinExpr(it) => {
                for side in [&it.larg, &it.rarg] {
                    self.below(side.as_deref());
                }
            }
            NodeEnum::RangeSubselect(it) => self.below(it.subquery.as_deref()),
            _ => {}
        }
    }

    fn below(&mut self, node: Option<&'a Node>) {
        match node.and_then(tree::inner) {
            Some(NodeEnum::SelectStmt(query)) => self.select(query),
            Some(node) => self.from(node),
            None => {}
        }
    }

    /// The query of a WITH that is in sight. One that refers to itself is taken to read nothing in full.
    fn of_with(&self, name: &str) -> Option<Option<&'a Node>> {
        self.with.iter().rev().find_map(|with| {
            with.ctes.iter().find_map(|node| match tree::inner(node)? {
                NodeEnum::CommonTableExpr(cte) if cte.ctename == name => {
                    Some(cte.ctequery.as_deref().filter(|_| !with.recursive))
                }
                _ => None,
            })
        })
    }
}
