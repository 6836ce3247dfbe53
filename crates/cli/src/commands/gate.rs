//! `cutover gate`: what a revision requires, asked now.

use cutover_core::plan::{Direction, StepKind};
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_core::rollout::gate::Gate;
use cutover_engine::execute::{prepare, understood};
use cutover_engine::gate::{self, Verdict, Watched};
use cutover_engine::history::History;
use cutover_engine::ledger::State;
use cutover_engine::ledger::acknowledgement::{self, GATES, Given, Source, Word};
use cutover_engine::session::Session;
use serde_json::{Value, json};

use crate::context::{Context, Opened, whoami};
use crate::exit;
use crate::failure::Failure;
use crate::output::{Report, count};
use crate::waiting;

/// Ask the gates of a revision now, and print the evidence
///
/// Nothing runs; "upgrade" asks the same again. Exits with 0 when all gates are open (or passed over), and with 3 when one is
/// closed, so that a script can wait for it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover gate 0107\n  until cutover gate 0107 --env prod; do sleep 600; done\n  cutover gate --sample --env prod   # from cron: evidence for all that is pending\n  cutover gate 0107 --override \"the only reader left is the nightly report, and it is off\""
)]
pub struct Args {
    /// The revision
    #[arg(value_name = "REV", required_unless_present = "sample")]
    revision: Option<String>,
    /// Only look at what pending revisions watch, and keep what is seen in the ledger
    #[arg(long, conflicts_with_all = ["revision", "why"])]
    sample: bool,
    /// Pass over the closed gates of this revision; who, when and why stay in the ledger
    #[arg(long = "override", value_name = "WHY")]
    why: Option<String>,
    /// Who passes over them
    #[arg(long, value_name = "NAME", requires = "why")]
    by: Option<String>,
}

/// A gate with what was found out.
struct Asked {
    gate: Gate,
    /// The deploy that it would be evidence for.
    deploy: Option<String>,
    verdict: Verdict,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let Opened { history, session, mut state, database: _held } = context.open(&config).await?;
    if state.format == 1 {
        // a ledger of an earlier version has no place for evidence
        session.write(&state, "bringing the ledger up to date", "SELECT 1").await?;
        state = understood(&history, session.state_now().await?);
    }
    let Some(revision) = &args.revision else { return sample(&history, &session, &state).await };
    let index = Target::parse(revision)?.resolve_one(history.graph(), &Applied::new())?;
    match &args.why {
        Some(why) => pass_over(&history, &session, &state, index, why, args.by.as_deref()).await,
        None => ask(&history, &session, &state, index).await,
    }
}

async fn ask(history: &History, session: &Session, state: &State, index: Index) -> super::Result {
    let id = history.graph().id(index);
    let mut asked = Vec::new();
    for (gate, deploy) in gates(history, index)? {
        let verdict = gate::evaluate(&gate, session).await.map_err(|error| {
            Failure::from(error).note(format!("revision {id}, {}", history.revision(index).path.display()))
        })?;
        asked.push(Asked { gate, deploy, verdict });
    }
    let told = words(session, state, id).await?;
    let passed = told.iter().find(|it| it.ordinal == GATES);
    let is_open = passed.is_some() || asked.iter().all(|it| it.verdict.open);
    let data = json!({
        "id": id,
        "open": is_open,
        "override": passed.map(|it| json!({ "by": it.by, "note": it.note, "at": it.at })),
        "gates": asked.iter().map(data).collect::<Vec<_>>(),
    });
    let code = if is_open { exit::DONE } else { exit::ATTENTION };
    let mut text = text(id, &asked, passed);
    let waiting = if state.applied.contains_key(id) { Vec::new() } else { deploys(history, index, &told)? };
    for deploy in waiting {
        text += &format!(
            "waits for a deploy: {deploy}\nwhen it is deployed: cutover ack {id} --by NAME --note TEXT\n"
        );
    }
    Ok((Report::new(text, &data), code))
}

/// Writes that the gates are passed over.
async fn pass_over(
    history: &History,
    session: &Session,
    state: &State,
    index: Index,
    why: &str,
    by: Option<&str>,
) -> super::Result {
    let id = history.graph().id(index);
    let refuse = |message: String| Err(Failure::usage("not-waiting", message));
    if state.applied.contains_key(id) {
        return refuse(format!("revision {id} is applied already"));
    }
    if history.revision(index).gates.is_empty() {
        return refuse(format!("revision {id} has no gate, so there is nothing to pass over"));
    }
    if why.trim().is_empty() {
        return Err(Failure::usage("no-reason", "--override needs a reason")
            .help("say why, for those who read the ledger"));
    }
    let by = by.map_or_else(whoami, str::to_owned);
    let word = Word {
        revision: id,
        direction: Direction::Upgrade,
        ordinal: GATES,
        source: Source::Override,
        by: &by,
        note: why,
    };
    session.write(state, "passing over gates", &acknowledgement::insert(word)).await?;
    let text = format!("passed over by {by}: the gates of {id}: {why}\nto go on: cutover upgrade\n");
    Ok((
        Report::new(text, &json!({ "id": id, "open": true, "override": { "by": by, "note": why } })),
        exit::DONE,
    ))
}

/// Keeps what is seen now of all that pending revisions watch.
async fn sample(history: &History, session: &Session, state: &State) -> super::Result {
    let watched = watched(history, state)?;
    let wrong = gate::sample(session, &watched).await?;
    let names: Vec<String> = watched.iter().map(|it| format!("{} {}", it.what.as_str(), it.name)).collect();
    let mut text = match watched.len() {
        0 => "no pending revision watches anything\n".to_owned(),
        many => format!("{} watched: {}\n", count(many, "thing"), names.join(", ")),
    };
    wrong.iter().for_each(|line| text += &format!("    {line}\n"));
    let code = if wrong.is_empty() { exit::DONE } else { exit::ATTENTION };
    Ok((Report::new(text, &json!({ "watched": names, "problems": wrong })), code))
}

/// What pending revisions watch.
pub fn watched(history: &History, state: &State) -> Result<Vec<Watched>, Failure> {
    let pending = (0..history.graph().len()).filter(|i| !state.applied.contains_key(history.graph().id(*i)));
    let mut all = Vec::new();
    for index in pending {
        all.extend(gates(history, index)?.into_iter().map(|(gate, _)| gate));
    }
    Ok(gate::watched(all.iter()))
}

/// The gates of a revision, and those that would be evidence for its deploys.
fn gates(history: &History, index: Index) -> Result<Vec<(Gate, Option<String>)>, Failure> {
    let prepared = prepare(history, &[index], Direction::Upgrade)?;
    let mut found = Vec::new();
    for one in prepared {
        found.extend(one.gates.into_iter().map(|gate| (gate, None)));
        for step in one.steps {
            if let StepKind::Deploy { text, when: Some(gate) } = step.kind {
                found.push((gate, Some(text)));
            }
        }
    }
    Ok(found)
}

/// The deploys of a revision that somebody has to tell of, and nobody has.
fn deploys(history: &History, index: Index, told: &[Given]) -> Result<Vec<String>, Failure> {
    let is_told = |ordinal: usize| told.iter().any(|it| usize::try_from(it.ordinal) == Ok(ordinal));
    let prepared = prepare(history, &[index], Direction::Upgrade)?;
    let steps = prepared.into_iter().flat_map(|one| one.steps).zip(1..);
    Ok(steps
        .filter_map(|(step, ordinal)| match step.kind {
            StepKind::Deploy { text, when: None } if !is_told(ordinal) => Some(text),
            _ => None,
        })
        .collect())
}

/// What was said of a revision for its upgrade, and holds.
async fn words(session: &Session, state: &State, id: &str) -> Result<Vec<Given>, Failure> {
    if state.format < 2 {
        return Ok(Vec::new());
    }
    let all = acknowledgement::all(session.client(), Some(id)).await?;
    Ok(all.into_iter().filter(|it| it.open && it.direction == "upgrade").collect())
}

fn text(id: &str, asked: &[Asked], passed: Option<&Given>) -> String {
    let mut text = String::new();
    if asked.is_empty() {
        text += &format!("revision {id} has no gate\n");
    }
    for it in asked {
        let state = if it.verdict.open { "open  " } else { "closed" };
        let deploy =
            it.deploy.as_ref().map(|d| format!(" (evidence for the deploy: {d})")).unwrap_or_default();
        text += &format!("{state}  {}{deploy}\n        {}\n", it.gate, it.verdict.summary);
        it.verdict.evidence.iter().for_each(|line| text += &format!("        {line}\n"));
        if let Some(until) = &it.verdict.until {
            text += &format!("        not before {until}\n");
        }
    }
    if let Some(passed) = passed {
        text += &format!("passed over by {} at {}: {}\n", passed.by, passed.at, passed.note);
    }
    text
}

fn data(it: &Asked) -> Value {
    let mut data = waiting::asked(&it.gate, &it.verdict);
    data["deploy"] = json!(it.deploy);
    data
}
