//! `cutover rollout status`: where each rollout stands, and whose turn it is.

use std::fmt::Write as _;

use cutover_engine::execute::Cause;
use cutover_engine::gate;
use cutover_engine::history::History;
use cutover_engine::rollout::{Place, Progress, Standing, progress};
use serde_json::{Value, json};

use crate::context::{Context, Opened};
use crate::exit;
use crate::failure::Failure;
use crate::output::{Report, count, table};
use crate::waiting;

/// Show where rollouts stand on this database, what they wait for, and whose turn it is
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover rollout status\n  cutover rollout status retire-join-table --env prod\n  cutover rollout status --markdown > rollout.md"
)]
pub struct Args {
    /// One rollout; all that are not complete without it
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Also those that are complete
    #[arg(long)]
    all: bool,
    /// Print Markdown, for a pull request
    #[arg(long)]
    markdown: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::super::Result {
    let config = context.config()?;
    let Opened { history, session, state, database: _held } = context.open(&config).await?;
    if let Some(name) = &args.name
        && !history.graph().rollouts().contains_key(name)
    {
        let known: Vec<&str> = history.graph().rollouts().keys().map(String::as_str).collect();
        let failure = Failure::usage("no-such-rollout", format!("there is no rollout {name}"));
        return Err(match &known[..] {
            [] => failure.help("no revision of this project has a --@ rollout line"),
            known => failure.help(format!("there are: {}", known.join(", "))),
        });
    }
    let mut found = progress(&history, &state, &session, args.name.as_deref()).await?;
    if state.format > 1 {
        // each look is a sample; where it cannot be kept, "cutover gate" says so
        let _ = gate::sample(&session, &super::super::gate::watched(&history, &state)?).await;
    }
    let complete = found.iter().filter(|one| one.is_complete()).count();
    if args.name.is_none() && !args.all {
        found.retain(|one| !one.is_complete());
    }
    let mut text = String::new();
    for one in &found {
        text += &if args.markdown { markdown(&history, one) } else { plain(&history, one) };
    }
    if found.is_empty() {
        text = match complete {
            0 => "there are no rollouts; \"cutover rollout new\" writes one\n".into(),
            many => format!("{} complete, none under way\n", count(many, "rollout")),
        };
    }
    let data = json!({ "rollouts": found.iter().map(|one| data(&history, one)).collect::<Vec<_>>() });
    Ok((Report::new(text, &data), exit::DONE))
}

/// A standing in a few words.
fn words(history: &History, standing: &Standing) -> String {
    match standing {
        Standing::Applied { at, .. } => format!("applied {at}"),
        Standing::HalfDone { done, of, .. } => format!("half done, {done} of {of} steps"),
        Standing::Waiting { .. } => "waiting".into(),
        Standing::Ready => "ready: cutover upgrade".into(),
        Standing::Behind { of } => {
            let of: Vec<&str> = of.iter().map(|i| history.graph().id(*i)).collect();
            format!("after {}", of.join(", "))
        }
    }
}

fn causes(standing: &Standing) -> &[Cause] {
    match standing {
        Standing::Waiting { causes } | Standing::HalfDone { causes, .. } => causes,
        Standing::Applied { .. } | Standing::Ready | Standing::Behind { .. } => &[],
    }
}

fn owner<'h>(history: &'h History, place: &Place) -> &'h str {
    history.revision(place.index).header.owner.as_ref().map_or("", |owner| owner.value.as_str())
}

fn phase(history: &History, place: &Place) -> &'static str {
    history.revision(place.index).rollout.as_ref().map_or("", |part| part.phase.as_str())
}

/// Whose turn it is: the owners of what waits or is ready.
fn turn(history: &History, one: &Progress) -> Vec<String> {
    let mut owners: Vec<String> = one
        .places
        .iter()
        .filter(|place| match place.standing {
            Standing::Waiting { .. } | Standing::HalfDone { .. } | Standing::Ready => true,
            Standing::Applied { .. } | Standing::Behind { .. } => false,
        })
        .map(|place| owner(history, place).to_owned())
        .filter(|owner| !owner.is_empty())
        .collect();
    owners.sort();
    owners.dedup();
    owners
}

fn plain(history: &History, one: &Progress) -> String {
    let graph = history.graph();
    let mut out = format!("rollout {}{}\n", one.name, if one.is_complete() { ", complete" } else { "" });
    let head = ["  phase", "revision", "what", "owner", "state"].map(str::to_owned).to_vec();
    let mut rows = vec![head];
    rows.extend(one.places.iter().map(|place| {
        let node = graph.node(place.index);
        vec![
            format!("  {}", phase(history, place)),
            node.id.clone(),
            node.message.clone(),
            owner(history, place).to_owned(),
            words(history, &place.standing),
        ]
    }));
    out += &table(&rows);
    for place in &one.places {
        let causes = causes(&place.standing);
        if !causes.is_empty() {
            let _ = writeln!(out, "\n  {} waits for", graph.id(place.index));
            causes.iter().for_each(|cause| out += &indented(cause));
            let _ = writeln!(out, "    {}", waiting::next(history, place.index, causes));
        }
    }
    let turn = turn(history, one);
    if !turn.is_empty() {
        let _ = writeln!(out, "\n  whose turn it is: {}", turn.join(", "));
    }
    out.push('\n');
    out
}

fn indented(cause: &Cause) -> String {
    let mut out = format!("    {}\n", waiting::line(cause));
    for seen in waiting::evidence(cause) {
        let _ = writeln!(out, "      {seen}");
    }
    out
}

fn markdown(history: &History, one: &Progress) -> String {
    let graph = history.graph();
    let cell = |text: &str| text.replace('|', "\\|");
    let mut out = format!(
        "### Rollout `{}`{}\n\n| | phase | revision | what | owner | state |\n|---|---|---|---|---|---|\n",
        one.name,
        if one.is_complete() { ": complete" } else { "" }
    );
    for place in &one.places {
        let node = graph.node(place.index);
        let tick = if matches!(place.standing, Standing::Applied { .. }) { "[x]" } else { "[ ]" };
        let _ = writeln!(
            out,
            "| {tick} | {} | `{}` | {} | {} | {} |",
            phase(history, place),
            node.id,
            cell(&node.message),
            cell(owner(history, place)),
            cell(&words(history, &place.standing)),
        );
    }
    for place in &one.places {
        for cause in causes(&place.standing) {
            let _ = writeln!(out, "\n`{}` waits for {}", graph.id(place.index), waiting::line(cause));
            for seen in waiting::evidence(cause) {
                let _ = writeln!(out, "- {seen}");
            }
        }
    }
    let turn = turn(history, one);
    if !turn.is_empty() {
        let _ = writeln!(out, "\nWhose turn it is: **{}**", turn.join(", "));
    }
    out.push('\n');
    out
}

fn data(history: &History, one: &Progress) -> Value {
    let places: Vec<Value> = one
        .places
        .iter()
        .map(|place| {
            let node = history.graph().node(place.index);
            let state = match &place.standing {
                Standing::Applied { .. } => "applied",
                Standing::HalfDone { .. } => "half_done",
                Standing::Waiting { .. } => "waiting",
                Standing::Ready => "ready",
                Standing::Behind { .. } => "behind",
            };
            json!({
                "id": node.id,
                "message": node.message,
                "phase": phase(history, place),
                "owner": owner(history, place),
                "state": state,
                "waits_for": causes(&place.standing).iter().map(waiting::cause).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "name": one.name, "complete": one.is_complete(), "turn": turn(history, one), "revisions": places,
    })
}
