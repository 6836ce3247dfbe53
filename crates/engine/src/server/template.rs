//! The cached data directory that throw-away servers are copied from: `initdb` is run once for each
//! server program and each set of its options.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::FlockArg;
use sha2::{Digest as _, Sha256};

use super::binaries::Binaries;
use super::cluster::ClusterError;
use super::owner::Owner;
use super::watchdog::Hold;
use super::{copy, initdb, lock};

/// Raised when the way a template is made changes.
const FORMAT: u32 = 1;

/// How long another process is waited for that is making the template.
const LIMIT: Duration = Duration::from_secs(60);

/// Makes a data directory for a throw-away server: a copy of the cached template, which is made
/// first when there is none.
///
/// `data_dir` must exist, be empty and belong to `owner`. When the cache cannot be used, the
/// directory is made all the same, only slower.
///
/// # Errors
/// When `initdb` fails or a file cannot be copied.
pub fn instantiate(
    binaries: &Binaries,
    owner: &Owner,
    cache_dir: &Path,
    data_dir: &Path,
    hold: &Hold,
) -> Result<(), ClusterError> {
    let template = cache_dir.join(format!("template-{}", key(binaries)?));
    if !template.is_dir() {
        let lock_file = cache_dir.join("template.lock");
        let lock = std::fs::create_dir_all(cache_dir)
            .and_then(|()| lock::wait(&lock_file, FlockArg::LockExclusive, LIMIT));
        if !template.is_dir() {
            initdb::run(binaries, owner, data_dir, false, Some(hold))?;
            if lock.is_ok() {
                // a full disk or so: the next start tries again
                let _ = keep(data_dir, &template);
            }
            return Ok(());
        }
    }
    if std::fs::File::open(template.join("PG_VERSION")).is_err() {
        // another user's cache
        return initdb::run(binaries, owner, data_dir, false, Some(hold));
    }
    copy::tree(&template, data_dir, owner).map_err(ClusterError::file("copying the template", &template))
}

/// Copies a fresh data directory into the cache: under another name first, so that a template is
/// never half there.
fn keep(data_dir: &Path, template: &Path) -> std::io::Result<()> {
    let cache_dir = template.parent().unwrap_or(template);
    sweep(cache_dir);
    let dir = tempfile::Builder::new().prefix("making-").tempdir_in(cache_dir)?;
    // ours and not the server's: the server must not change it
    copy::tree(data_dir, dir.path(), &Owner::myself())?;
    std::fs::rename(dir.keep(), template)
}

/// Removes what a process left that was killed while it made a template; the caller has the lock.
fn sweep(cache_dir: &Path) {
    for entry in std::fs::read_dir(cache_dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("making-") {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Tells server programs apart without running them.
fn key(binaries: &Binaries) -> Result<String, ClusterError> {
    let program: PathBuf = binaries.tool("postgres");
    let program = program.canonicalize().unwrap_or(program);
    let meta = program.metadata().map_err(ClusterError::file("looking at", &program))?;
    let text = format!("{FORMAT} {} {} {}", program.display(), meta.len(), meta.mtime());
    let hash = Sha256::digest(text.as_bytes());
    Ok(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
