//! A foreign key that was there before is dropped.
//!
//! ## Why
//!
//! From then on rows can refer to nothing: neither are new values looked up, nor do deletes on the other side fail,
//! set NULL or go on. To add the key again, all rows have to be looked at.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders DROP CONSTRAINT orders_customer_id_fkey;
//! ```
//!
//! ## Safe form
//!
//! There is none: a key that is dropped guards nothing. One that shall only be another (ON DELETE, another column) is
//! added NOT VALID beside the old one and validated, before the old one goes.
//!
//! ## When to allow it
//!
//! The code keeps the references whole, or the tables go.

use crate::context::Place;
use crate::finding::Level;
use crate::look::old::{Kind, each_constraint};
use crate::look::runs::each;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-foreign-key",
    level: Level::Note,
    area: Area::Code,
    title: "A foreign key that was there before is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        each_constraint(one, Kind::ForeignKey, |table, name, _| {
            let message = format!("rows of {table} can refer to nothing from now on: {name} is gone");
            out.report(place.span(), message)
                .help("add the key that takes its place first, NOT VALID, and validate it");
        });
    });
}
