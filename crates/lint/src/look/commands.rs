//! The subcommands of an `ALTER TABLE`, as its tree has them. With their texts: [`crate::look::alter`].

use cutover_core::effect::Rel;
use cutover_sql::tree::{self, AlterTableCmd, AlterTableType, ColumnDef, NodeEnum, RangeVar};

use crate::context::Place;

/// The subcommands of an `ALTER TABLE`, each with the relation as it is written.
pub fn commands_on(node: &NodeEnum) -> impl Iterator<Item = (&RangeVar, &AlterTableCmd)> {
    let it = match node {
        NodeEnum::AlterTableStmt(it) => it.relation.as_ref().map(|relation| (relation, &it.cmds)),
        _ => None,
    };
    it.into_iter().flat_map(|(relation, commands)| {
        commands.iter().filter_map(move |node| match tree::inner(node)? {
            NodeEnum::AlterTableCmd(command) => Some((relation, command.as_ref())),
            _ => None,
        })
    })
}

/// The subcommands of an `ALTER TABLE`.
pub fn commands(node: &NodeEnum) -> impl Iterator<Item = &AlterTableCmd> {
    commands_on(node).map(|(_, command)| command)
}

/// What an `ALTER TABLE` is about.
pub(crate) fn altered(place: &Place<'_>) -> Option<Rel> {
    let NodeEnum::AlterTableStmt(it) = place.tree() else { return None };
    it.relation.as_ref().map(|rel| place.known.resolve(rel))
}

/// The columns whose types an `ALTER TABLE` changes.
pub(crate) fn retyped(node: &NodeEnum) -> Vec<(&str, &ColumnDef)> {
    let columns =
        commands(node).filter_map(|command| match (command.subtype(), tree::boxed(command.def.as_deref())) {
            (AlterTableType::AtAlterColumnType, Some(NodeEnum::ColumnDef(column))) => {
                Some((command.name.as_str(), column.as_ref()))
            }
            _ => None,
        });
    columns.collect()
}
