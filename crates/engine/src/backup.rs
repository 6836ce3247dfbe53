//! A dump of the target before anything runs, by PostgreSQL's own `pg_dump`.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use crate::connect::{ConnParams, redact};

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// `pg_dump` cannot be started.
    #[error("{program} cannot be started: {source}")]
    Start {
        /// The program.
        program: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It failed.
    #[error("pg_dump ended with {status}: {output}")]
    Failed {
        /// How it ended.
        status: String,
        /// What it said, without secrets.
        output: String,
    },
    /// The place is taken.
    #[error("{0} exists already")]
    Exists(String),
}

/// Writes `pg_dump -Fc` of the database to `path`, first under another name, so that a
/// file at `path` is always whole. Never overwrites.
///
/// # Errors
/// [`BackupError`]; nothing is left at `path` then.
pub async fn backup(pg_dump: &Path, params: &ConnParams, path: &Path) -> Result<(), BackupError> {
    if path.exists() {
        return Err(BackupError::Exists(path.display().to_string()));
    }
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    let mut command = Command::new(pg_dump);
    if let Some(password) = &params.password {
        // in the environment rather than an argument, which every user of the machine could read
        command.env("PGPASSWORD", password.reveal());
    }
    let output = command
        .args(["--format=custom", "--no-password", "--file"])
        .arg(&partial)
        .arg(format!("--dbname={}", params.display()))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|source| BackupError::Start { program: pg_dump.display().to_string(), source })?;
    let moved = if output.status.success() {
        std::fs::rename(&partial, path).map_err(|e| e.to_string())
    } else {
        Err(String::new())
    };
    if let Err(why) = moved {
        // what is there is no backup; that it cannot be removed changes nothing
        let _ = std::fs::remove_file(&partial);
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BackupError::Failed {
            status: output.status.to_string(),
            output: redact(if said.is_empty() { &why } else { &said }),
        });
    }
    Ok(())
}
