//! Vacuums behind the batches, when the directive asks for it, so that the space of dead rows is
//! used again by the rows that come.
//!
//! VACUUM takes SHARE UPDATE EXCLUSIVE, which reads and writes do not conflict with; it goes at
//! the pace of autovacuum, and gives way when the lock is not free.

use std::convert::Infallible;
use std::time::Duration;

use super::shared::Shared;
use crate::connect;
use crate::event::Event;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// Fewer dead rows are not worth reading the table for.
const LEAST: u64 = 20_000;
/// A vacuum for each such part of the table.
const PART: u64 = 10;

/// Vacuums whenever a part of the table was changed, until it is dropped.
pub async fn follow(shared: &Shared<'_>) -> Infallible {
    if !shared.job.options.vacuum {
        return std::future::pending().await;
    }
    let due = (shared.subject.rows / PART).max(LEAST);
    let mut done = shared.changed();
    loop {
        tokio::time::sleep(INTERVAL).await;
        if shared.changed() < done + due {
            continue;
        }
        done = shared.changed();
        if let Err(why) = once(shared).await {
            let message = format!("the table could not be vacuumed: {why}");
            (shared.run.events())(Event::Notice { severity: "WARNING".into(), message });
        }
    }
}

async fn once(shared: &Shared<'_>) -> Result<(), String> {
    let connected =
        connect::connect(&shared.run.session().params).await.map_err(|error| error.to_string())?;
    let sql = format!(
        "SET vacuum_cost_delay = 2; SET lock_timeout = 1000; SET search_path = {};",
        shared.run.settings().search_path
    );
    let execute = async |sql: &str| {
        connected.client.batch_execute(sql).await.map_err(|error| crate::session::message(&error))
    };
    execute(&sql).await?;
    execute(&format!("VACUUM (SKIP_LOCKED) {}", shared.subject.name)).await
}
