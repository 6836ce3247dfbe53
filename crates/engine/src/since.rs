//! `--since git:REF`: the files that a branch adds or changes, as git tells.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Why nobody knows what has changed.
#[derive(Debug, thiserror::Error)]
pub enum SinceError {
    /// Not of the form `git:REF`.
    #[error("\"{0}\" is not of the form git:REF")]
    Form(String),
    /// No git on this machine.
    #[error("git cannot be started: {0}")]
    NoGit(std::io::Error),
    /// Git says no.
    #[error("git does not know what has changed since {reference}: {said}")]
    Git {
        /// The branch, tag or commit.
        reference: String,
        /// Git's words.
        said: String,
    },
}

/// The files of a folder that were added or changed since the branch left `git:REF`, with those that are not committed.
///
/// # Errors
/// [`SinceError`] when git cannot say it.
pub fn changed(folder: &Path, since: &str) -> Result<Vec<PathBuf>, SinceError> {
    let reference = since.strip_prefix("git:").filter(|it| !it.is_empty() && !it.starts_with('-'));
    let reference = reference.ok_or_else(|| SinceError::Form(since.to_owned()))?;
    let git = |arguments: &[&str]| -> Result<String, SinceError> {
        let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
        let output = output.map_err(SinceError::NoGit)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(SinceError::Git { reference: reference.to_owned(), said })
    };
    // where the branch began: what the other side has done since is not ours
    let base = git(&["merge-base", reference, "HEAD"])?;
    let changed =
        git(&["diff", "--name-only", "-z", "--relative", "--diff-filter=d", base.trim(), "--", "."])?;
    let new = git(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."])?;
    let names = changed.split('\0').chain(new.split('\0')).filter(|name| !name.is_empty());
    Ok(names.map(|name| folder.join(name)).collect())
}
