//! What a running server says of itself in `postmaster.pid`, and whether it really runs.
//!
//! Knows nothing of who started it.

use std::path::{Path, PathBuf};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The content of `postmaster.pid` (`src/include/utils/pidfile.h`, the same since version 10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PidFile {
    /// Process id of the postmaster.
    pub pid: i32,
    /// Port, also when it listens on a socket only.
    pub port: u16,
    /// Directory of its unix socket.
    pub socket_dir: PathBuf,
    /// The first address it listens on; empty without TCP.
    pub listen: String,
    /// Whether it takes connections.
    pub ready: bool,
}

impl PidFile {
    /// Reads the file of a data directory. `None` when there is none, or only half of one.
    pub fn read(data_dir: &Path) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(path(data_dir)).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim);
        let pid = lines.next()?.parse().ok()?;
        let mut lines = lines.skip(2);
        let port = lines.next().and_then(|l| l.parse().ok()).unwrap_or(0);
        let socket_dir = lines.next().unwrap_or_default().into();
        let listen = lines.next().unwrap_or_default().to_owned();
        let ready = lines.nth(1).is_some_and(|status| status.starts_with("ready"));
        Some(Self { pid, port, socket_dir, listen, ready })
    }
}

fn path(data_dir: &Path) -> PathBuf {
    data_dir.join("postmaster.pid")
}

/// The server that runs on a data directory. A file whose process is gone, is a zombie, or is some
/// other program that got the number since, counts as nothing.
pub fn running(data_dir: &Path) -> Option<PidFile> {
    PidFile::read(data_dir).filter(|file| serves(file.pid, data_dir))
}

/// Removes what a killed server left behind and what would keep a new one from starting.
///
/// PostgreSQL does this itself when the number in the file is free; not when another process has it
/// now. Processes of the old server that still run are found by their shared memory, whose key
/// comes from the directory and not from this file. Call only when [`running`] found nothing.
pub fn remove_stale(data_dir: &Path, socket_dir: &Path, port: u16) {
    let socket = socket_dir.join(format!(".s.PGSQL.{port}"));
    for path in [path(data_dir), socket.with_file_name(format!(".s.PGSQL.{port}.lock")), socket] {
        // not there, most often
        let _ = std::fs::remove_file(path);
    }
}

/// Whether a process is a postmaster on this data directory: every server that we start has the
/// absolute path in its arguments.
pub fn serves(pid: i32, data_dir: &Path) -> bool {
    if pid <= 1 || kill(Pid::from_raw(pid), None) == Err(nix::errno::Errno::ESRCH) {
        return false;
    }
    let Some(arguments) = arguments(pid) else { return false };
    let is_in = |dir: &Path| arguments.contains(&*dir.to_string_lossy());
    is_in(data_dir) || data_dir.canonicalize().is_ok_and(|dir| is_in(&dir))
}

#[cfg(target_os = "linux")]
fn arguments(pid: i32) -> Option<String> {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(String::from_utf8_lossy(&bytes).replace('\0', " "))
}

#[cfg(not(target_os = "linux"))]
fn arguments(pid: i32) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-ww", "-o", "command=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Sends a signal; a process that is gone is fine.
pub fn signal(pid: i32, signal: Signal) {
    if pid > 1 {
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "4711\n/tmp/d\n1763600000\n5432\n/tmp/s\n\n  1234567   32768\nready   \n";

    #[test]
    fn reads_a_pid_file() {
        let file = PidFile::parse(TEXT).unwrap();
        let socket_dir = PathBuf::from("/tmp/s");
        assert_eq!(file, PidFile { pid: 4711, port: 5432, socket_dir, listen: String::new(), ready: true });
        assert!(!PidFile::parse(&TEXT.replace("ready   ", "starting")).unwrap().ready);
        assert_eq!(PidFile::parse(""), None);
        assert_eq!(PidFile::parse("12").map(|f| (f.pid, f.ready)), Some((12, false)));
    }

    #[test]
    fn a_number_that_another_program_got_is_no_server() {
        let dir = tempfile::tempdir().unwrap();
        let text = TEXT.replace("4711", &std::process::id().to_string());
        std::fs::write(dir.path().join("postmaster.pid"), text).unwrap();
        assert_eq!(running(dir.path()), None);
        remove_stale(dir.path(), dir.path(), 5432);
        assert!(!dir.path().join("postmaster.pid").exists());
    }
}
