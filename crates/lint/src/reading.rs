//! `ALTER TABLE` and names in statements, as rules look at them.

use cutover_core::effect::Rel;
use cutover_sql::ident::qualified;
use cutover_sql::tree::{self, AlterTableCmd, AlterTableType, ColumnDef, Node, NodeEnum, RangeVar};

use crate::context::Place;

/// The subcommands of an `ALTER TABLE`.
pub(crate) fn commands(node: &NodeEnum) -> Vec<&AlterTableCmd> {
    let NodeEnum::AlterTableStmt(it) = node else { return Vec::new() };
    let commands = it.cmds.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::AlterTableCmd(command) => Some(command.as_ref()),
        _ => None,
    });
    commands.collect()
}

/// What an `ALTER TABLE` is about.
pub(crate) fn altered(place: &Place<'_>) -> Option<Rel> {
    let NodeEnum::AlterTableStmt(it) = place.tree() else { return None };
    it.relation.as_ref().map(|rel| place.known.resolve(rel))
}

/// The columns whose types an `ALTER TABLE` changes.
pub(crate) fn retyped(node: &NodeEnum) -> Vec<(&str, &ColumnDef)> {
    let columns = commands(node).into_iter().filter_map(|command| {
        match (command.subtype(), tree::boxed(command.def.as_deref())) {
            (AlterTableType::AtAlterColumnType, Some(NodeEnum::ColumnDef(column))) => {
                Some((command.name.as_str(), column.as_ref()))
            }
            _ => None,
        }
    });
    columns.collect()
}

/// A relation's name as a statement has it, with the schema only where it was written.
pub(crate) fn written(name: &RangeVar) -> String {
    match tree::schema(name) {
        Some(schema) => qualified(&[schema, &name.relname]),
        None => qualified(&[&name.relname]),
    }
}

/// The relations of a list of names.
pub(crate) fn relations(place: &Place<'_>, nodes: &[Node]) -> Vec<Rel> {
    let names = nodes.iter().map(|node| {
        let (schema, name) = tree::name_of(node);
        place.known.named(schema, name)
    });
    names.collect()
}

/// What the database knows a kind of; `known` says whether a relation is of it.
pub(crate) fn is_kind(place: &Place<'_>, relation: &Rel, kind: cutover_core::effect::known::Kind) -> bool {
    place.known.get(relation).is_some_and(|it| it.kind == kind)
}
