//! The statements beside one: those of its transaction, and what they do together, which is said by one rule each, so
//! that the others know that it is said.

use std::collections::BTreeMap;

use cutover_core::effect::{Known, Mode, Rel, Scan};
use cutover_sql::tree::{AlterTableCmd, AlterTableType, NodeEnum};

use crate::context::{Group, Judged, Place};
use crate::look::commands::commands;
use crate::look::names;
use crate::source::Item;

/// A table that stays locked while another is waited for.
pub struct Clash<'g> {
    /// Which of the group's statements waits.
    pub at: usize,
    /// What is locked.
    pub held: &'g Rel,
    /// What is waited for.
    pub wanted: &'g Rel,
}

/// Where the locks of one statement keep others waiting while a second one waits for its own. After each the count
/// begins anew, as if a transaction ended before it.
pub fn clashes<'g>(group: &Group<'g>) -> Vec<Clash<'g>> {
    let mut found = Vec::new();
    let mut held: BTreeMap<&Rel, Mode> = BTreeMap::new();
    for (at, judged) in in_transaction(group) {
        // what one statement needs it cannot take apart
        let other = held.keys().copied().find(|rel| !judged.strong.contains_key(*rel));
        let new = judged.strong.keys().find(|rel| !held.contains_key(rel));
        if let (Some(other), Some(new)) = (other, new) {
            found.push(Clash { at, held: other, wanted: new });
            held.clear();
        }
        for (rel, mode) in &judged.strong {
            held.entry(rel).or_insert(*mode);
        }
    }
    found
}

/// The statements that change many rows of an older table in one transaction with a strong lock on an older table:
/// which, and whether DDL stands before it.
pub fn data_with_ddl(group: &Group<'_>) -> Vec<usize> {
    let locks = in_transaction(group).any(|(_, judged)| is_locking(judged));
    let moves =
        in_transaction(group).filter(|(_, judged)| locks && judged.changes_many && !is_locking(judged));
    moves.map(|(at, _)| at).collect()
}

/// Whether a statement changes the schema and keeps readers or writers of an older table waiting.
pub fn is_locking(judged: &Judged) -> bool {
    judged.is_ddl && !judged.strong.is_empty()
}

/// Whether a statement validates a constraint that its own transaction has added.
pub fn validates_own(group: &Group<'_>, at: usize) -> bool {
    let judged = &group.statements[at];
    let validates = |it: &&AlterTableCmd| it.subtype() == AlterTableType::AtValidateConstraint;
    let mut validated = commands(&group.item(judged).tree).filter(validates).map(|it| &it.name);
    let scanned = |table: &Rel| {
        judged.effects.scans.iter().any(|(rel, cause)| *cause == Scan::Validate && rel == table)
    };
    validated.any(|name| {
        let mut made = group.statements[..at].iter().flat_map(|it| &it.constraints);
        made.any(|(table, made, _)| made == name && scanned(table))
    })
}

/// A lock that a statement's transaction holds already, and that is not the statement's own.
pub fn harder_lock<'g>(group: &Group<'g>, at: usize) -> Option<(&'g Rel, Mode)> {
    let own = &group.statements[at].strong;
    let before = group.statements[..at].iter().filter(|judged| group.item(judged).in_transaction);
    let mut locks = before.flat_map(|judged| &judged.strong);
    locks.find(|(rel, mode)| own.get(*rel) < Some(*mode)).map(|(rel, mode)| (rel, *mode))
}

fn in_transaction<'g>(group: &Group<'g>) -> impl Iterator<Item = (usize, &'g Judged)> {
    let statements = group.statements;
    let source = group.source;
    statements.iter().enumerate().filter(|(_, judged)| source.items[judged.item].in_transaction)
}

/// The other statements of the same transaction.
pub fn together<'a>(place: &Place<'a>) -> impl Iterator<Item = &'a Item> {
    let own = place.span();
    place.source.transaction_of(place.item).iter().filter(move |item| item.statement.span != own)
}

/// The statements of the same section behind this one.
pub fn later<'a>(place: &Place<'a>) -> impl Iterator<Item = &'a Item> {
    let (source, own) = (place.source, place.item);
    source.items.iter().filter(move |item| {
        item.section == own.section && item.statement.span.start > own.statement.span.start
    })
}

/// Whether a view of this name is made in the same transaction; a name without a schema is one of `known`.
pub fn view_comes(place: &Place<'_>, known: &Known, name: &Rel) -> bool {
    together(place).any(|item| match &*item.tree {
        NodeEnum::ViewStmt(it) => it.view.as_ref().is_some_and(|view| names::new(known, view) == *name),
        _ => false,
    })
}

/// Whether a policy of a table is made in the same transaction.
pub fn policy_comes(place: &Place<'_>, table: &Rel) -> bool {
    together(place).any(|item| match &*item.tree {
        NodeEnum::CreatePolicyStmt(it) => {
            it.table.as_ref().is_some_and(|rel| place.known.resolve(rel) == *table)
        }
        _ => false,
    })
}
