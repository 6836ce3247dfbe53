//! The recipes of tables, each through its whole life on real servers.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod collapse_join_table;
mod drop_table;
mod life;
mod move_column;
mod partition_table;
mod rename_table;
mod replace_materialized_view;
