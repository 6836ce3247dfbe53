//! `cutover adopt sql`.

use std::path::{Path, PathBuf};

use cutover_core::adopt::folder::{self, Source};
use cutover_core::report::ranked;
use cutover_core::revision::target::Target;
use cutover_engine::adopt::sql::{self as adopt, Adopted, Origin, Proof, Surroundings};
use cutover_engine::config::Config;
use cutover_engine::connect::redact;
use cutover_engine::history::History;
use cutover_sql::document::Header;

use super::report::{self, Outcome};
use crate::context::{Context, Database, absolute};
use crate::exit;
use crate::failure::{Failure, Place, shown};
use crate::new_files::{Made, NewFile, NewFiles, unplaced};

/// Make revisions of a folder of SQL files, in the order that they need
///
/// The files are replayed in a scratch database, looked for in the live one, and written as a chain of revisions that is
/// proven equal to it. Flyway, dbmate, goose, golang-migrate and plain folders are known. Refuses where the project has
/// revisions already.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover adopt sql db/sql --against prod --report adopted.md\n  cutover adopt sql db/sql --against postgresql:///app --stamp\n  cutover adopt sql migrations --into revisions"
)]
pub struct Args {
    /// The folder
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// The live database that the files were run on: a URL, or an environment of cutover.toml; only read
    #[arg(long, value_name = "URL|ENV")]
    against: Option<String>,
    /// Write the revisions there, instead of the folder that cutover.toml names
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Write into the live database's ledger that it has these revisions, when the proof holds
    #[arg(long, requires = "against")]
    stamp: bool,
    /// The value of a placeholder of Flyway's; those of a flyway.conf in the folder are known
    #[arg(long, value_name = "NAME=VALUE")]
    placeholder: Vec<String>,
    /// Write everything that was found, with its evidence, as Markdown
    #[arg(long, value_name = "FILE.md")]
    report: Option<PathBuf>,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::super::Result {
    let mut config = context.config()?;
    if let Some(into) = &args.into {
        config.migrations = absolute(into);
    }
    let folder = absolute(&args.dir);
    check_apart(&folder, &config)?;
    let sources = sources(&folder)?;
    let history = target(&config)?;
    let live = match &args.against {
        Some(against) => Some(against_database(context, &config, against).await?),
        None => None,
    };
    let settings = context.settings(&config, live.as_ref());
    let name = live.as_ref().map(called).unwrap_or_default();
    let around = Surroundings {
        live: live.as_ref().map(|live| (&live.params, name.as_str())),
        ignore: &config.ignore,
        settings: &settings,
        folder: &shown(&folder),
    };
    let read = folder::read_with(sources, values(&args.placeholder)?);
    if read.changes.is_empty() {
        return Err(Failure::usage("no-sql", format!("{} has no SQL files", shown(&folder)))
            .help("give the folder that the .sql files are in"));
    }
    let layout = read.layout;
    let mut adopted = adopt::examine(read, &around).await?;
    let files = drafted(&config, &history, &adopted)?;
    let ids: Vec<String> = files.made().iter().map(|made| made.id.clone()).collect();
    let texts = files.made().iter().map(|made| (made.path.clone(), made.text.clone()));
    let whole = history.with(texts)?;
    let proof = adopt::prove(&whole, &ids, adopted.live_drafts, adopted.live.as_ref(), &around).await?;
    let about = live.is_some().then_some(name.as_str());
    adopted.conclusions.extend(adopt::of_proof(&proof, about));
    adopted.conclusions = ranked(std::mem::take(&mut adopted.conclusions));
    let is_written = proof.holds() && adopted.refused.is_none();
    let made = if is_written { write(&config, files)? } else { files.made().to_vec() };
    let mut stamped = false;
    let at = ids.get(adopted.live_drafts.wrapping_sub(1)).cloned();
    if let (true, true, Some(live), Some(at)) = (is_written, args.stamp, &live, &at) {
        stamp(context, &whole, live, at, &name).await?;
        stamped = true;
    }
    let outcome = Outcome {
        folder: shown(&folder),
        layout,
        name: about.map(str::to_owned),
        adopted: &adopted,
        proof: &proof,
        made: &made,
        is_written,
        stamped,
        stamp: at.map(|at| stamp_line(&at, args)),
        into: args.into.as_ref().map(|_| shown(&config.migrations)),
        report: args.report.as_ref().map(|path| shown(path)),
    };
    if let Some(path) = &args.report {
        std::fs::write(path, report::markdown(&outcome))
            .map_err(|e| Failure::new("cannot-write", format!("{} cannot be written: {e}", shown(path))))?;
    }
    Ok((report::terminal(&outcome), code(&proof, is_written)))
}

fn code(proof: &Proof, is_written: bool) -> u8 {
    if is_written && proof.holds() { exit::DONE } else { exit::ATTENTION }
}

/// `NAME=VALUE`, each.
fn values(given: &[String]) -> Result<folder::Filled, Failure> {
    let value = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Failure::usage("bad-placeholder", format!("\"{text}\" is no NAME=VALUE"))
            .help("--placeholder schema=public")),
    };
    given.iter().map(value).collect()
}

/// The files of the user stay as they are, so the revisions have to go somewhere else.
fn check_apart(folder: &Path, config: &Config) -> Result<(), Failure> {
    if !folder.is_dir() {
        return Err(Failure::usage("no-folder", format!("{} is no folder", shown(folder)))
            .help("give the folder that the .sql files are in"));
    }
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (from, to) = (real(folder), real(&config.migrations));
    if to.starts_with(&from) {
        let what = if to == from { "is" } else { "holds" };
        return Err(Failure::usage(
            "same-folder",
            format!("{} {what} the folder that the revisions would be written to", shown(folder)),
        )
        .help("add --into with a folder beside it, and name that one as \"migrations\" in cutover.toml"));
    }
    Ok(())
}

/// The folder that the revisions go to: there must be none in it.
fn target(config: &Config) -> Result<History, Failure> {
    if !config.migrations.exists() {
        std::fs::create_dir_all(&config.migrations).map_err(|e| {
            Failure::new("cannot-write", format!("{} cannot be made: {e}", shown(&config.migrations)))
        })?;
    }
    let history = History::read(&config.migrations)?;
    let Some(first) = history.graph().nodes().first() else { return Ok(history) };
    let count = crate::output::count(history.graph().len(), "revision");
    let failure = Failure::usage(
        "has-revisions",
        format!("{} has {count} already, and none is overwritten", shown(&config.migrations)),
    );
    let is_ours = |index| history.revision(index).header.prose.contains("Adopted from ");
    let was_adopted = (0..history.graph().len()).any(is_ours);
    Err(if was_adopted {
        failure
            .note(format!("adopt wrote them, from {} on", first.id))
            .help("to adopt anew, remove them first, or write elsewhere with --into")
    } else {
        failure.help("write elsewhere with --into, and move what is wanted by hand")
    })
}

async fn against_database(context: &Context, config: &Config, against: &str) -> Result<Database, Failure> {
    let is_url = against.contains("://") || against.contains('=');
    if is_url || config.environments.contains_key(against) {
        return context.database_at(config, Some(against)).await;
    }
    let known: Vec<&str> = config.environments.keys().map(String::as_str).collect();
    let failure = Failure::usage("no-such-database", format!("\"{against}\" is no URL and no environment"));
    Err(if known.is_empty() {
        failure.help("write postgresql://USER@HOST/DATABASE, or add the environment to cutover.toml")
    } else {
        failure.help(format!("the environments are: {}", known.join(", ")))
    })
}

/// What the live database is called in texts.
fn called(live: &Database) -> String {
    live.environment.clone().unwrap_or_else(|| live.params.database.clone())
}

/// The files of a folder and of those in it; hidden ones are left alone.
pub fn sources(folder: &Path) -> Result<Vec<Source>, Failure> {
    let mut found = Vec::new();
    collect(folder, folder, &mut found)?;
    found.sort_by(|a: &Source, b: &Source| a.path.cmp(&b.path));
    Ok(found)
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) -> Result<(), Failure> {
    let unreadable = |path: &Path, e: std::io::Error| {
        Failure::new("unreadable-file", format!("{} cannot be read: {e}", shown(path)))
    };
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, e))?.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found)?;
            continue;
        }
        let relative = path.strip_prefix(root).unwrap_or(&path);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let named = Source { path: parts.join("/"), text: String::new() };
        if folder::is_code(&name) {
            found.push(named);
            continue;
        }
        if !folder::counts(&name.to_ascii_lowercase()) {
            continue;
        }
        let bytes = std::fs::read(&path).map_err(|e| unreadable(&path, e))?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
            let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            Failure::usage("not-utf8", format!("{} is not UTF-8", shown(&path)))
                .at(Place { line: Some(line), ..Place::file(&path) })
                .help("save the file as UTF-8, for example: iconv -f LATIN1 -t UTF-8")
        })?;
        found.push(Source { text, ..named });
    }
    Ok(())
}

/// The revisions as files, a linear chain from base.
fn drafted<'a>(config: &'a Config, history: &'a History, adopted: &Adopted) -> Result<NewFiles<'a>, Failure> {
    let mut files = NewFiles::new(config, history);
    let mut below = Vec::new();
    for draft in &adopted.drafts {
        let allows = match &draft.origin {
            Origin::Roles => vec![unplaced((
                "empty-downgrade".to_owned(),
                "roles are of the whole server, and other databases may need them".to_owned(),
            ))],
            Origin::File(_) | Origin::Reconcile(_) => Vec::new(),
        };
        let id = files.add(NewFile {
            title: draft.title.clone(),
            id: None,
            parents: below,
            header: Header { prose: draft.prose.clone(), allows, ..Header::default() },
            body: Some((draft.up.clone(), draft.down.clone())),
        })?;
        below = vec![id];
    }
    Ok(files)
}

fn write(config: &Config, files: NewFiles<'_>) -> Result<Vec<Made>, Failure> {
    std::fs::create_dir_all(&config.migrations).map_err(|e| {
        Failure::new("cannot-write", format!("{} cannot be made: {e}", shown(&config.migrations)))
    })?;
    files.write()
}

/// The one thing that writes into the live database: rows of the ledger.
async fn stamp(
    context: &Context,
    history: &History,
    live: &Database,
    at: &str,
    name: &str,
) -> Result<(), Failure> {
    context.say(&format!(
        "writing into the ledger (schema \"cutover\") of {name} that it has the revisions up to {at}; nothing is run there"
    ));
    let target = Target::parse(at)?;
    let config = context.config()?;
    let settings = context.settings(&config, Some(live));
    let session = context.session(live).await?;
    context.stamp(history, &target, &settings, &session, false).await?;
    Ok(())
}

/// The command that stamps the live database.
fn stamp_line(at: &str, args: &Args) -> String {
    match &args.against {
        Some(url) if url.contains("://") || url.contains('=') => {
            format!("cutover stamp {at} --url \"{}\"", redact(url))
        }
        Some(env) => format!("cutover stamp {at} --env {env}"),
        None => format!("cutover stamp {at}"),
    }
}
