//! `cutover heads`.

use serde_json::json;

use super::rows::row;
use crate::context::Context;
use crate::exit;
use crate::output::{Report, table};

/// List the revisions that nothing revises
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover heads")]
pub struct Args {}

/// Runs the command.
pub fn run(context: &Context, _: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let rows: Vec<_> = history.graph().heads().into_iter().map(|i| row(history.graph(), i, None)).collect();
    let lines: Vec<_> = rows.iter().map(super::rows::Row::line).collect();
    Ok((Report::new(table(&lines), &json!({ "heads": rows })), exit::DONE))
}
