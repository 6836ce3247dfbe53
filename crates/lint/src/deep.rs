//! What a statement runs: itself, or the statements of a `DO` block as far as they can be read.

use cutover_core::effect::{Effects, Known, Rel, code, effects};
use cutover_sql::span::Span;
use cutover_sql::statement::parse_what_can;
use cutover_sql::tree::{self, AlterTableCmd, NodeEnum, RangeVar};

use crate::context::Place;
use crate::source::Item;

/// One statement, and the schema before it.
pub struct One<'a> {
    /// The schema before it.
    pub known: &'a Known,
    /// Its tree.
    pub node: &'a NodeEnum,
}

impl One<'_> {
    /// Whether a relation was there before this revision.
    pub fn is_old(&self, relation: &Rel) -> bool {
        is_old(self.known, relation)
    }

    /// What it does.
    pub fn effects(&self) -> Effects {
        effects(self.known, self.node)
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
        let fails = one.effects().fails;
        if !fails.is_empty() {
            look(one, &fails);
        }
    });
}

fn all(place: &Place<'_>, look: &mut dyn FnMut(&One<'_>)) {
    let NodeEnum::DoStmt(block) = place.tree() else {
        look(&One { known: place.known, node: place.tree() });
        return;
    };
    let mut known = place.known.clone();
    for text in code::of_do(block).statements {
        for (_, node) in parse_what_can(&text, Span::new(0, text.len())).0 {
            look(&One { known: &known, node: &node });
            known.apply(&node);
        }
    }
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
    let (source, own) = (place.source, place.item);
    source.items.iter().filter(move |item| {
        item.section == own.section
            && item.transaction == own.transaction
            && item.statement.span != own.statement.span
    })
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
