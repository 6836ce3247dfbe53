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
    let git = Git { folder, reference: reference(since)? };
    let base = git.base()?;
    let changed =
        git.say(&["diff", "--name-only", "-z", "--relative", "--diff-filter=d", &base, "--", "."])?;
    let new = git.say(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."])?;
    Ok(paths(folder, &[changed, new]))
}

/// The files of a folder that `git:REF` has, and that were changed since the branch left it.
///
/// # Errors
/// As [`changed`].
pub fn edited(folder: &Path, since: &str) -> Result<Vec<PathBuf>, SinceError> {
    let git = Git { folder, reference: reference(since)? };
    let base = git.base()?;
    let names = git.say(&["diff", "--name-only", "-z", "--relative", "--diff-filter=M", &base, "--", "."])?;
    Ok(paths(folder, &[names]))
}

fn reference(since: &str) -> Result<&str, SinceError> {
    let reference = since.strip_prefix("git:").filter(|it| !it.is_empty() && !it.starts_with('-'));
    reference.ok_or_else(|| SinceError::Form(since.to_owned()))
}

fn paths(folder: &Path, lists: &[String]) -> Vec<PathBuf> {
    let names = lists.iter().flat_map(|list| list.split('\0')).filter(|name| !name.is_empty());
    names.map(|name| folder.join(name)).collect()
}

/// Git in a folder, asked about a reference.
struct Git<'a> {
    folder: &'a Path,
    reference: &'a str,
}

impl Git<'_> {
    /// Where the branch began: what the other side has done since is not ours.
    fn base(&self) -> Result<String, SinceError> {
        Ok(self.say(&["merge-base", self.reference, "HEAD"])?.trim().to_owned())
    }

    fn say(&self, arguments: &[&str]) -> Result<String, SinceError> {
        let output = Command::new("git").arg("-C").arg(self.folder).args(arguments).output();
        let output = output.map_err(SinceError::NoGit)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(SinceError::Git { reference: self.reference.to_owned(), said })
    }
}
