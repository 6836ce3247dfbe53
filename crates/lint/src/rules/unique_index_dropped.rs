//! A unique index that was there before is dropped.
//!
//! ## Why
//!
//! From then on duplicates are possible, and while there are any the index cannot be built again. INSERT ... ON
//! CONFLICT on its columns fails from the moment of the commit: "there is no unique or exclusion constraint matching
//! the ON CONFLICT specification". Where another unique index has the same columns, nothing is said. An index that
//! nobody has seen made is taken for unique when its name says so ("uniq").
//!
//! ## Example
//!
//! ```sql
//! DROP INDEX CONCURRENTLY users_email_unique;
//! ```
//!
//! ## Safe form
//!
//! There is none for the index itself. To put another in its place, build it first with CREATE UNIQUE INDEX
//! CONCURRENTLY on the same columns; then the old one can go.
//!
//! ## When to allow it
//!
//! Duplicates are wanted, and no code that runs says ON CONFLICT on these columns.

use cutover_core::effect::known::is_same_index;
use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, NodeEnum, ObjectType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::still_unique;
use crate::look::runs::each;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "unique-index-dropped",
    level: Level::Warning,
    area: Area::Code,
    title: "A unique index that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropStmt(it) = one.node else { return };
        if it.remove_type() != ObjectType::ObjectIndex {
            return;
        }
        for node in &it.objects {
            let (schema, name) = tree::name_of(node);
            let index = one.known.named(schema, name);
            if let Some(rows) = guarded(one.known, &index) {
                let message = format!("{rows} can come twice, and ON CONFLICT that counts on {index} fails");
                out.report(place.span(), message)
                    .help("CREATE UNIQUE INDEX CONCURRENTLY on what shall be unique instead, before it");
            }
        }
    });
}

/// The rows that only this index keeps apart.
fn guarded(known: &Known, name: &Rel) -> Option<String> {
    let Some((table, index)) = known.index(name) else {
        let says_so = name.name.to_lowercase().contains("uniq");
        return (known.get(name).is_none() && !known.complete && says_so).then(|| "rows".to_owned());
    };
    let relation = known.get(name)?;
    let same = || known.indexes(table).any(|(other, it)| other != name && is_same_index(it, index));
    let plain = !index.partial && !index.expression;
    let guards = index.unique && !known.is_new(relation.made) && crate::look::old::is_old(known, table);
    let another = same() || (plain && still_unique(known, table, name, &index.columns));
    (guards && !another).then(|| format!("rows of {table}"))
}
