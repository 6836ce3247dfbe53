//! `cutover explain`: what the pending plan does, before it runs.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use cutover_core::effect::Undo;
use cutover_core::plan::Direction;
use cutover_core::report::{Explained, Sizes, StatementEffects, Traced};
use cutover_core::revision::target::Target;
use cutover_engine::config::Config;
use cutover_engine::execute::{Gates, Request, applied_set, understood};
use cutover_engine::measure::{self, Measured};
use cutover_engine::sample::Allowed;
use cutover_sql::document::read_bytes;
use serde_json::json;

use crate::context::{Context, Opened};
use crate::effects;
use crate::exit;
use crate::output::{Report, count, millis};
use crate::sampled::{self, Live};

const BOLD: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const RED: Style = AnsiColor::Red.on_default();
const YELLOW: Style = AnsiColor::Yellow.on_default();

/// Show what the pending plan locks, rewrites, loses and breaks, and for how long
///
/// Nothing runs. With --against, sizes, traffic, open transactions and replicas come from that database, read only, and
/// so does the schema before the plan; else from the revisions that are applied. "upgrade --plan" shows the steps
/// alone; "lint" judges files without a database.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover explain\n  cutover explain 0042\n  cutover explain --against \"$PROD_URL\"\n  cutover explain --against prod --format json\n  cutover explain --trace\n  cutover explain --trace --against prod --copy-rows 64MB --copy-statistics"
)]
pub struct Args {
    /// Up to where, as for upgrade
    #[arg(default_value = "head", value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
    /// A database that tells how big and how busy it is: a URL or an environment
    #[arg(long, value_name = "URL|ENV")]
    against: Option<String>,
    /// Run the plan on a scratch database, and say where PostgreSQL does something else
    #[arg(long)]
    trace: bool,
    /// Copy the planner's statistics of the tables in question for the trace; they have values of columns in them
    #[arg(long, requires_all = ["trace", "against"])]
    copy_statistics: bool,
    /// Copy rows of the tables in question for the trace, up to so much in all: 64MB
    #[arg(long, requires_all = ["trace", "against"], value_name = "SIZE", value_parser = size)]
    copy_rows: Option<u64>,
}

fn size(text: &str) -> Result<u64, String> {
    read_bytes(text).ok_or_else(|| "write a size such as 64MB, 500kB or 1GB".to_owned())
}

/// What may be copied for the trace: what the environment allows, and what is asked for here.
fn allowed(args: &Args, config: &Config, environment: Option<&str>) -> Allowed {
    let by_config = if args.trace { config.trace(environment) } else { Allowed::default() };
    Allowed {
        statistics: by_config.statistics || args.copy_statistics,
        rows: args.copy_rows.or(by_config.rows),
    }
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let target = Target::parse(&args.target)?;
    let Opened { history, session, state, database } = match &args.against {
        None => context.open(&config).await?,
        Some(name) => {
            let database = context.database_at(&config, Some(name)).await?;
            let session = context.session(&database).await?;
            let state = session.state().await?;
            let history = context.history(&config)?;
            let state = understood(&history, state);
            Opened { history, database, session, state }
        }
    };
    let applied = applied_set(&history, &state)?;
    let settings = context.settings(&config, Some(&database));
    let request = Request {
        history: &history,
        direction: Direction::Upgrade,
        target: &target,
        by: "",
        settings: &settings,
        url: "",
        exactly: None,
        gates: Gates::Obeyed,
    };
    let pending = request.pending(&state)?;
    let pending = effects::parse(&history, &pending, Direction::Upgrade)?;
    let measured = measure::read(&session).await?;
    let search_path = &settings.search_path;
    let (mut known, sizes) = match &args.against {
        Some(_) => {
            let catalog = cutover_engine::schema::of_database(&database.params).await?;
            let mut known = cutover_core::effect::Known::from_catalog(&catalog);
            known.search_path = effects::path(search_path);
            known.utc = effects::is_utc(&measured.server.time_zone);
            let ask = effects::questions(&pending, &mut known.clone());
            let speeds = measure::speeds(&session, &ask, &measured.sizes).await?;
            (known, measured.sizes.clone().with(speeds))
        }
        None => (effects::before(&history, &applied, search_path, measured.server.major)?, Sizes::default()),
    };
    known.utc = effects::is_utc(&measured.server.time_zone);
    let before = known.clone();
    let mut explained = effects::explained(&history, &pending, &mut known, &sizes);
    let allowed = allowed(args, &config, database.environment.as_deref());
    let mut copied = None;
    if args.trace {
        let from = args.against.is_some() && allowed.anything();
        let from = from.then_some(Live { params: &database.params, allowed });
        copied =
            effects::trace(&history, &applied, &pending, before, &settings, from, &mut explained).await?;
    }
    let live = args.against.as_ref().map(|_| &measured);
    let data = json!({
        "revisions": explained.revisions,
        "server": live.map(|it| &it.server),
        "long_transactions": live.map(|it| &it.long),
        "copied": copied,
    });
    let mut text = text(&explained, live);
    if let Some(copied) = copied.as_ref().filter(|_| !explained.revisions.is_empty()) {
        sampled::text(&mut text, copied);
    }
    Ok((Report::new(text, &data), exit::DONE))
}

/// The effects of a plan, for people.
pub fn text(explained: &Explained, live: Option<&Measured>) -> String {
    if explained.revisions.is_empty() {
        return "nothing to do\n".into();
    }
    let mut out = String::new();
    for revision in &explained.revisions {
        let _ = writeln!(out, "{BOLD}{} {}{BOLD:#}", revision.id, revision.message);
        for step in &revision.steps {
            let mut quiet: Vec<&StatementEffects> = Vec::new();
            for (at, statement) in step.statements.iter().enumerate() {
                if statement.is_quiet() {
                    quiet.push(statement);
                    continue;
                }
                hush(&mut out, &mut quiet);
                let step_is = match (step.kind, at) {
                    ("transaction", 0) => format!("step {}, one transaction", step.ordinal),
                    ("transaction", _) => format!("step {}, the same transaction", step.ordinal),
                    ("alone", _) => format!("step {}, outside a transaction", step.ordinal),
                    (kind, _) => format!("step {}, {kind}", step.ordinal),
                };
                one(&mut out, statement, &step_is);
            }
            hush(&mut out, &mut quiet);
        }
    }
    if let Some(live) = live {
        database(&mut out, live);
    }
    out
}

/// Statements that nobody else notices, in one line.
fn hush(out: &mut String, quiet: &mut Vec<&StatementEffects>) {
    let (Some(first), Some(last)) = (quiet.first(), quiet.last()) else { return };
    let (verb, lines) = match quiet.len() {
        1 => ("touches", format!("line {}", first.line)),
        _ => ("touch", format!("lines {} to {}", first.line, last.line)),
    };
    let number = count(quiet.len(), "statement");
    let _ = writeln!(out, "\n  {DIM}{lines}: {number} that {verb} nothing that others use{DIM:#}");
    quiet.clear();
}

fn one(out: &mut String, it: &StatementEffects, step: &str) {
    let sql: String = it.sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = sql.chars().take(110).collect();
    let dots = if short.len() < sql.len() { " ..." } else { "" };
    let _ = writeln!(out, "\n  {short}{dots}  {DIM}line {}, {step}{DIM:#}", it.line);
    let mut rows: Vec<(&str, String)> = Vec::new();
    for lock in &it.locks {
        let size = lock
            .size
            .map(|size| format!(", {}, {}", rows_of(size.rows), bytes(size.bytes + size.index_bytes)));
        let style = if lock.mode.blocks_reads() {
            RED
        } else if lock.mode.blocks_writes() {
            YELLOW
        } else {
            DIM
        };
        rows.push((
            "lock",
            format!(
                "{} {style}{}{style:#}: {} wait{}",
                lock.relation,
                lock.mode,
                lock.blocks,
                size.unwrap_or_default()
            ),
        ));
    }
    let names = |list: &[cutover_core::effect::Rel]| {
        list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    };
    if !it.rewrites.is_empty() {
        rows.push(("rewrite", format!("{RED}{}{RED:#}", names(&it.rewrites))));
    }
    if !it.scans.is_empty() {
        rows.push(("scan", names(&it.scans)));
    }
    if let (Some(number), Some(size)) = (it.rows, it.bytes) {
        rows.push(("at stake", format!("{}, {}", rows_of(number), bytes(size))));
    }
    let meanwhile = if it.blocks_meanwhile { ", and others wait all the while" } else { "" };
    match it.estimate_ms {
        Some(ms) => rows.push(("time", format!("about {}{meanwhile}", millis(ms)))),
        None if !it.rewrites.is_empty() || !it.scans.is_empty() => {
            rows.push((
                "time",
                format!("grows with the table{meanwhile}; --against a database tells how long"),
            ));
        }
        None => {}
    }
    rows.extend(it.losses.iter().map(|loss| ("loses", format!("{RED}{}{RED:#}", loss.in_words()))));
    rows.extend(it.breaks.iter().map(|text| ("breaks", text.clone())));
    rows.extend(it.fails.iter().map(|text| ("fails", format!("{RED}{text}{RED:#}"))));
    rows.extend(it.unknown.iter().map(|text| ("unknown", format!("{YELLOW}{text}{YELLOW:#}"))));
    let undo = match it.undo {
        Undo::Nothing => "there is nothing to undo",
        Undo::Statement => "by the downgrade",
        Undo::Restore => "the downgrade does not bring the data back; a backup does",
    };
    if it.undo != Undo::Nothing {
        rows.push(("undo", undo.into()));
    }
    rows.extend(it.cutover.iter().map(|text| ("cutover", text.clone())));
    match &it.wrong {
        None => {}
        Some(wrong) if wrong.is_empty() => rows.push(("trace", "PostgreSQL did just that".into())),
        Some(wrong) => {
            rows.extend(wrong.iter().map(|text| ("trace", format!("{RED}Cutover was wrong{RED:#}: {text}"))));
        }
    }
    rows.extend(it.traced.map(|it| ("trace", took(&it))));
    let mut last = "";
    for (name, text) in rows {
        let name_shown = if name == last { "" } else { name };
        let _ = writeln!(out, "    {DIM}{name_shown:<9}{DIM:#} {text}");
        last = name;
    }
}

fn took(it: &Traced) -> String {
    let ms = millis(it.ms);
    match (it.share, it.all_ms) {
        (None, _) => format!("took {ms} here, without rows of a live database"),
        (Some(share), None) => {
            format!("took {ms} with {} of the rows, too few or too quick to tell of all", percent(share))
        }
        (Some(share), Some(_)) if share >= 1.0 => format!("took {ms} with all rows"),
        (Some(share), Some(all)) => {
            format!("took {ms} with {} of the rows; with all of them about {}", percent(share), millis(all))
        }
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 1.0 { format!("{percent:.2} %") } else { format!("{percent:.0} %") }
}

fn database(out: &mut String, live: &Measured) {
    let server = &live.server;
    let _ = writeln!(out, "\n{BOLD}the database now{BOLD:#}");
    let lag = server.replay_lag_ms.map(|ms| format!(", {} behind", millis(ms))).unwrap_or_default();
    let _ = writeln!(
        out,
        "  PostgreSQL {}, {}{lag}",
        server.major,
        count(usize::try_from(server.replicas).unwrap_or(0), "replica")
    );
    match server.free_bytes {
        Some(free) => {
            let _ = writeln!(out, "  {} free where the data is", bytes(free));
        }
        None => {
            let _ = writeln!(
                out,
                "  free disk is not known: the server is elsewhere, or does not say where its data is"
            );
        }
    }
    for long in &live.long {
        let _ = writeln!(
            out,
            "  {YELLOW}open for {}{YELLOW:#}: server process {} ({}{}, {}): {}",
            millis(long.open_ms),
            long.pid,
            long.user,
            if long.application.is_empty() { String::new() } else { format!(" with {}", long.application) },
            long.state,
            long.query
        );
    }
    if !live.long.is_empty() {
        let _ = writeln!(out, "  a strong lock waits for these, and everybody behind it");
    }
}

/// Rows as people read them: `12 rows`, `1.2 million rows`.
fn rows_of(rows: f64) -> String {
    match rows {
        rows if rows < 0.0 => "an unknown number of rows".into(),
        rows if rows < 10_000.0 => count(rows as usize, "row"),
        rows if rows < 1e6 => format!("{:.0} thousand rows", rows / 1e3),
        rows if rows < 1e9 => format!("{:.1} million rows", rows / 1e6),
        rows => format!("{:.1} billion rows", rows / 1e9),
    }
}

/// Bytes as people read them: `8 kB`, `1.4 GB`.
fn bytes(bytes: u64) -> String {
    let bytes = bytes as f64;
    match bytes {
        it if it < 1e3 => format!("{it:.0} bytes"),
        it if it < 1e6 => format!("{:.0} kB", it / 1e3),
        it if it < 1e9 => format!("{:.0} MB", it / 1e6),
        it => format!("{:.1} GB", it / 1e9),
    }
}
