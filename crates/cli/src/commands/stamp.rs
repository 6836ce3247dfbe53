//! `cutover stamp`.

use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target;
use serde_json::json;

use crate::context::{Context, Opened};
use crate::exit;
use crate::output::Report;

/// Write into the ledger that a target is applied, and run nothing
///
/// It also accepts files that were edited after they were applied, and settles revisions that
/// are half done.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover stamp head\n  cutover stamp base\n  cutover stamp --purge 0007")]
pub struct Args {
    /// An id or its beginning, head, heads, base, LABEL@head
    #[arg(value_name = "TARGET", allow_hyphen_values = true)]
    target: String,
    /// Also forget ids in the ledger that no file has
    #[arg(long)]
    purge: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let target = Target::parse(&args.target)?;
    let Opened { history, database, session, .. } = context.open(&config).await?;
    context.note_replaced(history.graph(), &args.target);
    let settings = context.settings(&config, Some(&database));
    let stamped = context.stamp(&history, &target, &settings, &session, args.purge).await?;
    let ids = |list: &[Index]| list.iter().map(|i| history.graph().id(*i).to_owned()).collect::<Vec<_>>();
    let parts = [
        ("now counts as applied", ids(&stamped.added)),
        ("no longer counts as applied", ids(&stamped.removed)),
        ("accepted as edited", ids(&stamped.accepted)),
        ("no longer half done", ids(&stamped.settled)),
        ("forgotten", stamped.purged.clone()),
    ];
    let mut text: String = parts
        .iter()
        .filter(|(_, ids)| !ids.is_empty())
        .map(|(what, ids)| format!("{what}: {}\n", ids.join(", ")))
        .collect();
    if text.is_empty() {
        text = "the ledger says so already\n".into();
    }
    let [added, removed, accepted, settled, purged] = parts.map(|(_, ids)| ids);
    let data = json!({ "added": added, "removed": removed, "accepted": accepted, "settled": settled, "purged": purged });
    Ok((Report::new(text, &data), exit::DONE))
}
