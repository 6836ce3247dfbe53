//! The names that constraints get which are written without one.

use cutover_sql::tree::{self, AlterTableType, ConstrType};

use crate::alter::{Added, Alter};

/// The name of a constraint that is added, and whether PostgreSQL surely chooses the same. Nothing where another of
/// the statement would get it.
pub fn of(alter: &Alter<'_>, added: &Added<'_>) -> Option<(String, bool)> {
    let name = guess(alter, added)?;
    let same = alter.added().iter().filter(|it| guess(alter, it).as_ref() == Some(&name)).count();
    // what is dropped goes first, and its name is free then
    let drops = alter
        .commands
        .iter()
        .any(|it| matches!(it.kind(), AlterTableType::AtDropConstraint | AlterTableType::AtDropColumn));
    let is_sure = !added.it.conname.is_empty() || (alter.is_known() && !drops);
    (same == 1).then_some((name, is_sure))
}

fn guess(alter: &Alter<'_>, added: &Added<'_>) -> Option<String> {
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
    Some(alter.place.known.constraint_name(&alter.table, &added.it.conname, &middle, label))
}
