//! Who stands in the way: looked up from a second connection while a step waits.

use std::cell::RefCell;
use std::time::Duration;

use crate::connect::{self, ConnParams};
use crate::event::{Blocker, Event, Sink};
use crate::session::rows;

/// A step that has run this long is worth a look.
const PATIENCE: Duration = Duration::from_millis(400);
/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);

/// Watches one session and remembers who blocked it last.
#[derive(Debug)]
pub struct Watch<'a> {
    params: &'a ConnParams,
    pid: i32,
    last: RefCell<Vec<Blocker>>,
}

impl<'a> Watch<'a> {
    /// For the session with server process `pid`.
    pub fn new(params: &'a ConnParams, pid: i32) -> Self {
        Self { params, pid, last: RefCell::default() }
    }

    /// Who stood in the way when last looked.
    pub fn last(&self) -> Vec<Blocker> {
        self.last.borrow().clone()
    }

    /// Runs `work` and looks for blockers as long as it goes on. A second connection is made only
    /// when it takes its time; that none can be made is no error.
    pub async fn during<T>(&self, work: impl Future<Output = T>, events: Sink<'_>) -> T {
        tokio::pin!(work);
        tokio::select! {
            biased;
            result = &mut work => result,
            never = self.look(events) => match never {},
        }
    }

    async fn look(&self, events: Sink<'_>) -> std::convert::Infallible {
        tokio::time::sleep(PATIENCE).await;
        let Ok(connected) = connect::connect(self.params).await else {
            return std::future::pending().await;
        };
        let sql = query(self.pid);
        loop {
            match rows(&connected.client, &sql, "looking for blockers").await {
                Ok(found) => self.seen(found.iter().map(decode).collect(), events),
                Err(_) => return std::future::pending().await,
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Tells of blockers when they are others than before.
    fn seen(&self, blockers: Vec<Blocker>, events: Sink<'_>) {
        if blockers.is_empty() {
            return;
        }
        let pids = |list: &[Blocker]| list.iter().map(|b| b.pid).collect::<Vec<_>>();
        let news = pids(&self.last.borrow()) != pids(&blockers);
        self.last.replace(blockers.clone());
        if news {
            events(Event::Blocked(blockers));
        }
    }
}

/// `pg_blocking_pids` also names those who only wait in front of us in the queue
/// (<https://www.postgresql.org/docs/current/functions-info.html>).
fn query(pid: i32) -> String {
    format!(
        "SELECT pid, coalesce(usename, ''), coalesce(application_name, ''), coalesce(state, ''), \
         left(regexp_replace(query, '\\s+', ' ', 'g'), 120), \
         coalesce((extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint, 0) \
         FROM pg_catalog.pg_stat_activity WHERE pid = ANY (pg_catalog.pg_blocking_pids({pid})) ORDER BY xact_start"
    )
}

fn decode(row: &tokio_postgres::SimpleQueryRow) -> Blocker {
    let text = |i: usize| row.get(i).unwrap_or_default().to_owned();
    Blocker {
        pid: text(0).parse().unwrap_or(0),
        user: text(1),
        application: text(2),
        state: text(3),
        query: text(4),
        transaction_ms: text(5).parse().unwrap_or(0),
    }
}
