//! `cutover adopt sql`.

use std::path::{Path, PathBuf};

use cutover_core::adopt::folder::{self, Folder, Source};
use cutover_core::report::ranked;
use cutover_core::revision::target::Target;
use cutover_engine::adopt::sql::{self as adopt, Adopted, Origin, Proof, Surroundings};
use cutover_engine::config::Config;
use cutover_engine::connect::redact;
use cutover_engine::doctor::alembic::is_project;
use cutover_engine::history::History;
use cutover_sql::document::Header;
use cutover_sql::utf8;

use super::Shared;
use super::report::{self, Outcome};
use crate::context::{Context, Database, absolute, is_url};
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
    #[command(flatten)]
    shared: Shared,
    /// The value of a placeholder of Flyway's; those of a flyway.conf in the folder are known
    #[arg(long, value_name = "NAME=VALUE")]
    placeholder: Vec<String>,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::super::Result {
    let mut config = context.config()?;
    if let Some(into) = &args.shared.into {
        config.migrations = absolute(into);
    }
    let folder = absolute(&args.dir);
    check_apart(&folder, &config)?;
    let read = read(&folder, args)?;
    let layout = read.layout;
    let target = target(&config)?;
    let live = match &args.shared.against {
        Some(against) => Some(context.database_at(&config, Some(against)).await?),
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
    let mut adopted = adopt::examine(read, &around).await?;
    let files = drafted(&config, &target.history, &adopted)?;
    let Proven { whole, ids, proof } = prove(&files, &target.history, &mut adopted, &around).await?;
    let is_written = proof.holds() && adopted.refused.is_none();
    let made = if is_written { write(&config, files)? } else { files.made().to_vec() };
    let at = ids.get(adopted.live_drafts.wrapping_sub(1));
    let mut stamped = false;
    if let (true, true, Some(live), Some(at)) = (is_written, args.shared.stamp, &live, at) {
        stamp(context, &whole, live, at, &name).await?;
        stamped = true;
    }
    let outcome = Outcome {
        folder: shown(&folder),
        layout,
        name: live.is_some().then_some(name),
        adopted: &adopted,
        proof: &proof,
        made: &made,
        is_written,
        stamped,
        stamp: at.map(|at| stamp_line(at, args)),
        upgrade: upgrade_line(args),
        into: args.shared.into.as_ref().map(|_| shown(&config.migrations)),
        report: args.shared.report.as_ref().map(|path| shown(path)),
    };
    let report = report::terminal(&outcome);
    args.shared.write_report(|| report::markdown(&outcome), &report.json)?;
    Ok((report, code(&proof, is_written)))
}

/// The folder, as a list of changes.
fn read(folder: &Path, args: &Args) -> Result<Folder, Failure> {
    let read = folder::read_with(sources(folder)?, values(&args.placeholder)?);
    if !read.changes.is_empty() {
        return Ok(read);
    }
    let failure = Failure::usage("no-sql", format!("{} has no SQL files that are changes", shown(folder)));
    let failure = read
        .conclusions
        .iter()
        .fold(failure, |failure, one| failure.note(format!("{}: {}", one.about, one.text)));
    let above = absolute(folder);
    let is_alembic = above.ancestors().take(3).any(is_project);
    Err(match is_alembic {
        true => failure.help("this is a project of Alembic's: cutover adopt alembic"),
        false => failure.help("give the folder that the .sql files are in"),
    })
}

/// The revisions as a history, and what its replay showed.
struct Proven {
    whole: History,
    ids: Vec<String>,
    proof: Proof,
}

async fn prove(
    files: &NewFiles<'_>,
    history: &History,
    adopted: &mut Adopted,
    around: &Surroundings<'_>,
) -> Result<Proven, Failure> {
    let ids: Vec<String> = files.made().iter().map(|made| made.id.clone()).collect();
    let whole = history.with(files.made().iter().map(|made| (made.path.clone(), made.text.clone())))?;
    let proof = adopt::prove(&whole, &ids, adopted.live_drafts, adopted.live.as_ref(), around).await?;
    adopted.conclusions.extend(adopt::of_proof(&proof, around.live.map(|(_, name)| name)));
    adopted.conclusions = ranked(std::mem::take(&mut adopted.conclusions));
    Ok(Proven { whole, ids, proof })
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

/// The folder that the revisions go to. One that was made for them goes again when nothing is written.
struct Written {
    history: History,
    made: Option<PathBuf>,
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(folder) = &self.made {
            // with files in it, it stays
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// The folder that the revisions go to: there must be none in it.
fn target(config: &Config) -> Result<Written, Failure> {
    let made = (!config.migrations.exists()).then(|| config.migrations.clone());
    std::fs::create_dir_all(&config.migrations).map_err(|e| {
        Failure::new("cannot-write", format!("{} cannot be made: {e}", shown(&config.migrations)))
    })?;
    Ok(Written { history: without_revisions(config)?, made })
}

fn without_revisions(config: &Config) -> Result<History, Failure> {
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
        let text = utf8::text(bytes).map_err(|error| Failure::not_utf8(&path, &error))?;
        if let Some(at) = text.find('\0') {
            let line = text[..at].matches('\n').count() + 1;
            let message = format!("{} has a NUL byte, which PostgreSQL cannot store", shown(&path));
            return Err(Failure::usage("nul-byte", message)
                .at(Place { line: Some(line), ..Place::file(&path) })
                .help("remove the byte; a file in UTF-16 has many: iconv -f UTF-16 -t UTF-8"));
        }
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
    format!("cutover stamp {at}{}", place(args))
}

/// The command that runs what is open.
fn upgrade_line(args: &Args) -> String {
    format!("cutover upgrade{}", place(args))
}

/// Where the live database is, as an option of other commands.
fn place(args: &Args) -> String {
    match &args.shared.against {
        Some(url) if is_url(url) => format!(" --url \"{}\"", redact(url)),
        Some(env) => format!(" --env {env}"),
        None => String::new(),
    }
}
