//! `--@ allow` of a rule that does not exist.
//!
//! ## Why
//!
//! It accepts nothing. Most often the name is misspelt, and the finding that was meant is still there.
//!
//! ## Example
//!
//! ```sql
//! --@ allow if-not-exist "the data team may have made it by hand"
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
//! The file is also read by a newer version, which has the rule.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "unknown-rule-allowed",
    level: Level::Error,
    area: Area::Text,
    title: "--@ allow of a rule that does not exist",
    check: Check::Runner,
};
