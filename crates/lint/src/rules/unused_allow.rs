//! `--@ allow` of a rule that finds nothing there.
//!
//! ## Why
//!
//! The statement has changed, and the reason stands over something else now. If the danger comes back, it is
//! accepted already.
//!
//! ## Example
//!
//! ```sql
//! --@ allow if-not-exists "the data team may have made it by hand"
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! The finding comes and goes with the version of the server that is configured.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "unused-allow",
    level: Level::Note,
    area: Area::Text,
    title: "--@ allow of a rule that finds nothing there",
    check: Check::Runner,
};
