//! Columns that a statement assigns, or makes, twice, which PostgreSQL refuses.
//!
//! Source: `process_matched_tle` of `rewriteHandler.c`, `checkInsertTargets` of `parse_target.c`, `MergeAttributes` of
//! `tablecmds.c`. Two elements of an array, or two fields of a composite column,
//! are put together; a whole column beside anything else of it is not.

use cutover_sql::tree::{self, CmdType, Node, NodeEnum};

/// Why PostgreSQL refuses the assignments of a statement, or of one within it, in words.
pub(super) fn twice(node: &NodeEnum) -> Vec<String> {
    let mut found = Vec::new();
    tree::visit(inside(node), &mut |node| match node {
        NodeEnum::UpdateStmt(it) => assigned(&it.target_list, &mut found),
        NodeEnum::InsertStmt(it) => {
            named(&it.cols, &mut found);
            assigned(it.on_conflict_clause.as_ref().map_or(&[], |it| &it.target_list), &mut found);
        }
        NodeEnum::MergeWhenClause(it) if it.command_type() == CmdType::CmdUpdate => {
            assigned(&it.target_list, &mut found);
        }
        NodeEnum::MergeWhenClause(it) if it.command_type() == CmdType::CmdInsert => {
            named(&it.target_list, &mut found);
        }
        _ => {}
    });
    found
}

/// Why PostgreSQL refuses the columns of a new table, in words.
pub(super) fn made_twice(elements: &[Node]) -> Vec<String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for node in elements.iter().filter_map(tree::inner) {
        let NodeEnum::ColumnDef(column) = node else { continue };
        if seen.contains(&column.colname.as_str()) {
            found.push(specified(&column.colname));
        }
        seen.push(&column.colname);
    }
    found.dedup();
    found
}

fn assigned(targets: &[Node], found: &mut Vec<String>) {
    repeated(targets, found, |name| format!("multiple assignments to same column \"{name}\""));
}

fn named(targets: &[Node], found: &mut Vec<String>) {
    repeated(targets, found, specified);
}

fn specified(name: &str) -> String {
    format!("column \"{name}\" specified more than once")
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
fn repeated(targets: &[Node], found: &mut Vec<String>, reason: impl Fn(&str) -> String) {
    let mut seen: Vec<(&str, bool)> = Vec::new();
    for node in targets {
        let Some(NodeEnum::ResTarget(target)) = tree::inner(node) else { continue };
        let (name, whole) = (target.name.as_str(), target.indirection.is_empty());
        if seen.iter().any(|(other, was_whole)| *other == name && (whole || *was_whole)) {
            let reason = reason(name);
            if !found.contains(&reason) {
                found.push(reason);
            }
        }
        seen.push((name, whole));
    }
}
