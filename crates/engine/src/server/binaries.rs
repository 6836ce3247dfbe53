//! Finds the programs of an installed PostgreSQL server.
//!
//! Knows nothing of data directories. Runs `postgres --version` only when a folder's name does not
//! tell the major version, or when somebody asks for the exact one.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Folders in which packages put servers; `*` stands for any text within one name.
const FOLDERS: &[&str] = &[
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/usr/local/pgsql/bin",
    // Alpine, Arch
    "/usr/libexec/postgresql*",
    "/usr/lib/postgresql*/bin",
];

/// Programs that a folder must have; a folder with only `psql` is a client or a wrapper.
const NEEDED: &[&str] = &["postgres", "initdb"];

/// Where to look for servers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// The folder that the user named (`CUTOVER_PG_BIN`). Nothing else is looked at.
    pub explicit: Option<PathBuf>,
    /// The search path (`PATH`).
    pub path: Option<OsString>,
    /// Folder patterns; [`Lookup::from_env`] has those of the known packages.
    pub folders: Vec<String>,
}

impl Lookup {
    /// What the environment says, and the folders of all known packages.
    pub fn from_env() -> Self {
        Self {
            explicit: std::env::var_os("CUTOVER_PG_BIN").filter(|v| !v.is_empty()).map(PathBuf::from),
            path: std::env::var_os("PATH"),
            folders: FOLDERS.iter().map(|f| (*f).to_owned()).collect(),
        }
    }
}

/// Why no server was found.
#[derive(Debug, thiserror::Error)]
pub enum BinariesError {
    /// The folder that the user named is not one of a server.
    #[error("{} (from CUTOVER_PG_BIN) has no {}", dir.display(), missing.join(" and no "))]
    NotAServer {
        /// The folder.
        dir: PathBuf,
        /// The programs it lacks.
        missing: Vec<String>,
    },
    /// No folder has a server.
    #[error(
        "no PostgreSQL server is installed: looked in {}; {INSTALL}",
        looked.join(", ")
    )]
    NotFound {
        /// Where we looked.
        looked: Vec<String>,
    },
    /// No folder has a server of the version that a data directory needs.
    #[error("PostgreSQL {wanted} is needed, and only {} is installed", list(found))]
    NoSuchVersion {
        /// The major version that was asked for.
        wanted: u32,
        /// What is there instead.
        found: Vec<(u32, PathBuf)>,
    },
    /// The program does not run or says something unexpected.
    #[error("{} --version failed: {message}", program.display())]
    Version {
        /// The program.
        program: PathBuf,
        /// What went wrong.
        message: String,
    },
}

const INSTALL: &str = "install one (Debian, Ubuntu: apt install postgresql; macOS: brew install postgresql; \
Fedora: dnf install postgresql-server), or set CUTOVER_PG_BIN to the folder that has `postgres` and `initdb`";

fn list(found: &[(u32, PathBuf)]) -> String {
    let each: Vec<_> = found.iter().map(|(v, d)| format!("{v} ({})", d.display())).collect();
    if each.is_empty() { "no other".into() } else { each.join(", ") }
}

/// The programs of one PostgreSQL server.
#[derive(Clone, Debug)]
pub struct Binaries {
    dir: PathBuf,
    /// Major version as the folder's name tells it.
    named: Option<u32>,
    version: OnceLock<(u32, u32)>,
}

impl Binaries {
    /// The programs in one folder.
    ///
    /// # Errors
    /// [`BinariesError::NotAServer`] when `postgres` or `initdb` is not there.
    pub fn in_dir(dir: &Path) -> Result<Self, BinariesError> {
        let missing: Vec<_> =
            NEEDED.iter().filter(|p| !is_program(&dir.join(p))).map(|p| (*p).to_owned()).collect();
        if !missing.is_empty() {
            return Err(BinariesError::NotAServer { dir: dir.to_owned(), missing });
        }
        // `postgres` may be a link into the folder that has all the other programs; and children run
        // in another working directory, so the path is made absolute
        let real = dir.join("postgres").canonicalize().ok().and_then(|p| p.parent().map(Path::to_owned));
        let whole = real.filter(|real| NEEDED.iter().all(|p| is_program(&real.join(p))));
        let dir = whole.unwrap_or_else(|| std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned()));
        let named = named_major(&dir);
        Ok(Self { dir, named, version: OnceLock::new() })
    }

    /// The server to use: the folder that the user named, else the first on the search path, else
    /// the newest major version of the known folders.
    ///
    /// # Errors
    /// When there is none, with all the places that were looked at.
    pub fn find(lookup: &Lookup) -> Result<Self, BinariesError> {
        if let Some(dir) = &lookup.explicit {
            return Self::in_dir(dir);
        }
        if let Some(found) = on_path(lookup).into_iter().next() {
            return Ok(found);
        }
        let newest = |all: Vec<Self>| all.into_iter().max_by_key(|b| b.major().unwrap_or(0));
        newest(in_folders(lookup))
            .or_else(|| from_pg_config(lookup))
            .ok_or_else(|| BinariesError::NotFound { looked: looked(lookup) })
    }

    /// A server of this major version, for a data directory that was made by one.
    ///
    /// # Errors
    /// When there is none, with the versions that are there.
    pub fn find_major(lookup: &Lookup, major: u32) -> Result<Self, BinariesError> {
        let all = match &lookup.explicit {
            Some(dir) => vec![Self::in_dir(dir)?],
            None => Self::all(lookup),
        };
        let mut found = Vec::new();
        for binaries in all {
            match binaries.major() {
                Ok(it) if it == major => return Ok(binaries),
                Ok(other) => found.push((other, binaries.dir)),
                Err(_) => {}
            }
        }
        Err(BinariesError::NoSuchVersion { wanted: major, found })
    }

    /// Every server that can be found, in the order of preference.
    pub fn all(lookup: &Lookup) -> Vec<Self> {
        let mut all = on_path(lookup);
        let mut folders = in_folders(lookup);
        folders.sort_by_key(|b| std::cmp::Reverse(b.major().unwrap_or(0)));
        for more in folders.into_iter().chain(from_pg_config(lookup)) {
            if !all.iter().any(|b: &Self| b.dir == more.dir) {
                all.push(more);
            }
        }
        all
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Path of a program, whether it is there or not: `tool("pg_dump")`.
    pub fn tool(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Whether the folder has this program.
    pub fn has_tool(&self, name: &str) -> bool {
        is_program(&self.tool(name))
    }

    /// The major version; most often known from the folder's name.
    ///
    /// # Errors
    /// When `postgres --version` had to be run and failed.
    pub fn major(&self) -> Result<u32, BinariesError> {
        match self.named {
            Some(major) => Ok(major),
            None => Ok(self.version()?.0),
        }
    }

    /// Major and minor version, from `postgres --version`, which is run once.
    ///
    /// # Errors
    /// When it cannot be run or says something unexpected.
    pub fn version(&self) -> Result<(u32, u32), BinariesError> {
        if let Some(version) = self.version.get() {
            return Ok(*version);
        }
        let program = self.tool("postgres");
        let failed = |message: String| BinariesError::Version { program: program.clone(), message };
        let output = Command::new(&program)
            .arg("--version")
            .stdin(Stdio::null())
            .output()
            .map_err(|e| failed(e.to_string()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let version = parse_version(&text).ok_or_else(|| {
            failed(format!("{}{}", text.trim(), String::from_utf8_lossy(&output.stderr).trim()))
        })?;
        Ok(*self.version.get_or_init(|| version))
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian …)`, `postgres (PostgreSQL) 19beta1`.
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let number = text.split_whitespace().find(|w| w.starts_with(|c: char| c.is_ascii_digit()))?;
    let digits = |s: &str| -> Option<u32> {
        let end = s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
        s[..end].parse().ok()
    };
    let minor = number.split_once('.').and_then(|(_, rest)| digits(rest)).unwrap_or(0);
    Some((digits(number)?, minor))
}

/// The major version in `…/postgresql/15/bin`, `…/pgsql-16/bin`, `…/postgresql@17/bin`,
/// `…/Versions/18/bin`. Only these: a folder such as `/opt/build-15/bin` may hold anything.
fn named_major(dir: &Path) -> Option<u32> {
    let parent = if dir.file_name() == Some(OsStr::new("bin")) { dir.parent()? } else { dir };
    let name = parent.file_name()?.to_str()?;
    let above = parent.parent().and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
    if matches!(above, "postgresql" | "Versions") {
        return major_in(name);
    }
    // Homebrew's `Cellar/postgresql@16/16.4/bin` has it one folder further up
    [name, above].iter().find_map(|name| {
        ["pgsql-", "postgresql@", "postgresql"].iter().find_map(|p| major_in(name.strip_prefix(p)?))
    })
}

fn major_in(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|major| (9..100).contains(major))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

fn on_path(lookup: &Lookup) -> Vec<Binaries> {
    let dirs = lookup.path.iter().flat_map(std::env::split_paths);
    let mut found: Vec<Binaries> = Vec::new();
    for dir in dirs.filter(|d| d.is_absolute()) {
        if let Ok(binaries) = Binaries::in_dir(&dir)
            && !found.iter().any(|b| b.dir == binaries.dir)
        {
            found.push(binaries);
        }
    }
    found
}

fn in_folders(lookup: &Lookup) -> Vec<Binaries> {
    let dirs = lookup.folders.iter().flat_map(|pattern| expand(pattern));
    dirs.filter_map(|dir| Binaries::in_dir(&dir).ok()).collect()
}

fn from_pg_config(lookup: &Lookup) -> Option<Binaries> {
    let path = lookup.path.as_ref()?;
    let program = std::env::split_paths(path).map(|d| d.join("pg_config")).find(|p| is_program(p))?;
    let output = Command::new(program).arg("--bindir").stdin(Stdio::null()).output().ok()?;
    let dir = String::from_utf8(output.stdout).ok()?;
    Binaries::in_dir(Path::new(dir.trim())).ok()
}

fn looked(lookup: &Lookup) -> Vec<String> {
    let mut looked = vec!["PATH".to_owned(), "pg_config --bindir".to_owned()];
    looked.extend(lookup.folders.iter().cloned());
    looked
}

/// Directories that match a pattern with at most one `*` in each name.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let mut dirs = vec![PathBuf::from("/")];
    for part in pattern.split('/').filter(|p| !p.is_empty()) {
        dirs = match part.split_once('*') {
            None => dirs.into_iter().map(|d| d.join(part)).collect(),
            Some((before, after)) => dirs.iter().flat_map(|d| children(d, before, after)).collect(),
        };
    }
    dirs.retain(|d| d.is_dir());
    dirs
}

fn children(dir: &Path, before: &str, after: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let fits = |name: &str| name.strip_prefix(before).is_some_and(|rest| rest.ends_with(after));
    let mut found: Vec<_> =
        entries.filter(|e| e.file_name().to_str().is_some_and(fits)).map(|e| e.path()).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used)]
    use super::*;

    fn fake(root: &Path, dir: &str, programs: &[&str], version: &str) -> PathBuf {
        let dir = root.join(dir);
        std::fs::create_dir_all(&dir).unwrap();
        for program in programs {
            let path = dir.join(program);
            std::fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")).unwrap();
            std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        }
        // macOS has its temporary directory behind a link
        dir.canonicalize().unwrap_or(dir)
    }

    #[test]
    fn reads_versions() {
        assert_eq!(parse_version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some((15, 18)));
        assert_eq!(parse_version("postgres (PostgreSQL) 19beta1"), Some((19, 0)));
        assert_eq!(parse_version("oh no"), None);
        let named = |s: &str| named_major(Path::new(s));
        assert_eq!(named("/usr/lib/postgresql/15/bin"), Some(15));
        assert_eq!(named("/usr/pgsql-16/bin"), Some(16));
        assert_eq!(named("/opt/homebrew/opt/postgresql@17/bin"), Some(17));
        assert_eq!(named("/opt/homebrew/Cellar/postgresql@17/17.2_1/bin"), Some(17));
        assert_eq!(named("/Applications/Postgres.app/Contents/Versions/18/bin"), Some(18));
        assert_eq!(named("/Applications/Postgres.app/Contents/Versions/latest/bin"), None);
        assert_eq!(named("/usr/local/pgsql/bin"), None);
        assert_eq!(named("/usr/bin"), None);
    }

    #[test]
    fn the_newest_folder_wins_and_clients_are_skipped() {
        let root = tempfile::tempdir().unwrap();
        let both = ["postgres", "initdb"];
        let client = fake(root.path(), "client/bin", &["psql"], "18.1");
        fake(root.path(), "postgresql/15/bin", &both, "15.3");
        let newest = fake(root.path(), "postgresql/17/bin", &both, "17.2");
        let lookup = Lookup {
            path: Some(client.into_os_string()),
            folders: vec![format!("{}/postgresql/*/bin", root.path().display())],
            ..Lookup::default()
        };
        let found = Binaries::find(&lookup).unwrap();
        assert_eq!(
            (found.dir(), found.major().unwrap(), found.version().unwrap()),
            (newest.as_path(), 17, (17, 2))
        );
        assert_eq!(Binaries::find_major(&lookup, 15).unwrap().major().unwrap(), 15);
        let error = Binaries::find_major(&lookup, 12).unwrap_err().to_string();
        assert!(error.starts_with("PostgreSQL 12 is needed, and only 17 ("), "{error}");
    }

    #[test]
    fn the_path_wins_over_folders_and_the_named_one_over_all() {
        let root = tempfile::tempdir().unwrap();
        let both = ["postgres", "initdb"];
        let on_path = fake(root.path(), "a", &both, "14.1");
        fake(root.path(), "postgresql/17/bin", &both, "17.2");
        let named = fake(root.path(), "b", &both, "13.4");
        let mut lookup = Lookup {
            explicit: None,
            path: Some(on_path.clone().into_os_string()),
            folders: vec![format!("{}/postgresql/*/bin", root.path().display())],
        };
        assert_eq!(Binaries::find(&lookup).unwrap().dir(), on_path);
        lookup.explicit = Some(named.clone());
        assert_eq!(Binaries::find(&lookup).unwrap().dir(), named);
        lookup.explicit = Some(root.path().join("empty"));
        let error = Binaries::find(&lookup).unwrap_err().to_string();
        assert!(error.ends_with("has no postgres and no initdb"), "{error}");
    }

    #[test]
    fn a_folder_of_links_leads_to_the_programs() {
        let root = tempfile::tempdir().unwrap();
        let real = fake(root.path(), "postgresql/16/bin", &["postgres", "initdb", "pg_dump"], "16.2");
        let links = root.path().join("links");
        std::fs::create_dir(&links).unwrap();
        for program in NEEDED {
            std::os::unix::fs::symlink(real.join(program), links.join(program)).unwrap();
        }
        let found = Binaries::in_dir(&links).unwrap();
        assert_eq!((found.dir(), found.major().unwrap()), (real.as_path(), 16));
        assert!(found.has_tool("pg_dump"));
    }

    #[test]
    fn says_where_it_looked() {
        let lookup = Lookup { folders: vec!["/nowhere/*/bin".into()], ..Lookup::default() };
        let error = Binaries::find(&lookup).unwrap_err().to_string();
        assert!(error.contains("/nowhere/*/bin") && error.contains("CUTOVER_PG_BIN"), "{error}");
    }
}
