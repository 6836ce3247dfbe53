//! Less of a tree than the text has: of many rows a few say all that there is to say.

use cutover_sql::tree::NodeEnum;

/// A text that is mostly rows; its trees would take a hundred times its size.
const LARGE: usize = 4 * 1024 * 1024;

/// Of an INSERT with thousands of rows a few say all that there is to say, and of thousands of INSERTs of constants
/// their table. Says whether it is such a one, and nothing but constants is gone.
pub(super) fn shorten(tree: &mut NodeEnum, text: &str) -> bool {
    let rows = if text.len() > LARGE { 1 } else { 8 };
    let NodeEnum::InsertStmt(insert) = tree else { return false };
    let plain = insert.on_conflict_clause.is_none()
        && insert.returning_clause.is_none()
        && insert.with_clause.is_none();
    let query = insert.select_stmt.as_mut().and_then(|node| node.node.as_mut());
    let Some(NodeEnum::SelectStmt(select)) = query else { return false };
    if select.values_lists.len() > rows {
        select.values_lists.truncate(rows);
        select.values_lists.shrink_to_fit();
    }
    if text.len() <= LARGE {
        return false;
    }
    let mut is_constant = !select.values_lists.is_empty();
    for list in &mut select.values_lists {
        if let Some(NodeEnum::List(list)) = &mut list.node {
            list.items.retain(|item| !matches!(item.node, Some(NodeEnum::AConst(_))));
            list.items.shrink_to_fit();
            is_constant &= list.items.is_empty();
        }
    }
    insert.cols = Vec::new();
    let only_values = select.with_clause.is_none() && select.sort_clause.is_empty();
    plain && is_constant && only_values && select.limit_count.is_none() && select.limit_offset.is_none()
}
