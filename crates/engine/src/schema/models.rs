//! The models: what the code wants the schema to be, from SQL, SQLAlchemy, Django, drizzle-kit or any program.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff;
use tokio::process::Command;

use super::sql::{self, File};
use super::{SchemaError, Wanted, Workshop};
use crate::config::{Config, ModelSource};

const SQLALCHEMY: &str = include_str!("sqlalchemy.py");
const DJANGO: &str = include_str!("django.py");

/// Why the models could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ModelsError {
    /// `cutover.toml` names no models.
    #[error("cutover.toml names no models")]
    None,
    /// A program that cannot be started.
    #[error("{program} cannot be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// A program that failed.
    #[error("{what} failed")]
    Failed {
        /// What was run, in words.
        what: String,
        /// What it said: a traceback, most often.
        said: String,
    },
}

/// The kinds that an ORM's tables consist of. What else there is it has never heard of.
const OF_TABLES: [Kind; 5] = [Kind::Table, Kind::Constraint, Kind::Index, Kind::Sequence, Kind::Enum];

impl ModelSource {
    /// Whether it speaks for objects of a kind: what it does not mention is not wanted.
    pub fn speaks_for(&self, kind: Kind) -> bool {
        match self {
            Self::Sql(_) | Self::Command(_) => true,
            Self::Sqlalchemy { .. } | Self::Drizzle(_) | Self::Django { .. } => OF_TABLES.contains(&kind),
        }
    }

    /// Its DDL.
    async fn ddl(&self, root: &Path, server: u32) -> Result<Vec<File>, SchemaError> {
        match self {
            Self::Sql(path) => Ok(sql::files(path)?),
            Self::Command(command) => {
                let mut shell = Command::new("sh");
                shell.args(["-c", command]);
                Ok(vec![printed(&mut shell, command, command, root).await?])
            }
            Self::Sqlalchemy { metadata, python } => {
                let python = python.clone().unwrap_or_else(|| usual_python(root));
                let mut command = Command::new(&python);
                command.args(["-c", SQLALCHEMY, metadata]);
                Ok(vec![
                    printed(&mut command, &python, &format!("reading {metadata} with {python}"), root)
                        .await?,
                ])
            }
            Self::Django { settings, python } => {
                let python = python.clone().unwrap_or_else(|| usual_python(root));
                let mut command = Command::new(&python);
                command.args(["-c", DJANGO, settings, &server.to_string()]);
                let what = format!("reading {settings} with {python}");
                Ok(vec![printed(&mut command, &python, &what, root).await?])
            }
            Self::Drizzle(path) => {
                let mut command = Command::new("npx");
                command.args(["drizzle-kit", "export", "--config"]).arg(path);
                let mut file = printed(&mut command, "npx", "drizzle-kit export", root).await?;
                // the history's schemas are there already
                file.text = file.text.replace("CREATE SCHEMA \"", "CREATE SCHEMA IF NOT EXISTS \"");
                Ok(vec![file])
            }
        }
    }
}

/// The project's own Python: of its virtual environment, where there is one.
pub(crate) fn usual_python(root: &Path) -> String {
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let folders = active.into_iter().chain([root.join(".venv"), root.join("venv")]);
    let found = folders.map(|folder| folder.join("bin/python")).find(|python| python.is_file());
    found.map_or_else(|| "python3".into(), |python| python.display().to_string())
}

/// What a program prints.
async fn printed(command: &mut Command, program: &str, what: &str, root: &Path) -> Result<File, ModelsError> {
    command.current_dir(root).stdin(Stdio::null());
    let start = |source| ModelsError::Start { program: program.to_owned(), source };
    let output = command.output().await.map_err(start)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(ModelsError::Failed { what: what.to_owned(), said });
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(File { path: PathBuf::from(format!("({what})")), text })
}

/// The schema that the models want. They may use what they do not speak for and cannot create: extensions and
/// domains of `base`, the history's.
///
/// # Errors
/// When a source cannot be read or its DDL does not load.
pub async fn wanted(workshop: &Workshop, config: &Config, base: &Catalog) -> Result<Wanted, SchemaError> {
    if config.models.is_empty() {
        return Err(ModelsError::None.into());
    }
    let speaks = |kind: Kind| config.models.iter().any(|source| source.speaks_for(kind));
    let bench = workshop.bench(None).await?;
    let is_ground = |kind: Kind| {
        !speaks(kind) && matches!(kind, Kind::Namespace | Kind::Extension | Kind::Domain | Kind::Collation)
    };
    let ground = base.clone().filtered(|object| is_ground(object.id.kind));
    let here = Catalog::empty(&bench.catalog().await?).filtered(|object| is_ground(object.id.kind));
    let plain = diff::Options { plain: true, ..diff::Options::default() };
    for sql in diff::plan(&here, &ground, &plain).iter().flat_map(|action| &action.statements) {
        bench.run(sql).await?;
    }
    let mut files = Vec::new();
    for source in &config.models {
        files.extend(source.ddl(&config.root, bench.session.facts.version).await?);
    }
    sql::run(&files, bench.session.client()).await?;
    let kinds = Kind::ALL.iter().copied().filter(|kind| speaks(*kind)).collect();
    let found = bench.catalog().await?.without(&config.ignore);
    Ok(Wanted::of_kinds(found, kinds, base.clone()).hinted(sql::hints(&files)))
}
