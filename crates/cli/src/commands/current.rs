//! `cutover current`.

use cutover_engine::execute::applied_set;
use serde_json::json;

use super::rows::row;
use crate::context::{Context, Opened};
use crate::exit;
use crate::output::{Report, table};

/// Show the applied revisions that no other applied one revises
///
/// "status" tells more: what is pending, half done or edited.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover current\n  cutover current --check-heads && echo up to date")]
pub struct Args {
    /// Exit with 3 when not every head is applied
    #[arg(long)]
    check_heads: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let Opened { history, state, .. } = context.open(&config).await?;
    let graph = history.graph();
    let applied = applied_set(&history, &state)?;
    let rows: Vec<_> = graph
        .tips(&applied)
        .into_iter()
        .map(|i| row(graph, i, Some(state.applied.get(graph.id(i)))))
        .collect();
    let lines: Vec<_> = rows.iter().map(|r| vec![r.id.to_owned(), r.marks(), r.message.to_owned()]).collect();
    let text = if rows.is_empty() { "base: nothing is applied\n".to_owned() } else { table(&lines) };
    let complete = graph.heads().iter().all(|i| applied.contains(i));
    let code = if args.check_heads && !complete { exit::ATTENTION } else { exit::DONE };
    Ok((Report::new(text, &json!({ "current": rows, "all_heads": complete })), code))
}
