//! A backfill as it is seen while it runs: a bar on a terminal, a line now and then elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use cutover_engine::event::{BackfillBegun, BackfillDone, BackfillProgress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::output::millis;

const DIM: Style = Style::new().dimmed();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Time between two lines where there is no terminal.
const EVERY: Duration = Duration::from_secs(10);

/// What is shown of a backfill.
#[derive(Debug, Default)]
pub struct BackfillView {
    bar: Option<ProgressBar>,
    line_at: Option<Instant>,
    /// What it waited for in the last line.
    waited: Option<String>,
}

impl BackfillView {
    /// The bar that is on the terminal.
    pub fn bar(&self) -> Option<&ProgressBar> {
        self.bar.as_ref()
    }

    /// The estimates, before the first batch.
    pub fn begin(&mut self, begun: &BackfillBegun, quiet: bool) -> Option<String> {
        self.line_at = Some(Instant::now());
        self.waited = None;
        if quiet {
            return None;
        }
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        if std::io::stderr().is_terminal() {
            self.bar = Some(bar(begun));
        }
        if begun.pass > 1 {
            return Some(format!("    {DIM}pass {} over {}{DIM:#}\n", begun.pass, begun.table));
        }
        let again = match begun.done_before {
            0 => String::new(),
            rows => format!(", {} of them done before", number(rows)),
        };
        let guess = match begun.unanalyzed.is_empty() {
            true => String::new(),
            false => format!(" (a guess: ANALYZE has never seen {})", begun.unanalyzed.join(", ")),
        };
        Some(format!(
            "    backfill {}: about {}{again}, {} to change, {} of WAL{guess}\n    {DIM}{}{DIM:#}\n",
            begun.table,
            many(begun.rows, "row"),
            number(begun.changes),
            bytes(begun.wal_bytes),
            begun.dead_rows,
        ))
    }

    /// How far it is.
    pub fn progress(&mut self, at: &BackfillProgress, quiet: bool) -> Option<String> {
        let text = line(at);
        if let Some(bar) = &self.bar {
            bar.set_position(at.rows.min(at.of));
            bar.set_message(text);
            return None;
        }
        let news = at.waits && self.waited != at.slow;
        let due = self.line_at.is_none_or(|last| last.elapsed() >= EVERY);
        self.waited = if at.waits { at.slow.clone() } else { None };
        if quiet || !(news || due) {
            return None;
        }
        self.line_at = Some(Instant::now());
        Some(format!("    {} of {}  {text}\n", number(at.rows), many(at.of, "row")))
    }

    /// What it was.
    pub fn done(&mut self, done: &BackfillDone, quiet: bool) -> Option<String> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let rate = done.changed as f64 / (done.millis / 1000.0).max(0.001);
        (!quiet).then(|| {
            format!(
                "    backfill {}: {} changed in {}, {} ({} rows/s), {} of WAL on the server meanwhile\n",
                done.table,
                many(done.changed, "row"),
                many(done.batches, "batch"),
                millis(done.millis),
                number(rate as u64),
                bytes(done.wal_bytes),
            )
        })
    }
}

fn bar(begun: &BackfillBegun) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(begun.rows.max(1)), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {percent}%  {elapsed}  {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_position(begun.done_before);
    bar
}

/// `48,000 rows/s  12 s left  slow: a standby is 3.0 s behind`.
fn line(at: &BackfillProgress) -> String {
    let mut parts = Vec::new();
    if !at.waits {
        parts.push(format!("{} rows/s", number(at.per_second as u64)));
        parts.extend(at.left_ms.map(|ms| format!("{} left", millis(ms as f64))));
    }
    if let Some(why) = &at.slow {
        let word = if at.waits { "waits" } else { "slow" };
        parts.push(format!("{YELLOW}{word}{YELLOW:#}: {why}"));
    }
    parts.join("  ")
}

/// A number with its thousands apart.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 row`, `2,000 batches`.
fn many(value: u64, noun: &str) -> String {
    let ending = match (value, noun.ends_with("ch")) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{} {noun}{ending}", number(value))
}

/// Bytes as people read them.
pub fn bytes(count: u64) -> String {
    const KB: f64 = 1024.0;
    match count as f64 {
        n if n < KB * KB => format!("{:.0} kB", (n / KB).ceil()),
        n if n < KB * KB * KB => format!("{:.0} MB", n / KB / KB),
        n => format!("{:.1} GB", n / KB / KB / KB),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_at_a_glance() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(many(1, "batch"), "1 batch");
        assert_eq!(many(2000, "batch"), "2,000 batches");
        assert_eq!(bytes(10), "1 kB");
        assert_eq!(bytes(64 << 20), "64 MB");
        assert_eq!(bytes(3 << 30), "3.0 GB");
    }
}
