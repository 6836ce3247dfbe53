//! A loss of data that the policy of an environment does not accept: `cutover upgrade` refuses the plan.
//!
//! ## Why
//!
//! A dropped column, table or schema, a TRUNCATE and a narrower type lose data, and no downgrade brings it back. With
//! `data_loss = "never"` an environment accepts none of it.
//!
//! It is looked at by `cutover upgrade`, which knows the environment and the sizes of its tables; `cutover lint` knows
//! neither and never reports it. The name is what a file allows it by.
//!
//! ## When to allow it
//!
//! When it is agreed that it happens, and when: `--@ allow policy-data-loss "maintenance window of 2026-12-01"` above the
//! statement.

use crate::finding::Level;
use crate::rule::{Area, Check, Rule};

pub const RULE: Rule = Rule {
    id: "policy-data-loss",
    level: Level::Error,
    area: Area::Locks,
    title: "A loss of data that the policy of an environment does not accept",
    check: Check::Runner,
};
