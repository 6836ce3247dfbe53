//! What a statement runs: itself, or the statements of a `DO` block as far as they can be read.

use std::sync::Arc;

use cutover_core::effect::{Effects, Known, Rel, code, effects};
use cutover_sql::tree::{self, AlterTableCmd, DoStmt, NodeEnum, RangeVar};

use crate::context::Place;
use crate::source::Item;

/// One statement, and the schema before it.
pub struct One<'a> {
    /// The schema before it.
    pub known: &'a Known,
    /// Its tree.
    pub node: &'a NodeEnum,
    /// What it does.
    effects: &'a Effects,
}

impl One<'_> {
    /// Whether a relation was there before this revision.
    pub fn is_old(&self, relation: &Rel) -> bool {
        is_old(self.known, relation)
    }

    /// What it does.
    pub fn effects(&self) -> &Effects {
        self.effects
    }
}

/// Whether a relation was there before this revision, so that others may be using it. One that nobody has seen made
/// was.
pub fn is_old(known: &Known, relation: &Rel) -> bool {
    !known.is_new_relation(relation) && (known.get(relation).is_some() || !known.complete)
}

/// Passes what a statement runs to `look`; nothing where PostgreSQL will refuse it.
pub fn each(place: &Place<'_>, mut look: impl FnMut(&One<'_>)) {
    if place.effects.fails.is_empty() {
        all(place, &mut look);
    }
}

/// Passes what PostgreSQL will refuse to `look`, with its reasons.
pub fn each_that_fails(place: &Place<'_>, mut look: impl FnMut(&One<'_>, &[String])) {
    if place.effects.fails.is_empty() {
        return;
    }
    all(place, &mut |one| {
        if !one.effects().fails.is_empty() {
            look(one, &one.effects().fails);
        }
    });
}

fn all(place: &Place<'_>, look: &mut dyn FnMut(&One<'_>)) {
    let NodeEnum::DoStmt(block) = place.tree() else {
        look(&One { known: place.known, node: place.tree(), effects: place.effects });
        return;
    };
    for inner in place.inside(|| inside(place.known, block)) {
        look(&One { known: &inner.known, node: &inner.node, effects: &inner.effects });
    }
}

/// A statement of a block, with the schema before it.
pub struct Inner {
    known: Known,
    node: Arc<NodeEnum>,
    effects: Effects,
}

/// The statements of a block, as far as they can be read.
fn inside(known: &Known, block: &DoStmt) -> Vec<Inner> {
    let mut known = known.clone();
    let mut found = Vec::new();
    for run in code::of_do(block).runs {
        let (before, effects) = (known.clone(), effects(&known, &run.tree));
        known.apply(&run.tree);
        found.push(Inner { known: before, node: run.tree, effects });
    }
    found
}

/// The subcommands of an ALTER TABLE or one of its kin, with the relation as it is written.
pub fn commands(node: &NodeEnum) -> impl Iterator<Item = (&RangeVar, &AlterTableCmd)> {
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

/// Names with commas and an "and"; of many only the first.
pub fn listed(names: &[String]) -> String {
    const SHOWN: usize = 4;
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= SHOWN => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
    }
}
