//! `cutover edit`.

use cutover_core::revision::target::{Applied, Target};
use serde_json::json;

use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::Report;

/// Open a revision in $VISUAL or $EDITOR
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover edit\n  EDITOR=vim cutover edit 0004")]
pub struct Args {
    /// An id or its beginning, head, LABEL@head
    #[arg(default_value = "head", value_name = "TARGET")]
    target: String,
}

/// Runs the command.
pub fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let index = Target::parse(&args.target)?.resolve_one(history.graph(), &Applied::new())?;
    let path = &history.revision(index).path;
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|v| !v.trim().is_empty()))
        .ok_or_else(|| {
            Failure::usage("no-editor", "neither VISUAL nor EDITOR is set")
                .help(format!("open {} yourself", shown(path)))
        })?;
    // an editor may come with arguments: EDITOR="code --wait"
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(path)
        .status()
        .map_err(|e| Failure::new("editor", format!("the editor cannot be started: {e}")))?;
    if !status.success() {
        return Err(Failure::new("editor", format!("the editor ended with {status}")));
    }
    let after = context.history(&config)?;
    let id = after.graph().nodes().iter().find(|n| &n.file == path).map(|n| n.id.clone());
    Ok((Report::new("", &json!({ "id": id, "file": path })), exit::DONE))
}
