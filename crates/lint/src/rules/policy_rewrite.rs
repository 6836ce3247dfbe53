//! A rewrite that the policy of an environment does not accept: `cutover upgrade` refuses the plan.
//!
//! ## Why
//!
//! A table that is written anew is locked for everybody until it is done, and needs its size again on the disk. With
//! `rewrite = "small tables"` an environment accepts that of tables up to 50 MB, with `rewrite = "never"` of none.
//!
//! It is looked at by `cutover upgrade`, which knows the environment and the sizes of its tables; `cutover lint` knows
//! neither and never reports it. The name is what a file allows it by.
//!
//! ## When to allow it
//!
//! When it is agreed that it happens, and when: `--@ allow policy-rewrite "maintenance window of 2026-12-01"` above the
//! statement.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "policy-rewrite",
    level: Level::Error,
    area: Area::Locks,
    title: "A rewrite that the policy of an environment does not accept",
    check: Check::Runner,
};
