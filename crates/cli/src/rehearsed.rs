//! The effects of revisions that are not written yet.

use cutover_core::plan::Direction;
use cutover_core::report::Sizes;
use cutover_core::revision::target::Applied;
use cutover_engine::config::Config;
use cutover_engine::history::History;
use serde_json::json;

use crate::commands::explain;
use crate::context::Context;
use crate::effects;
use crate::exit;
use crate::new_files::Made;
use crate::output::Report;

/// What every statement of new files locks, rewrites and loses, as "explain" shows it.
pub async fn explained(
    context: &Context,
    config: &Config,
    history: &History,
    made: &[Made],
    major: u32,
) -> crate::commands::Result {
    let whole = history.with(made.iter().map(|file| (file.path.clone(), file.text.clone())))?;
    let settings = context.settings(config, None);
    let new: Vec<_> = made.iter().filter_map(|file| whole.graph().find(&file.id)).collect();
    let before: Applied =
        whole.graph().needs(new.iter().copied()).into_iter().filter(|i| !new.contains(i)).collect();
    let mut ordered = new;
    ordered.sort_unstable();
    let pending = effects::parse(&whole, &ordered, Direction::Upgrade)?;
    let mut known = effects::before(&whole, &before, &settings.search_path, major)?;
    let explained = effects::explained(&whole, &pending, &mut known, &Sizes::default());
    let data = json!({ "revisions": explained.revisions });
    Ok((Report::new(explain::text(&explained, None), &data), exit::DONE))
}
