//! Where throw-away directories are made, and the removal of those whose process is gone.
//!
//! All are in one folder of the temporary directory, `cutover-<user id>`, each with a file `alive`
//! that its process holds a lock on. What neither the process nor its watchdog removed (both were
//! killed, the machine went down) is removed by the next one that looks.

use std::fs::{DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::fcntl::FlockArg;
use nix::sys::signal::Signal;
use nix::unistd::Uid;

use super::lock::{self, Lock};
use super::owner::Owner;
use super::postmaster;

const ALIVE: &str = "alive";

/// Longest path of a temporary directory under which the sockets of ours still have a legal name.
const LONGEST: usize = 60;

/// A file system in memory.
const MEMORY: &str = "/dev/shm";

/// What must be free of it, and of memory as a whole, in bytes.
const ENOUGH: u64 = 2 << 30;

/// A folder for throw-away directories.
#[derive(Clone, Debug)]
pub struct Place {
    candidates: Vec<PathBuf>,
}

/// A directory of ours, which is locked while we live. Dropping it removes it.
#[derive(Debug)]
pub struct Room {
    path: PathBuf,
    _alive: Lock,
}

impl Place {
    /// Memory, where that is a file system with room (`/dev/shm` on Linux), or else
    /// [`Place::on_disk`]; `CUTOVER_SCRATCH_DIR` wins over both.
    ///
    /// A server is a thousand files and a database three hundred, and where creating a file is slow
    /// that is most of the time: a quarter of a millisecond each was measured on one ext4.
    pub fn from_env() -> Self {
        if let Some(dir) = std::env::var_os("CUTOVER_SCRATCH_DIR").filter(|dir| !dir.is_empty()) {
            return Self::at(Path::new(&dir));
        }
        let mut place = Self::on_disk();
        if memory_has_room() {
            place.candidates.insert(0, MEMORY.into());
        }
        place
    }

    /// The system's temporary directory (`TMPDIR`), or else `/tmp` and `/var/tmp`.
    pub fn on_disk() -> Self {
        Self::at(&std::env::temp_dir())
    }

    /// This directory, or `/tmp` or `/var/tmp` when its path is too long for a socket or the user
    /// that the server runs as cannot get there.
    pub fn at(dir: &Path) -> Self {
        Self { candidates: vec![dir.to_owned(), "/tmp".into(), "/var/tmp".into()] }
    }

    /// Makes a new directory that belongs to `owner` and that only they may enter.
    ///
    /// # Errors
    /// The system's error.
    pub fn room(&self, owner: &Owner) -> std::io::Result<Room> {
        let fits =
            |dir: &&PathBuf| dir.as_os_str().len() <= LONGEST && dir.is_dir() && owner.barred(dir).is_none();
        let base = self.candidates.iter().find(fits).ok_or(std::io::ErrorKind::NotFound)?;
        let base = base.canonicalize()?;
        for _ in 0..100 {
            match make(&base, owner) {
                // somebody removed the empty folder in between
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                other => return other,
            }
        }
        make(&base, owner)
    }

    /// Removes what killed processes left behind: ends servers that still run, then deletes.
    pub fn sweep(&self) {
        for base in &self.candidates {
            let Some(folder) = base.canonicalize().ok().map(|b| folder(&b)).filter(|f| is_ours(f)) else {
                continue;
            };
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                sweep_one(&entry.path());
            }
            let _ = std::fs::remove_dir(&folder);
        }
    }
}

impl Room {
    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The lock file, of which a copy of the directory must not have one.
    pub const LOCK: &'static str = ALIVE;
}

impl Drop for Room {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Containers often have 64 MB there.
#[cfg(target_os = "linux")]
fn memory_has_room() -> bool {
    let Ok(fs) = nix::sys::statfs::statfs(MEMORY) else { return false };
    let free = fs.blocks_available() * u64::try_from(fs.block_size()).unwrap_or(0);
    let meminfo = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = available.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    fs.filesystem_type() == nix::sys::statfs::TMPFS_MAGIC
        && free >= ENOUGH
        && kilobytes.unwrap_or(0) * 1024 >= ENOUGH
}

#[cfg(not(target_os = "linux"))]
fn memory_has_room() -> bool {
    false
}

fn folder(base: &Path) -> PathBuf {
    base.join(format!("cutover-{}", Uid::effective()))
}

/// A folder of that name which somebody else made is not to be trusted.
fn is_ours(folder: &Path) -> bool {
    folder
        .symlink_metadata()
        .is_ok_and(|m| m.is_dir() && m.uid() == Uid::effective().as_raw() && m.mode() & 0o022 == 0)
}

fn make(base: &Path, owner: &Owner) -> std::io::Result<Room> {
    let mut folder = folder(base);
    match DirBuilder::new().mode(0o711).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if !is_ours(&folder) {
        folder = base.to_owned();
    }
    let dir = tempfile::Builder::new().prefix("s-").tempdir_in(&folder)?;
    let alive = lock::attempt(&dir.path().join(ALIVE), FlockArg::LockExclusive)?;
    // the sweep of another process was here first
    let alive = alive.ok_or(std::io::ErrorKind::NotFound)?;
    std::fs::set_permissions(dir.path(), Permissions::from_mode(0o700))?;
    owner.take(dir.path())?;
    Ok(Room { path: dir.keep(), _alive: alive })
}

fn sweep_one(dir: &Path) {
    let lock_file = dir.join(ALIVE);
    if !lock_file.exists() {
        // being made, or half removed
        let old = |m: std::fs::Metadata| {
            m.modified().is_ok_and(|t| t.elapsed().unwrap_or_default() > Duration::from_secs(600))
        };
        if dir.metadata().is_ok_and(old) {
            remove(dir);
        }
        return;
    }
    if let Ok(Some(_lock)) = lock::attempt(&lock_file, FlockArg::LockExclusive) {
        if let Some(server) = postmaster::running(&dir.join("data")) {
            postmaster::signal(server.pid, Signal::SIGQUIT);
            std::thread::sleep(Duration::from_millis(50));
        }
        remove(dir);
    }
}

/// Removes a directory and, when it was the last one, the folder. A server that ends just now may
/// write a file in between, hence more than one try.
pub fn remove(dir: &Path) {
    for _ in 0..5 {
        match std::fs::remove_dir_all(dir) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(10));
            }
            _ => break,
        }
    }
    if let Some(folder) = dir.parent().filter(|f| is_ours(f) && f.to_string_lossy().contains("/cutover-")) {
        let _ = std::fs::remove_dir(folder);
    }
}
