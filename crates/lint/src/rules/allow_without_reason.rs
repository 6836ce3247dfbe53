//! `--@ allow` without a reason in double quotes.
//!
//! ## Why
//!
//! It accepts nothing: the finding stays, and Cutover refuses to run a revision that has such a line. The reason is
//! for whoever reads the file when the danger has come to pass.
//!
//! ## Example
//!
//! ```sql
//! --@ allow identifier-too-long
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! --@ allow if-not-exists "the data team may have made it by hand"
//! CREATE TABLE IF NOT EXISTS notes (id bigint PRIMARY KEY);
//! ```
//!
//! ## When to allow it
//!
//! It cannot be allowed. Write the reason.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "allow-without-reason",
    level: Level::Error,
    area: Area::Text,
    title: "--@ allow without a reason",
    check: Check::Runner,
};
