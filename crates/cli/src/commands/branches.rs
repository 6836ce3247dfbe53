//! `cutover branches`.

use serde_json::json;

use super::rows::row;
use crate::context::Context;
use crate::exit;
use crate::output::Report;

/// List the revisions at which branches part, with what follows, and the labels
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover branches")]
pub struct Args {}

/// Runs the command.
pub fn run(context: &Context, _: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let mut text = String::new();
    let mut points = Vec::new();
    for index in (0..graph.len()).filter(|i| graph.is_branch_point(*i)) {
        let point = row(graph, index, None);
        text.push_str(&format!("{} {}\n", point.id, point.message));
        let ways: Vec<_> = graph.children(index).iter().map(|i| row(graph, *i, None)).collect();
        for way in &ways {
            text.push_str(&format!("  -> {} {} {}\n", way.id, way.marks(), way.message));
        }
        points.push(json!({ "revision": point, "children": ways }));
    }
    let labels: Vec<_> = graph
        .labels()
        .iter()
        .map(|(label, at)| json!({ "label": label, "revision": graph.id(*at) }))
        .collect();
    for (label, at) in graph.labels() {
        text.push_str(&format!("label {label} begins at {}\n", graph.id(*at)));
    }
    if text.is_empty() {
        text = "there are no branches\n".into();
    }
    Ok((Report::new(text, &json!({ "branch_points": points, "labels": labels })), exit::DONE))
}
