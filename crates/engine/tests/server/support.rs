//! What the tests of private servers share.
#![expect(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use cutover_engine::server::{Binaries, Lookup, Place, Scratch};

pub fn binaries() -> Binaries {
    Binaries::find(&Lookup::from_env()).unwrap()
}

/// Shared by all tests, so that the template is made once.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pg-cache")
}

/// A directory that the server's user can pass through.
pub fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), PermissionsExt::from_mode(0o755)).unwrap();
    dir
}

pub fn scratch_in(dir: &Path) -> Scratch {
    Scratch::start_with(&binaries(), &cache(), &Place::at(dir), |_| {}).unwrap()
}

/// One value of a query, through a connection like any client's.
pub fn ask(url: &str, sql: &str) -> Result<Option<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        let messages = client.simple_query(sql).await?;
        Ok(messages.iter().find_map(|m| match m {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        }))
    })
}

/// Command lines of living processes in which this path occurs: servers and watchdogs.
pub fn processes(path: &Path) -> Vec<String> {
    let output = if cfg!(target_os = "linux") {
        let mut lines = String::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let bytes = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&bytes).replace(['\0', '\n'], " ");
            lines.push_str(&format!("{} {line}\n", entry.file_name().display()));
        }
        lines
    } else {
        let output = Command::new("ps").args(["-axww", "-o", "pid=,command="]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let path = path.to_string_lossy();
    output.lines().filter(|line| line.contains(&*path)).map(str::to_owned).collect()
}

/// Waits until something holds.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Nothing runs that mentions this directory, and nothing is in it.
pub fn nothing_left(dir: &Path) {
    eventually("a process is left", || processes(dir).is_empty());
    eventually("a file is left", || std::fs::read_dir(dir).unwrap().next().is_none());
}

pub fn major(url: &str) -> u32 {
    let number = ask(url, "SHOW server_version_num").unwrap().unwrap();
    number.parse::<u32>().unwrap() / 10_000
}
