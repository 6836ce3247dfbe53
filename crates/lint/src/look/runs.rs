//! What a statement runs: itself, or the statements of a `DO` block as far as they can be read.

use std::sync::Arc;

use cutover_core::effect::{Effects, Known, Rel, code, effects};
use cutover_sql::tree::{AlterTableCmd, DoStmt, NodeEnum};

use crate::context::Place;
use crate::look::commands::commands_on;
use crate::look::old::is_old;

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

    /// The subcommands of an `ALTER TABLE`, each with the table.
    pub fn commands(&self) -> impl Iterator<Item = (Rel, &AlterTableCmd)> {
        commands_on(self.node).map(|(written, command)| (self.known.resolve(written), command))
    }

    /// What it does.
    pub fn effects(&self) -> &Effects {
        self.effects
    }
}

/// Passes what a statement runs to `look`; nothing where PostgreSQL will refuse it.
pub fn each(place: &Place<'_>, mut look: impl FnMut(&One<'_>)) {
    if place.effects.fails.is_empty() {
        all(place, &mut look);
    }
}

/// The same of what goes up only: what goes down gives back what the upgrade took.
pub fn each_in_upgrade(place: &Place<'_>, look: impl FnMut(&One<'_>)) {
    if place.is_upgrade() {
        each(place, look);
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
