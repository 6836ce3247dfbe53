//! How the server and those behind it are, looked at once a second from a connection of its own.
//!
//! What cannot be looked at, for lack of a right or a connection, is said once and stops nothing.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio_postgres::SimpleQueryRow;

use crate::connect::{self, ConnParams};
use crate::event::{Event, Sink};
use crate::session::rows;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(1000);
/// A backfill that is over by then needs no look.
const PATIENCE: Duration = Duration::from_millis(400);
/// A standby may be this far behind in time (to the second that lies between two looks) and in bytes.
const LAG_MS: f64 = 3000.0;
const LAG_BYTES: f64 = 256.0 * 1024.0 * 1024.0;
/// A logical subscriber may be this far behind.
const SLOT_BYTES: f64 = 1024.0 * 1024.0 * 1024.0;
/// WAL that a slot may still hold back before the server gives it up.
const SLOT_LEFT: f64 = 1024.0 * 1024.0 * 1024.0;
/// WAL segments that may wait for the archiver; GitLab's number.
const ARCHIVE: f64 = 42.0;
/// After somebody waited for us, batches stay short for this many looks.
const WARY: u32 = 10;

/// What the last look found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why nothing should run now.
    pub stop: Option<String>,
    /// Why it should go at half speed.
    pub rest: Option<String>,
    /// Why batches should be short.
    pub polite: Option<String>,
}

/// What is looked at.
#[derive(Debug)]
pub struct Monitor<'a> {
    /// How to reach the server.
    pub params: &'a ConnParams,
    /// Its version.
    pub version: u32,
    /// The table.
    pub oid: &'a str,
    /// Our own server processes.
    pub pids: &'a RefCell<Vec<i32>>,
    /// Where what was found is put.
    pub health: &'a RefCell<Health>,
}

impl Monitor<'_> {
    /// One look from a session that is there anyway, so that the first batches are polite, too.
    /// What it cannot see, [`Monitor::run`] tells.
    pub async fn first(&self, client: &tokio_postgres::Client) {
        let sql = query(self.version, self.oid, &self.pids.borrow(), false);
        if let Ok(found) = rows(client, &sql, "looking at the health of the server").await {
            self.health.replace(Seen::read(found.first(), &mut Past::default()).judge(0));
        }
    }

    /// Looks until it is dropped.
    pub async fn run(&self, events: Sink<'_>) -> std::convert::Infallible {
        tokio::time::sleep(PATIENCE).await;
        let blind = |why: String| {
            let message = format!("the health of the server is not looked at: {why}");
            events(Event::Notice { severity: "WARNING".into(), message });
        };
        let client = match connect::connect(self.params).await {
            Ok(connected) => connected,
            Err(error) => {
                blind(error.to_string());
                return std::future::pending().await;
            }
        };
        let rights = match rows(&client.client, RIGHTS, "looking at the health of the server").await {
            Ok(found) => Rights::read(found.first()),
            Err(error) => {
                blind(error.to_string());
                return std::future::pending().await;
            }
        };
        if !rights.archive || !rights.all {
            let message = "without the rights of pg_monitor, neither what waits for the WAL archive nor how busy others are can be seen";
            events(Event::Notice { severity: "WARNING".into(), message: message.into() });
        }
        let mut wary = 0;
        let mut past = Past::default();
        loop {
            let pids = self.pids.borrow().clone();
            let sql = query(self.version, self.oid, &pids, rights.archive);
            match rows(&client.client, &sql, "looking at the health of the server").await {
                Ok(found) => {
                    let seen = Seen::read(found.first(), &mut past);
                    wary = if seen.waiting > 0.0 { WARY } else { u32::saturating_sub(wary, 1) };
                    self.health.replace(seen.judge(wary));
                }
                Err(error) => {
                    blind(error.to_string());
                    self.health.replace(Health::default());
                    return std::future::pending().await;
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

const RIGHTS: &str = "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'EXECUTE'), \
 pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')";

/// What we may see.
#[derive(Clone, Copy, Debug)]
struct Rights {
    archive: bool,
    all: bool,
}

impl Rights {
    fn read(row: Option<&SimpleQueryRow>) -> Self {
        let is = |i: usize| row.and_then(|r| r.get(i)) == Some("t");
        Self { archive: is(0), all: is(1) }
    }
}

/// One query for everything. Views: <https://www.postgresql.org/docs/current/monitoring-stats.html>,
/// <https://www.postgresql.org/docs/current/view-pg-replication-slots.html>.
fn query(version: u32, oid: &str, pids: &[i32], archive: bool) -> String {
    let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
    let ours = format!("ARRAY[{}]::integer[]", pids.join(", "));
    let slot_left = if version >= 130_000 {
        "(SELECT min(safe_wal_size) FROM pg_catalog.pg_replication_slots)"
    } else {
        "NULL"
    };
    let waiting_archive = if archive {
        "CASE WHEN current_setting('archive_mode') <> 'off' THEN \
         (SELECT count(*) FROM pg_catalog.pg_ls_archive_statusdir() WHERE name LIKE '%.ready') END"
    } else {
        "NULL"
    };
    format!(
        "SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), '0/0'), \
         (SELECT pg_catalog.pg_wal_lsn_diff(min(replay_lsn), '0/0') FROM pg_catalog.pg_stat_replication WHERE state IN ('streaming', 'catchup')), \
         (SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), confirmed_flush_lsn)) FROM pg_catalog.pg_replication_slots WHERE slot_type = 'logical' AND active), \
         {slot_left}, {waiting_archive}, \
         (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' AND pid <> ALL ({ours}) AND pg_catalog.pg_blocking_pids(pid) && {ours}), \
         (SELECT count(*) FROM pg_catalog.pg_stat_progress_vacuum v JOIN pg_catalog.pg_stat_activity a USING (pid) WHERE v.relid = {oid} AND a.query LIKE '%to prevent wraparound%'), \
         (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend' AND pid <> ALL ({ours}) AND pid <> pg_backend_pid() \
          AND datname IS NOT NULL AND application_name NOT LIKE 'cutover %' \
          AND (state_change > clock_timestamp() - interval '1 second' OR state = 'active'))"
    )
}

/// Where the WAL was at the looks before. How long a standby is behind is measured with it, since
/// `replay_lag` stands still while the standby does.
#[derive(Debug, Default)]
struct Past(VecDeque<(Instant, f64)>);

impl Past {
    /// Takes in where the WAL is; gives for how long the place `replayed` has been behind it.
    fn lag(&mut self, now: Instant, current: f64, replayed: f64) -> Duration {
        self.0.push_back((now, current));
        // the last look at which the standby had, as we know now, all that there was
        while self.0.get(1).is_some_and(|(_, at)| *at <= replayed) {
            self.0.pop_front();
        }
        match self.0.front() {
            Some((at, _)) if replayed < current => now - *at,
            _ => Duration::ZERO,
        }
    }
}

/// What one look gave; NULL is 0, or without end for what is left.
#[derive(Clone, Copy, Debug)]
struct Seen {
    lag_ms: f64,
    lag_bytes: f64,
    slot_bytes: f64,
    slot_left: f64,
    archive: f64,
    waiting: f64,
    wraparound: f64,
    busy: f64,
}

impl Seen {
    fn read(row: Option<&SimpleQueryRow>, past: &mut Past) -> Self {
        let value = |i: usize| row.and_then(|r| r.get(i)?.parse::<f64>().ok());
        let or_zero = |i: usize| value(i).unwrap_or(0.0);
        let current = or_zero(0);
        let replayed = value(1).unwrap_or(current);
        Self {
            lag_ms: past.lag(Instant::now(), current, replayed).as_secs_f64() * 1000.0,
            lag_bytes: (current - replayed).max(0.0),
            slot_bytes: or_zero(2),
            slot_left: value(3).unwrap_or(f64::INFINITY),
            archive: or_zero(4),
            waiting: or_zero(5),
            wraparound: or_zero(6),
            busy: or_zero(7),
        }
    }

    /// `wary` tells for how many more looks somebody's waiting is remembered.
    fn judge(self, wary: u32) -> Health {
        let mb = |bytes: f64| format!("{:.0} MB", bytes / 1024.0 / 1024.0);
        let mut health = Health::default();
        if self.lag_ms > LAG_MS {
            health.stop = Some(format!("a standby is {:.1} s behind", self.lag_ms / 1000.0));
        } else if self.lag_bytes > LAG_BYTES {
            health.stop = Some(format!("a standby is {} behind", mb(self.lag_bytes)));
        } else if self.slot_bytes > SLOT_BYTES {
            health.stop = Some(format!("a logical subscriber is {} behind", mb(self.slot_bytes)));
        } else if self.slot_left < SLOT_LEFT {
            let left = mb(self.slot_left.max(0.0));
            health.stop = Some(format!("a replication slot is lost after {left} more of WAL"));
        } else if self.archive > ARCHIVE {
            health.stop = Some(format!("{:.0} WAL files wait for the archive", self.archive));
        }
        if self.wraparound > 0.0 {
            health.rest = Some("an autovacuum to prevent wraparound works on the table".into());
        }
        if self.waiting > 0.0 {
            health.polite = Some(format!("{:.0} sessions wait for a lock of the backfill", self.waiting));
        } else if wary > 0 {
            health.polite = Some("sessions waited for a lock of the backfill a moment ago".into());
        } else if self.busy > 0.0 {
            health.polite = Some(format!("{:.0} other sessions are at work", self.busy));
        }
        health
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WELL: Seen = Seen {
        lag_ms: 0.0,
        lag_bytes: 0.0,
        slot_bytes: 0.0,
        slot_left: f64::INFINITY,
        archive: 0.0,
        waiting: 0.0,
        wraparound: 0.0,
        busy: 0.0,
    };

    #[test]
    fn what_is_well_stops_nothing() {
        assert_eq!(WELL.judge(0), Health::default());
    }

    #[test]
    fn a_standby_that_stands_still_falls_behind() {
        let (mut past, start) = (Past::default(), Instant::now());
        let mut lag = |second: u64, current: f64, replayed: f64| {
            past.lag(start + Duration::from_secs(second), current, replayed).as_secs()
        };
        assert_eq!(lag(0, 100.0, 100.0), 0);
        assert_eq!(lag(1, 200.0, 150.0), 1);
        assert_eq!(lag(2, 300.0, 250.0), 1);
        assert_eq!(lag(3, 400.0, 250.0), 2);
        assert_eq!(lag(4, 500.0, 250.0), 3);
        assert_eq!(lag(5, 500.0, 450.0), 2);
        assert_eq!(lag(9, 500.0, 500.0), 0);
    }

    #[test]
    fn each_trouble_is_told() {
        let stop = |seen: Seen| seen.judge(0).stop.unwrap_or_default();
        assert_eq!(stop(Seen { lag_ms: 3500.0, ..WELL }), "a standby is 3.5 s behind");
        assert_eq!(stop(Seen { lag_bytes: 3e8, ..WELL }), "a standby is 286 MB behind");
        assert!(stop(Seen { slot_bytes: 2e9, ..WELL }).contains("subscriber"));
        assert!(stop(Seen { slot_left: 1e6, ..WELL }).contains("slot is lost"));
        assert_eq!(stop(Seen { archive: 50.0, ..WELL }), "50 WAL files wait for the archive");
        assert!(Seen { wraparound: 1.0, ..WELL }.judge(0).rest.is_some());
        assert!(
            Seen { waiting: 2.0, ..WELL }.judge(10).polite.unwrap_or_default().starts_with("2 sessions wait")
        );
        assert!(Seen { busy: 3.0, ..WELL }.judge(0).polite.is_some());
        assert!(WELL.judge(3).polite.is_some());
    }
}
