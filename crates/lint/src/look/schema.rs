//! What a statement makes of the schema, for the rules that look at several statements.

use cutover_core::effect::{Effects, Known, Loss, Rel};
use cutover_sql::tree::{AlterTableType, NodeEnum};

use crate::context::Judged;
use crate::look::commands::commands;
use crate::look::names;
use crate::source::Item;

/// Whether it makes, changes or drops something that is not rows.
pub fn is_ddl(node: &NodeEnum) -> bool {
    !matches!(
        node,
        NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_)
            | NodeEnum::CopyStmt(_)
            | NodeEnum::VariableSetStmt(_)
            | NodeEnum::VariableShowStmt(_)
            | NodeEnum::TransactionStmt(_)
            | NodeEnum::ExplainStmt(_)
            | NodeEnum::DoStmt(_)
            | NodeEnum::CallStmt(_)
            | NodeEnum::LockStmt(_)
            | NodeEnum::VacuumStmt(_)
            | NodeEnum::ConstraintsSetStmt(_)
    )
}

/// Whether a statement leaves another schema; what only describes, sorts, checks or allows does not.
pub fn changes_schema(item: &Item, judged: &Judged) -> bool {
    judged.is_ddl
        && !only_validates(&item.tree)
        && !matches!(
            *item.tree,
            NodeEnum::CommentStmt(_)
                | NodeEnum::GrantStmt(_)
                | NodeEnum::GrantRoleStmt(_)
                | NodeEnum::AlterDefaultPrivilegesStmt(_)
                | NodeEnum::AlterOwnerStmt(_)
                | NodeEnum::SecLabelStmt(_)
                | NodeEnum::ClusterStmt(_)
                | NodeEnum::ReindexStmt(_)
                | NodeEnum::RefreshMatViewStmt(_)
                | NodeEnum::TruncateStmt(_)
                | NodeEnum::PrepareStmt(_)
                | NodeEnum::ExecuteStmt(_)
        )
}

fn only_validates(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::AlterTableStmt(_))
        && commands(node).all(|it| it.subtype() == AlterTableType::AtValidateConstraint)
}

/// The tables and views that it makes.
pub fn makes(node: &NodeEnum, known: &Known) -> Vec<Rel> {
    let written = match node {
        NodeEnum::CreateStmt(it) => it.relation.as_ref(),
        NodeEnum::ViewStmt(it) => it.view.as_ref(),
        NodeEnum::CreateTableAsStmt(it) => it.into.as_ref().and_then(|into| into.rel.as_ref()),
        NodeEnum::CreateForeignTableStmt(it) => it.base_stmt.as_ref().and_then(|base| base.relation.as_ref()),
        _ => None,
    };
    written.map(|rel| names::new(known, rel)).into_iter().collect()
}

/// The columns and tables that are lost by it; a table has no column.
pub fn drops(effects: &Effects) -> Vec<(Rel, Option<String>)> {
    let drops = effects.losses.iter().filter_map(|loss| match loss {
        Loss::Column { table, column } => Some((table.clone(), Some(column.clone()))),
        Loss::Table { table } => Some((table.clone(), None)),
        Loss::Rows { .. }
        | Loss::SomeRows { .. }
        | Loss::Values { .. }
        | Loss::Narrowed { .. }
        | Loss::Schema { .. }
        | Loss::Database { .. }
        | Loss::Sequence { .. } => None,
    });
    drops.collect()
}

/// The table that a statement makes or alters, with the constraints that it has already.
pub fn constraints(known: &Known, node: &NodeEnum) -> Option<(Rel, Vec<String>)> {
    let table = match node {
        NodeEnum::AlterTableStmt(it) => known.resolve(it.relation.as_ref()?),
        NodeEnum::CreateStmt(it) => names::new(known, it.relation.as_ref()?),
        _ => return None,
    };
    let had = known.get(&table).map(|it| it.constraints.iter().map(|c| c.name.clone()).collect());
    Some((table, had.unwrap_or_default()))
}

/// The constraints that the table has more after the statement.
pub fn new_constraints(known: &Known, had: Option<(Rel, Vec<String>)>) -> Vec<(Rel, String, Vec<String>)> {
    let Some((table, had)) = had else { return Vec::new() };
    let Some(relation) = known.get(&table) else { return Vec::new() };
    let new = relation.constraints.iter().filter(|c| !had.contains(&c.name));
    new.map(|c| (table.clone(), c.name.clone(), c.columns.clone())).collect()
}
