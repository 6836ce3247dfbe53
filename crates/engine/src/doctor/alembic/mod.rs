//! What is wrong with an Alembic project, read off its files: nothing of it is imported or run here.
//!
//! A small program in Python takes the files apart (`scan.py`); what follows from it is concluded here, a check a file.
//! `applied` asks a database what Alembic's table says; `recorded` joins what the replay of a recorded history found.

mod applied;
mod facts;
mod graph;
mod ids;
mod outside;
mod recorded;
mod sections;
mod transactions;
mod twice;

use std::path::{Path, PathBuf};
use std::process::Stdio;

use cutover_core::report::{Conclusion, Weight, ranked};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

pub use applied::applied;
pub use recorded::{Recording, joined};

use crate::adopt::alembic::locations;
use crate::schema::models::usual_python;
use facts::{Project, Revision};

const SCAN: &str = include_str!("scan.py");

/// The file that makes a folder an Alembic project.
const INI: &str = "alembic.ini";

/// The other one, where it has `[tool.alembic]`.
const TOML: &str = "pyproject.toml";

/// Why an Alembic project cannot be examined.
#[derive(Debug, thiserror::Error)]
pub enum AlembicError {
    /// No Python.
    #[error("{python} cannot be started: {source}")]
    Start {
        /// Which.
        python: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The program that reads the files failed.
    #[error("reading the files of {} with {python} failed", folder.display())]
    Failed {
        /// Which Python.
        python: String,
        /// The folder of `alembic.ini`.
        folder: PathBuf,
        /// What it said.
        said: String,
    },
    /// What it printed is not what is expected: a bug.
    #[error("what was read of {} cannot be understood: {source}", folder.display())]
    Output {
        /// The folder of `alembic.ini`.
        folder: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Whether a folder is that of an Alembic project.
pub fn is_project(folder: &Path) -> bool {
    folder.join(INI).is_file() || of_toml(folder).is_some()
}

/// What `pyproject.toml` says of Alembic (since 1.16).
fn of_toml(folder: &Path) -> Option<toml::Table> {
    let text = std::fs::read_to_string(folder.join(TOML)).ok()?;
    locations::of_alembic(&text)
}

/// The files of an Alembic project, read; it may have several histories.
#[derive(Debug)]
pub struct Files {
    projects: Vec<Project>,
}

impl Files {
    /// Reads the files of the project of a folder.
    ///
    /// # Errors
    /// When there is no Python, or it cannot read the files.
    pub async fn read(folder: &Path) -> Result<Self, AlembicError> {
        Ok(Self { projects: scan(folder).await? })
    }

    /// Everything that is wrong with them, the worst first.
    pub fn conclude(&self) -> Vec<Conclusion> {
        ranked(self.projects.iter().flat_map(conclude).collect())
    }

    /// The revision of an id; of several with one id the first.
    fn revision(&self, id: &str) -> Option<&Revision> {
        self.projects.iter().flat_map(|project| &project.revisions).find(|it| it.id == id)
    }
}

/// What is wrong with one history.
fn conclude(project: &Project) -> Vec<Conclusion> {
    let mut found: Vec<Conclusion> = project
        .problems
        .iter()
        .map(|it| Conclusion::new("unreadable-file", Weight::Error, &it.path, &it.text).at(&it.path, it.line))
        .collect();
    found.extend(graph::check(project));
    found.extend(ids::check(project));
    found.extend(sections::check(project));
    found.extend(transactions::check(project));
    found.extend(twice::check(project));
    found.extend(outside::check(project));
    found
}

/// Runs the reading program; the text of it goes in by its standard input, so that no file of ours has to be there.
async fn scan(folder: &Path) -> Result<Vec<Project>, AlembicError> {
    let python = usual_python(folder);
    let start = |source| AlembicError::Start { python: python.clone(), source };
    // isolated: neither the folder nor the environment changes what is imported
    let mut child = Command::new(&python)
        .args(["-I", "-"])
        .arg(folder)
        .arg(serde_json::json!(of_toml(folder).unwrap_or_default()).to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(start)?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(SCAN.as_bytes()).await.map_err(start)?;
    }
    let output = child.wait_with_output().await.map_err(start)?;
    let folder = folder.to_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
        return Err(AlembicError::Failed { python, folder, said });
    }
    serde_json::from_slice(&output.stdout).map_err(|source| AlembicError::Output { folder, source })
}
