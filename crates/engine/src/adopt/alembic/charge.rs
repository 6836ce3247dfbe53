//! Alembic stays in charge: its revisions as they were recorded are kept in the user's cache, for as long as its files are the
//! same, and what its table says is applied stands for a ledger. Nothing is written anywhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use cutover_sql::checksum;
use serde::{Deserialize, Serialize};

use super::host::Surroundings;
use super::names::Names;
use super::project::Project;
use super::sift::VersionTable;
use super::{Adopted, AlembicError};
use crate::history::History;
use crate::ledger::read::AppliedRevision;
use crate::schema::cache_dir;
use crate::session::{Session, SessionError};

/// The file beside the kept revisions.
const FACTS: &str = "alembic.json";

/// What is kept beside the revisions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// Alembic's ids and those here.
    pub names: Names,
    /// Alembic's table.
    pub version: VersionTable,
    /// The search path that `env.py` sets.
    pub search_path: Option<String>,
    /// Alembic's file of each file here.
    pub sources: BTreeMap<String, PathBuf>,
}

/// Where the revisions of a project are kept: another folder for other files, surroundings or programs.
pub fn place(project: &Project, around: &Surroundings, skip: &[String]) -> PathBuf {
    let mut key = format!("{} {} {around:?} {skip:?}", env!("CARGO_PKG_VERSION"), project.python);
    for path in files(project).into_iter().chain(around.prepare.clone()) {
        // one that goes away meanwhile is no file of the project's
        let bytes = std::fs::read(&path).unwrap_or_default();
        key += &format!("\n{} {}", path.display(), checksum::content_hash(&bytes));
    }
    cache_dir().join("alembic").join(checksum::content_hash(key.as_bytes()))
}

/// The files that decide: the configuration, `env.py`, the revisions, and what of SQL stands beside them.
fn files(project: &Project) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = project.ini.iter().chain(&project.toml).cloned().collect();
    let mut folders = project.scripts();
    while let Some(folder) = folders.pop() {
        let is_environment = folder.join("pyvenv.cfg").exists();
        let entries = std::fs::read_dir(&folder).ok().filter(|_| !is_environment);
        for path in entries.into_iter().flatten().flatten().map(|it| it.path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "__pycache__" || name == "node_modules" {
                continue;
            }
            match path.is_dir() {
                true => folders.push(path),
                false if name.ends_with(".py") || name.ends_with(".sql") => found.push(path),
                false => {}
            }
        }
    }
    found.sort();
    found
}

/// What is kept in a folder, if it was kept completely.
pub fn kept(folder: &Path) -> Option<Kept> {
    serde_json::from_slice(&std::fs::read(folder.join(FACTS)).ok()?).ok()
}

/// Keeps what was taken over. The folder is there as a whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub fn keep(folder: &Path, adopted: &Adopted) -> io::Result<()> {
    let Some(parent) = folder.parent() else { return Ok(()) };
    std::fs::create_dir_all(parent)?;
    let part = tempfile::tempdir_in(parent)?;
    for revision in &adopted.revisions {
        std::fs::write(part.path().join(&revision.file), &revision.text)?;
    }
    let (names, search_path) = (adopted.names.clone(), adopted.search_path.clone());
    let sources = adopted.revisions.iter().map(|it| (it.file.clone(), it.source.clone())).collect();
    let facts = Kept { names, version: adopted.version.clone(), search_path, sources };
    std::fs::write(part.path().join(FACTS), serde_json::to_vec(&facts)?)?;
    match std::fs::rename(part.path(), folder) {
        // another run has kept the same at this moment
        Err(_) if kept(folder).is_some() => Ok(()),
        // what is there was kept by another version, or half
        Err(_) if folder.exists() => {
            std::fs::remove_dir_all(folder)?;
            std::fs::rename(part.path(), folder)
        }
        other => other,
    }
}

/// What Alembic's table says; nothing where it is not there.
///
/// # Errors
/// When it cannot be read.
pub async fn versions(table: &VersionTable, session: &Session) -> Result<BTreeSet<String>, SessionError> {
    super::side::version_rows(session.client(), table).await
}

/// The revisions that Alembic's table says are applied, as a ledger would have them.
///
/// # Errors
/// When the table cannot be read.
pub async fn applied(
    kept: &Kept,
    history: &History,
    session: &Session,
) -> Result<BTreeMap<String, AppliedRevision>, AlembicError> {
    let versions = versions(&kept.version, session).await?;
    let graph = history.graph();
    let tips = versions.iter().filter_map(|id| graph.find(kept.names.get(id)?));
    let one = |index| {
        let (node, revision) = (graph.node(index), history.revision(index));
        let applied = AppliedRevision {
            id: node.id.clone(),
            message: node.message.clone(),
            checksum: checksum::normal(&revision.text),
            content_hash: revision.content_hash.clone(),
            how: "stamp".into(),
            applied_at: String::new(),
            duration_ms: 0,
            applied_by: "alembic".into(),
            tool_version: String::new(),
        };
        (node.id.clone(), applied)
    };
    Ok(graph.needs(tips).into_iter().map(one).collect())
}
