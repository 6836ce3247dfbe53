//! A column of type `char(n)`.
//!
//! ## Why
//!
//! Values are filled up with blanks to the length, and the blanks are stored. They are left out again when values
//! are compared or cast to text, and not with LIKE and regular expressions. It is no faster than text.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE countries (code char(2) PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE countries (code text PRIMARY KEY CONSTRAINT countries_code_length CHECK (length(code) = 2));
//! ```
//!
//! ## When to allow it
//!
//! Another system wants the type.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "char-type",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type char",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "text, with a CHECK of the length where it matters", |it| {
        (it.name == "bpchar").then(|| "is filled up with blanks to its length".into())
    });
}
