//! Settings of the live server that decide how long work takes: the trace runs under the same.

use cutover_sql::ident::quote_literal;
use tokio_postgres::Client;

use crate::session::{SessionError, rows};

/// What a session may set by itself, and what is not a matter of how much memory this machine has.
const SETTINGS: &str = "SELECT name, current_setting(name) FROM pg_catalog.pg_settings WHERE name IN \
    ('maintenance_work_mem', 'work_mem', 'max_parallel_maintenance_workers', 'max_parallel_workers_per_gather', \
     'random_page_cost', 'seq_page_cost', 'effective_cache_size', 'jit', 'default_statistics_target') ORDER BY name";

/// Reads them there, and makes them those of the scratch database.
pub(super) async fn take(from: &Client, to: &Client) -> Result<Vec<(String, String)>, SessionError> {
    let found = rows(from, SETTINGS, "reading settings").await?;
    let mut taken = Vec::new();
    for row in &found {
        let (name, value) = (row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default());
        // ALTER DATABASE of our own scratch database; the names come from the list above
        let sql = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {name} = %L', current_database(), {}); END $$",
            quote_literal(value)
        );
        rows(to, &sql, "setting what the live server has").await?;
        taken.push((name.to_owned(), value.to_owned()));
    }
    Ok(taken)
}
