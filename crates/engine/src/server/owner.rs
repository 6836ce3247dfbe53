//! The user that a server runs as. PostgreSQL refuses to run as root, so root lends it to another.
//!
//! Knows nothing of PostgreSQL beyond that.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Gid, Uid, User};

/// Users that a server may run as when we are root, best first.
const CANDIDATES: &[&str] = &["postgres", "_postgres", "nobody"];

/// Who a server runs as and who owns its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// User name.
    pub name: String,
    uid: Uid,
    gid: Gid,
    /// Whether that is another user than we are.
    lent: bool,
}

/// Why there is nobody to run a server as.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// We are root and there is no other user.
    #[error("PostgreSQL does not run as root, and there is no other user to run it as (looked for {})", CANDIDATES.join(", "))]
    Nobody,
    /// The files belong to somebody else and we are not root.
    #[error(
        "{path} belongs to {owner}, and PostgreSQL must run as the owner of its files; run as {owner} or as root"
    )]
    Foreign {
        /// The data directory.
        path: String,
        /// Its owner.
        owner: String,
    },
}

impl Owner {
    /// Who a new server runs as: ourselves, or, when we are root, the first that exists of
    /// `postgres`, `_postgres` (macOS), `nobody` and the ordinary users.
    ///
    /// # Errors
    /// When we are root and nobody else exists.
    pub fn for_new() -> Result<Self, OwnerError> {
        let me = Uid::effective();
        if !me.is_root() {
            return Ok(Self { name: name_of(me), uid: me, gid: Gid::effective(), lent: false });
        }
        let known = CANDIDATES.iter().find_map(|name| User::from_name(name).ok().flatten());
        let user = known.or_else(ordinary_user).ok_or(OwnerError::Nobody)?;
        Ok(Self { name: user.name, uid: user.uid, gid: user.gid, lent: true })
    }

    /// Who the server of this data directory runs as: its owner, or as [`Owner::for_new`] when it
    /// does not exist yet or is root's.
    ///
    /// # Errors
    /// When the directory belongs to somebody else and we are not root.
    pub fn for_dir(data_dir: &Path) -> Result<Self, OwnerError> {
        let new = Self::for_new()?;
        let Ok(meta) = data_dir.metadata() else { return Ok(new) };
        let uid = Uid::from_raw(meta.uid());
        if uid == new.uid || (new.lent && uid.is_root()) {
            return Ok(new);
        }
        if !new.lent {
            return Err(OwnerError::Foreign { path: data_dir.display().to_string(), owner: name_of(uid) });
        }
        Ok(Self { name: name_of(uid), uid, gid: Gid::from_raw(meta.gid()), lent: true })
    }

    /// Ourselves, for files that no server touches.
    pub fn myself() -> Self {
        let me = Uid::effective();
        Self { name: String::new(), uid: me, gid: Gid::effective(), lent: false }
    }

    /// Whether that is another user than we are.
    pub fn is_lent(&self) -> bool {
        self.lent
    }

    /// Makes a command run as this user: no other groups, no way back.
    pub fn apply(&self, command: &mut Command) {
        if self.lent {
            // the standard library drops the supplementary groups when it changes the user as root
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
    }

    /// Whether this is a directory of this user's that nobody else may enter.
    pub fn has(&self, dir: &Path) -> bool {
        let private =
            |m: std::fs::Metadata| m.is_dir() && m.uid() == self.uid.as_raw() && m.mode() & 0o077 == 0;
        dir.symlink_metadata().is_ok_and(private)
    }

    /// Gives a file or directory to this user.
    ///
    /// # Errors
    /// The system's error.
    pub fn take(&self, path: &Path) -> std::io::Result<()> {
        if self.lent {
            std::os::unix::fs::lchown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))?;
        }
        Ok(())
    }

    /// Gives a directory with all that is in it to this user.
    ///
    /// # Errors
    /// The system's error.
    pub fn take_all(&self, dir: &Path) -> std::io::Result<()> {
        if !self.lent {
            return Ok(());
        }
        self.take(dir)?;
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                self.take_all(&entry.path())?;
            } else {
                self.take(&entry.path())?;
            }
        }
        Ok(())
    }

    /// The first directory, from the root down, that this user cannot pass through on the way to
    /// `path`; access lists are not looked at.
    pub fn barred<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        if !self.lent {
            return None;
        }
        let mut parents: Vec<_> = path.ancestors().collect();
        parents.reverse();
        parents.into_iter().find(|dir| dir.metadata().is_ok_and(|meta| !self.may_pass(&meta)))
    }

    fn may_pass(&self, meta: &std::fs::Metadata) -> bool {
        let bit = if meta.uid() == self.uid.as_raw() {
            0o100
        } else if meta.gid() == self.gid.as_raw() {
            0o010
        } else {
            0o001
        };
        meta.mode() & bit != 0
    }
}

fn name_of(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}

fn ordinary_user() -> Option<User> {
    let passwd = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut names = passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, uid) = (fields.next()?, fields.nth(1)?.parse::<u32>().ok()?);
        (uid >= 1000).then_some(name)
    });
    names.find_map(|name| User::from_name(name).ok().flatten())
}
