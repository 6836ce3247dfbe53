//! Code whose effect cannot be read off its text: a `DO` block or a routine that puts statements together, a call of
//! one that nobody has shown, `EXECUTE`.
//!
//! ## Why
//!
//! What it locks, rewrites or drops is seen only when it runs. No rule can say anything of it, so that no finding
//! does not mean no danger.
//!
//! ## Example
//!
//! ```sql
//! DO $$
//! DECLARE t record;
//! BEGIN
//!     FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'shop' LOOP
//!         EXECUTE format('ALTER TABLE shop.%I ADD COLUMN note text', t.tablename);
//!     END LOOP;
//! END $$;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE shop.orders ADD COLUMN note text;
//! --@ sql
//! ALTER TABLE shop.customers ADD COLUMN note text;
//! ```
//!
//! ## When to allow it
//!
//! You have read what it does, and it locks nothing for long.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "unknown-effect",
    level: Level::Warning,
    area: Area::Locks,
    title: "Code whose effect cannot be read off its text",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    // what is not known of these is said by their own rules
    let has_rule = matches!(
        place.tree(),
        NodeEnum::VacuumStmt(_) | NodeEnum::ClusterStmt(_) | NodeEnum::ReindexStmt(_) | NodeEnum::DropStmt(_)
    );
    if has_rule || place.item.guard || place.effects.unknown.is_empty() || place.is_refused() {
        return;
    }
    let message =
        format!("nobody can tell before it runs what it locks and changes: {}", list(&place.effects.unknown));
    out.report(place.span(), message).help("write the statements themselves");
}
