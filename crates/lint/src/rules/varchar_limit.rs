//! A column of type `varchar(n)`.
//!
//! ## Why
//!
//! The limit is part of the type. A longer one later is free, a shorter one rewrites the table under ACCESS
//! EXCLUSIVE, and views that use the column must be dropped for either. A CHECK on a text column is changed with NOT
//! VALID and VALIDATE, and views do not mind. varchar(n) is not smaller or faster than text.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50) NOT NULL);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE users (
//!     id bigint PRIMARY KEY,
//!     name text NOT NULL CONSTRAINT users_name_length CHECK (length(name) <= 50)
//! );
//! ```
//!
//! ## When to allow it
//!
//! Another system wants the type, or the limit never changes.

use crate::context::Place;
use crate::finding::Level;
use crate::look::made::report_types;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "varchar-limit",
    level: Level::Note,
    area: Area::Design,
    title: "A column of type varchar with a limit",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    report_types(place, out, "text, with a CHECK of the length where it matters", |it| {
        (it.name == "varchar" && !it.mods.is_empty())
            .then(|| "has a limit in its type: a shorter one rewrites the table".into())
    });
}
