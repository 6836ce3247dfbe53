//! The names that constraints get which are written without one.

use std::borrow::Cow;

use cutover_core::effect::Known;
use cutover_sql::tree::{self, AlterTableType, ConstrType, NodeEnum};

use crate::look::alter::{Added, Alter};

/// The name of a constraint that is added, and whether PostgreSQL surely chooses the same. Nothing where another of
/// the statement would get it.
pub fn of(alter: &Alter<'_>, added: &Added<'_>) -> Option<(String, bool)> {
    let known = after_drops(alter);
    let name = guess(alter, &known, added)?;
    let same = alter.added().iter().filter(|it| guess(alter, &known, it).as_ref() == Some(&name)).count();
    let is_sure = !added.it.conname.is_empty() || alter.is_known();
    (same == 1).then_some((name, is_sure))
}

/// What a statement drops goes before what it adds, and its names are free then.
fn after_drops<'k>(alter: &Alter<'k>) -> Cow<'k, Known> {
    let known = alter.place.known;
    let drops = |node: &tree::Node| match tree::inner(node) {
        Some(NodeEnum::AlterTableCmd(it)) => {
            matches!(it.subtype(), AlterTableType::AtDropConstraint | AlterTableType::AtDropColumn)
        }
        _ => false,
    };
    if !alter.tree.cmds.iter().any(drops) {
        return Cow::Borrowed(known);
    }
    let mut statement = alter.tree.clone();
    statement.cmds.retain(drops);
    let mut known = known.clone();
    known.apply(&NodeEnum::AlterTableStmt(statement));
    Cow::Owned(known)
}

fn guess(alter: &Alter<'_>, known: &Known, added: &Added<'_>) -> Option<String> {
    let columns = added.columns();
    let (middle, label) = match added.it.contype() {
        ConstrType::ConstrCheck => {
            let used = tree::boxed(added.it.raw_expr.as_deref()).map(tree::columns).unwrap_or_default();
            (if used.len() == 1 { used[0].to_owned() } else { String::new() }, "check")
        }
        ConstrType::ConstrForeign => (columns.join("_"), "fkey"),
        ConstrType::ConstrUnique => {
            let included = tree::texts(&added.it.including).into_iter().map(str::to_owned);
            (columns.into_iter().chain(included).collect::<Vec<_>>().join("_"), "key")
        }
        ConstrType::ConstrPrimary => (String::new(), "pkey"),
        ConstrType::ConstrNotnull => (columns.join("_"), "not_null"),
        _ => return None,
    };
    Some(known.constraint_name(alter.table, &added.it.conname, &middle, label))
}
