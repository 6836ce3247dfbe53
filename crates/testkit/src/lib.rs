//! What Cutover's own tests stand on: real servers, throw-away projects, snapshots of databases.
//!
//! A test that cannot have what it needs ends the process with a panic; nothing is mocked.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

pub mod pooler;
pub mod project;
pub mod replica;
pub mod snapshot;

use std::path::PathBuf;
use std::sync::OnceLock;

use cutover_engine::server::{Binaries, Lookup, Scratch, ScratchDatabase};

pub use project::{Finished, Project};
pub use snapshot::{Programs, dump, masked, psql, schema_lines, schema_text};

/// The scratch server of this test process: the newest PostgreSQL that is installed. It ends with
/// the process.
pub fn server() -> &'static Scratch {
    static SERVER: OnceLock<Scratch> = OnceLock::new();
    SERVER.get_or_init(|| start(&Binaries::find(&Lookup::from_env()).unwrap()))
}

/// A scratch server of PostgreSQL 18 with pgvector, when `scripts/setup --tests` could fetch it.
pub fn server_18() -> Option<&'static Scratch> {
    static SERVER: OnceLock<Option<Scratch>> = OnceLock::new();
    let make =
        || std::env::var_os("CUTOVER_TEST_PG18").map(|dir| start(&Binaries::in_dir(dir.as_ref()).unwrap()));
    SERVER.get_or_init(make).as_ref()
}

/// The Python of `CUTOVER_TEST_PYTHON`, where `code` runs in it; else a word on what is missing.
pub fn python(code: &str, what: &str) -> Option<String> {
    let named = std::env::var("CUTOVER_TEST_PYTHON").ok().filter(|it| !it.is_empty());
    let runs = |python: &String| {
        let done = std::process::Command::new(python).args(["-c", code]).output();
        done.is_ok_and(|it| it.status.success())
    };
    let python = named.filter(runs);
    if python.is_none() {
        note(&format!("left out: CUTOVER_TEST_PYTHON names no Python with {what}"));
    }
    python
}

/// A new empty database on [`server`].
pub fn database() -> ScratchDatabase {
    server().create_blocking(None).unwrap()
}

/// Starts a server of its own, for tests that stop it.
pub fn start(binaries: &Binaries) -> Scratch {
    Scratch::start(binaries, &cache()).unwrap()
}

/// Where template data directories are kept between runs.
pub fn cache() -> PathBuf {
    std::env::temp_dir().join("cutover-test-cache")
}

/// Says something beside the test's result, whether it passes or not.
pub fn note(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The root of the repository.
pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}
