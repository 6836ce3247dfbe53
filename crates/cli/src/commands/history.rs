//! `cutover history`.

use cutover_core::revision::target::{Applied, Range};
use cutover_engine::execute::{applied_set, understood};
use serde_json::json;

use super::rows::row;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::output::{Report, table};

/// List the revisions, newest first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover history\n  cutover history 0004:head\n  cutover history -3: --applied\n  cutover history current:"
)]
pub struct Args {
    /// A range FROM:TO with both ends; either may be left out
    #[arg(value_name = "RANGE", allow_hyphen_values = true)]
    range: Option<String>,
    /// Ask the database which are applied, when and by whom
    #[arg(long, short = 'i')]
    applied: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let text = args.range.as_deref().unwrap_or(":");
    let range = Range::parse(text)?.ok_or_else(|| {
        Failure::usage("bad-range", format!("\"{text}\" is not a range")).help("write FROM:TO, FROM: or :TO")
    })?;
    let asks = args.applied || range.is_relative();
    let state = if asks {
        let database = context.database(&config).await?;
        Some(understood(&history, context.session(&database).await?.state().await?))
    } else {
        None
    };
    let applied = state.as_ref().map_or(Ok(Applied::new()), |s| applied_set(&history, s))?;
    context.note_replaced(graph, text);
    let mut indices = range.inclusive(graph, &applied)?;
    indices.reverse();
    let rows: Vec<_> = indices
        .into_iter()
        .map(|i| row(graph, i, state.as_ref().map(|s| s.applied.get(graph.id(i)))))
        .collect();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|r| {
            let mut line = r.line();
            if args.applied {
                line.push(match (r.applied_at, r.applied_by) {
                    (Some(at), Some(by)) => format!("applied {at} by {by}"),
                    _ => "pending".into(),
                });
            }
            line
        })
        .collect();
    let text = if rows.is_empty() { "there are no revisions\n".to_owned() } else { table(&lines) };
    Ok((Report::new(text, &json!({ "revisions": rows })), exit::DONE))
}
