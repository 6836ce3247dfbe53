//! `cutover backfill`: what is running, and a word to it, from another terminal.

use clap::Subcommand;
use cutover_engine::backfill::control::{self, Status, Word};
use serde_json::{Value, json};

use crate::backfill_view::number;
use crate::context::{Context, whoami};
use crate::exit;
use crate::failure::Failure;
use crate::output::{Report, millis, table};

/// See, pause, resume or throttle backfills that are running, from another terminal
///
/// What is said is kept in the ledger: a backfill that is stopped and started again is still
/// paused or throttled.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover backfill status\n  cutover backfill pause --note \"sale until noon\"\n  cutover backfill throttle 2000/s\n  cutover backfill throttle 25% 0102\n  cutover backfill throttle off\n  cutover backfill resume\n\nExit codes: 0 done, 1 no such backfill or no database, 2 usage."
)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show how far each is, how fast, and why not faster
    Status,
    /// Let them wait after the batch that is on its way
    Pause {
        /// The revision; all of them when it is not given
        revision: Option<String>,
        /// Why, for whoever looks
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Let them go on
    Resume {
        /// The revision; all of them when it is not given
        revision: Option<String>,
    },
    /// Let them go no faster than this
    Throttle {
        /// Rows a second (2000/s), a part of the time (25%), or off
        #[arg(value_name = "RATE")]
        rate: String,
        /// The revision; all of them when it is not given
        revision: Option<String>,
    },
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let (revision, word) = match &args.action {
        Action::Status => return status(context).await,
        Action::Pause { revision, note } => {
            (revision.as_deref(), Word::Pause { by: whoami(), note: note.clone() })
        }
        Action::Resume { revision } => (revision.as_deref(), Word::Resume),
        Action::Throttle { rate, revision } => (revision.as_deref(), read_rate(rate)?),
    };
    let config = context.config()?;
    let database = context.database(&config).await?;
    let session = context.session(&database).await?;
    let told = control::say(&session, revision, &word).await?;
    if told.is_empty() {
        let what = revision.map(|id| format!(" of revision {id}")).unwrap_or_default();
        return Err(Failure::new("no-backfill", format!("no backfill{what} has begun and is not done"))
            .help("cutover backfill status shows those that there are"));
    }
    let done = match &word {
        Word::Pause { .. } => "paused".to_owned(),
        Word::Resume => "goes on".to_owned(),
        Word::RowsPerSecond(rows) => format!("throttled to {rows} rows/s"),
        Word::Percent(percent) => format!("throttled to {percent} % of the time"),
        Word::Free => "no longer throttled".to_owned(),
    };
    let text: String = told.iter().map(|id| format!("{id}  {done}\n")).collect();
    Ok((Report::new(text, &json!({ "revisions": told, "state": done })), exit::DONE))
}

async fn status(context: &Context) -> super::Result {
    let config = context.config()?;
    let database = context.database(&config).await?;
    let session = context.session(&database).await?;
    let all = control::list(&session).await?;
    let data: Vec<Value> = all.iter().map(as_json).collect();
    Ok((Report::new(text(&all), &json!({ "backfills": data })), exit::DONE))
}

/// `2000/s`, `2000`, `25%`, `off`.
fn read_rate(text: &str) -> Result<Word, Failure> {
    let wrong = || {
        Failure::usage("bad-rate", format!("\"{text}\" is not a rate"))
            .help("write rows a second (2000/s), a part of the time from 1% to 99%, or off")
    };
    if text == "off" {
        return Ok(Word::Free);
    }
    if let Some(percent) = text.strip_suffix('%') {
        let percent = percent.trim().parse().ok().filter(|p| (1..=99).contains(p));
        return percent.map(Word::Percent).ok_or_else(wrong);
    }
    let rows = text.strip_suffix("/s").unwrap_or(text).trim().parse::<u64>().ok();
    rows.filter(|rows| *rows > 0 && i64::try_from(*rows).is_ok()).map(Word::RowsPerSecond).ok_or_else(wrong)
}

fn as_json(one: &Status) -> Value {
    json!({
        "revision": one.revision,
        "direction": one.direction,
        "step": one.step,
        "table": one.table,
        "key": one.key,
        "rows": one.rows,
        "rows_expected": one.of,
        "changed": one.changed,
        "batches": one.batches,
        "ranges": one.ranges,
        "ranges_done": one.ranges_done,
        "started_at": one.started_at,
        "last_batch_ms_ago": one.last_batch_ms,
        "rows_per_second": one.per_second,
        "running": one.running,
        "paused": one.paused,
        "throttle_rows_per_second": one.rows_per_second,
        "throttle_percent": one.percent,
        "state": one.state,
    })
}

fn text(all: &[Status]) -> String {
    if all.is_empty() {
        return "no backfill has begun and is not done\n".into();
    }
    let mut out = String::new();
    for one in all {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
        let key = if one.key.is_empty() { "ctid".to_owned() } else { one.key.join(", ") };
        row(
            "backfill",
            format!(
                "{} of {} by {key} (step {} of its {})",
                one.table, one.revision, one.step, one.direction
            ),
        );
        let percent = (100.0 * one.rows as f64 / one.of.max(1) as f64).min(100.0);
        row(
            "rows",
            format!(
                "{} of about {} ({percent:.0} %), {} changed",
                number(one.rows),
                number(one.of),
                number(one.changed)
            ),
        );
        row(
            "since",
            format!(
                "{}, {} batches, {} rows/s",
                one.started_at,
                number(one.batches),
                number(one.per_second as u64)
            ),
        );
        if one.ranges > 1 {
            row("ranges", format!("{} of {} done", one.ranges_done, one.ranges));
        }
        row("state", state(one));
        if let Some(rows_per_second) = one.rows_per_second {
            row("throttle", format!("{} rows/s", number(rows_per_second)));
        }
        if let Some(percent) = one.percent {
            row("throttle", format!("{percent} % of the time"));
        }
        out.push_str(&table(&rows));
    }
    out
}

fn state(one: &Status) -> String {
    let last =
        one.last_batch_ms.map(|ms| format!("; last batch {} ago", millis(ms as f64))).unwrap_or_default();
    match (&one.paused, one.running) {
        (Some(by), true) => format!("paused by {by}{last}"),
        (Some(by), false) => format!("paused by {by}, and nobody runs it{last}"),
        (None, false) => format!("nobody runs it: cutover {} goes on where it is{last}", one.direction),
        (None, true) if one.state.is_empty() => format!("at work{last}"),
        (None, true) => format!("{}{last}", one.state),
    }
}
