//! The list of all rules. A test finds a file in `rules/` that is not here.

use crate::rule::Rule;
use crate::rules;

/// All rules, in the order of their ids.
pub static RULES: &[&Rule] = &[
    &rules::index_without_concurrently::RULE,
    &rules::strong_locks_in_one_transaction::RULE,
    &rules::syntax_error::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}
