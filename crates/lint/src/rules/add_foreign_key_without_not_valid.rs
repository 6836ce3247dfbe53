//! A new foreign key of a table that others use, without `NOT VALID`.
//!
//! ## Why
//!
//! Every row is looked up in the other table, under SHARE ROW EXCLUSIVE on both: reads go on, and writes to either
//! table wait until the last row. With `NOT VALID` the locks are held for a moment, and rows written from then on
//! are looked up. `VALIDATE CONSTRAINT` looks up the others under SHARE UPDATE EXCLUSIVE on the one table and ROW
//! SHARE on the other, which hold up neither reads nor writes; it has to be a transaction of its own, because the
//! first locks are held until their transaction ends.
//!
//! `ADD COLUMN ... REFERENCES` has nothing to look up while all its values are NULL. With a default it looks up
//! every row, with reads of the table waiting as well.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)
//!     NOT VALID;
//! --@ sql
//! ALTER TABLE orders VALIDATE CONSTRAINT orders_customer_id_fkey;
//! ```
//!
//! Before PostgreSQL 18 a partitioned table cannot have a foreign key that is NOT VALID. Add it to each partition
//! this way, then to the partitioned table: it takes over those that are there, and looks up no row. That takes
//! ACCESS EXCLUSIVE on the other table, for a moment.
//!
//! ## When to allow it
//!
//! Both tables are small, or nobody writes to them while the revision runs.

use cutover_core::effect::Scan;
use cutover_sql::ident::qualified;
use cutover_sql::tree::ConstrType;

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::{not_valid, safe};
use crate::look::alter::{Added, Alter};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "add-foreign-key-without-not-valid",
    level: Level::Error,
    area: Area::Locks,
    title: "A new foreign key of a table that others use, without NOT VALID",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place) else { return };
    // where the table is rewritten as well, only the other one is said to be read
    let looks_up = alter.scans(Scan::ForeignKey) || alter.scans(Scan::Referenced);
    if !looks_up || !place.is_old(alter.table) || !place.effects.fails.is_empty() {
        return;
    }
    let mut keys = not_valid::open(&alter, ConstrType::ConstrForeign);
    keys.retain(|it| {
        it.column.is_none_or(|column| place.known.column_of(column).default || has_default(column))
    });
    let Some(first) = keys.first() else { return };
    let to = first.it.pktable.as_ref().map(|to| place.known.resolve(to)).filter(|to| *to != *alter.table);
    let message = match to {
        Some(to) if !place.is_old(&to) => alter.waits(&format!("every row is looked up in {to}")),
        Some(to) => format!(
            "{}, and writes to {to} wait as long",
            alter.waits(&format!("every row is looked up in {to}"))
        ),
        None => alter.waits("every row is looked up"),
    };
    let partitioned = alter.is_partitioned() && place.known.major < 18;
    let report = out.report(first.span, message);
    if partitioned {
        report.help(
            "add it NOT VALID to each partition and validate it there, then add it to the partitioned table",
        );
    } else {
        report
            .help("add it NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own")
            .fix(fix(&alter, &keys));
    }
}

/// `DEFAULT NULL` is none, and yet every row is looked up.
fn has_default(column: &cutover_sql::tree::ColumnDef) -> bool {
    let constraints = cutover_sql::tree::column_constraints(column);
    constraints.iter().any(|it| it.contype() == ConstrType::ConstrDefault)
}

fn fix(alter: &Alter<'_>, keys: &[Added<'_>]) -> Option<Fix> {
    not_valid::fix(alter, keys, |text, added, name| {
        let name = qualified(&[name]);
        match (added.column, safe::behind_word(text, "references")) {
            (Some(column), Some(at)) => {
                let columns = qualified(&[&column.colname]);
                let rest = &text[at..];
                format!("ADD CONSTRAINT {name} FOREIGN KEY ({columns}) REFERENCES{rest} NOT VALID")
            }
            _ if added.it.conname.is_empty() => format!("ADD CONSTRAINT {name} {text} NOT VALID"),
            _ => format!("ADD {text} NOT VALID"),
        }
    })
}
