//! Where the files of a project's embedded server are.
//!
//! In `.cutover/pg`, unless the user that the server runs as cannot get there (we are root and the
//! project is in `/root`): then in `/var/lib/cutover`, and `.cutover/pg` is a link to it.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::cluster::{self, ClusterError};
use super::embedded::EmbeddedError;
use super::owner::Owner;

/// Where data go that cannot be in the project.
const ELSEWHERE: &str = "/var/lib/cutover";

/// Longest path of a folder in which the socket's name is still legal on every system.
const LONGEST: usize = 80;

/// The folder of one server.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its path, without links.
    pub dir: PathBuf,
    /// Whether it is outside of the project.
    pub elsewhere: bool,
}

impl Home {
    /// Where it is, or would be.
    ///
    /// # Errors
    /// When nobody could run the server.
    pub fn locate(folder: &Path) -> Result<Self, EmbeddedError> {
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let folder = folder.canonicalize().unwrap_or(folder);
        let dir = folder.join("pg");
        if let Ok(real) = dir.canonicalize() {
            let elsewhere = real != dir;
            return Ok(Self { dir: real, elsewhere });
        }
        let owner = Owner::for_new()?;
        let project = folder.parent().unwrap_or(&folder);
        let first = project.ancestors().find(|d| d.exists()).unwrap_or(project);
        if owner.barred(first).is_none() {
            return Ok(Self { dir, elsewhere: false });
        }
        Ok(Self { dir: elsewhere(&folder), elsewhere: true })
    }

    /// Makes it.
    ///
    /// # Errors
    /// When it cannot be made, or the server's user cannot get there.
    pub fn create(folder: &Path) -> Result<Self, EmbeddedError> {
        let made = !folder.exists();
        std::fs::create_dir_all(folder).map_err(ClusterError::file("creating", folder))?;
        if made {
            // all of it is local; nobody wants it in a repository
            let ignore = folder.join(".gitignore");
            std::fs::write(&ignore, "*\n").map_err(ClusterError::file("writing", &ignore))?;
        }
        let home = Self::locate(folder)?;
        let owner = Owner::for_dir(&home.data_dir())?;
        cluster::make_dir(&home.dir, 0o755, &Owner::myself())?;
        let link = folder.join("pg");
        if home.elsewhere && !link.exists() {
            // a link whose target was deleted
            let _ = std::fs::remove_file(&link);
            std::os::unix::fs::symlink(&home.dir, &link).map_err(ClusterError::file("creating", &link))?;
        }
        for dir in [folder, &home.dir] {
            if !home.elsewhere || dir == home.dir {
                open_up(dir, &owner)?;
            }
        }
        if let Some(dir) = owner.barred(&home.dir) {
            return Err(EmbeddedError::Barred { user: owner.name.clone(), dir: dir.to_owned() });
        }
        Ok(home)
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.file("data")
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.file("server.log")
    }

    /// The directory of the socket: here, or in `/tmp` when this path is too long for one.
    pub fn socket_dir(&self) -> PathBuf {
        if self.dir.as_os_str().len() <= LONGEST {
            return self.file("run");
        }
        PathBuf::from(format!("/tmp/cutover-run-{}", hash(&self.dir)))
    }

    /// The link to the pipe of the watchdog that is responsible now.
    pub fn pipe_link(&self) -> PathBuf {
        self.file("users.pipe")
    }

    /// A name for the pipe of another watchdog, after the pipes of earlier ones were removed. Not
    /// always the same: an earlier watchdog may still be there, and must not take this for its own.
    pub fn new_pipe(&self) -> PathBuf {
        self.remove_pipes();
        self.file(&format!("users-{:016x}.pipe", rand::random::<u64>()))
    }

    /// Removes the pipes and the link.
    pub fn remove_pipes(&self) {
        for path in self.entries(|name| name.starts_with("users") && name.contains(".pipe")) {
            let _ = std::fs::remove_file(path);
        }
    }

    /// Removes data directories of an `initdb` that was killed.
    pub fn remove_half_made(&self) {
        for path in self.entries(|name| name.starts_with("making-")) {
            let _ = std::fs::remove_dir_all(path);
        }
    }

    /// Removes a socket directory that is not in here; the caller has stopped the server.
    pub fn remove_socket_dir(&self) {
        let dir = self.socket_dir();
        if !dir.starts_with(&self.dir) {
            let _ = std::fs::remove_dir(dir);
        }
    }

    fn entries(&self, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.dir).into_iter().flatten().flatten();
        entries.filter(|e| wanted(&e.file_name().to_string_lossy())).map(|e| e.path()).collect()
    }

    /// Makes a socket directory that is not in here, and refuses one that somebody else put there.
    ///
    /// # Errors
    /// When it is not ours.
    pub fn make_socket_dir(&self, owner: &Owner) -> Result<(), EmbeddedError> {
        let dir = self.socket_dir();
        if dir.starts_with(&self.dir) {
            return Ok(());
        }
        cluster::make_dir(&dir, 0o700, owner)?;
        if owner.has(&dir) {
            return Ok(());
        }
        Err(EmbeddedError::Barred { user: owner.name.clone(), dir })
    }
}

/// A folder for this project that does not exist yet: what is there is of a `.cutover` that was
/// deleted, and its data are not ours to use or to delete.
fn elsewhere(folder: &Path) -> PathBuf {
    let name = folder.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    let base = format!("{name}-{}", hash(folder));
    let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
    let mut paths = names.map(|name| Path::new(ELSEWHERE).join(name));
    paths.find(|path| !path.exists()).unwrap_or_else(|| Path::new(ELSEWHERE).join(base))
}

fn hash(path: &Path) -> String {
    let hash = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Lets the server's user pass through one of our own directories.
fn open_up(dir: &Path, owner: &Owner) -> Result<(), EmbeddedError> {
    let failed = |source| ClusterError::file("looking at", dir)(source);
    let mode = dir.metadata().map_err(failed)?.permissions().mode();
    if owner.is_lent() && mode & 0o001 == 0 {
        let permissions = Permissions::from_mode(mode | 0o011);
        std::fs::set_permissions(dir, permissions).map_err(ClusterError::file("opening up", dir))?;
    }
    Ok(())
}
