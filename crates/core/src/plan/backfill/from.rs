//! The driving table in the FROM of a SELECT: where it stands, and whether a condition on it is a
//! condition on the rows of the result. It knows trees and no text.

use cutover_sql::tree::{JoinType, Node, NodeEnum, RangeVar, inner};

/// A table of a FROM, and whether an outer join may give its columns as NULLs.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The table.
    pub table: &'a RangeVar,
    /// Whether rows of the result may have none of its own.
    pub optional: bool,
}

/// The tables of a FROM that stand in it by themselves or in a join, without those in subqueries.
///
/// A condition in WHERE on a table whose side may be missing would turn the outer join into an
/// inner one (<https://www.postgresql.org/docs/current/queries-table-expressions.html>).
pub fn sources(from: &[Node]) -> Vec<Source<'_>> {
    let mut found = Vec::new();
    from.iter().for_each(|node| source(node, false, &mut found));
    found
}

fn source<'a>(node: &'a Node, optional: bool, found: &mut Vec<Source<'a>>) {
    match inner(node) {
        Some(NodeEnum::RangeVar(table)) => found.push(Source { table, optional }),
        Some(NodeEnum::JoinExpr(join)) => {
            let (left, right) = match join.jointype() {
                JoinType::JoinLeft => (false, true),
                JoinType::JoinRight => (true, false),
                JoinType::JoinFull => (true, true),
                _ => (false, false),
            };
            // an alias of the whole join hides the names inside it
            let hidden = join.alias.is_some();
            for (side, may_miss) in [(&join.larg, left), (&join.rarg, right)] {
                if let Some(side) = side.as_deref() {
                    source(side, optional || may_miss || hidden, found);
                }
            }
        }
        _ => {}
    }
}
