//! `cutover adopt alembic`.

mod place;
mod tell;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cutover_core::report::{Weight, ranked};
use cutover_core::revision::target::Target;
use cutover_engine::adopt::alembic::live::{self, Live};
use cutover_engine::adopt::alembic::{self, Options, Project, Surroundings};
use cutover_engine::config::{Config, ConfigError};
use cutover_engine::connect::ConnParams;
use cutover_engine::history::History;
use cutover_engine::schema::Workshop;
use cutover_engine::server::{Binaries, Lookup};
use cutover_engine::session::{Session, Settings};

use super::Shared;
use crate::context::{Context, absolute, is_url};
use crate::exit;
use crate::failure::Failure;
use crate::output::Report;
use place::Place;

/// Take over the history of an Alembic project
///
/// The project's own Alembic runs every revision, up and back, on a scratch server; what reaches the server becomes the
/// SQL of the revision, and is proven to do the same. Whatever env.py connects to, it is led to the scratch server.
/// docs/adopt-alembic.md shows it on an example.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover adopt alembic backend\n  cutover adopt alembic . --against prod --report adopt.md\n  cutover adopt alembic . --python .venv/bin/python --variable SECRET_KEY=x --variable 'DB={url}'\n  cutover adopt alembic . --skip 3f2a91c07b44"
)]
pub struct Args {
    /// The folder of alembic.ini, or one below it, or the file itself
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    shared: Shared,
    /// The Python that has the project's Alembic
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// An argument for env.py, as of alembic -x
    #[arg(short = 'x', value_name = "KEY=VALUE")]
    x: Vec<String>,
    /// A variable of the environment; {url}, {host}, {port}, {user}, {password} and {database} are the scratch server's
    #[arg(long, value_name = "NAME=VALUE")]
    variable: Vec<String>,
    /// Python that runs before env.py does: what makes the application that env.py asks for
    #[arg(long, value_name = "CODE")]
    before: Option<String>,
    /// The section of alembic.ini
    #[arg(long, value_name = "NAME", default_value = "alembic")]
    section: String,
    /// Of several databases that one env.py serves (multidb), the one whose history is meant
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// SQL that a database has to have run before the first revision does; it becomes a part of that
    #[arg(long, value_name = "FILE")]
    prepare: Option<PathBuf>,
    /// A revision that is not run, and is written empty
    #[arg(long, value_name = "ID")]
    skip: Vec<String>,
    /// A revision that goes on deciding by what it finds: its Python is kept, and run as a step of the revision
    #[arg(long, value_name = "ID")]
    run: Vec<String>,
    /// Let revisions start programs and connect to other machines; else one that tries fails
    #[arg(long)]
    allow_outside: bool,
    /// Look at everything and write no revisions
    #[arg(long, conflicts_with = "stamp")]
    dry_run: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> crate::commands::Result {
    let config = config(context)?;
    let mut settings =
        config.as_ref().map_or_else(Settings::default, |config| context.settings(config, None));
    let place = Place::of(args, config.as_ref())?;
    let params = against(context, args, config.as_ref()).await?;
    let (binaries, other_major) = binaries(params.as_ref()).await?;
    let options = options(args, &settings, binaries.clone(), params.as_ref())?;
    let adopted = alembic::adopt(&options, &|id, number, of| {
        context.say(&format!("running {id} ({number} of {of})"));
    })
    .await?;
    if let Some(path) = &adopted.search_path {
        settings.search_path.clone_from(path);
    }
    let live = match &params {
        Some(params) => {
            let ignore = config.as_ref().map(|config| config.ignore.clone()).unwrap_or_default();
            let workshop = Workshop::with(binaries);
            Some(live::look(&adopted, params, &workshop, &settings, &ignore).await?)
        }
        None => None,
    };
    let mut found = adopted.conclusions.clone();
    found.extend(live.iter().flat_map(tell::of_live));
    found.extend(other_major.map(tell::of_version));
    let found = ranked(found);
    let is_broken = adopted.revisions.iter().any(|it| it.is_broken);
    let is_written = !is_broken && !args.dry_run;
    let mut done = Done { is_written, ..Done::default() };
    if is_written {
        done.config = place.write(&adopted)?;
        if let (true, Some(live), Some(params)) = (args.shared.stamp, &live, &params) {
            done.stamped = stamp(context, &place.folder, live, params, &settings).await?;
        }
    }
    let data = tell::data(&adopted, live.as_ref(), &found, &place, &done);
    args.shared.write_report(|| tell::markdown(&adopted, live.as_ref(), &found), &data)?;
    let text = tell::text(args, &adopted, live.as_ref(), &found, &place, &done);
    let is_wrong = found.iter().any(|it| it.weight == Weight::Error);
    let code = match (is_broken, is_wrong) {
        (true, _) => exit::FAILED,
        (_, true) => exit::ATTENTION,
        _ => exit::DONE,
    };
    Ok((Report::new(text, &data), code))
}

/// What was written.
#[derive(Debug, Default)]
struct Done {
    is_written: bool,
    /// The configuration, where there was none.
    config: Option<PathBuf>,
    stamped: Vec<String>,
}

/// The configuration, if there is one.
fn config(context: &Context) -> Result<Option<Config>, Failure> {
    match context.config() {
        Ok(config) => Ok(Some(config)),
        Err(failure) if failure.code == "no-project" => Ok(None),
        Err(failure) => Err(failure),
    }
}

async fn against(
    context: &Context,
    args: &Args,
    config: Option<&Config>,
) -> Result<Option<ConnParams>, Failure> {
    match (&args.shared.against, config) {
        (None, _) => Ok(None),
        (place, Some(config)) => Ok(Some(context.database_at(config, place.as_deref()).await?.params)),
        (Some(url), None) if is_url(url) => {
            Ok(Some(ConnParams::parse(url, &|name| std::env::var(name).ok())?))
        }
        (Some(_), None) => {
            let error = ConfigError::Missing { from: absolute(Path::new(".")) };
            Err(Failure::from(error).help("or give --against a URL"))
        }
    }
}

/// PostgreSQL's programs: of the database's version, where they are there; where not, the database's version besides.
async fn binaries(params: Option<&ConnParams>) -> Result<(Binaries, Option<u32>), Failure> {
    let lookup = Lookup::from_env();
    let usual = || Binaries::find(&lookup).map_err(cutover_engine::schema::SchemaError::from);
    let Some(params) = params else { return Ok((usual()?, None)) };
    let major = Session::open(params).await?.facts.version / 10_000;
    match Binaries::find_major(&lookup, major) {
        Ok(same) => Ok((same, None)),
        Err(_) => Ok((usual()?, Some(major))),
    }
}

fn options(
    args: &Args,
    settings: &Settings,
    binaries: Binaries,
    params: Option<&ConnParams>,
) -> Result<Options, Failure> {
    let variables = args.variable.iter().map(|text| variable(text));
    let python = args.python.as_ref().map(|path| match path.components().count() {
        // a name is looked for by the system
        1 => path.display().to_string(),
        _ => absolute(path).display().to_string(),
    });
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let project = Project::find(&absolute(&args.folder), python.as_deref(), active.as_deref())
        .map_err(alembic::AlembicError::from)?;
    Ok(Options {
        project,
        around: Surroundings {
            x: args.x.clone(),
            variables: variables.collect::<Result<_, Failure>>()?,
            section: args.section.clone(),
            before: args.before.clone(),
            outside: args.allow_outside,
            engine: args.engine.clone(),
            prepare: args.prepare.as_deref().map(absolute),
        },
        binaries,
        database: params.map(|it| it.database.clone()),
        skip: args.skip.iter().cloned().collect(),
        run: args.run.iter().cloned().collect(),
        settings: settings.clone(),
    })
}

/// `NAME=VALUE`.
pub fn variable(text: &str) -> Result<(String, String), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Failure::usage("bad-variable", format!("\"{text}\" is no NAME=VALUE"))
            .help("--variable SECRET_KEY=x, or variables = [\"SECRET_KEY=x\"] in cutover.toml")),
    }
}

/// Writes into the ledger what Alembic's table says.
async fn stamp(
    context: &Context,
    folder: &Path,
    live: &Live,
    params: &ConnParams,
    settings: &Settings,
) -> Result<Vec<String>, Failure> {
    if !live.unknown.is_empty() {
        let text = format!(
            "Alembic's table names {}, which no file has; nothing was stamped",
            live.unknown.join(", ")
        );
        return Err(Failure::new("unknown-version", text)
            .help("find the files of these revisions, or stamp by hand: cutover stamp ID"));
    }
    let history = History::read(folder)?;
    let session = Session::open(params).await?;
    let mut stamped = BTreeSet::new();
    for head in &live.heads {
        let target = Target::parse(head)?;
        let done = context.stamp(&history, &target, settings, &session, false).await?;
        stamped.extend(done.added.iter().map(|index| history.graph().id(*index).to_owned()));
    }
    Ok(stamped.into_iter().collect())
}
