//! The lock that each subcommand of `ALTER TABLE` needs.
//!
//! Source: `AlterTableGetLockLevel` in `tablecmds.c` and `reloptions.c` of PostgreSQL 12 to 18.

use cutover_sql::tree::{self, AlterTableCmd, AlterTableType, ConstrType, NodeEnum};

use super::Mode;
use crate::effect::known::Kind;

/// The mode that a subcommand needs.
pub fn mode_of(it: &AlterTableCmd, kind: Kind) -> Mode {
    use AlterTableType as T;
    match it.subtype() {
        T::AtSetStatistics | T::AtClusterOn | T::AtDropCluster | T::AtSetOptions | T::AtResetOptions => {
            Mode::ShareUpdateExclusive
        }
        T::AtValidateConstraint | T::AtAttachPartition | T::AtDetachPartitionFinalize => {
            // ALTER INDEX ... ATTACH PARTITION as well
            Mode::ShareUpdateExclusive
        }
        T::AtDetachPartition => match tree::boxed(it.def.as_deref()) {
            Some(NodeEnum::PartitionCmd(command)) if command.concurrent => Mode::ShareUpdateExclusive,
            _ => Mode::AccessExclusive,
        },
        T::AtEnableTrig
        | T::AtEnableAlwaysTrig
        | T::AtEnableReplicaTrig
        | T::AtDisableTrig
        | T::AtEnableTrigAll
        | T::AtDisableTrigAll
        | T::AtEnableTrigUser
        | T::AtDisableTrigUser => Mode::ShareRowExclusive,
        T::AtAddConstraint => match tree::boxed(it.def.as_deref()) {
            Some(NodeEnum::Constraint(constraint)) if constraint.contype() == ConstrType::ConstrForeign => {
                Mode::ShareRowExclusive
            }
            _ => Mode::AccessExclusive,
        },
        T::AtSetRelOptions | T::AtResetRelOptions | T::AtReplaceRelOptions => options_mode(it, kind),
        _ => Mode::AccessExclusive,
    }
}

/// Options of storage: those that change how rows are written need the strongest mode.
fn options_mode(it: &AlterTableCmd, kind: Kind) -> Mode {
    const STRONG: [&str; 8] = [
        "user_catalog_table",
        "security_barrier",
        "security_invoker",
        "check_option",
        "fastupdate",
        "gin_pending_list_limit",
        "buffering",
        "pages_per_range",
    ];
    let Some(NodeEnum::List(list)) = tree::boxed(it.def.as_deref()) else { return Mode::AccessExclusive };
    let strong = list.items.iter().any(|node| match tree::inner(node) {
        Some(NodeEnum::DefElem(option)) => {
            STRONG.contains(&option.defname.as_str()) || option.defname == "autosummarize"
        }
        _ => false,
    });
    if strong || kind == Kind::View { Mode::AccessExclusive } else { Mode::ShareUpdateExclusive }
}
