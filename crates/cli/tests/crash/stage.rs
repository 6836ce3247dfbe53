//! A server of our own, the example's revisions as legs of a journey, and what is at the end of each.

use cutover_engine::server::place::Room;
use cutover_engine::server::{Binaries, Cluster, ClusterOptions, Owner, Place};
use cutover_testkit::{Finished, Project, dump, masked, psql};

/// A revision, and the target that undoes it alone however often it is run.
pub type Revision = (&'static str, &'static str);

/// How many numbers of a sequence a server that crashes may lose: it writes so many ahead into its
/// log (`SEQ_LOG_VALS`; <https://www.postgresql.org/docs/current/functions-sequence.html>).
const LOST_NUMBERS: u32 = 33;

/// What a run leaves: compared as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Schema and rows.
    pub dump: String,
    /// Revisions and steps.
    pub ledger: String,
}

/// One command, from the database that it starts from to what it leaves when nobody disturbs it.
#[derive(Clone, Debug)]
pub struct Leg {
    /// The revision, or `all`.
    pub id: &'static str,
    /// `upgrade 0001`.
    pub args: [&'static str; 2],
    /// At which of its points a run is killed when not at all of them.
    pub every: usize,
    /// The database that it starts from.
    pub template: String,
    /// What it leaves.
    pub outcome: Outcome,
}

/// A server with a project. The order of the fields is the order in which they are dropped.
#[derive(Debug)]
pub struct Stage {
    /// The server.
    pub cluster: Cluster,
    /// The example.
    pub project: Project,
    databases: usize,
    _room: Room,
}

/// A long run is killed at every seventh point: each revision by itself is killed at all of them.
const SAMPLE: usize = 7;

/// What the ledger says of revisions and steps, without times and runs. A step that was done twice
/// counts as two.
const LEDGER: &str = "SELECT row('revision', id, message, checksum, content_hash, how)::text FROM cutover.revision \
 UNION ALL \
 SELECT row('step', revision, direction, ordinal, steps, kind, checksum, state, open, count(*))::text \
 FROM cutover.step GROUP BY revision, direction, ordinal, steps, kind, checksum, state, open \
 UNION ALL \
 SELECT row('word', revision, direction, ordinal, kind, note, open)::text FROM cutover.acknowledgement \
 UNION ALL \
 SELECT row('backfill', revision, direction, ordinal)::text FROM cutover.backfill \
 ORDER BY 1";

impl Stage {
    /// A server with the planner.
    pub fn start(binaries: &Binaries) -> Self {
        Self::with(binaries, Project::planner(env!("CARGO_BIN_EXE_cutover"), None))
    }

    /// Starts a server that forgets nothing that it has confirmed, and logs as most servers do.
    pub fn with(binaries: &Binaries, project: Project) -> Self {
        let room = Place::from_env().room(&Owner::for_new().unwrap()).unwrap();
        let mut options = ClusterOptions::in_dir(room.path());
        for (name, value) in [("synchronous_commit", "on"), ("wal_level", "replica")] {
            options.settings.push((name.into(), value.into()));
        }
        Cluster::init(binaries, &options).unwrap();
        let cluster = Cluster::start(binaries, options).unwrap();
        Self { cluster, project, databases: 0, _room: room }
    }

    /// Goes through the revisions undisturbed: a leg up and a leg down for each.
    pub fn legs(&mut self, revisions: &[Revision]) -> Vec<Leg> {
        let mut legs = Vec::new();
        let mut template = "template0".to_owned();
        for (id, undo) in revisions {
            let (pair, above) = self.pair(id, id, undo, 1, &template);
            legs.extend(pair);
            template = above;
        }
        legs
    }

    /// All revisions of the main line in one run, up and down.
    pub fn leg_of_all(&mut self) -> [Leg; 2] {
        self.pair("all", "planner@head", "base", SAMPLE, "template0").0
    }

    /// A leg up, a leg down, and the database between them.
    fn pair(
        &mut self,
        id: &'static str,
        to: &'static str,
        undo: &'static str,
        every: usize,
        template: &str,
    ) -> ([Leg; 2], String) {
        let (up, above) = self.leg(id, ["upgrade", to], every, template);
        let (down, below) = self.leg(id, ["downgrade", undo], every, &above);
        self.drop(&below);
        ([up, down], above)
    }

    /// Runs a command undisturbed; the leg, and the database that it leaves.
    pub fn leg(
        &mut self,
        id: &'static str,
        args: [&'static str; 2],
        every: usize,
        template: &str,
    ) -> (Leg, String) {
        let database = self.create(template);
        let done = self.run(&args, &database);
        assert_eq!(done.code, 0, "{}", done.err);
        let outcome = self.outcome(&database);
        (Leg { id, args, every, template: template.to_owned(), outcome }, database)
    }

    /// Runs a command on a database, as anybody would.
    pub fn run(&self, args: &[&str], database: &str) -> Finished {
        let url = self.cluster.url(database);
        self.project.run(&[args, &["--wait", "30s", "--url", &url]].concat())
    }

    /// The statements that a leg has, by its own plan.
    pub fn statements(&mut self, leg: &Leg) -> Vec<String> {
        let database = self.create(&leg.template);
        let url = self.cluster.url(&database);
        let (plan, _) = self.project.json(&[&leg.args[..], &["--plan", "--url", &url]].concat());
        let lists =
            |value: &serde_json::Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let revisions = lists(&plan, "revisions");
        let steps = revisions.iter().flat_map(|revision| lists(revision, "steps"));
        // a backfill goes out in batches, each with a condition of its own
        let steps = steps.filter(|step| step["kind"] != "backfill");
        let statements = steps.flat_map(|step| lists(&step, "statements"));
        let found = statements.filter_map(|s| s["sql"].as_str().map(str::to_owned)).collect();
        self.drop(&database);
        found
    }

    /// Makes a database that is a copy of another.
    pub fn create(&mut self, template: &str) -> String {
        self.databases += 1;
        let name = format!("stage_{}", self.databases);
        // since 15 the default goes through the log, which is slower than copying the files
        let new = self.cluster.binaries().major().is_ok_and(|major| major >= 15);
        let strategy = if new { " STRATEGY file_copy" } else { "" };
        self.ask("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}"));
        name
    }

    /// Drops a database, whoever still uses it.
    pub fn drop(&self, database: &str) {
        self.ask("postgres", &format!("DROP DATABASE {database} WITH (FORCE)"));
    }

    /// What is in a database.
    pub fn outcome(&self, database: &str) -> Outcome {
        let dump = masked(&dump(&self.cluster, &self.cluster.url(database)));
        Outcome { dump, ledger: self.ask(database, LEDGER) }
    }

    /// Runs SQL; gives its rows.
    pub fn ask(&self, database: &str, sql: &str) -> String {
        psql(&self.cluster, &self.cluster.url(database), sql)
    }
}

impl Outcome {
    /// This outcome with the sequences of another that went through a crash of the server, as far as
    /// the crash explains where they stand.
    pub fn after_crash(&self, found: &Self) -> Self {
        let found: Vec<_> = found.dump.lines().filter_map(sequence).collect();
        let line = |line: &str| {
            let ours = sequence(line);
            let theirs = ours.and_then(|(name, _)| found.iter().find(|(other, _)| *other == name));
            match (ours, theirs) {
                (Some((name, from)), Some((_, to))) if (from..=from + LOST_NUMBERS).contains(to) => {
                    format!("{name}{to}, true);\n")
                }
                _ => format!("{line}\n"),
            }
        };
        Self { dump: self.dump.lines().map(line).collect(), ledger: self.ledger.clone() }
    }

    /// The lines in which another outcome differs, or nothing.
    pub fn differences(&self, other: &Self) -> String {
        let mut text = String::new();
        if self == other {
            return text;
        }
        for (ours, theirs) in [(&self.dump, &other.dump), (&self.ledger, &other.ledger)] {
            let missing = ours.lines().filter(|line| !theirs.lines().any(|other| other == *line));
            let added = theirs.lines().filter(|line| !ours.lines().any(|other| other == *line));
            missing.for_each(|line| text.push_str(&format!("    - {line}\n")));
            added.for_each(|line| text.push_str(&format!("    + {line}\n")));
            if text.is_empty() && ours.lines().ne(theirs.lines()) {
                text.push_str("    the same lines in another order or number\n");
            }
        }
        text
    }
}

/// A line of a dump that says where a sequence stands: what is before the number, and the number.
fn sequence(line: &str) -> Option<(&str, u32)> {
    let (name, number) = line.strip_suffix(", true);")?.rsplit_once(' ')?;
    line.starts_with("SELECT pg_catalog.setval(").then_some(())?;
    Some((line.get(..=name.len())?, number.parse().ok()?))
}
