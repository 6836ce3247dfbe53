//! What `cutover new --autogenerate` writes: the way from the history's schema to the models'.

use std::sync::Arc;

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Action, Candidate, Options};
use cutover_core::object::ops::Loss;
use cutover_core::revision::graph::Index;
use cutover_core::rollout::draft::Draft;
use cutover_core::rollout::instead::instead;
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::schema::Workshop;
use serde_json::json;

use crate::changes;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::renames;

/// How a revision is generated.
#[derive(Debug, Clone, clap::Args)]
pub struct How {
    /// Write a generated drop of a table or column, or a narrower type
    #[arg(long, requires = "autogenerate")]
    allow_destructive: bool,
    /// Write the plain forms of statements, not those that lock for a moment only
    #[arg(long, requires = "autogenerate")]
    plain: bool,
    /// What was renamed
    #[command(flatten)]
    renames: renames::Renames,
}

impl How {
    /// Whether the plain forms are wanted.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether renames are spoken of.
    pub fn says_renames(&self) -> bool {
        self.renames.is_some()
    }
}

/// What is to be written.
#[derive(Debug)]
pub struct Generated {
    /// The sections of the revision, up and down; none when rollouts do all of it.
    pub body: Option<(String, String)>,
    /// What is carried through in steps: types for which a table would be rewritten under a lock.
    pub rollouts: Vec<Draft>,
}

/// What is to be written; nothing when there is nothing to do.
///
/// # Errors
/// When the history cannot be replayed, the models cannot be read, or something would be lost without
/// a word.
pub async fn body(
    context: &Context,
    config: &Config,
    history: &History,
    how: &How,
) -> Result<Option<Generated>, Failure> {
    let workshop = Workshop::new(None)?;
    let settings = context.settings(config, None);
    let all: Vec<Index> = (0..history.graph().len()).collect();
    let here = Arc::new(workshop.schema_of(history, &all, &settings).await?.without(&config.ignore));
    let wanted = workshop.models(config, &here).await?;
    let options = Options { plain: how.plain, ..Options::default() };
    let told = how.renames.told()?;
    let mut ask = |candidate: &Candidate| renames::ask(context, candidate);
    let mut settled = workshop.settle(Arc::clone(&here), &wanted, &told, &options, &mut ask).await?;
    renames::unanswered(&settled.open)?;
    let mut rollouts = Vec::new();
    // a rollout is written for what is there: names that are about to change are not
    if !how.plain && settled.renames.is_empty() {
        let parts = instead(&settled.from, &settled.to);
        for (column, refusal) in &parts.refused {
            context.say(&format!(
                "{column} changes its type at once, and no rollout does it in steps: {refusal}"
            ));
        }
        settled.to = Arc::new(parts.to);
        rollouts = parts.drafts;
    }
    let up = settled.up(&options);
    if up.is_empty() {
        return Ok((!rollouts.is_empty()).then_some(Generated { body: None, rollouts }));
    }
    if !how.allow_destructive {
        refuse_losses(context, &up)?;
    }
    prove(&workshop, &here, &up, &settled.to, &options).await?;
    let down = workshop.way_back(&settled, &here, &options).await?;
    let body = Some((changes::script(&up), changes::script(&with_losses(down, &up))));
    Ok(Some(Generated { body, rollouts }))
}

/// The way back, with a word where rows or values do not come back.
fn with_losses(mut down: Vec<Action>, up: &[Action]) -> Vec<Action> {
    let lost: Vec<&str> = up
        .iter()
        .filter(|action| action.loss == Some(Loss::Data))
        .filter_map(|action| action.title.strip_prefix("drop "))
        .collect();
    for action in &mut down {
        let name = action.title.strip_prefix("add ").or_else(|| action.title.strip_prefix("create "));
        if name.is_some_and(|name| lost.contains(&name)) {
            action.title += " (what was in it does not come back)";
        }
    }
    down
}

/// Nothing to write.
pub fn nothing() -> Report {
    let text = "nothing to do: the history is what the models want\n";
    Report::new(text, &json!({ "id": null, "file": null }))
}

/// What is lost has to be allowed by name of the option.
fn refuse_losses(context: &Context, actions: &[Action]) -> Result<(), Failure> {
    let lost: Vec<&Action> = actions.iter().filter(|action| action.loss.is_some()).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let titles: Vec<&str> = lost.iter().map(|action| action.title.as_str()).collect();
    let question = format!("This loses data:\n  {}\nWrite it", titles.join("\n  "));
    if context.ask(&question) == Some(true) {
        return Ok(());
    }
    let failure = Failure::usage("destructive", "the models want less than there is, so nothing was written");
    let failure = lost.iter().fold(failure, |failure, action| {
        failure.note(match action.loss {
            Some(Loss::Narrowed) => format!("{}: values may not fit", action.title),
            Some(Loss::Data) | None => action.title.clone(),
        })
    });
    Err(failure.help("add --allow-destructive when it may go"))
}

/// A plan is applied to a copy of the history's schema before anybody reads it.
async fn prove(
    workshop: &Workshop,
    here: &Catalog,
    up: &[Action],
    wanted: &Catalog,
    options: &Options,
) -> Result<(), Failure> {
    let trial = workshop.build(here).await?;
    for sql in up.iter().flat_map(|action| &action.statements) {
        trial.run(sql).await?;
    }
    let left = diff::changes(&trial.catalog().await?, wanted, options);
    if left.is_empty() {
        return Ok(());
    }
    let failure =
        Failure::new("bug", "the generated statements do not lead to the models, so nothing was written");
    Err(failure.note(changes::tree(&left)).help("please report this with the two schemas"))
}
