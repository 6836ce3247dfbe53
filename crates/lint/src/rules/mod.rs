//! The rules, one file each: its documentation, what it looks at, what it reports.

pub mod index_without_concurrently;
pub mod strong_locks_in_one_transaction;
pub mod syntax_error;
