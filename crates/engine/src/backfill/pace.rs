//! How many rows the next batch has, and how long to rest before it. Arithmetic only.

use std::time::Duration;

use cutover_sql::document::BackfillOptions;

/// Rows of the first batch.
const FIRST: u64 = 1000;
/// What a batch should take.
const TIME: Duration = Duration::from_millis(250);
/// What a batch should take while others are at work: nobody waits longer for a row of ours, and
/// the next commit has no more WAL of ours to bring to the disk. Measured with `bench/backfill.py`.
const POLITE: Duration = Duration::from_millis(5);
/// So many rows may take longer than that, up to `PATIENCE`: what a batch costs besides its rows would be most of it.
const FEW: f64 = 100.0;
const PATIENCE: Duration = Duration::from_millis(40);
/// WAL that a batch may write.
const WAL: u64 = 64 << 20;
/// No batch has more rows, however fast they are.
const MOST: u64 = 50_000;
/// Rows of the smallest batch where each reads another table as a whole: smaller ones take as long.
const LEAST_OF_SCANS: f64 = 10_000.0;
/// How fast batches grow, and how fast they shrink at most.
const GROW: f64 = 1.2;
const SHRINK: f64 = 0.5;
/// Batches whose WAL is remembered.
const MEMORY: usize = 8;
/// Batches that tell what a row costs when nothing is in the way yet.
const START: usize = 20;

/// What the server's health asks of the next batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// Whether others are at work.
    pub polite: bool,
    /// Whether to rest as long as the batch took.
    pub rest: bool,
    /// Rows a second that a person allows this worker.
    pub rows_per_second: Option<u64>,
    /// How much of the time a person allows it to be at work, in percent.
    pub percent: Option<u32>,
}

/// The pace of one worker.
#[derive(Clone, Debug)]
pub struct Pace {
    rows: f64,
    most: f64,
    /// No batch has fewer rows for the sake of its time.
    least: f64,
    time: Duration,
    wal: u64,
    /// Bytes of WAL a row: others write, too, so the least of the last few is nearest to ours.
    wal_per_row: Vec<f64>,
    /// Milliseconds a row: of the first batches, and of late.
    first: Vec<f64>,
    late: f64,
}

impl Pace {
    /// By the options of the directive.
    /// `scans` tells that each batch reads another table as a whole.
    pub fn new(options: &BackfillOptions, scans: bool) -> Self {
        let rows = options.batch.unwrap_or(FIRST);
        let least = if scans { LEAST_OF_SCANS } else { 1.0 };
        Self {
            rows: (rows as f64).max(least),
            most: rows.max(MOST) as f64,
            least,
            time: options.time.unwrap_or(TIME),
            wal: options.wal.unwrap_or(WAL),
            wal_per_row: Vec::new(),
            first: Vec::new(),
            late: 0.0,
        }
    }

    /// Rows of the next batch.
    pub fn rows(&self, manners: Manners) -> u64 {
        let mut rows = self.rows.min(self.most);
        if manners.polite && self.is_new() {
            // what a row costs is not known yet
            rows = rows.min(FEW.max(self.least));
        }
        let lightest = self.wal_per_row.iter().copied().fold(f64::INFINITY, f64::min);
        if lightest.is_finite() && lightest > 0.0 {
            rows = rows.min(self.wal as f64 / lightest);
        }
        if let Some(allowed) = manners.rows_per_second {
            // so that a second has at least two batches, and a pause is soon seen
            rows = rows.min(allowed as f64 / 2.0);
        }
        rows.max(1.0) as u64
    }

    /// Takes in how a batch went; gives how long to rest.
    pub fn after(&mut self, rows: u64, took: Duration, wal: u64, manners: Manners) -> Duration {
        let ms = (took.as_secs_f64() * 1000.0).max(0.1);
        let per_row = rows.max(1) as f64;
        if self.wal_per_row.len() == MEMORY {
            self.wal_per_row.remove(0);
        }
        self.wal_per_row.push(wal as f64 / per_row);
        if manners.polite && self.is_new() {
            self.rows = self.rows.min(per_row);
        }
        self.note_latency(ms / per_row);
        let by = |target: Duration| (target.as_secs_f64() * 1000.0 / ms).clamp(SHRINK, GROW);
        let factor = if manners.polite {
            let few = (self.rows * by(self.time.min(PATIENCE))).min(FEW);
            by(self.time.min(POLITE)).max(few / self.rows)
        } else {
            by(self.time)
        };
        // a batch that was cut short by its range or a person says nothing of longer ones
        if factor < 1.0 || rows as f64 >= 0.9 * self.rows {
            self.rows = (self.rows * factor).clamp(self.least, self.most);
        }
        let mut rest = Duration::ZERO;
        if manners.polite || manners.rest || self.is_slower() {
            rest = took;
        }
        if let Some(percent) = manners.percent {
            rest = rest.max(took.mul_f64(100.0 / f64::from(percent.clamp(1, 100)) - 1.0));
        }
        if let Some(allowed) = manners.rows_per_second {
            let due = Duration::from_secs_f64(rows as f64 / allowed.max(1) as f64);
            rest = rest.max(due.saturating_sub(took));
        }
        rest
    }

    /// Takes in that a batch could not get its locks.
    pub fn blocked(&mut self) {
        self.rows = (self.rows * SHRINK).max(1.0);
    }

    /// Whether a row takes three times as long as it did at the start.
    pub fn is_slower(&self) -> bool {
        if self.first.len() < START {
            return false;
        }
        let mut first = self.first.clone();
        first.sort_by(f64::total_cmp);
        self.late > 3.0 * first[START / 2]
    }

    fn is_new(&self) -> bool {
        self.first.is_empty()
    }

    fn note_latency(&mut self, ms_per_row: f64) {
        if self.first.len() < START {
            self.first.push(ms_per_row);
            self.late = ms_per_row;
        } else {
            self.late += (ms_per_row - self.late) / 8.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Manners = Manners { polite: false, rest: false, rows_per_second: None, percent: None };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn batches_grow_gently_and_shrink_fast() {
        let mut pace = Pace::new(&BackfillOptions::default(), false);
        assert_eq!(pace.rows(CALM), 1000);
        assert_eq!(pace.after(1000, ms(10), 0, CALM), Duration::ZERO);
        assert_eq!(pace.rows(CALM), 1200);
        pace.after(1200, ms(1000), 0, CALM);
        assert_eq!(pace.rows(CALM), 600);
        pace.after(600, ms(300), 0, CALM);
        assert_eq!(pace.rows(CALM), 500);
        pace.blocked();
        assert_eq!(pace.rows(CALM), 250);
        // the last batch of a range is short and says nothing
        pace.after(3, ms(1), 0, CALM);
        assert_eq!(pace.rows(CALM), 250);
    }

    #[test]
    fn batches_that_read_a_whole_table_each_do_not_shrink_for_ever() {
        let mut pace = Pace::new(&BackfillOptions::default(), true);
        (0..9).for_each(|_| {
            pace.after(10_000, ms(2000), 0, CALM);
        });
        assert_eq!(pace.rows(CALM), 10_000);
    }

    #[test]
    fn wal_and_a_person_bound_them() {
        let options =
            BackfillOptions { batch: Some(10_000), wal: Some(1 << 20), ..BackfillOptions::default() };
        let mut pace = Pace::new(&options, false);
        pace.after(10_000, ms(250), 10 << 20, CALM);
        assert_eq!(pace.rows(CALM), 1000);
        let slow = Manners { rows_per_second: Some(100), ..CALM };
        assert_eq!(pace.rows(slow), 50);
        assert_eq!(pace.after(50, ms(100), 0, slow), ms(400));
        let quarter = Manners { percent: Some(25), ..CALM };
        assert_eq!(pace.after(50, ms(100), 0, quarter), ms(300));
    }

    #[test]
    fn beside_others_batches_are_short_and_followed_by_a_rest() {
        let mut pace = Pace::new(&BackfillOptions::default(), false);
        let polite = Manners { polite: true, ..CALM };
        assert_eq!(pace.rows(polite), 100);
        assert_eq!(pace.after(100, ms(4), 0, polite), ms(4));
        assert_eq!(pace.rows(polite), 120);
        pace.after(120, ms(80), 0, polite);
        assert_eq!(pace.rows(polite), 60);
        // others came to work in the middle
        let mut pace = Pace::new(&BackfillOptions::default(), false);
        pace.after(1000, ms(80), 0, CALM);
        assert_eq!(pace.rows(polite), 1200);
        assert_eq!(pace.after(1200, ms(80), 0, polite), ms(80));
        assert_eq!(pace.rows(polite), 600);
    }

    #[test]
    fn what_a_batch_costs_besides_its_rows_does_not_shrink_it_to_one_row() {
        let mut pace = Pace::new(&BackfillOptions::default(), false);
        let polite = Manners { polite: true, ..CALM };
        (0..20).for_each(|_| {
            let rows = pace.rows(polite);
            pace.after(rows, Duration::from_micros(10_000 + 10 * rows), 0, polite);
        });
        assert_eq!(pace.rows(polite), 100);
        // rows that are slow by themselves
        (0..20).for_each(|_| {
            let rows = pace.rows(polite);
            pace.after(rows, Duration::from_millis(10 * rows), 0, polite);
        });
        assert_eq!(pace.rows(polite), 4);
    }

    #[test]
    fn rows_that_take_longer_than_at_the_start_are_noticed() {
        let mut pace = Pace::new(&BackfillOptions::default(), false);
        (0..START).for_each(|_| {
            pace.after(1000, ms(10), 0, CALM);
        });
        assert!(!pace.is_slower());
        (0..20).for_each(|_| {
            pace.after(1000, ms(60), 0, CALM);
        });
        assert!(pace.is_slower());
    }
}
