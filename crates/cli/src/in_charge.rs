//! Projects in which Alembic stays in charge: commands that look at the history see Alembic's, recorded, and commands that
//! would change it are refused.

use std::collections::BTreeSet;
use std::path::Path;

use cutover_core::catalog::Pattern;
use cutover_core::report::Conclusion;
use cutover_engine::adopt::alembic::charge::{self, Kept};
use cutover_engine::adopt::alembic::{self, Adopted, AlembicError, Options, Project, Surroundings};
use cutover_engine::config::{Config, InCharge};
use cutover_engine::schema::SchemaError;
use cutover_engine::server::{Binaries, Lookup};

use crate::commands::adopt::alembic::variable;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::count;

/// Commands that only look.
const LOOKING: &[&str] = &[
    "lint", "explain", "check", "test", "diff", "dump", "history", "heads", "branches", "show", "current",
    "doctor",
];

/// What came of recording.
#[derive(Debug)]
pub enum Recorded {
    /// The configuration points at what was kept.
    Kept(Box<Kept>),
    /// Alembic cannot run some of its revisions on an empty database: their ids, and what was found.
    Broken(Vec<String>, Vec<Conclusion>),
}

/// Has the configuration point at what Alembic's revisions were recorded as; they are recorded now when their files are others
/// than the last time.
///
/// # Errors
/// When the command is Alembic's to do, or its revisions cannot be recorded.
pub fn prepare(context: &Context, config: &mut Config) -> Result<(), Failure> {
    if config.alembic.is_none() || context.command() == "adopt" {
        return Ok(());
    }
    if !LOOKING.contains(&context.command()) {
        let text = format!("Alembic is in charge of this history, and {} would change it", context.command());
        return Err(Failure::usage("alembic-in-charge", text)
            .help("use alembic for it, or take the history over: cutover adopt alembic"));
    }
    match recorded(context, config)? {
        Some(Recorded::Broken(broken, found)) => Err(cannot_run(&broken, &found)),
        Some(Recorded::Kept(_)) | None => Ok(()),
    }
}

/// As [`prepare`], but for revisions that Alembic itself cannot run, which are no failure. Nothing where Alembic is not in charge.
///
/// # Errors
/// When Alembic does not start, or nothing can be kept.
pub fn recorded(context: &Context, config: &mut Config) -> Result<Option<Recorded>, Failure> {
    let Some(charge) = config.alembic.clone() else { return Ok(None) };
    let active = std::env::var_os("VIRTUAL_ENV").map(std::path::PathBuf::from);
    let python = charge.python.as_ref().map(|python| match python.contains('/') {
        true => config.root.join(python).display().to_string(),
        false => python.clone(),
    });
    let project =
        Project::find(&charge.ini, python.as_deref(), active.as_deref()).map_err(AlembicError::from)?;
    let around = around(&charge)?;
    let place = charge::place(&project, &around, &charge.skip);
    let kept = match charge::kept(&place) {
        Some(kept) => kept,
        None => {
            let options = Options {
                project,
                around,
                binaries: Binaries::find(&Lookup::from_env()).map_err(SchemaError::from)?,
                database: None,
                skip: charge.skip.iter().cloned().collect(),
                run: BTreeSet::new(),
                settings: context.settings(config, None),
            };
            let adopted = record(context, &options)?;
            let broken = adopted.revisions.iter().filter(|it| it.is_broken).map(|it| it.old.clone());
            let broken: Vec<String> = broken.collect();
            if !broken.is_empty() {
                return Ok(Some(Recorded::Broken(broken, adopted.conclusions)));
            }
            keep(context, &place, &adopted)?
        }
    };
    if let Some(path) = &kept.search_path {
        config.defaults.search_path.get_or_insert_with(|| path.clone());
    }
    config.ignore.extend(Pattern::parse(&kept.version.pattern()));
    if let Some(charge) = &mut config.alembic {
        let sources = kept.sources.iter();
        charge.recorded = sources.map(|(file, source)| (place.join(file), source.clone())).collect();
    }
    config.migrations = place;
    Ok(Some(Recorded::Kept(Box::new(kept))))
}

fn cannot_run(broken: &[String], found: &[Conclusion]) -> Failure {
    let text = format!(
        "{} that Alembic cannot run on an empty database: {}",
        count(broken.len(), "revision"),
        broken.join(", ")
    );
    let why = found.iter().filter(|it| it.id == "upgrade-fails" && broken.contains(&it.about));
    let failure = why.fold(Failure::new("alembic-broken", text), |failure, it| {
        failure.note(format!("{}: {}", it.about, it.text))
    });
    failure.help("\"cutover adopt alembic --dry-run\" says why").help(format!(
        "mend them, or leave them out: migrations = {{ alembic = \"...\", skip = {broken:?} }}"
    ))
}

/// What the configuration says of the project's surroundings.
fn around(charge: &InCharge) -> Result<Surroundings, Failure> {
    let variables = charge.variables.iter().map(|text| variable(text));
    Ok(Surroundings {
        x: charge.x.clone(),
        variables: variables.collect::<Result<_, Failure>>()?,
        section: charge.section.clone().unwrap_or_default(),
        before: charge.before.clone(),
        outside: false,
        engine: charge.engine.clone(),
        prepare: charge.prepare.clone(),
    })
}

fn record(context: &Context, options: &Options) -> Result<Adopted, Failure> {
    context.say("recording Alembic's revisions: their files are not those of the last time");
    let progress =
        |id: &str, number: usize, of: usize| context.say(&format!("running {id} ({number} of {of})"));
    // a runtime of its own: reading the configuration waits for nothing else
    let adopted = std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(AlembicError::File)?.block_on(alembic::adopt(options, &progress))
        };
        scope.spawn(work).join()
    });
    Ok(adopted.map_err(|_| Failure::new("bug", "recording Alembic's revisions was cut off"))??)
}

fn keep(context: &Context, place: &Path, adopted: &Adopted) -> Result<Kept, Failure> {
    let inexact = adopted.revisions.iter().filter(|it| it.proof != alembic::Proof::Equal).count();
    if inexact > 0 {
        context.say(&format!(
            "{} could not be recorded exactly; \"cutover adopt alembic --dry-run\" says how",
            count(inexact, "revision")
        ));
    }
    let cannot =
        |why: String| Failure::new("cannot-write", format!("{} cannot be written{why}", place.display()));
    charge::keep(place, adopted).map_err(|error| cannot(format!(": {error}")))?;
    charge::kept(place).ok_or_else(|| cannot(String::new()))
}
