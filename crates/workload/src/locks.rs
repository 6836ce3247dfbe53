//! Who waits for a lock, and for how long: looked at every few milliseconds.
//!
//! `pg_locks.waitstart` says since when (<https://www.postgresql.org/docs/current/view-pg-locks.html>); before 14 it is
//! since when we have seen it. A wait is seen to be as long as it was when it was last looked at: up to [`EVERY`] is
//! missing. The server's own `log_lock_waits` would be exact, but needs a short `deadlock_timeout`, and with that clients
//! are ended in a deadlock that a short `lock_timeout` would have resolved.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio_postgres::{Client, Error, Statement};

use crate::clock::Clock;
use crate::record::Wait;
use crate::traffic::open;

/// The name under which clients connect.
pub const CLIENT: &str = "workload";

/// How often is looked.
pub const EVERY: Duration = Duration::from_millis(10);

/// Sessions that wait, since when (in milliseconds before now), and for what.
const QUERY: &str = "SELECT l.pid, extract(epoch FROM clock_timestamp() - SINCE)::float8 * 1000, \
    l.mode || ' on ' || coalesce(l.relation::regclass::text, 'another ' || l.locktype) \
    FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted AND a.application_name = 'workload'";

/// Looks until it is told to stop.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Wait>>,
}

impl Watch {
    /// Begins to look at the sessions of a server, by one of its databases.
    pub fn start(url: &str, clock: Clock) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (theirs, url) = (stop.clone(), url.to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(watch(&url, clock, &theirs))
        });
        Self { stop, thread }
    }

    /// Ends it; gives what was seen.
    pub fn stop(self) -> Vec<Wait> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

async fn watch(url: &str, clock: Clock, stop: &AtomicBool) -> Vec<Wait> {
    let mut seen = Vec::new();
    // of each session, the wait that it was in when last looked at
    let mut now: HashMap<i32, Wait> = HashMap::new();
    let mut connection = None;
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(EVERY).await;
        if connection.is_none() {
            connection = connect(url).await;
        }
        let Some((client, query)) = &connection else { continue };
        let Ok(found) = look(client, query, clock).await else {
            connection = None;
            continue;
        };
        let mut next = HashMap::new();
        for (pid, wait) in found {
            let same = now.remove(&pid).filter(|before| before.lock == wait.lock && overlap(before, &wait));
            let began = same.map_or(wait.began, |before| before.began.min(wait.began));
            let length = Duration::from_nanos(clock.now().saturating_sub(began));
            next.insert(pid, Wait { began, length, lock: wait.lock });
        }
        seen.extend(now.into_values());
        now = next;
    }
    seen.extend(now.into_values());
    seen
}

/// Whether the later one began before the earlier one was last seen.
fn overlap(before: &Wait, wait: &Wait) -> bool {
    wait.began <= before.began + u64::try_from(before.length.as_nanos()).unwrap_or(u64::MAX)
}

async fn connect(url: &str) -> Option<(Client, Statement)> {
    let client = open(url, "workload watch").await.ok()?;
    let version = client.query_one("SELECT current_setting('server_version_num')::int", &[]).await.ok()?;
    // a lock just begun to be waited for has no waitstart yet
    let is_told = version.get::<_, i32>(0) >= 140_000;
    let since = if is_told { "coalesce(l.waitstart, clock_timestamp())" } else { "clock_timestamp()" };
    let query = client.prepare(&QUERY.replace("SINCE", since)).await.ok()?;
    Some((client, query))
}

async fn look(client: &Client, query: &Statement, clock: Clock) -> Result<Vec<(i32, Wait)>, Error> {
    let rows = client.query(query, &[]).await?;
    let now = clock.now();
    Ok(rows
        .iter()
        .map(|row| {
            let millis: f64 = row.get(1);
            let length = Duration::from_secs_f64(millis.max(0.0) / 1000.0);
            let began = now.saturating_sub(u64::try_from(length.as_nanos()).unwrap_or(0));
            (row.get(0), Wait { began, length, lock: row.get(2) })
        })
        .collect())
}
