//! `cutover check`.

use cutover_core::diff;
use cutover_core::revision::graph::Index;
use cutover_engine::execute::inside;
use cutover_engine::schema::{self, Workshop};
use serde_json::{Value, json};

use super::diff::How;
use crate::changes;
use crate::context::{Context, Opened};
use crate::exit;
use crate::output::Report;
use crate::sides;

/// Say whether history, models and database agree
///
/// The history is replayed on a scratch database and compared with the models of cutover.toml (is a revision
/// missing?) and with the database (has somebody changed it by hand?). Nothing is written anywhere. Exits with 3 when
/// there is a difference. To compare any two schemas, use "diff".
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover check\n  cutover check --env prod --format json")]
pub struct Args {
    /// How schemas are compared
    #[command(flatten)]
    how: How,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let Opened { history, database, session, state } = context.open(&config).await?;
    // a schema between two revisions differs from both, and not because of anybody's hand
    if let Some(inside) = inside(&history, &state) {
        return Err(inside.into());
    }
    let options = args.how.options();
    let workshop = Workshop::new(Some(session.facts.version / 10_000))?;
    let settings = context.settings(&config, None);
    let graph = history.graph();
    let all: Vec<Index> = (0..graph.len()).collect();
    let has = |index: &Index| state.applied.contains_key(graph.id(*index));
    let applied: Vec<Index> = all.iter().copied().filter(has).collect();
    let live = schema::of_database(&database.params).await?.without(&config.ignore);
    let not_compared = sides::not_compared([&live]);
    not_compared.iter().for_each(|what| context.say(&format!("not compared: {what}")));
    let by_hand = diff::changes(
        &workshop.schema_of(&history, &applied, &settings).await?.without(&config.ignore),
        &live,
        &options,
    );
    let mut sections = vec![("database", "changed in the database, and in no applied revision", by_hand)];
    if !config.models.is_empty() {
        let replayed = workshop.schema_of(&history, &all, &settings).await?.without(&config.ignore);
        let wanted = workshop.models(&config, &replayed).await?;
        let missing = diff::changes(&replayed, &wanted.catalog(), &options);
        sections.push(("models", "wanted by the models, and in no revision", missing));
    }
    let mut text = String::new();
    let mut data = serde_json::Map::new();
    for (name, title, found) in &sections {
        if !found.is_empty() {
            text += &format!("{title}:\n{}", changes::tree(found));
        }
        data.insert((*name).into(), changes::json(found, &[])["changes"].clone());
    }
    let agrees = sections.iter().all(|(.., found)| found.is_empty());
    if agrees {
        let with =
            if config.models.is_empty() { "history and database" } else { "history, models and database" };
        text = format!("{with} agree\n");
    }
    data.insert("agree".into(), json!(agrees));
    data.insert("not_compared".into(), json!(not_compared));
    Ok((Report::new(text, &Value::Object(data)), if agrees { exit::DONE } else { exit::ATTENTION }))
}
