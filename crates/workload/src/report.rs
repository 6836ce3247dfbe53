//! What was measured, as a table for people and as data.

use serde::Serialize;

use crate::play::Played;
use crate::record::Summary;

/// A whole play.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The scenario.
    pub name: String,
    /// Rows at the beginning.
    pub rows: i64,
    /// Requests a second.
    pub rate: u32,
    /// The server.
    pub server: String,
    /// Each span.
    pub spans: Vec<Summary>,
    /// All of them.
    pub whole: Summary,
    /// Rows that are not what was acknowledged, at the end.
    pub lost: Vec<String>,
    /// The first errors and wrong answers.
    pub troubles: Vec<String>,
}

const HEAD: [&str; 9] =
    ["", "seconds", "requests", "failed", "wrong", "p50 ms", "p99 ms", "max ms", "lock ms"];

/// Letters of a name in the table.
const LONGEST: usize = 50;

impl Report {
    /// Of a play and what its end was compared with.
    pub fn new(name: &str, rows: i64, rate: u32, server: String, played: &Played, lost: Vec<String>) -> Self {
        let second = |at: u64| std::time::Duration::from_nanos(at).as_secs_f64();
        let troubles = played.seen.troubles.iter().map(|(at, text)| format!("{:.3} s: {text}", second(*at)));
        Self {
            name: name.to_owned(),
            rows,
            rate,
            server,
            spans: played.spans.clone(),
            whole: played.whole.clone(),
            lost,
            troubles: troubles.collect(),
        }
    }

    /// Whether no request failed, no answer was wrong and no write is lost.
    pub fn is_clean(&self) -> bool {
        self.whole.failed == 0 && self.whole.wrong == 0 && self.lost.is_empty()
    }

    /// As a table.
    pub fn text(&self) -> String {
        let rows: Vec<Vec<String>> = self.spans.iter().chain([&self.whole]).map(cells).collect();
        let mut head: Vec<String> = HEAD.iter().map(|h| (*h).to_owned()).collect();
        head.push("worst second".to_owned());
        let width =
            |at: usize| rows.iter().chain([&head]).map(|r| r[at].chars().count()).max().unwrap_or_default();
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |cells: &Vec<String>| {
            let padded = cells.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
                if at == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        let mut text = format!(
            "{}: {} rows, {} requests a second, {}\n\n",
            self.name, self.rows, self.rate, self.server
        );
        text += &line(&head);
        for row in &rows {
            text += &line(row);
        }
        text += &format!("\nrows at the end that are not what was acknowledged: {}\n", self.lost.len());
        for trouble in self.lost.iter().take(10).chain(&self.troubles) {
            text += &format!("  {trouble}\n");
        }
        text
    }
}

/// A name that leaves room for the numbers.
fn short(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 3).collect::<String>() + "..."
}

fn cells(summary: &Summary) -> Vec<String> {
    let ms = |value: f64| format!("{value:.1}");
    vec![
        short(&summary.name),
        ms(summary.seconds),
        summary.requests.to_string(),
        summary.failed.to_string(),
        summary.wrong.to_string(),
        ms(summary.p50),
        ms(summary.p99),
        ms(summary.max),
        ms(summary.lock_wait),
        summary.worst_second.to_string(),
    ]
}
