//! A value of an enum that was there before gets another name.
//!
//! ## Why
//!
//! All rows have the new word at once. Code that is running writes the old one and fails with "invalid input value
//! for enum", and what it reads is a word that it does not know. Conditions with the old word fail as well.
//!
//! ## Example
//!
//! ```sql
//! ALTER TYPE state RENAME VALUE 'done' TO 'closed';
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TYPE state ADD VALUE 'closed';
//! ```
//!
//! Code learns to read both words and to write the new one; the rows are changed with `--@ backfill`. The old word
//! stays in the type: PostgreSQL cannot drop one.
//!
//! ## When to allow it
//!
//! No code that runs writes or reads the word.

use cutover_sql::ident::quote_literal;
use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::label_is_old;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "rename-enum-value",
    level: Level::Error,
    area: Area::Code,
    title: "A value of an enum that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let NodeEnum::AlterEnumStmt(it) = one.node else { return };
        let (schema, name) = tree::qualified(&it.type_name);
        let name = one.known.type_named(schema, name);
        if it.old_val.is_empty() || !label_is_old(one.known, &name, &it.old_val) {
            return;
        }
        let (from, to) = (quote_literal(&it.old_val), quote_literal(&it.new_val));
        let message = format!("running code that writes {from} as {name} fails, and reads {to} instead");
        out.report(place.span(), message)
            .help(format!("ALTER TYPE {name} ADD VALUE {to}, and change the rows in batches"));
    });
}
