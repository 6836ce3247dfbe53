//! The list of all rules. A test finds a file in `rules/` that is not here.

use crate::rule::Rule;
use crate::rules;

/// All rules, in the order of their ids.
pub static RULES: &[&Rule] = &[
    &rules::add_check_without_not_valid::RULE,
    &rules::add_column_of_constrained_domain::RULE,
    &rules::add_column_rewrites::RULE,
    &rules::add_exclusion_constraint::RULE,
    &rules::add_foreign_key_without_not_valid::RULE,
    &rules::add_identity_column::RULE,
    &rules::add_primary_key_without_index::RULE,
    &rules::add_required_column::RULE,
    &rules::add_serial_column::RULE,
    &rules::add_stored_generated_column::RULE,
    &rules::add_unique_without_index::RULE,
    &rules::domain_constraint_scans::RULE,
    &rules::enforce_constraint_scans::RULE,
    &rules::index_without_concurrently::RULE,
    &rules::primary_key_on_nullable_column::RULE,
    &rules::set_expression_rewrites::RULE,
    &rules::set_not_null_scans::RULE,
    &rules::strong_locks_in_one_transaction::RULE,
    &rules::syntax_error::RULE,
    &rules::validate_in_same_transaction::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}
