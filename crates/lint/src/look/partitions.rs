//! What can be done to partitions without keeping others waiting, for the rules that write it.

use cutover_core::effect::Rel;
use cutover_core::effect::known::{ConstraintKind, Kind};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, AlterTableType, NodeEnum, PartitionCmd};

use crate::context::Place;
use crate::look::commands::commands;

/// The `ATTACH PARTITION` or `DETACH PARTITION` of a statement.
pub(crate) fn command(node: &NodeEnum, which: AlterTableType) -> Option<&PartitionCmd> {
    commands(node).find_map(|it| match tree::boxed(it.def.as_deref()) {
        Some(NodeEnum::PartitionCmd(command)) if it.subtype() == which => Some(command),
        _ => None,
    })
}

/// The default partition of a table.
pub(crate) fn default_of(place: &Place<'_>, parent: &Rel) -> Option<Rel> {
    let is_default = |child: &&Rel| {
        let bound = place.known.get(child).and_then(|it| it.partition.as_ref());
        bound.is_some_and(|bound| bound.is_default)
    };
    place.known.get(parent)?.children.iter().find(is_default).cloned()
}

/// Whether `DETACH ... CONCURRENTLY` is there and not refused: not beside a default partition. Of a table that nobody
/// has seen made it is not known.
pub(crate) fn can_detach_concurrently(place: &Place<'_>, parent: &Rel) -> bool {
    let is_known = place.known.get(parent).is_some_and(|it| it.kind == Kind::Partitioned);
    is_known && place.known.major >= 14 && place.can_be_alone() && default_of(place, parent).is_none()
}

/// The name of the check that `DETACH ... CONCURRENTLY` leaves on the partition; nothing where it is not sure that
/// and under which name it does. Source: `DetachAddConstraintIfNeeded`.
pub(crate) fn check_left_behind(place: &Place<'_>, child: &Rel) -> Option<String> {
    let own = place.known.get(child)?;
    let has_check = own.constraints.iter().any(|it| matches!(it.kind, ConstraintKind::Check { .. }));
    let is_plain = own.partition.as_ref().is_some_and(|bound| bound.inside.is_some());
    let parent = own.parents.first().and_then(|parent| place.known.get(parent))?;
    let [column] = &parent.partition_key[..] else { return None };
    if own.kind != Kind::Table || has_check || !is_plain {
        return None;
    }
    Some(quote_ident(&place.known.constraint_name(child, "", column, "check")).into_owned())
}
