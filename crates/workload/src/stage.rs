//! A server that logs who waited, a project, and a database that is filled: where a scenario is played.

use std::path::Path;

use cutover_engine::server::{Binaries, Place, Scratch, ScratchDatabase};
use cutover_testkit::{Finished, Project, psql};

use crate::scenario::Scenario;

/// How long the program waits for one lock: what its waiting may cost a request that queues behind it.
pub const LOCK_TIMEOUT: &str = "50ms";

/// A server and a project.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub server: Scratch,
    /// The revisions.
    pub project: Project,
}

impl Stage {
    /// Starts a server for loads, with the settings that one in use has: vacuumed, and confirmed when it is written.
    pub fn start(binaries: &Binaries, program: &Path) -> Self {
        let server =
            Scratch::start_with(binaries, &cutover_testkit::cache(), &Place::from_env(), |options| {
                let settings = [
                    ("autovacuum", "on"),
                    ("checkpoint_timeout", "5min"),
                    ("full_page_writes", "on"),
                    ("max_connections", "100"),
                    ("shared_buffers", "256MB"),
                    ("synchronous_commit", "on"),
                    ("track_functions", "all"),
                    ("wal_level", "replica"),
                ];
                options.settings.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
            });
        let project = Project::new(&program.to_string_lossy(), None);
        project.write("cutover.toml", &format!("lock_timeout = \"{LOCK_TIMEOUT}\"\n"));
        Self { server: server.unwrap(), project }
    }

    /// A database with the scenario's first revision and rows.
    pub fn fill(&self, scenario: &Scenario, folder: &Path) -> ScratchDatabase {
        let database = self.server.create_blocking(None).unwrap();
        if let Some(from) = &scenario.rollout.migrations {
            copy(&folder.join(from), &self.project.migrations());
        } else {
            self.project.revision(&scenario.rollout.base, "base", &scenario.schema, "SELECT 1;");
        }
        let done = self.run(&["upgrade", &scenario.rollout.base], &database.url());
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        self.ask(&database.url(), &scenario.filling());
        self.ask(&database.url(), "VACUUM ANALYZE");
        if !scenario.rollout.recipe.is_empty() {
            let recipe: Vec<&str> = scenario.rollout.recipe.iter().map(String::as_str).collect();
            let done = self.run(&[&["rollout", "new"], &recipe[..]].concat(), &database.url());
            assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        }
        database
    }

    /// Another database like this one, to which nobody may be connected.
    pub fn copy(&self, database: &ScratchDatabase) -> ScratchDatabase {
        self.server.create_blocking(Some(database.name())).unwrap()
    }

    /// Runs the program on a database.
    pub fn run(&self, args: &[&str], url: &str) -> Finished {
        self.project.run(&[args, &["--url", url]].concat())
    }

    /// The same, for its JSON and exit code.
    pub fn json(&self, args: &[&str], url: &str) -> (serde_json::Value, i32) {
        self.project.json(&[args, &["--url", url]].concat())
    }

    /// Runs SQL; gives its rows.
    pub fn ask(&self, url: &str, sql: &str) -> String {
        psql(&self.server, url, sql)
    }
}

fn copy(from: &Path, to: &Path) {
    let entries = std::fs::read_dir(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}
