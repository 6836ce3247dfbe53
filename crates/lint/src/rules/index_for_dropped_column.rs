//! An index or a constraint is made whose column or table is dropped later in the same run.
//!
//! ## Why
//!
//! Building it reads every row, and every write to the table maintains it; then it goes with the column. PostgreSQL
//! does not say that it drops it.
//!
//! ## Example
//!
//! ```sql
//! CREATE INDEX CONCURRENTLY users_nick ON users (nick);
//! --@ sql
//! ALTER TABLE users DROP COLUMN nick;
//! ```
//!
//! ## Safe form
//!
//! Leave the index out. If the column's values move to another one, build the index there.
//!
//! ## When to allow it
//!
//! Something between the two needs the index, such as a backfill that looks rows up by it.

use std::collections::{HashMap, HashSet};

use cutover_core::effect::Rel;
use cutover_sql::tree::{self, AlterTableType, NodeEnum, ObjectType};

use crate::context::{Judged, Run};
use crate::finding::Level;
use crate::look::commands::commands;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "index-for-dropped-column",
    level: Level::Warning,
    area: Area::Together,
    title: "An index is made whose column or table is dropped later in the same run",
    check: Check::History(check),
};

fn check(run: &Run<'_>, out: &mut Findings<'_>) {
    let all: Vec<(usize, &Judged)> = run.upgrades().collect();
    let drops = Drops::of(&all);
    if drops.0.is_empty() {
        return;
    }
    let mut made_here: HashSet<&Rel> = HashSet::new();
    for (at, (source, judged)) in all.iter().enumerate() {
        made_here.extend(&judged.makes);
        for (what, name, table, columns) in made(judged) {
            // what hangs on a table that the run itself makes costs nothing
            if made_here.contains(table) {
                continue;
            }
            let Some((later, column)) = drops.first_after(at, table, columns) else { continue };
            // one that goes by itself before that was for what stands between
            if all[at + 1..later].iter().any(|(source, between)| drops_name(run, *source, between, name)) {
                continue;
            }
            let (there, later) = all[later];
            let gone = column.map_or_else(|| table.to_string(), |column| format!("{table}.{column}"));
            let line = run.sources[there].items[later.item].statement.line;
            let file =
                if there == *source { String::new() } else { format!(" of {}", run.sources[there].name) };
            let message = format!("the {what} {name} is made for nothing: line {line}{file} drops {gone}");
            let span = run.sources[*source].items[judged.item].statement.span;
            out.report_in(*source, span, message).help("leave it out");
            break;
        }
    }
}

/// Where each table and column is dropped, in the order of the run. A file may have thousands of both.
struct Drops<'j>(HashMap<(&'j Rel, Option<&'j str>), Vec<usize>>);

impl<'j> Drops<'j> {
    fn of(all: &[(usize, &'j Judged)]) -> Self {
        let mut places: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (_, judged)) in all.iter().enumerate() {
            for (table, column) in &judged.drops {
                places.entry((table, column.as_deref())).or_default().push(at);
            }
        }
        Self(places)
    }

    /// The first drop of a table, or of one of its columns, after a place.
    fn first_after<'c>(
        &self,
        at: usize,
        table: &Rel,
        columns: &'c [String],
    ) -> Option<(usize, Option<&'c str>)> {
        let names = std::iter::once(None).chain(columns.iter().map(|column| Some(column.as_str())));
        let found = names.filter_map(|column| {
            let places = self.0.get(&(table, column))?;
            let next = places.partition_point(|place| *place <= at);
            Some((*places.get(next)?, column))
        });
        found.min_by_key(|(place, _)| *place)
    }
}

/// Whether a statement drops the index or the constraint of a name.
fn drops_name(run: &Run<'_>, source: usize, judged: &Judged, name: &str) -> bool {
    let tree = &*run.sources[source].items[judged.item].tree;
    match tree {
        NodeEnum::DropStmt(it) if it.remove_type() == ObjectType::ObjectIndex => {
            it.objects.iter().any(|node| tree::name_of(node).1 == name)
        }
        _ => commands(tree).any(|it| it.subtype() == AlterTableType::AtDropConstraint && it.name == name),
    }
}

/// Indexes and constraints that a statement makes: what each is, its name, its table, its columns.
fn made(judged: &Judged) -> impl Iterator<Item = (&'static str, &str, &Rel, &[String])> {
    let indexes = judged.indexes.iter();
    let indexes =
        indexes.map(|(index, table, columns)| ("index", index.name.as_str(), table, columns.as_slice()));
    let constraints = judged.constraints.iter();
    let constraints =
        constraints.map(|(table, name, columns)| ("constraint", name.as_str(), table, columns.as_slice()));
    indexes.chain(constraints)
}
