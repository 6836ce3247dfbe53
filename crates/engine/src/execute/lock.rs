//! One runner at a time: an advisory lock, and who holds it.

use std::time::{Duration, Instant};

use super::error::ExecuteError;
use crate::event::{Event, Holder, Sink};
use crate::ledger::write::QUICK;
use crate::ledger::{LOCK_CLASS, LOCK_OBJECT};
use crate::session::{Session, SessionError, Settings, rows};

/// The lock that makes this the only runner, and the session that holds it.
#[derive(Debug)]
pub struct RunLock<'a> {
    session: &'a Session,
}

impl<'a> RunLock<'a> {
    /// Takes the lock. Polls with the try form: a session that *waits* for an advisory lock holds
    /// a snapshot, for which CREATE INDEX CONCURRENTLY of the holder would wait for ever.
    ///
    /// # Errors
    /// [`ExecuteError::Locked`] with the holder when it is not free in time.
    pub async fn take(session: &'a Session, wait: Duration, events: Sink<'_>) -> Result<Self, ExecuteError> {
        let sql = format!(
            "SELECT pg_try_advisory_lock({LOCK_CLASS}, {LOCK_OBJECT}), coalesce(current_setting('cutover.run', true), '')"
        );
        let began = Instant::now();
        let mut pause = Duration::from_millis(25);
        let mut told = false;
        loop {
            let found = rows(session.client(), &sql, "taking the runner's lock").await?;
            let get = |i: usize| found.first().and_then(|r| r.get(i)).unwrap_or_default();
            if get(0) == "t" {
                if get(1).is_empty() {
                    return Ok(Self { session });
                }
                // the server session is another runner's too: a lock in it protects nobody
                let _ = session.client().batch_execute(&unlock()).await;
                return Err(SessionError::Pooled.into());
            }
            let waited = began.elapsed();
            let holder = holder(session).await?;
            if waited >= wait {
                let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
                return Err(ExecuteError::Locked { holder, waited_ms });
            }
            if let (false, Some(holder)) = (told, holder) {
                events(Event::WaitingForRunner(holder));
                told = true;
            }
            tokio::time::sleep(pause.min(wait - waited)).await;
            pause = (pause * 2).min(Duration::from_millis(500));
        }
    }

    /// Gives the lock back and leaves the session as it was found.
    pub async fn release(self) {
        let sql = format!("{}; {}", Settings::release(), unlock());
        // where this fails the connection is gone, and the lock with it
        let _ = self.session.client().batch_execute(&sql).await;
        // there is one only after a stretch of simple revisions
        let _ = self.session.client().batch_execute(&format!("DEALLOCATE {QUICK}")).await;
    }
}

fn unlock() -> String {
    format!("SELECT pg_advisory_unlock({LOCK_CLASS}, {LOCK_OBJECT})")
}

async fn holder(session: &Session) -> Result<Option<Holder>, SessionError> {
    let sql = format!(
        "SELECT a.pid, coalesce(a.usename, ''), coalesce(a.application_name, ''), \
         coalesce(host(a.client_addr), 'local'), left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120), \
         coalesce((extract(epoch FROM clock_timestamp() - a.backend_start) * 1000)::bigint, 0) \
         FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a USING (pid) \
         WHERE l.locktype = 'advisory' AND l.classid = {LOCK_CLASS} AND l.objid = {LOCK_OBJECT} \
         AND l.objsubid = 2 AND l.granted \
         AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
    );
    let found = rows(session.client(), &sql, "looking for the other runner").await?;
    Ok(found.first().map(|row| {
        let text = |i: usize| row.get(i).unwrap_or_default().to_owned();
        Holder {
            pid: text(0).parse().unwrap_or(0),
            user: text(1),
            application: text(2),
            client: text(3),
            query: text(4),
            session_ms: text(5).parse().unwrap_or(0),
        }
    }))
}
