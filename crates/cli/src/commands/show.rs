//! `cutover show`.

use cutover_core::revision::target::{Applied, Target};
use cutover_engine::execute::{applied_set, understood};
use serde_json::json;

use super::rows::row;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::output::Report;

/// Show one revision: where it stands in the graph, and its file
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover show 0004\n  cutover show head")]
pub struct Args {
    /// An id or its beginning, head, LABEL@head, current
    #[arg(default_value = "head", value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let target = Target::parse(&args.target)?;
    let applied = if target.is_relative() {
        let database = context.database(&config).await?;
        let state = context.session(&database).await?.state().await?;
        applied_set(&history, &understood(&history, state))?
    } else {
        Applied::new()
    };
    context.note_replaced(graph, &args.target);
    let found = target.resolve(graph, &applied)?;
    if found.is_empty() {
        return Err(Failure::usage("no-revision", format!("\"{target}\" names no revision here")));
    }
    let mut text = String::new();
    let mut rows = Vec::new();
    for index in found {
        let r = row(graph, index, None);
        let file = &history.revision(index).text;
        text.push_str(&format!("revision  {} {}\nrevises   {}\n", r.id, r.marks(), r.from()));
        let children: Vec<_> = graph.children(index).iter().map(|i| graph.id(*i)).collect();
        if !children.is_empty() {
            text.push_str(&format!("before    {}\n", children.join(", ")));
        }
        text.push_str(&format!("file      {}\n\n{}\n", r.file, file.trim_end()));
        rows.push(json!({ "revision": r, "children": children, "text": file }));
    }
    Ok((Report::new(text, &json!({ "revisions": rows })), exit::DONE))
}
