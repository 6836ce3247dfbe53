//! Columns that a statement assigns twice, which PostgreSQL refuses when it rewrites the statement.
//!
//! Source: `process_matched_tle` of `rewriteHandler.c`. Two elements of an array, or two fields of a composite column,
//! are put together; a whole column beside anything else of it is not.

use cutover_sql::tree::{self, CmdType, Node, NodeEnum};

/// Why PostgreSQL refuses the assignments of a statement, or of one within it, in words.
pub(super) fn twice(node: &NodeEnum) -> Vec<String> {
    let mut found = Vec::new();
    tree::visit(inside(node), &mut |node| match node {
        NodeEnum::UpdateStmt(it) => repeated(&it.target_list, &mut found),
        NodeEnum::InsertStmt(it) => {
            repeated(it.on_conflict_clause.as_ref().map_or(&[], |it| &it.target_list), &mut found);
        }
        NodeEnum::MergeWhenClause(it) if it.command_type() == CmdType::CmdUpdate => {
            repeated(&it.target_list, &mut found);
        }
        _ => {}
    });
    found
}

/// What a statement prepares or explains: it is rewritten then.
fn inside(node: &NodeEnum) -> &NodeEnum {
    let query = match node {
        NodeEnum::ExplainStmt(it) => it.query.as_deref(),
        NodeEnum::PrepareStmt(it) => it.query.as_deref(),
        NodeEnum::DeclareCursorStmt(it) => it.query.as_deref(),
        NodeEnum::CopyStmt(it) => it.query.as_deref(),
        _ => None,
    };
    tree::boxed(query).unwrap_or(node)
}

/// The columns that come twice, the first time or the second as a whole.
fn repeated(targets: &[Node], found: &mut Vec<String>) {
    let mut seen: Vec<(&str, bool)> = Vec::new();
    for node in targets {
        let Some(NodeEnum::ResTarget(target)) = tree::inner(node) else { continue };
        let (name, whole) = (target.name.as_str(), target.indirection.is_empty());
        if seen.iter().any(|(other, was_whole)| *other == name && (whole || *was_whole)) {
            let reason = format!("multiple assignments to same column \"{name}\"");
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
        seen.push((name, whole));
    }
}
