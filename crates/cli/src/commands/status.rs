//! `cutover status`.

use std::collections::BTreeSet;

use cutover_core::revision::graph::Index;
use cutover_engine::execute::{edited, half_done, inside};
use cutover_engine::history::History;
use cutover_engine::ledger::State;
use cutover_engine::session::Session;
use serde::Serialize;

use crate::context::{Context, Opened};
use crate::exit;
use crate::output::{Report, count, table};

/// Show at a glance what is applied, pending, half done or edited
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover status\n  cutover status --env prod --exit-code || echo look at it"
)]
pub struct Args {
    /// Exit with 3 when there is something to look at: pending, half done, edited, unknown
    #[arg(long)]
    exit_code: bool,
}

#[derive(Serialize)]
struct Status<'a> {
    server: Server<'a>,
    ledger_format: i32,
    applied: usize,
    current: Vec<&'a str>,
    last: Option<Last<'a>>,
    pending: Vec<Named<'a>>,
    half_done: Vec<Half<'a>>,
    edited: Vec<&'a str>,
    unknown: Vec<&'a str>,
    /// Revisions that all of what they replace stands for, until the next run writes it down.
    adopted: Vec<&'a str>,
    /// What is wrong where only some of what a revision replaces is applied.
    inside: Option<String>,
    heads: Vec<&'a str>,
    #[serde(skip)]
    to_merge: Vec<&'a str>,
    up_to_date: bool,
}

#[derive(Serialize)]
struct Server<'a> {
    database: &'a str,
    user: &'a str,
    at: String,
    version: &'a str,
    embedded: bool,
    in_recovery: bool,
    read_only: bool,
    pooler: bool,
}

#[derive(Serialize)]
struct Last<'a> {
    id: &'a str,
    at: &'a str,
    by: &'a str,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
struct Half<'a> {
    id: &'a str,
    direction: &'a str,
    done: usize,
    steps: u32,
    since: &'a str,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let Opened { history, database, session, state } = context.open(&config).await?;
    let status = status(&history, &session, &state, database.embedded.is_some());
    let code = if args.exit_code && !status.up_to_date { exit::ATTENTION } else { exit::DONE };
    Ok((Report::new(text(&status), &status), code))
}

fn status<'a>(history: &'a History, session: &'a Session, state: &'a State, embedded: bool) -> Status<'a> {
    let graph = history.graph();
    let applied: BTreeSet<Index> = state.applied.keys().filter_map(|id| graph.find(id)).collect();
    let ids = |list: Vec<Index>| -> Vec<&'a str> { list.into_iter().map(|i| graph.id(i)).collect() };
    let pending: Vec<_> = (0..graph.len())
        .filter(|i| !applied.contains(i))
        .map(|i| Named { id: graph.id(i), message: &graph.node(i).message })
        .collect();
    let half: Vec<_> = half_done(history, state)
        .into_iter()
        .map(|(_, first)| Half {
            id: &first.revision,
            direction: &first.direction,
            done: state.open.iter().filter(|s| s.revision == first.revision && s.done).count(),
            steps: first.steps,
            since: &first.started_at,
        })
        .collect();
    let edited = ids(edited(history, state));
    let unknown: Vec<&str> =
        state.applied.keys().map(String::as_str).filter(|id| graph.find(id).is_none()).collect();
    let inside = inside(history, state).map(|error| error.to_string());
    let (of_replaced, unknown): (Vec<&str>, Vec<&str>) =
        unknown.into_iter().partition(|id| graph.replacement(id).is_some());
    let last = state.applied.values().max_by(|a, b| {
        a.applied_at.cmp(&b.applied_at).then_with(|| graph.find(&a.id).cmp(&graph.find(&b.id)))
    });
    let facts = &session.facts;
    Status {
        server: Server {
            database: &facts.database,
            user: &facts.user,
            at: session.params.display(),
            version: &facts.version_text,
            embedded,
            in_recovery: facts.in_recovery,
            read_only: facts.read_only,
            pooler: session.is_pooled(),
        },
        ledger_format: state.format,
        applied: state.applied.len(),
        current: ids(graph.tips(&applied)),
        last: last.map(|a| Last { id: &a.id, at: &a.applied_at, by: &a.applied_by }),
        up_to_date: pending.is_empty()
            && half.is_empty()
            && edited.is_empty()
            && unknown.is_empty()
            && of_replaced.is_empty(),
        adopted: state.adopted.keys().map(String::as_str).collect(),
        inside,
        pending,
        half_done: half,
        edited,
        unknown,
        heads: ids(graph.heads()),
        to_merge: ids(graph.trunk()),
    }
}

fn text(status: &Status<'_>) -> String {
    let server = &status.server;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    let kind = if server.embedded { "private server" } else { "server" };
    row(kind, format!("{} (PostgreSQL {})", server.at, server.version));
    row("database", format!("{} as {}", server.database, server.user));
    for (yes, what) in [
        (server.in_recovery, "it is a standby in recovery and cannot be changed"),
        (server.read_only && !server.in_recovery, "it is read only"),
        (server.pooler, "it is behind a pooler: runs need a session of their own"),
    ] {
        if yes {
            row("note", what.into());
        }
    }
    let at = if status.current.is_empty() { "nothing".into() } else { status.current.join(", ") };
    row("applied", format!("{} (current: {at})", count(status.applied, "revision")));
    if let Some(last) = &status.last {
        row("last", format!("{} at {} by {}", last.id, last.at, last.by));
    }
    row(
        "pending",
        match status.pending.len() {
            0 => "nothing".into(),
            many => count(many, "revision"),
        },
    );
    for named in &status.pending {
        row("", format!("{} {}", named.id, named.message));
    }
    for half in &status.half_done {
        row(
            "half done",
            format!(
                "{} of {}: {} of {} steps since {}; finish with: cutover {} {}",
                half.direction, half.id, half.done, half.steps, half.since, half.direction, half.id
            ),
        );
    }
    if !status.edited.is_empty() {
        row("edited", format!("after they were applied: {}", status.edited.join(", ")));
    }
    if !status.unknown.is_empty() {
        row("unknown", format!("in the ledger and in no file: {}", status.unknown.join(", ")));
    }
    for id in &status.adopted {
        row(
            "replaced",
            format!("{id} counts as applied, as all that it replaces is; the next run writes it down"),
        );
    }
    if let Some(inside) = &status.inside {
        row("inside", inside.clone());
        row("next", "check out the commit from before the squash, run cutover upgrade there; then go on with the files of now".into());
    }
    if status.to_merge.len() > 1 {
        row(
            "heads",
            format!(
                "{}: {}; join them with: cutover merge",
                status.to_merge.len(),
                status.to_merge.join(", ")
            ),
        );
    }
    table(&rows)
}
