//! A constraint is added NOT VALID and not validated by the end of what is looked at.
//!
//! ## Why
//!
//! New rows follow it; of those that were there before nobody knows. The planner counts only on a valid constraint,
//! SET NOT NULL and ATTACH PARTITION skip their scan only behind a valid check, and an UPDATE of an old row that
//! breaks it fails some day.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT total_ok CHECK (total >= 0) NOT VALID;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT total_ok CHECK (total >= 0) NOT VALID;
//! --@ sql
//! ALTER TABLE orders VALIDATE CONSTRAINT total_ok;
//! ```
//!
//! VALIDATE takes SHARE UPDATE EXCLUSIVE: reads and writes go on while it looks at the rows. It can as well stand in
//! a later revision, after the rows are put right.
//!
//! ## When to allow it
//!
//! The rows have to be put right first, and a later revision will validate it; or old rows may break it for good.

use cutover_core::effect::known::{Constraint, ConstraintKind};
use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, AlterTableType, ConstrType, NodeEnum};

use crate::context::Run;
use crate::finding::Level;
use crate::look::commands::commands_on;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Section;

pub const RULE: Rule = Rule {
    id: "left-not-valid",
    level: Level::Note,
    area: Area::Design,
    title: "A constraint is added NOT VALID and not validated by the end of what is looked at",
    check: Check::History(check),
};

fn check(run: &Run<'_>, out: &mut Findings<'_>) {
    for (at, source) in run.sources.iter().enumerate().filter(|(at, _)| run.looked_at[*at]) {
        for judged in run.statements[at].iter().filter(|judged| judged.effects.fails.is_empty()) {
            let item = &source.items[judged.item];
            if item.section != Section::Upgrade {
                continue;
            }
            for (written, command) in commands_on(&item.tree) {
                let Some(NodeEnum::Constraint(it)) = tree::boxed(command.def.as_deref()) else { continue };
                if command.subtype() != AlterTableType::AtAddConstraint || !it.skip_validation {
                    continue;
                }
                let table = run.known.resolve(written);
                if let Some(name) = still_open(run.known, &table, it) {
                    let message = format!("nobody knows whether the old rows of {table} follow {name}");
                    out.report_in(at, item.statement.span, message).help(format!(
                        "ALTER TABLE {table} VALIDATE CONSTRAINT {}, in a transaction of its own",
                        cutover_sql::ident::quote_ident(&name)
                    ));
                }
            }
        }
    }
}

/// The constraint that a statement added, where nothing validated or dropped it since.
fn still_open(known: &Known, table: &Rel, it: &tree::Constraint) -> Option<String> {
    let is_it = |own: &&Constraint| {
        let named = if it.conname.is_empty() { is_alike(own, it) } else { own.name == it.conname };
        named && !own.valid && own.enforced
    };
    known.get(table)?.constraints.iter().find(is_it).map(|own| own.name.clone())
}

/// Whether a constraint can be the one that was added without a name.
fn is_alike(own: &Constraint, it: &tree::Constraint) -> bool {
    match &own.kind {
        ConstraintKind::ForeignKey { .. } => {
            it.contype() == ConstrType::ConstrForeign && own.columns == tree::texts(&it.fk_attrs)
        }
        ConstraintKind::Check { .. } => {
            let named = tree::boxed(it.raw_expr.as_deref()).map(tree::columns).unwrap_or_default();
            it.contype() == ConstrType::ConstrCheck && own.columns == named
        }
        ConstraintKind::NotNull => {
            it.contype() == ConstrType::ConstrNotnull && own.columns == tree::texts(&it.keys)
        }
        ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => false,
    }
}
