//! An index is dropped, and the one that takes its place is built only afterwards.
//!
//! ## Why
//!
//! From the DROP until the new index is built, queries that found their rows by the old one read the whole table, each
//! of them; if the build fails, they go on doing so. Nothing of it is needed: two indexes over the same columns can
//! stand beside each other for as long as the build takes.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, placed_at timestamptz);
//! CREATE INDEX orders_customer ON orders (customer_id);
//! -- revision
//! DROP INDEX CONCURRENTLY orders_customer;
//! CREATE INDEX CONCURRENTLY orders_customer_day ON orders (customer_id, placed_at);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint, placed_at timestamptz);
//! CREATE INDEX orders_customer ON orders (customer_id);
//! -- revision
//! CREATE INDEX CONCURRENTLY orders_customer_day ON orders (customer_id, placed_at);
//! DROP INDEX CONCURRENTLY orders_customer;
//! ```
//!
//! Where the new one shall have the old one's name, build it under another and rename it afterwards. For an index that
//! is made again as it was, `REINDEX INDEX CONCURRENTLY` does all of it. Nothing is said where both statements are in
//! one transaction, because queries wait for its lock then; and where in between the table is written anew or filled, or a
//! column gets another type, because that goes faster without the index.
//!
//! ## When to allow it
//!
//! No query needs the old index, or there is no room on the disk for both.

use cutover_core::effect::Rel;
use cutover_core::effect::known::index_of;
use cutover_sql::tree::{IndexStmt, NodeEnum};

use crate::context::{DroppedIndex, Judged, Run};
use crate::finding::{Edit, Fix, Level};
use crate::look::commands::retyped;
use crate::look::indexes::stands_in;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::Item;

pub const RULE: Rule = Rule {
    id: "index-replaced",
    level: Level::Warning,
    area: Area::Together,
    title: "An index is dropped before the one that takes its place is built",
    check: Check::History(check),
};

/// A statement of what goes up, and the source that it is in.
type At<'r> = (usize, &'r Judged);

fn check(run: &Run<'_>, out: &mut Findings<'_>) {
    let all: Vec<At<'_>> = run.upgrades().collect();
    for (at, (source, judged)) in all.iter().enumerate() {
        for gone in &judged.dropped_indexes {
            let Some(later) = taken_by(run, &all, at, gone) else { continue };
            let (old, new) = (item(run, all[at]), item(run, all[later]));
            let there = all[later].0;
            let file =
                if there == *source { String::new() } else { format!(" of {}", run.sources[there].name) };
            let message = format!(
                "queries that use {} read the whole table until line {}{file} has built the index that takes its \
                 place",
                gone.name, new.statement.line
            );
            let fix = swapped(run, all[at], all[later], gone);
            out.report_in(*source, old.statement.span, message)
                .help("build the new one first, under another name if it shall have the old one's, and drop this one then")
                .fix(fix);
        }
    }
}

/// The later statement, in another transaction, that builds an index for what a dropped one was for.
fn taken_by(run: &Run<'_>, all: &[At<'_>], at: usize, gone: &DroppedIndex) -> Option<usize> {
    let (source, judged) = all[at];
    let transaction = item(run, (source, judged)).transaction;
    for (later, other) in all.iter().enumerate().skip(at + 1) {
        // a table that is written anew or filled is so more quickly without the index
        let it = item(run, *other);
        if gone.was.as_ref().is_some_and(|(table, _)| moves(it, other.1, table)) {
            return None;
        }
        let apart = other.0 != source || it.transaction != transaction;
        if let NodeEnum::IndexStmt(new) = &*it.tree
            && takes_place(other.1, new, gone)
        {
            return apart.then_some(later);
        }
    }
    None
}

/// Whether a statement builds an index that finds what a dropped one found; of one that nobody has seen made, one of
/// its name.
fn takes_place(judged: &Judged, new: &IndexStmt, gone: &DroppedIndex) -> bool {
    let Some((name, table, _)) = judged.indexes.first() else { return false };
    match &gone.was {
        Some((of, index)) => table == of && stands_in(&index_of(new), index),
        None => *name == gone.name,
    }
}

/// Whether a statement writes many rows of a table, or would build its indexes anew.
fn moves(item: &Item, judged: &Judged, table: &Rel) -> bool {
    let touches = judged.effects.locks.contains_key(table);
    let retypes = !retyped(&item.tree).is_empty();
    judged.effects.rewrites(table) || (touches && (judged.changes_many || retypes))
}

/// Each in the other's place, where they are neighbours, each drops or builds one index, and the names do not get into
/// each other's way.
fn swapped(run: &Run<'_>, old: At<'_>, new: At<'_>, gone: &DroppedIndex) -> Option<Fix> {
    let named = new.1.indexes.first().is_some_and(|(name, _, _)| *name != gone.name);
    let beside = old.0 == new.0 && new.1.item == old.1.item + 1;
    let (drop, build) = (item(run, old), item(run, new));
    let alone = matches!(&*drop.tree, NodeEnum::DropStmt(it) if it.objects.len() == 1);
    if !named || !beside || !alone || gone.was.is_none() {
        return None;
    }
    let text = |item: &Item| run.sources[old.0].statement_text(item).to_owned();
    Some(Fix {
        title: "build the new index first".into(),
        edits: vec![
            Edit { span: drop.statement.span, text: text(build) },
            Edit { span: build.statement.span, text: text(drop) },
        ],
        safe: true,
    })
}

fn item<'r>(run: &Run<'r>, (source, judged): At<'_>) -> &'r Item {
    &run.sources[source].items[judged.item]
}
