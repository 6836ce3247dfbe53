//! `cutover ack`: a person says that a deploy is done.

use cutover_core::plan::{Direction, StepKind};
use cutover_core::revision::target::{Applied, Target};
use cutover_engine::execute::prepare;
use cutover_engine::ledger::acknowledgement::{self, Source, Word};
use serde_json::json;

use crate::context::{Context, Opened, whoami};
use crate::exit;
use crate::failure::Failure;
use crate::output::Report;

/// Say that what a revision waits for is deployed
///
/// The next "upgrade" then goes on from there. What was said, by whom and when, stays in the ledger.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover ack 0105 --by ana --note \"backend 2024.11.3 is on all hosts\"\n  cutover ack 0105 --downgrade --by ana --note \"rolled back to 2024.11.2\""
)]
pub struct Args {
    /// The revision that waits
    #[arg(value_name = "REV")]
    revision: String,
    /// Who says so
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// What was deployed, and where that can be seen
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// It is the downgrade that waits
    #[arg(long)]
    downgrade: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let target = Target::parse(&args.revision)?;
    let Opened { history, session, state, database: _held } = context.open(&config).await?;
    let graph = history.graph();
    let index = target.resolve_one(graph, &Applied::new())?;
    let id = graph.id(index);
    let refuse = |code, message: String| Err(Failure::usage(code, message));
    let direction = if args.downgrade { Direction::Downgrade } else { Direction::Upgrade };
    let is_applied = |index: &usize| state.applied.contains_key(graph.id(*index));
    match direction {
        Direction::Upgrade if is_applied(&index) => {
            return refuse("not-waiting", format!("revision {id} is applied already"));
        }
        Direction::Downgrade if !is_applied(&index) => {
            return refuse(
                "not-waiting",
                format!("revision {id} is not applied, so there is nothing to go back from"),
            );
        }
        Direction::Upgrade | Direction::Downgrade => {}
    }
    let first = match direction {
        Direction::Upgrade => graph.needs([index]).into_iter().find(|i| *i != index && !is_applied(i)),
        Direction::Downgrade => {
            graph.needed_by([index]).into_iter().rev().find(|i| *i != index && is_applied(i))
        }
    };
    if let Some(first) = first {
        let first = graph.id(first);
        return Err(Failure::usage(
            "not-waiting",
            format!("revision {id} does not wait yet: {first} comes first"),
        )
        .help(format!("run \"cutover {}\" up to it", direction.as_str())));
    }
    let prepared = prepare(&history, &[index], direction)?;
    let is_done = |ordinal| state.open.iter().any(|s| s.revision == id && s.ordinal == ordinal && s.done);
    let given = match state.format {
        format if format < 2 => Vec::new(),
        _ => acknowledgement::all(session.client(), Some(id)).await?,
    };
    let is_said =
        |ordinal| given.iter().any(|g| g.open && g.ordinal == ordinal && g.direction == direction.as_str());
    let deploys: Vec<(u32, &String)> = prepared
        .iter()
        .flat_map(|one| &one.steps)
        .filter_map(|step| match &step.kind {
            StepKind::Deploy { text, .. } if !is_done(step.ordinal) => Some((step.ordinal, text)),
            _ => None,
        })
        .collect();
    let next = deploys.iter().find(|(ordinal, _)| !is_said(*ordinal)).or(deploys.first());
    let Some((ordinal, text)) = next.copied() else {
        return refuse(
            "not-waiting",
            format!("the {} of revision {id} waits for no deploy", direction.as_str()),
        );
    };
    let by = args.by.clone().unwrap_or_else(whoami);
    let word = Word { revision: id, direction, ordinal, source: Source::Person, by: &by, note: &args.note };
    session.write(&state, "acknowledging", &acknowledgement::insert(word)).await?;
    let text = format!("acknowledged by {by}: {text}\nto go on: cutover {}\n", direction.as_str());
    let data =
        json!({ "id": id, "direction": direction.as_str(), "step": ordinal, "by": by, "note": args.note });
    Ok((Report::new(text, &data), exit::DONE))
}
