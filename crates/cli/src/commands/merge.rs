//! `cutover merge`.

use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_sql::document::Header;
use serde_json::json;

use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::new_files::{NewFile, NewFiles, unplaced};
use crate::output::Report;

/// Create a revision that joins heads
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover merge heads\n  cutover merge 0008 0009 -m \"join reporting\"")]
pub struct Args {
    /// The revisions to join
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// What it says of itself
    #[arg(long, short, value_name = "MESSAGE")]
    message: Option<String>,
    /// The id, instead of the next one of the naming scheme
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Give the branch that begins here a name
    #[arg(long, value_name = "LABEL")]
    branch_label: Option<String>,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let mut parents: Vec<Index> = Vec::new();
    for text in &args.targets {
        parents.extend(Target::parse(text)?.resolve(graph, &Applied::new())?);
    }
    if args.targets.is_empty() {
        parents = graph.trunk();
    }
    parents.sort_unstable();
    parents.dedup();
    if parents.len() < 2 {
        return Err(Failure::usage("nothing-to-merge", "a merge needs two revisions, and this names fewer")
            .help("\"cutover heads\" lists the heads"));
    }
    for (at, older) in parents.iter().enumerate() {
        if let Some(newer) = parents[at + 1..].iter().find(|newer| graph.ancestors(**newer).contains(older)) {
            let (older, newer) = (graph.id(*older), graph.id(*newer));
            return Err(Failure::usage("nothing-to-merge", format!("{newer} already builds on {older}")));
        }
    }
    let ids: Vec<&str> = parents.iter().map(|i| graph.id(*i)).collect();
    let message = args.message.clone().unwrap_or_else(|| format!("merge {}", ids.join(" and ")));
    let labels = args.branch_label.clone().map(unplaced).into_iter().collect();
    let mut files = NewFiles::new(&config, &history);
    let id = files.add(NewFile {
        title: message,
        id: args.id.clone(),
        parents: ids.iter().map(|id| (*id).to_owned()).collect(),
        header: Header { labels, ..Header::default() },
        body: None,
    })?;
    let path = &files.write()?[0].path.clone();
    let text = format!("wrote {}, which joins {}\n", shown(path), ids.join(" and "));
    Ok((Report::new(text, &json!({ "id": id, "file": path, "revises": ids })), exit::DONE))
}
