//! `cutover adopt alembic`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cutover_core::report::{Conclusion, Weight, ranked};
use cutover_core::revision::target::Target;
use cutover_engine::adopt::alembic::live::{self, Live};
use cutover_engine::adopt::alembic::{self, Adopted, Options, Project, Proof, Surroundings};
use cutover_engine::config::{Config, ConfigError, FILE_NAME};
use cutover_engine::connect::ConnParams;
use cutover_engine::history::History;
use cutover_engine::schema::Workshop;
use cutover_engine::server::{Binaries, Lookup};
use cutover_engine::session::{Session, Settings};
use serde_json::{Value, json};

use super::Shared;
use crate::conclusions;
use crate::context::{Context, absolute, is_url};
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::{Report, count, table};

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
    found.extend(live.iter().flat_map(of_live));
    found.extend(other_major.map(of_version));
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
    let data = data(&adopted, live.as_ref(), &found, &place, &done);
    args.shared.write_report(|| markdown(&adopted, live.as_ref(), &found), &data)?;
    let text = text(args, &adopted, live.as_ref(), &found, &place, &done);
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

/// What is to be said where the revisions ran on another version than the database's.
fn of_version(major: u32) -> Conclusion {
    let text = format!(
        "it is PostgreSQL {major}, and the revisions ran on another version: what PostgreSQL writes of a definition may differ"
    );
    Conclusion::new("other-version", Weight::Warning, "database", text)
        .next("set CUTOVER_PG_BIN to the bin folder of a server of that version")
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

/// Where the revisions go.
#[derive(Debug)]
struct Place {
    folder: PathBuf,
    /// The folder of a configuration that is to be written.
    root: Option<PathBuf>,
    /// What the configuration that is there says instead.
    other: Option<PathBuf>,
}

impl Place {
    fn of(args: &Args, config: Option<&Config>) -> Result<Self, Failure> {
        let folder = match (&args.shared.into, config) {
            (Some(into), _) => absolute(into),
            (None, Some(config)) => config.migrations.clone(),
            (None, None) => absolute(Path::new("migrations")),
        };
        let is_taken = |entry: std::fs::DirEntry| entry.path().extension().is_some_and(|it| it == "sql");
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        if !args.dry_run && entries.into_iter().any(is_taken) {
            return Err(Failure::usage("not-empty", format!("{} has SQL files already", shown(&folder)))
                .help("give a new folder with --into, or look first with --dry-run"));
        }
        let root = folder.parent().filter(|_| config.is_none()).map(Path::to_owned);
        let other = config.map(|config| config.migrations.clone()).filter(|it| *it != folder);
        Ok(Self { folder, root, other })
    }

    /// Writes the revisions, all or none of them, and gives the configuration that was written.
    fn write(&self, adopted: &Adopted) -> Result<Option<PathBuf>, Failure> {
        std::fs::create_dir_all(&self.folder).map_err(|e| cannot(&self.folder, &e))?;
        let mut written: Vec<PathBuf> = Vec::new();
        let mut write = |path: PathBuf, text: &[u8]| {
            let result = std::fs::write(&path, text).map_err(|e| cannot(&path, &e));
            written.push(path);
            if result.is_err() {
                // the failure that is told is the one that matters
                written.iter().for_each(|path| drop(std::fs::remove_file(path)));
            }
            result
        };
        for revision in &adopted.revisions {
            write(self.folder.join(&revision.file), revision.text.as_bytes())?;
            if let Some(python) = &revision.python {
                let text = std::fs::read(python).map_err(|e| cannot(python, &e))?;
                write(self.folder.join(&revision.file).with_extension("py"), &text)?;
            }
        }
        if adopted.revisions.iter().any(|it| it.is_run) {
            let (name, text) = alembic::RUNNER;
            write(self.folder.join(name), text.as_bytes())?;
        }
        let Some(path) = self.root.as_ref().map(|root| root.join(FILE_NAME)) else { return Ok(None) };
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy();
        let mut text = format!("migrations = {}\nnaming = \"{}\"\n", json!(name), naming(adopted));
        text += &format!("# Alembic's own, for as long as it is there\n{}\n", ignored(adopted));
        if let Some(path) = &adopted.search_path {
            // JSON's texts are TOML's
            text += &format!("search_path = {}\n", json!(path));
        }
        write(path.clone(), text.as_bytes())?;
        Ok(Some(path))
    }
}

/// The line of the configuration by which Alembic's table is no difference.
fn ignored(adopted: &Adopted) -> String {
    format!("ignore = [{}]", json!(adopted.version.pattern()))
}

/// How new revisions are named, so that they look like the old ones.
fn naming(adopted: &Adopted) -> &'static str {
    let is_hash = |id: &str| id.len() == 12 && id.chars().all(|c| c.is_ascii_hexdigit());
    let hashes = adopted.revisions.iter().filter(|it| is_hash(&it.id)).count();
    if hashes * 2 > adopted.revisions.len() { "{hash:12}_{slug}" } else { "{number:4}_{slug}" }
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("cannot-write", format!("{} cannot be written: {error}", shown(path)))
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

/// What is to be said of the database.
fn of_live(live: &Live) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for id in &live.unknown {
        let text = "Alembic's table in the database names it, and no file has it";
        found.push(Conclusion::new("unknown-version", Weight::Error, id, text));
    }
    if live.versions.is_empty() {
        let text = "Alembic's table is not there or empty: nothing counts as applied";
        found.push(Conclusion::new("no-version", Weight::Warning, "database", text));
    }
    if !live.difference.is_empty() {
        let text = "the database is not what its revisions make of an empty one (+ is only in the database, - is missing there)";
        let one = Conclusion::new("live-differs", Weight::Error, "database", text);
        let one = live.difference.lines().into_iter().fold(one, Conclusion::because);
        found.push(one.next("cutover reconcile writes a revision that brings both together"));
    }
    found
}

fn word(proof: &Proof) -> &'static str {
    match proof {
        Proof::Equal => "equal",
        Proof::Differs(_) => "differs",
        Proof::Fails(_) => "fails",
    }
}

fn rows(adopted: &Adopted) -> Vec<Vec<String>> {
    let head = ["revision", "statements", "back", "replay", "message"].map(str::to_owned).to_vec();
    let row = |it: &alembic::Revised| {
        let back = it.down.map_or_else(|| "none".into(), |count| count.to_string());
        let replay = if it.is_broken { "not run" } else { word(&it.proof) };
        let (up, back) = match (it.is_run, it.down) {
            (true, Some(_)) => ("Python".into(), "Python".into()),
            (true, None) => ("Python".into(), back),
            (false, _) => (it.up.to_string(), back),
        };
        vec![it.id.clone(), up, back, replay.into(), it.message.clone()]
    };
    std::iter::once(head).chain(adopted.revisions.iter().map(row)).collect()
}

fn proven(adopted: &Adopted) -> String {
    let equal = adopted.revisions.iter().filter(|it| it.proof == Proof::Equal && !it.is_broken).count();
    format!(
        "{} of {} lead to the schema and the rows of Alembic's own run",
        equal,
        count(adopted.revisions.len(), "revision")
    )
}

fn state(live: &Live) -> String {
    let heads = if live.heads.is_empty() { "nothing".into() } else { live.heads.join(", ") };
    let same =
        if live.difference.is_empty() { "equal to the history there" } else { "not what the history makes" };
    format!("the database is at {heads} ({} applied), and is {same}", count(live.applied.len(), "revision"))
}

fn text(
    args: &Args,
    adopted: &Adopted,
    live: Option<&Live>,
    found: &[Conclusion],
    place: &Place,
    done: &Done,
) -> String {
    let mut out = table(&rows(adopted));
    out.push('\n');
    out += &conclusions::text(found);
    if !found.is_empty() {
        out.push('\n');
    }
    out += &format!("{}\n", proven(adopted));
    if let Some(live) = live {
        out += &format!("{}\n", state(live));
    }
    if !done.is_written {
        out += if args.dry_run {
            "nothing was written\n"
        } else {
            "nothing was written: there are revisions that Alembic itself cannot run\n"
        };
        return out;
    }
    out += &format!("wrote {} to {}/\n", count(adopted.revisions.len(), "revision"), shown(&place.folder));
    if let Some(config) = &done.config {
        out += &format!("wrote {}\n", shown(config));
    }
    if done.config.is_none() {
        out += &format!("for as long as Alembic's table is there, in cutover.toml: {}\n", ignored(adopted));
    }
    if let Some(other) = &place.other {
        out += &format!("cutover.toml still says migrations in {}\n", shown(other));
    }
    match (live, args.shared.stamp) {
        (Some(_), true) => {
            out += &format!(
                "stamped: {}\n",
                if done.stamped.is_empty() { "it was already".into() } else { done.stamped.join(", ") }
            )
        }
        (Some(live), false) if !live.heads.is_empty() => {
            for head in &live.heads {
                let place = match &args.shared.against {
                    Some(name) if !is_url(name) => format!("--env {name}"),
                    // a URL may have a password
                    _ => "--url URL".into(),
                };
                out += &format!("next: cutover stamp {head} {place}\n");
            }
        }
        _ => {}
    }
    out
}

fn markdown(adopted: &Adopted, live: Option<&Live>, found: &[Conclusion]) -> String {
    let started = &adopted.started;
    let mut out = "# An Alembic history, taken over\n\n".to_owned();
    out += &format!(
        "Alembic {}, SQLAlchemy {}, Python {}. {}.\n",
        started.alembic,
        started.sqlalchemy,
        started.python,
        proven(adopted)
    );
    if let Some(live) = live {
        let said = state(live);
        let (first, rest) = said.split_at(1);
        out += &format!("\n{}{rest}.\n", first.to_uppercase());
    }
    out += "\n## Revisions\n\n";
    for (at, row) in rows(adopted).iter().enumerate() {
        out +=
            &format!("| {} |\n", row.iter().map(|it| it.replace('|', "\\|")).collect::<Vec<_>>().join(" | "));
        if at == 0 {
            out += "| --- | --- | --- | --- | --- |\n";
        }
    }
    out += "\n## What was found\n\n";
    out += &conclusions::markdown(found);
    out
}

fn data(adopted: &Adopted, live: Option<&Live>, found: &[Conclusion], place: &Place, done: &Done) -> Value {
    let revisions: Vec<Value> = adopted
        .revisions
        .iter()
        .map(|it| {
            json!({
                "id": it.id, "alembic": it.old, "message": it.message, "file": it.file, "statements": it.up,
                "back": it.down, "replay": if it.is_broken { "not run" } else { word(&it.proof) },
                "python": it.python.is_some(), "run": it.is_run, "duration_ms": it.millis,
            })
        })
        .collect();
    let live = live.map(|live| {
        json!({
            "versions": live.versions, "unknown": live.unknown, "heads": live.heads, "applied": live.applied.len(),
            "is_equal": live.difference.is_empty(),
        })
    });
    json!({
        "folder": place.folder, "written": done.is_written, "revisions": revisions, "conclusions": conclusions::data(found),
        "database": live, "stamped": done.stamped,
    })
}
