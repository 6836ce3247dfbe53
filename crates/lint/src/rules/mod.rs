//! The rules, one file each: its documentation, what it looks at, what it reports.

pub mod add_check_without_not_valid;
pub mod add_column_of_constrained_domain;
pub mod add_column_rewrites;
pub mod add_exclusion_constraint;
pub mod add_foreign_key_without_not_valid;
pub mod add_identity_column;
pub mod add_primary_key_without_index;
pub mod add_required_column;
pub mod add_serial_column;
pub mod add_stored_generated_column;
pub mod add_unique_without_index;
pub mod domain_constraint_scans;
pub mod enforce_constraint_scans;
pub mod index_without_concurrently;
pub mod primary_key_on_nullable_column;
pub mod set_expression_rewrites;
pub mod set_not_null_scans;
pub mod strong_locks_in_one_transaction;
pub mod syntax_error;
pub mod validate_in_same_transaction;
