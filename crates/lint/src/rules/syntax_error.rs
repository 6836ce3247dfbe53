//! Text that PostgreSQL's grammar refuses.
//!
//! ## Why
//!
//! Nothing of it runs. The message is PostgreSQL's own, from its own parser; the rest of the file is looked at all
//! the same.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABEL notes (id bigint PRIMARY KEY);
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
//! Never; a file that no PostgreSQL reads is no revision.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "syntax-error",
    level: Level::Error,
    area: Area::Text,
    title: "Text that PostgreSQL's grammar refuses",
    check: Check::Runner,
};
