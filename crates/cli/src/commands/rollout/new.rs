//! `cutover rollout new`: the revisions of a rollout, written by a recipe.

use clap::{ArgMatches, FromArgMatches, Subcommand};
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_core::rollout::draft::{Draft, Part};
use cutover_core::rollout::recipe::{self, Form, Given, Recipe};
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::schema::{Workshop, of_database};
use cutover_sql::document::Header;
use serde_json::json;

use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::new_files::{Made, NewFile, NewFiles, unplaced};
use crate::output::Report;
use crate::rehearsed;

/// Write the revisions of a whole rollout, from a recipe
///
/// The recipe asks the schema for what it needs and refuses, with the reason, what it cannot do safely. The schema is that
/// of the revisions, or with --env or --url that of the database. The revisions stand on a branch of their own, so that
/// others go past a rollout that waits.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    chosen: Chosen,
}

/// What every recipe takes.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Options of every rollout")]
struct Common {
    /// What the rollout is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Who answers for its revisions
    #[arg(long, value_name = "TEAM")]
    owner: Option<String>,
    /// What its first revision revises
    #[arg(long, default_value = "head", value_name = "TARGET")]
    head: String,
    /// Show every step with its locks, and write nothing
    #[arg(long)]
    explain: bool,
}

/// A recipe and what it was given.
#[derive(Debug)]
struct Chosen {
    recipe: &'static Recipe,
    given: Given,
    common: Common,
}

impl FromArgMatches for Chosen {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let missing = || clap::Error::new(clap::error::ErrorKind::MissingSubcommand);
        let (name, of) = matches.subcommand().ok_or_else(missing)?;
        let recipe = recipe::find(name).ok_or_else(missing)?;
        let common = Common::from_arg_matches(of)?;
        let mut given = Given::default();
        given.rollout = common.name.clone();
        for argument in recipe.arguments {
            if argument.form == Form::Flag {
                if of.get_flag(argument.name) {
                    given = given.with(argument.name, [String::new()]);
                }
            } else if let Some(values) = of.get_many::<String>(argument.name) {
                given = given.with(argument.name, values.cloned());
            }
        }
        Ok(Self { recipe, given, common })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Chosen {
    fn augment_subcommands(command: clap::Command) -> clap::Command {
        command.subcommand_required(true).subcommands(recipe::ALL.iter().map(|recipe| of(recipe)))
    }

    fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
        Self::augment_subcommands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        recipe::find(name).is_some()
    }
}

/// A recipe as a command.
fn of(recipe: &'static Recipe) -> clap::Command {
    // their own words come last: what is shared brings its description along
    let mut command = <Common as clap::Args>::augment_args(clap::Command::new(recipe.name))
        .next_help_heading(None)
        .about(recipe.summary)
        .long_about(format!("{}\n\n{}", recipe.summary, recipe.about))
        .after_help(format!("Example:\n  cutover rollout new {}", recipe.example));
    for argument in recipe.arguments {
        let arg = clap::Arg::new(argument.name).help(argument.help).value_name(argument.value);
        command = command.arg(match argument.form {
            Form::Place => arg.required(true),
            Form::Places => arg.required(true).num_args(1..),
            Form::Option => arg.long(argument.name),
            Form::Needed => arg.long(argument.name).required(true),
            Form::Many => arg.long(argument.name).action(clap::ArgAction::Append),
            Form::Flag => clap::Arg::new(argument.name)
                .long(argument.name)
                .help(argument.help)
                .action(clap::ArgAction::SetTrue),
        });
    }
    command
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::super::Result {
    let Chosen { recipe, given, common } = &args.chosen;
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let parents = Target::parse(&common.head)?.resolve(graph, &Applied::new())?;
    let (draft, major) = draft(context, &config, &history, &parents, recipe, given).await?;
    if graph.rollouts().contains_key(&draft.rollout) {
        return Err(Failure::usage(
            "duplicate-rollout",
            format!("there is a rollout {} already", draft.rollout),
        )
        .help("choose another name with --name"));
    }
    let parents: Vec<String> = parents.iter().map(|i| graph.id(*i).to_owned()).collect();
    let mut files = NewFiles::new(&config, &history);
    add(&mut files, &draft, &parents, common.owner.as_deref())?;
    if common.explain {
        return rehearsed::explained(context, &config, &history, files.made(), major).await;
    }
    let made = files.write()?;
    Ok((report(&draft, &made), exit::DONE))
}

/// The rollout as data, from the schema that it is for, and the major version of its server.
async fn draft(
    context: &Context,
    config: &Config,
    history: &History,
    parents: &[Index],
    recipe: &Recipe,
    given: &Given,
) -> Result<(Draft, u32), Failure> {
    let catalog = if context.names_database() {
        let database = context.database(config).await?;
        of_database(&database.params).await?
    } else {
        let needed: Vec<Index> = history.graph().needs(parents.iter().copied()).into_iter().collect();
        Workshop::new(None)?.schema_of(history, &needed, &context.settings(config, None)).await?
    };
    let major = catalog.server / 10_000;
    let target = recipe::Target { catalog: &catalog, major };
    let drafted = (recipe.draft)(given, &target);
    drafted.map(|draft| (draft, major)).map_err(|refusal| {
        let failure = Failure::usage("recipe-refuses", format!("{}: {}", recipe.name, refusal.why));
        match refusal.help {
            Some(help) => failure.help(help),
            None => failure,
        }
    })
}

/// Makes the files of all parts ready, each on top of the one before or beside it.
pub fn add(
    files: &mut NewFiles<'_>,
    draft: &Draft,
    parents: &[String],
    owner: Option<&str>,
) -> Result<(), Failure> {
    let mut below = parents.to_vec();
    let mut latest: Vec<String> = Vec::new();
    for part in &draft.parts {
        if !part.beside && !latest.is_empty() {
            below = std::mem::take(&mut latest);
        }
        let id = files.add(NewFile {
            title: part.title.clone(),
            id: None,
            parents: below.clone(),
            header: header(draft, part, owner),
            body: Some(part.body()),
        })?;
        latest.push(id);
    }
    Ok(())
}

fn header(draft: &Draft, part: &Part, owner: Option<&str>) -> Header {
    let prose = match part.prose.trim() {
        "" => part.title.clone(),
        prose => format!("{}\n\n{prose}", part.title),
    };
    Header {
        rollout: Some(unplaced((draft.rollout.clone(), part.phase.to_string()))),
        owner: part.owner.as_deref().or(owner).map(|owner| unplaced(owner.to_owned())),
        requires: part.requires.iter().cloned().map(unplaced).collect(),
        irreversible: part.irreversible.clone().map(unplaced),
        allows: part.allows.iter().cloned().map(unplaced).collect(),
        prose,
        ..Header::default()
    }
}

/// A rollout with its files, which are the next ones.
pub fn listed<'a>(draft: &Draft, made: &mut impl Iterator<Item = &'a Made>) -> String {
    let mut text = format!("rollout {}\n", draft.rollout);
    for (part, file) in draft.parts.iter().zip(made) {
        text += &format!("  {:<10}  {}  {}\n", part.phase.as_str(), file.id, shown(&file.path));
    }
    text
}

fn report(draft: &Draft, made: &[Made]) -> Report {
    let mut text = listed(draft, &mut made.iter());
    text += "read them, then: cutover upgrade\n";
    let revisions: Vec<_> = draft
        .parts
        .iter()
        .zip(made)
        .map(|(part, file)| json!({ "id": file.id, "phase": part.phase.as_str(), "file": file.path }))
        .collect();
    Report::new(text, &json!({ "rollout": draft.rollout, "revisions": revisions }))
}
