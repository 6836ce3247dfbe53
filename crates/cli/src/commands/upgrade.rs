//! `cutover upgrade`, and the part of a run that `downgrade` shares.

use std::path::PathBuf;

use cutover_core::plan::Direction;
use cutover_core::revision::target::{Applied, Range, Target};
use cutover_engine::backup;
use cutover_engine::execute::{Gates, Request, Run, prepare, script};
use cutover_engine::history::History;
use cutover_engine::ledger::State;
use cutover_engine::server::{Binaries, Lookup};
use cutover_engine::session::{Session, Settings};
use serde_json::json;

use crate::context::{Context, Database, Opened, absolute, whoami};
use crate::effects;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::{Report, count, millis};
use crate::plan_view;
use crate::waiting;

/// Apply revisions up to a target
///
/// Killed anywhere, the same command goes on where it was.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover upgrade\n  cutover upgrade +1 --env staging\n  cutover upgrade heads --plan\n  cutover upgrade 0004:head --sql > change.sql\n  cutover upgrade --backup before.dump --env prod"
)]
pub struct Args {
    /// An id or its beginning, head, heads, LABEL@head, +2, ID+2; with --sql also FROM:TO
    #[arg(default_value = "head", value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
    /// How to run it
    #[command(flatten)]
    how: How,
}

/// How a run goes.
#[derive(Debug, clap::Args)]
pub struct How {
    /// Print a script for psql instead of running
    #[arg(long, conflicts_with_all = ["plan", "backup"])]
    sql: bool,
    /// Show every step with its statements, and run nothing
    #[arg(long)]
    plan: bool,
    /// Take a pg_dump of the database into this file first; refuse to go on without
    #[arg(long, value_name = "FILE")]
    backup: Option<PathBuf>,
    /// How long one lock is waited for, such as 500ms
    #[arg(long, value_name = "TIME")]
    lock_timeout: Option<String>,
    /// How long another run of Cutover is waited for, such as 5m
    #[arg(long, value_name = "TIME")]
    wait: Option<String>,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    go(context, &args.target, &args.how, Direction::Upgrade).await
}

/// A run in either direction.
pub async fn go(context: &Context, target: &str, how: &How, direction: Direction) -> super::Result {
    let config = context.config()?;
    if how.sql
        && let Some(range) = Range::parse(target)?
    {
        let history = context.history(&config)?;
        let settings = how.settings(context.settings(&config, None))?;
        let mut indices = range_of(&history, &range, direction)?;
        if direction == Direction::Downgrade {
            indices.reverse();
        }
        return Ok((Report::raw(script(&history, &indices, direction, target, &settings)?), exit::DONE));
    }
    let target = Target::parse(target)?;
    let Opened { history, database, session, state } = context.open(&config).await?;
    context.note_replaced(history.graph(), &target.to_string());
    let settings = how.settings(context.settings(&config, Some(&database)))?;
    let by = whoami();
    let url = database.params.url();
    let request = Request {
        history: &history,
        direction,
        target: &target,
        by: &by,
        settings: &settings,
        url: &url,
        exactly: None,
        gates: Gates::Obeyed,
    };
    let pending = request.pending(&state)?;
    if how.sql {
        return Ok((
            Report::raw(script(&history, &pending, direction, &target.to_string(), &settings)?),
            exit::DONE,
        ));
    }
    if how.plan {
        let prepared = prepare(&history, &pending, direction)?;
        return Ok((plan_view::report(&history, &prepared, direction), exit::DONE));
    }
    if pending.is_empty() && state.adopted.is_empty() {
        return Ok((nothing(&history, &session, direction), exit::DONE));
    }
    prepare(&history, &pending, direction)?;
    if direction == Direction::Upgrade {
        let policy = context.policy(&config, &database);
        effects::obey(&history, &pending, &state, &session, policy, &settings.search_path).await?;
    }
    if let Some(path) = &how.backup {
        take_backup(context, &database, path).await?;
    }
    let began = std::time::Instant::now();
    let outcome = Run::execute(request, &session, &|event| context.event(event)).await?;
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    let ids: Vec<&str> = outcome.ran.iter().map(|i| history.graph().id(*i)).collect();
    let word = match direction {
        Direction::Upgrade => "applied",
        Direction::Downgrade => "undone",
    };
    let mut text = adopted(&state);
    text += &format!("{} {word} in {}\n", count(ids.len(), "revision"), millis(ms));
    outcome.waiting.iter().for_each(|one| text += &waiting::text(&history, one));
    let waits: Vec<_> = outcome.waiting.iter().map(|one| waiting::data(&history, one)).collect();
    let data = json!({ "direction": direction.as_str(), "revisions": ids, "waiting": waits, "adopted": state.adopted, "duration_ms": ms });
    Ok((Report::new(text, &data), exit::DONE))
}

/// What was written into the ledger in place of what it replaces.
fn adopted(state: &State) -> String {
    let line = |(id, old): (&String, &Vec<String>)| {
        format!("{id} counts as applied: it replaces {}, which were\n", count(old.len(), "revision"))
    };
    state.adopted.iter().map(line).collect()
}

/// What a range runs: for a downgrade `NEW:OLD`, as Alembic has it.
fn range_of(history: &History, range: &Range, direction: Direction) -> Result<Vec<usize>, Failure> {
    let ordered = match direction {
        Direction::Upgrade => range.clone(),
        Direction::Downgrade => Range { from: range.to.clone(), to: range.from.clone() },
    };
    Ok(ordered.between(history.graph(), &Applied::new())?)
}

fn nothing(history: &History, session: &Session, direction: Direction) -> Report {
    let text = format!("nothing to do on database {}\n", session.facts.database);
    let data = json!({ "direction": direction.as_str(), "revisions": [], "waiting": [], "duration_ms": 0.0 });
    let empty = history.graph().is_empty();
    let hint = if empty { "there are no revisions yet: cutover new \"first tables\"\n" } else { "" };
    Report::new(text + hint, &data)
}

async fn take_backup(context: &Context, database: &Database, path: &std::path::Path) -> Result<(), Failure> {
    let missing = || {
        Failure::new("no-pg-dump", "the backup needs pg_dump, which is not installed, so nothing was run")
            .help("install PostgreSQL's client programs")
    };
    let binaries = Binaries::find(&Lookup::from_env()).map_err(|_| missing())?;
    if !binaries.has_tool("pg_dump") {
        return Err(missing());
    }
    let path = absolute(path);
    backup::backup(&binaries.tool("pg_dump"), &database.params, &path)
        .await
        .map_err(|e| Failure::new("backup", format!("there is no backup, so nothing was run: {e}")))?;
    context.say(&format!("backup  {}", shown(&path)));
    Ok(())
}

impl How {
    /// The settings with what the command line says.
    pub fn settings(&self, mut settings: Settings) -> Result<Settings, Failure> {
        let read = |text: &str| {
            cutover_sql::duration::parse(text).ok_or_else(|| {
                Failure::usage("bad-time", format!("\"{text}\" is not a time"))
                    .help("write 500ms, 2s, 5m or 0")
            })
        };
        if let Some(text) = &self.lock_timeout {
            settings.lock_timeout = read(text)?;
        }
        if let Some(text) = &self.wait {
            settings.wait = read(text)?;
        }
        Ok(settings)
    }
}
