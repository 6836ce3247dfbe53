//! A database with a project whose second revision is a backfill.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cutover_engine::server::place::Room;
use cutover_engine::server::{Binaries, Cluster, ClusterOptions, Owner, Place, SOCKET_PORT, SUPERUSER};
use cutover_engine::server::{Scratch, ScratchDatabase};
use cutover_testkit::{Finished, Project, psql, server, server_18};

/// The program.
pub const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A database and a project.
pub struct Stage {
    pub server: &'static Scratch,
    pub database: ScratchDatabase,
    pub project: Project,
}

/// The servers that there are: the installed one, and 18 where it was fetched.
pub fn servers() -> Vec<&'static Scratch> {
    std::iter::once(server()).chain(server_18()).collect()
}

impl Stage {
    /// Makes the tables with psql, and the revision with the backfill.
    pub fn new(server: &'static Scratch, setup: &str, backfill: &str) -> Self {
        let database = server.create_blocking(None).unwrap();
        psql(server, &database.url(), setup);
        let project = Project::new(CUTOVER, Some(&database.url()));
        project.revision("0001", "base", backfill, "SELECT 1;");
        Self { server, database, project }
    }

    /// Runs SQL; gives its rows.
    pub fn ask(&self, sql: &str) -> String {
        psql(self.server, &self.database.url(), sql)
    }

    /// Runs the backfill.
    pub fn upgrade(&self) -> Finished {
        self.project.run(&["upgrade"])
    }

    /// Runs it and expects that it is done, in the ledger, too; gives what was told.
    pub fn done(&self) -> String {
        let done = self.upgrade();
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        self.is_closed();
        done.err
    }

    /// Nothing is open in the ledger.
    pub fn is_closed(&self) {
        let open = "SELECT (SELECT count(*) FROM cutover.backfill), (SELECT count(*) FROM cutover.backfill_range), \
             (SELECT count(*) FROM cutover.step WHERE open OR state <> 'done'), (SELECT count(*) FROM cutover.revision)";
        assert_eq!(self.ask(open), "0|0|0|1");
    }

    /// Waits until a query gives this.
    pub fn until(&self, sql: &str, expected: &str) {
        until(|| self.ask(sql), sql, expected);
    }
}

/// Asks until it is this.
fn until(ask: impl Fn() -> String, sql: &str, expected: &str) {
    let limit = Instant::now() + Duration::from_secs(60);
    loop {
        let found = ask();
        if found == expected {
            return;
        }
        assert!(Instant::now() < limit, "{sql} is {found} and does not come to {expected}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A server of our own, that can crash, have a standby, or archive its WAL.
pub struct Own {
    pub cluster: Cluster,
    room: Room,
}

impl Own {
    /// With these settings besides.
    pub fn start(binaries: &Binaries, settings: &[(&str, &str)]) -> Self {
        Self::prepared(binaries, settings, |_| {})
    }

    /// The same; `prepare` may change the data directory before the start.
    pub fn prepared(binaries: &Binaries, settings: &[(&str, &str)], prepare: impl Fn(&Path)) -> Self {
        let room = Place::from_env().room(&Owner::for_new().unwrap()).unwrap();
        let mut options = ClusterOptions::in_dir(room.path());
        // nothing is forgotten but what a batch itself allows to be
        let all = [("synchronous_commit", "on"), ("full_page_writes", "on")];
        options.settings.extend(all.iter().chain(settings).map(|(n, v)| ((*n).into(), (*v).into())));
        Cluster::init(binaries, &options).unwrap();
        prepare(&options.data_dir);
        Self { cluster: Cluster::start(binaries, options).unwrap(), room }
    }

    /// A standby that follows it.
    pub fn standby(&self) -> Cluster {
        let binaries = self.cluster.binaries();
        let mut options = ClusterOptions::in_dir(&self.room.path().join("standby"));
        options.settings = self.cluster.options().settings.clone();
        options.settings.push(("hot_standby".into(), "on".into()));
        let owner = Owner::for_new().unwrap();
        let folder = self.room.path().join("standby");
        std::fs::create_dir(&folder).unwrap();
        owner.take(&folder).unwrap();
        let mut command = Command::new(binaries.tool("pg_basebackup"));
        command.args(["-R", "-c", "fast", "-U", SUPERUSER, "-p", &SOCKET_PORT.to_string(), "-h"]);
        command.arg(&self.cluster.options().socket_dir).arg("-D").arg(&options.data_dir);
        owner.apply(&mut command);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Cluster::start(binaries, options).unwrap()
    }

    /// Runs SQL; gives its rows.
    pub fn ask(&self, sql: &str) -> String {
        psql(&self.cluster, &self.cluster.url("postgres"), sql)
    }

    /// Waits until a query gives this.
    pub fn until(&self, sql: &str, expected: &str) {
        until(|| self.ask(sql), sql, expected);
    }
}
