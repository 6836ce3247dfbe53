//! Where the revisions of an Alembic project go: written all or none of them, with what has to stand beside them.

use std::path::{Path, PathBuf};

use cutover_engine::adopt::alembic::{self, Adopted};
use cutover_engine::config::{Config, FILE_NAME};
use serde_json::json;

use super::Args;
use crate::context::absolute;
use crate::failure::{Failure, shown};

/// Where the revisions go.
#[derive(Debug)]
pub struct Place {
    pub folder: PathBuf,
    /// The folder of a configuration that is to be written.
    root: Option<PathBuf>,
    /// What the configuration that is there says instead.
    pub other: Option<PathBuf>,
}

impl Place {
    pub fn of(args: &Args, config: Option<&Config>) -> Result<Self, Failure> {
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
    pub fn write(&self, adopted: &Adopted) -> Result<Option<PathBuf>, Failure> {
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
pub fn ignored(adopted: &Adopted) -> String {
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
