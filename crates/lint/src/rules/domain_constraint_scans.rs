//! A new condition of a domain that tables use, or NOT NULL, or VALIDATE.
//!
//! ## Why
//!
//! Every table with a column of the domain is read, under SHARE: reads go on, and writes to each of them wait until
//! the last row of the last one. `NOT VALID` reads nothing, and values written from then on are checked. VALIDATE
//! CONSTRAINT of a domain takes SHARE as well: unlike that of a table it has no gentle form.
//!
//! ## Example
//!
//! ```sql
//! ALTER DOMAIN email ADD CONSTRAINT email_has_at CHECK (VALUE LIKE '%@%');
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER DOMAIN email ADD CONSTRAINT email_has_at CHECK (VALUE LIKE '%@%') NOT VALID;
//! ```
//!
//! Validate it when nobody writes to the tables, or leave it so: what is written is checked either way. SET NOT NULL
//! can be written as `CHECK (VALUE IS NOT NULL) NOT VALID`.
//!
//! ## When to allow it
//!
//! The tables are small, or nobody writes to them while the revision runs.

use cutover_core::effect::{Rel, Scan};
use cutover_sql::span::Span;
use cutover_sql::tree::{self, AlterDomainStmt, NodeEnum};

use crate::context::Place;
use crate::finding::{Edit, Fix, Level};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "domain-constraint-scans",
    level: Level::Error,
    area: Area::Locks,
    title: "A new condition of a domain that tables use, or NOT NULL, or VALIDATE",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::AlterDomainStmt(it) = place.tree() else { return };
    let (schema, name) = tree::qualified(&it.type_name);
    let domain = place.known.type_named(schema, name);
    let scans = place.effects.scans.iter().filter(|(rel, why)| *why == Scan::Domain && place.is_old(rel));
    let tables: Vec<String> = scans.map(|(rel, _)| rel.to_string()).collect();
    let is_unknown = place.known.type_of(&domain).is_none() && !place.known.complete && looks(it);
    if (tables.is_empty() && !is_unknown) || !place.effects.fails.is_empty() {
        return;
    }
    let on = if is_unknown { "every table that uses it".to_owned() } else { tables.join(", ") };
    let message = message(&domain, &on);
    let report = out.report(place.span(), message);
    match it.subtype.as_str() {
        "C" => report
            .help("NOT VALID: values written from now on are checked, and nothing is read")
            .fix(not_valid(place)),
        "O" => report.help("ADD CONSTRAINT ... CHECK (VALUE IS NOT NULL) NOT VALID reads nothing"),
        _ => report.help("run it when nobody writes to the tables; a constraint can stay NOT VALID"),
    };
}

fn message(domain: &Rel, on: &str) -> String {
    format!("writes on {on} wait until every value of {domain} is checked: it takes SHARE on each table")
}

/// Whether it looks at values that are there.
fn looks(it: &AlterDomainStmt) -> bool {
    match it.subtype.as_str() {
        "C" => match tree::boxed(it.def.as_deref()) {
            Some(NodeEnum::Constraint(constraint)) => !constraint.skip_validation,
            _ => true,
        },
        "O" | "V" => true,
        _ => false,
    }
}

/// Not the same in the catalog: nobody applies it without a look.
fn not_valid(place: &Place<'_>) -> Option<Fix> {
    let end = place.span().end;
    let edits = vec![Edit { span: Span::new(end, end), text: " NOT VALID".into() }];
    Some(Fix { title: "check only what is written from now on".into(), edits, safe: false })
}
