//! `cutover doctor`.

use cutover_core::report::{Conclusion, Weight};
use cutover_engine::doctor;
use serde_json::json;

use crate::conclusions;
use crate::context::Context;
use crate::exit;
use crate::output::{Report, count};

/// Say what is wrong with this project, the worst first
///
/// Exits with 3 when something is wrong.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover doctor\n  cutover doctor --markdown > doctor.md")]
pub struct Args {
    /// Write Markdown
    #[arg(long)]
    markdown: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let found = doctor::examine(&history);
    let data = json!({ "conclusions": conclusions::data(&found) });
    let text = if args.markdown { conclusions::markdown(&found) } else { conclusions::text(&found) };
    let is_well = found.iter().all(|it| it.weight == Weight::Note);
    let summary = summary(&found);
    let text = if args.markdown { text } else { format!("{text}{summary}\n") };
    Ok((Report::new(text, &data), if is_well { exit::DONE } else { exit::ATTENTION }))
}

fn summary(found: &[Conclusion]) -> String {
    let of = |weight| found.iter().filter(|it| it.weight == weight).count();
    match (of(Weight::Error), of(Weight::Warning)) {
        (0, 0) => "nothing is wrong".to_owned(),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    }
}
