//! What is seen while a run goes on: a progress bar on a terminal, plain lines elsewhere.
//!
//! Everything here goes to standard error; results go to standard output.

use std::io::IsTerminal;
use std::sync::Mutex;

use anstyle::{AnsiColor, Style};
use cutover_core::plan::Direction;
use cutover_engine::event::{Blocker, Event};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::backfill_view::BackfillView;
use crate::output::millis;

const DIM: Style = Style::new().dimmed();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Shows events.
#[derive(Debug)]
pub struct Ui {
    quiet: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    bar: Option<ProgressBar>,
    steps: Vec<String>,
    current: String,
    backfill: BackfillView,
}

impl Ui {
    /// For this terminal, or none.
    pub fn new(quiet: bool) -> Self {
        Self { quiet, state: Mutex::default() }
    }

    /// Shows an event.
    pub fn show(&self, event: &Event) {
        let Ok(mut state) = self.state.lock() else { return };
        if let Some(lines) = state.take(event, self.quiet) {
            match state.backfill.bar().or(state.bar.as_ref()) {
                Some(bar) => bar.suspend(|| anstream::eprint!("{lines}")),
                None => anstream::eprint!("{lines}"),
            }
        }
    }

    /// Shows a line.
    pub fn say(&self, line: &str) {
        if !self.quiet {
            anstream::eprintln!("{line}");
        }
    }

    /// Asks for yes or no. Nothing when there is nobody to answer.
    pub fn ask(&self, question: &str) -> Option<bool> {
        use std::io::{BufRead as _, Write as _};
        if self.quiet || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        for _ in 0..3 {
            anstream::eprint!("{question}? [y/n] ");
            let _ = std::io::stderr().flush();
            let mut line = String::new();
            // the end of the input is no answer
            if std::io::stdin().lock().read_line(&mut line).ok()? == 0 {
                return None;
            }
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return Some(true),
                "n" | "no" => return Some(false),
                _ => {}
            }
        }
        None
    }

    /// Takes the progress bar away.
    pub fn finish(&self) {
        if let Ok(mut state) = self.state.lock()
            && let Some(bar) = state.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}

impl State {
    /// The lines to print for an event, if any.
    fn take(&mut self, event: &Event, quiet: bool) -> Option<String> {
        match event {
            Event::RevisionStarted { id, message, number, of, .. } => {
                self.steps.clear();
                self.current = format!("{id} {message}");
                self.begin_bar(*number, *of, quiet);
                None
            }
            Event::StepStarted { title, .. } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{}: {title}", self.current));
                }
                None
            }
            Event::StepSkipped { ordinal, of, title } => {
                self.steps.push(format!("    {ordinal}/{of} {title}  (done before)"));
                None
            }
            Event::StepFinished { ordinal, of, title, millis: ms } => {
                let time = millis(*ms);
                self.steps.push(format!("    {DIM}{ordinal}/{of}{DIM:#} {title}  {DIM}{time}{DIM:#}"));
                None
            }
            Event::RevisionFinished { direction, millis: ms, .. } => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                let arrow = match direction {
                    Direction::Upgrade => "up  ",
                    Direction::Downgrade => "down",
                };
                let time = millis(*ms);
                let steps = self.steps.join("\n");
                (!quiet).then(|| format!("{arrow}  {}  {DIM}{time}{DIM:#}\n{steps}\n", self.current))
            }
            Event::WaitingForRunner(holder) => Some(format!(
                "{YELLOW}waiting{YELLOW:#} for another run of Cutover: {} from {} (server process {}, connected for {})\n",
                holder.application,
                holder.client,
                holder.pid,
                millis(holder.session_ms as f64),
            )),
            // the report at the end tells it
            Event::RevisionWaits { .. } => None,
            Event::Blocked(blockers) => Some(
                blockers.iter().map(|b| format!("{YELLOW}blocked{YELLOW:#} by {}\n", blocker(b))).collect(),
            ),
            Event::Retry { tries, pause_ms, reason } => {
                Some(format!("{YELLOW}retry{YELLOW:#} {tries} in {}: {reason}\n", millis(*pause_ms as f64)))
            }
            Event::Recovered { what } => Some(format!("{YELLOW}recovered{YELLOW:#}: {what}\n")),
            Event::BackfillBegun(begun) => {
                // one bar at a time: that of the revisions comes back
                self.draw_revisions(ProgressDrawTarget::hidden());
                self.backfill.begin(begun, quiet)
            }
            Event::BackfillProgress(progress) => self.backfill.progress(progress, quiet),
            Event::BackfillDone(done) => {
                let text = self.backfill.done(done, quiet);
                self.draw_revisions(ProgressDrawTarget::stderr());
                text
            }
            Event::Notice { severity, message } if !quiet => {
                Some(format!("    {DIM}{severity}:{DIM:#} {message}\n"))
            }
            Event::CommandOutput { line } if !quiet => Some(format!("    {DIM}|{DIM:#} {line}\n")),
            Event::Notice { .. } | Event::CommandOutput { .. } => None,
        }
    }

    fn draw_revisions(&self, target: ProgressDrawTarget) {
        if let Some(bar) = &self.bar {
            bar.set_draw_target(target);
        }
    }

    fn begin_bar(&mut self, number: usize, of: usize, quiet: bool) {
        if quiet || number > 1 || !std::io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(of as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len}  {elapsed}  {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        self.bar = Some(bar);
    }
}

/// A blocking session in one line.
pub fn blocker(b: &Blocker) -> String {
    format!(
        "server process {} ({}{}, {}, transaction open for {}): {}",
        b.pid,
        b.user,
        if b.application.is_empty() { String::new() } else { format!(" with {}", b.application) },
        b.state,
        millis(b.transaction_ms as f64),
        b.query
    )
}
