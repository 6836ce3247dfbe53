//! What a trace copies from a live database, and how it is told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anstyle::Style;
use cutover_core::effect::known::{ConstraintKind, Kind};
use cutover_core::effect::{Effects, Known, Rel};
use cutover_core::report::{Traced, builds_index};
use cutover_engine::connect::ConnParams;
use cutover_engine::sample::{self, Allowed, Copied, Edge, Wanted};
use cutover_engine::session::Session;

use crate::failure::Failure;
use crate::output::count;

/// A live database, and what may be copied from it.
#[derive(Clone, Copy)]
pub struct Live<'a> {
    /// How to reach it.
    pub params: &'a ConnParams,
    /// What may be copied.
    pub allowed: Allowed,
}

/// Copies what the statements of a plan use into a scratch database that has the schema before it.
pub async fn copy(
    live: Live<'_>,
    to: &Session,
    before: &Known,
    after: &Known,
    effects: impl Iterator<Item = &Effects>,
) -> Result<Copied, Failure> {
    let mut named: BTreeSet<&Rel> = BTreeSet::new();
    for one in effects {
        named.extend(one.locks.keys().chain(one.perhaps.keys()));
        named.extend(one.scans.iter().map(|(rel, _)| rel).chain(one.rewrites.iter().map(|(rel, _)| rel)));
    }
    let mut tables: BTreeSet<Rel> = BTreeSet::new();
    for name in named {
        match before.get(name).map(|it| it.kind) {
            Some(Kind::Table | Kind::Partitioned) => {
                tables.insert(name.clone());
            }
            // what a view is made of
            Some(Kind::View | Kind::MaterializedView) => tables.extend(under(before, name)),
            Some(Kind::Sequence | Kind::Index | Kind::Foreign | Kind::Composite) | None => {}
        }
    }
    let tables: Vec<Rel> = tables.into_iter().collect();
    let edges = edges(before, after);
    let wanted = Wanted { tables: &tables, edges: &edges, allowed: live.allowed };
    sample::copy(live.params, to, wanted).await.map_err(|error| {
        Failure::new("trace", format!("nothing could be copied from the live database: {error}"))
    })
}

/// The tables that a view reads, through other views as well.
fn under(known: &Known, view: &Rel) -> BTreeSet<Rel> {
    let (mut found, mut open, mut seen) = (BTreeSet::new(), vec![view.clone()], BTreeSet::new());
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) {
            continue;
        }
        let Some(relation) = known.get(&name) else { continue };
        match relation.kind {
            Kind::Table | Kind::Partitioned => {
                found.insert(name);
            }
            Kind::View | Kind::MaterializedView => {
                open.extend(relation.reads.iter().map(|(name, _)| name.clone()))
            }
            Kind::Sequence | Kind::Index | Kind::Foreign | Kind::Composite => {}
        }
    }
    found
}

/// The foreign keys that hold before the plan, and those that it adds.
fn edges(before: &Known, after: &Known) -> Vec<Edge> {
    let mut found: Vec<Edge> = Vec::new();
    for known in [before, after] {
        for (table, relation) in known.relations() {
            for constraint in &relation.constraints {
                let ConstraintKind::ForeignKey { to, columns } = &constraint.kind else { continue };
                let key = || known.get(to).and_then(|it| it.primary_key()).map(|it| it.columns.clone());
                let to_columns = if columns.is_empty() { key().unwrap_or_default() } else { columns.clone() };
                let edge = Edge {
                    table: table.clone(),
                    columns: constraint.columns.clone(),
                    to: to.clone(),
                    to_columns,
                };
                if !found.contains(&edge) {
                    found.push(edge);
                }
            }
        }
    }
    found
}

/// How long a statement took, and how long it would take with all rows.
pub fn traced(ms: f64, effects: &Effects, copied: Option<&Copied>) -> Traced {
    let mut tables: BTreeSet<&Rel> = effects.scans.iter().map(|(rel, _)| rel).collect();
    tables.extend(effects.rewrites.iter().map(|(rel, _)| rel));
    let (mut rows, mut of) = (0.0, 0.0);
    let mut seen: BTreeSet<&Rel> = BTreeSet::new();
    for table in tables {
        let Some(it) = copied.and_then(|copied| copied.of(table)) else {
            return Traced::new(ms, 0.0, 0.0, false);
        };
        // partitions are copied with what they are parts of
        if seen.insert(&it.table) {
            rows += it.rows as f64;
            of += it.of_rows;
        }
    }
    Traced::new(ms, rows, of, effects.scans.iter().any(|(_, cause)| builds_index(*cause)))
}

/// What was copied, in words.
pub fn text(out: &mut String, copied: &Copied) {
    const BOLD: Style = Style::new().bold();
    let _ = writeln!(out, "\n{BOLD}copied into the scratch database{BOLD:#}");
    for it in &copied.tables {
        let part = match it.whole {
            true => "all of them".to_owned(),
            false => format!("of about {:.0}", it.of_rows),
        };
        let orphans = match it.orphans {
            0 => String::new(),
            number => format!("; {number} more referred to what was not copied"),
        };
        let rows = count(usize::try_from(it.rows).unwrap_or(usize::MAX), "row");
        let _ = writeln!(out, "  {}: {rows}, {part}{orphans}", it.table);
    }
    if copied.columns > 0 {
        let _ = writeln!(out, "  the planner's statistics of {}", count(copied.columns, "column"));
    }
    if !copied.sizes.is_empty() {
        let names: Vec<String> = copied.sizes.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "  the planner's numbers of size, without rows: {}", names.join(", "));
    }
    for (table, why) in &copied.left_out {
        let _ = writeln!(out, "  nothing of {table}: {why}");
    }
    let _ = writeln!(
        out,
        "  the times of the trace are those of this machine, with the live server's memory for sorting"
    );
}
