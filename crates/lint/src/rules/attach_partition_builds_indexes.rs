//! `ATTACH PARTITION` of a table that lacks an index or a key of its parent.
//!
//! ## Why
//!
//! Each index of the parent must be on the partition too. One that is missing is built while the table is locked
//! with ACCESS EXCLUSIVE: its readers and writers wait until all rows are read and sorted. An index that is there
//! already, over the same columns and with the same condition, is taken over at once.
//!
//! ## Example
//!
//! ```sql
//! -- before
//! CREATE TABLE events (id bigint, kind int NOT NULL) PARTITION BY LIST (kind);
//! CREATE INDEX events_id ON events (id);
//! CREATE TABLE events_1 (id bigint, kind int NOT NULL CONSTRAINT only_1 CHECK (kind = 1));
//! -- revision
//! ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES IN (1);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- before
//! CREATE TABLE events (id bigint, kind int NOT NULL) PARTITION BY LIST (kind);
//! CREATE INDEX events_id ON events (id);
//! CREATE TABLE events_1 (id bigint, kind int NOT NULL CONSTRAINT only_1 CHECK (kind = 1));
//! -- revision
//! CREATE INDEX CONCURRENTLY events_1_id_idx ON events_1 (id);
//! ALTER TABLE events ATTACH PARTITION events_1 FOR VALUES IN (1);
//! ```
//!
//! For a primary key or a unique constraint: build a unique index concurrently, then `ADD CONSTRAINT ... USING
//! INDEX`.
//!
//! ## When to allow it
//!
//! The table is small, or nobody uses it before it is attached.

use cutover_core::effect::known::{ConstraintKind, Index, Kind, is_same_index};
use cutover_core::effect::{Rel, Scan};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{AlterTableType, RangeVar};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::commands::altered;
use crate::look::names::written;
use crate::look::partitions;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "attach-partition-builds-indexes",
    level: Level::Error,
    area: Area::Locks,
    title: "ATTACH PARTITION of a table that lacks an index or a key of its parent",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let command = partitions::command(place.tree(), AlterTableType::AtAttachPartition);
    let Some(name) = command.and_then(|it| it.name.as_ref()).filter(|_| !place.is_refused()) else { return };
    let Some(parent) = altered(place) else { return };
    let child = place.known.resolve(name);
    let builds =
        place.effects.scans.iter().any(|(rel, cause)| *cause == Scan::PartitionIndex && *rel == child);
    if !builds || !place.is_old(&child) {
        return;
    }
    let missing = missing(place, &parent, &child);
    let message = format!(
        "reads and writes of {child} wait while the indexes are built that {parent} has and it has not: {}",
        list(missing.iter().map(|(above, _)| &above.name))
    );
    out.report(place.span(), message)
        .help("CREATE INDEX CONCURRENTLY on the new partition before; for a key ADD CONSTRAINT ... USING INDEX too")
        .fix(fix(place, name, &parent, &child, &missing));
}

/// The parent's indexes that the child has not: see `Work::attach` in the core.
fn missing<'p>(place: &Place<'p>, parent: &Rel, child: &Rel) -> Vec<(&'p Rel, &'p Index)> {
    let has = |index: &Index| {
        place.known.indexes(child).any(|(_, own)| {
            own.part_of.is_none() && is_same_index(own, index) && (!index.constraint || own.constraint)
        })
    };
    place.known.indexes(parent).filter(|(_, index)| !has(index)).collect()
}

/// The indexes under the names that PostgreSQL would give them.
fn fix(
    place: &Place<'_>,
    name: &RangeVar,
    parent: &Rel,
    child: &Rel,
    missing: &[(&Rel, &Index)],
) -> Option<Fix> {
    let (above, own) = (place.known.get(parent)?, place.known.get(child)?);
    let mut statements = Vec::new();
    let mut taken: Vec<String> = Vec::new();
    for (rel, index) in missing {
        // an index of the same columns that is there already may be one that did not fit
        let is_near = place.known.indexes(child).any(|(_, it)| it.columns == index.columns);
        if !index.plain || own.kind != Kind::Table || own.columns.is_none() || is_near {
            return None;
        }
        let key = above.constraint(&rel.name).filter(|_| index.constraint).map(|it| &it.kind);
        let label = label(place, child, index, key)?;
        if taken.contains(&label) {
            return None;
        }
        statements.extend(build(&written(name), &label, index, key));
        taken.push(label);
    }
    statements.push(place.text().to_owned());
    safe::steps(place, "build the indexes before", &statements)
}

fn label(place: &Place<'_>, child: &Rel, index: &Index, key: Option<&ConstraintKind>) -> Option<String> {
    let own = place.known.get(child)?;
    match key {
        None => Some(place.known.free_index_name(child, &index.columns, "idx").name),
        // on a column that may be NULL the key would read all rows, with the same lock
        Some(ConstraintKind::PrimaryKey) if index.columns.iter().all(|it| own.is_not_null(it)) => {
            Some(place.known.constraint_name(child, "", "", "pkey"))
        }
        Some(ConstraintKind::Unique) => {
            Some(place.known.constraint_name(child, "", &index.columns.join("_"), "key"))
        }
        Some(_) => None,
    }
}

/// An index and, if it is one of a key, the key.
fn build(table: &str, name: &str, index: &Index, key: Option<&ConstraintKind>) -> Vec<String> {
    let name = quote_ident(name);
    let columns: Vec<_> = index.columns.iter().map(|it| quote_ident(it)).collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let method = if index.method == "btree" { String::new() } else { format!("USING {} ", index.method) };
    let columns = columns.join(", ");
    let mut statements =
        vec![format!("CREATE {unique}INDEX CONCURRENTLY {name} ON {table} {method}({columns})")];
    if let Some(key) = key {
        let kind = if *key == ConstraintKind::PrimaryKey { "PRIMARY KEY" } else { "UNIQUE" };
        statements.push(format!("ALTER TABLE {table} ADD CONSTRAINT {name} {kind} USING INDEX {name}"));
    }
    statements
}
