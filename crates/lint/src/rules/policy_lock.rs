//! A lock that the policy of an environment does not accept: `cutover upgrade` refuses the plan.
//!
//! ## Why
//!
//! A lock that stops reads or writes is short when nothing is read or written in full while it is held. With `lock = "short"` an
//! environment accepts those alone, with `lock = "none"` none that stops reads or writes of what was there before.
//!
//! It is looked at by `cutover upgrade`, which knows the environment and the sizes of its tables; `cutover lint` knows
//! neither and never reports it. The name is what a file allows it by.
//!
//! ## When to allow it
//!
//! When it is agreed that it happens, and when: `--@ allow policy-lock "maintenance window of 2026-12-01"` above the
//! statement.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "policy-lock",
    level: Level::Error,
    area: Area::Locks,
    title: "A lock that the policy of an environment does not accept",
    check: Check::Runner,
};
