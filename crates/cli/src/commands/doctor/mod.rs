//! `cutover doctor`: a Cutover project and a folder of SQL here, an Alembic project in `alembic`.

use std::path::{Path, PathBuf};

use cutover_core::adopt::folder;
use cutover_core::report::{Conclusion, Weight, ranked};
use cutover_engine::adopt::sql::{self as adopt, Surroundings};
use cutover_engine::config::{Config, FILE_NAME};
use cutover_engine::doctor::alembic::is_project;
use cutover_engine::doctor::{self, Examined, Options};
use cutover_engine::session::Settings;
use serde_json::json;

mod alembic;

use super::adopt::sql::sources;
use crate::conclusions;
use crate::context::{Context, absolute, here};
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::{Report, count};

/// Say what is wrong with this project, the worst first
///
/// Looks at a Cutover project, at an Alembic project, or at both where a folder has both; DIR may also be a folder of
/// SQL files. A Cutover project is replayed on a scratch database, up, down and up again, a folder of SQL once; of an Alembic
/// project the files are read, and only where cutover.toml leaves Alembic in charge is it run, on a scratch server. A broken
/// project is examined as far as it can be. Nothing is written anywhere. Exits with 3 when something is wrong.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover doctor\n  cutover doctor --fast\n  cutover doctor ../backend\n  cutover doctor --against production --markdown > doctor.md"
)]
pub struct Args {
    /// The folder with cutover.toml, alembic.ini or SQL files, instead of this one
    dir: Option<PathBuf>,
    /// A database that revisions were applied to: a URL or an environment; it is only read
    #[arg(long, value_name = "URL|ENV")]
    against: Option<String>,
    /// Leave out what needs a scratch database
    #[arg(long)]
    fast: bool,
    /// Write Markdown
    #[arg(long)]
    markdown: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = config(context, args)?;
    let root = match (&args.dir, &config) {
        (Some(dir), _) => absolute(dir),
        (None, Some(config)) => config.root.clone(),
        (None, None) => here()?,
    };
    let charge = config.as_ref().and_then(|config| config.alembic.as_ref());
    let project = charge.map_or_else(|| root.clone(), |charge| folder_of(&charge.ini));
    let examined = match (config, is_project(&project)) {
        (None, false) => sql(context, args, &root).await?,
        (Some(config), false) => cutover(context, &config, args).await?,
        (Some(config), true) if config.alembic.is_some() => {
            alembic::in_charge(context, config, args, &project).await?
        }
        (Some(config), true) => {
            let mut examined = cutover(context, &config, args).await?;
            add(&mut examined, alembic::beside(&project).await?);
            examined
        }
        (None, true) => alembic::alone(context, args, &project).await?,
    };
    let found = ranked(examined.conclusions);
    let data = json!({ "conclusions": conclusions::data(&found), "not_looked_at": examined.left_out });
    let text =
        if args.markdown { markdown(&found, &examined.left_out) } else { text(&found, &examined.left_out) };
    let is_well = found.iter().all(|it| it.weight == Weight::Note);
    Ok((Report::new(text, &data), if is_well { exit::DONE } else { exit::ATTENTION }))
}

/// The configuration of the folder that was named, or of the one around here, where there is one.
fn config(context: &Context, args: &Args) -> Result<Option<Config>, Failure> {
    match &args.dir {
        Some(dir) => {
            let file = absolute(dir).join(FILE_NAME);
            if file.is_file() { Ok(Some(Config::read(&file)?)) } else { Ok(None) }
        }
        None if is_project(&here()?) && !here()?.join(FILE_NAME).is_file() => Ok(None),
        None => context.config_as_it_is().map(Some),
    }
}

/// The folder of Alembic's configuration, which may be named by its file.
fn folder_of(ini: &Path) -> PathBuf {
    if ini.is_dir() { ini.to_owned() } else { ini.parent().unwrap_or(ini).to_owned() }
}

fn nothing(context: &Context, args: &Args, folder: &Path) -> Failure {
    let none = || {
        Failure::usage(
            "no-project",
            format!("{} has no cutover.toml, no alembic.ini and no SQL files", folder.display()),
        )
    };
    match args.dir {
        Some(_) => none().help("name the folder that one of them stands in"),
        None => context.config_as_it_is().err().unwrap_or_else(none),
    }
}

async fn cutover(context: &Context, config: &Config, args: &Args) -> Result<Examined, Failure> {
    let state = if context.names_database() || args.against.is_some() {
        let database = context.database_at(config, args.against.as_deref()).await?;
        Some(context.session(&database).await?.state().await?)
    } else {
        None
    };
    let settings = context.settings(config, None);
    let options = Options { state: state.as_ref(), replay: (!args.fast).then_some(&settings) };
    Ok(doctor::examine(config, &options).await?)
}

/// A folder of SQL that belongs to no project.
async fn sql(context: &Context, args: &Args, folder: &Path) -> Result<Examined, Failure> {
    let sources = match &args.dir {
        Some(_) if folder.is_dir() => sources(folder)?,
        _ => Vec::new(),
    };
    let read = folder::read(sources);
    if read.changes.is_empty() {
        return Err(nothing(context, args, folder));
    }
    let live = "what a live database has of it: cutover adopt sql --against".to_owned();
    if args.fast {
        return Ok(Examined {
            conclusions: read.conclusions,
            left_out: vec![live, "the replay: --fast".into()],
        });
    }
    let settings = Settings::default();
    let around = Surroundings { live: None, ignore: &[], settings: &settings, folder: &shown(folder) };
    let adopted = adopt::examine(read, &around).await?;
    Ok(Examined { conclusions: adopted.conclusions, left_out: vec![live] })
}

fn add(all: &mut Examined, more: Examined) {
    all.conclusions.extend(more.conclusions);
    all.left_out.extend(more.left_out);
}

fn text(found: &[Conclusion], left_out: &[String]) -> String {
    let left_out: String = left_out.iter().map(|it| format!("not looked at: {it}\n")).collect();
    format!("{}{left_out}{}\n", conclusions::text(found), summary(found))
}

fn markdown(found: &[Conclusion], left_out: &[String]) -> String {
    let left_out: String = left_out.iter().map(|it| format!("- not looked at: {it}\n")).collect();
    format!("{}{left_out}\n{}\n", conclusions::markdown(found), summary(found))
}

fn summary(found: &[Conclusion]) -> String {
    let of = |weight| found.iter().filter(|it| it.weight == weight).count();
    match (of(Weight::Error), of(Weight::Warning), of(Weight::Note)) {
        (0, 0, 0) => "nothing is wrong".to_owned(),
        (0, 0, notes) => format!("nothing is wrong, {}", count(notes, "note")),
        (errors, warnings, notes) => {
            format!("{}, {}, {}", count(errors, "error"), count(warnings, "warning"), count(notes, "note"))
        }
    }
}
