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
    &rules::attach_partition_builds_indexes::RULE,
    &rules::attach_partition_scans::RULE,
    &rules::cluster_rewrites::RULE,
    &rules::concurrently_in_transaction::RULE,
    &rules::create_partition_locks_parent::RULE,
    &rules::delete_whole_table::RULE,
    &rules::detach_partition_without_concurrently::RULE,
    &rules::domain_constraint_scans::RULE,
    &rules::drop_index_of_foreign_key::RULE,
    &rules::drop_index_without_concurrently::RULE,
    &rules::drop_locks_referenced_table::RULE,
    &rules::drop_partition_locks_parent::RULE,
    &rules::enforce_constraint_scans::RULE,
    &rules::foreign_key_type_mismatch::RULE,
    &rules::index_without_concurrently::RULE,
    &rules::insert_select_whole_table::RULE,
    &rules::lock_table::RULE,
    &rules::no_lock_timeout::RULE,
    &rules::no_replica_identity::RULE,
    &rules::primary_key_on_nullable_column::RULE,
    &rules::published_table_changes::RULE,
    &rules::refresh_without_concurrently::RULE,
    &rules::reindex_without_concurrently::RULE,
    &rules::set_expression_rewrites::RULE,
    &rules::set_not_null_scans::RULE,
    &rules::set_storage_rewrites::RULE,
    &rules::strong_locks_in_one_transaction::RULE,
    &rules::syntax_error::RULE,
    &rules::truncate::RULE,
    &rules::truncate_cascade::RULE,
    &rules::type_change_fails::RULE,
    &rules::type_change_rewrites::RULE,
    &rules::type_change_scans::RULE,
    &rules::type_narrows::RULE,
    &rules::unknown_effect::RULE,
    &rules::update_whole_table::RULE,
    &rules::vacuum_full_rewrites::RULE,
    &rules::validate_in_same_transaction::RULE,
];

/// The rule of an id.
pub fn rule(id: &str) -> Option<&'static Rule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}
