//! The example of a rollout, as legs: each of its revisions up and down, on tables with rows enough for several batches,
//! and with what it waits for said before.

use cutover_engine::server::Binaries;
use cutover_testkit::Project;

use super::stage::{Leg, Stage};

/// Its revisions.
const REVISIONS: [&str; 8] = ["0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009"];

/// Rows of two kinds: with a link, and without.
const FILL: &str = "
INSERT INTO plan (id, name) SELECT g, 'plan ' || g FROM generate_series(1, 100) g;
INSERT INTO recommendation (id, title) SELECT g, 'measure ' || g FROM generate_series(1, 2400) g;
INSERT INTO plan_recommendations (plan_id, recommendation_id)
    SELECT 1 + g % 100, g FROM generate_series(1, 2400) g WHERE g % 50 <> 0;
ANALYZE";

/// What a revision waits for.
enum Wait {
    Nothing,
    Deploy,
    Gate,
}

/// A stage, and the legs of the rollout on it.
pub fn prepare(binaries: &Binaries) -> (Stage, Vec<Leg>) {
    let project = Project::example("retire-join-table", env!("CARGO_BIN_EXE_cutover"), None);
    let mut stage = Stage::with(binaries, project);
    let (_, mut template) = stage.leg("0001", ["upgrade", "0001"], 1, "template0");
    stage.ask(&template, FILL);
    let mut legs = Vec::new();
    for (at, id) in REVISIONS.into_iter().enumerate() {
        let ready = said(&mut stage, id, ["upgrade", id], &[], &template);
        let (up, above) = stage.leg(id, ["upgrade", id], every(id), &ready);
        legs.push(up);
        if !matches!(wait(id), Wait::Gate) {
            // 0007 stands beside 0006: it can be undone without it
            let below = if at == 0 { "0001" } else { REVISIONS[at - 1] };
            let args = ["downgrade", if id == "0007" { "0005" } else { below }];
            let ready = said(&mut stage, id, args, &["--downgrade"], &above);
            let (down, below) = stage.leg(id, args, every(id), &ready);
            legs.push(down);
            stage.drop(&below);
        }
        template = above;
    }
    (stage, legs)
}

/// At how many of its points a revision is killed: what is before the last word of one is what is after the next one's
/// first. Transactions of many statements, which the planner's are killed in everywhere, are killed at a sample, and so
/// are the deploys, which are alike.
fn every(id: &str) -> usize {
    match id {
        "0002" | "0004" | "0005" | "0006" => 6,
        _ => 24,
    }
}

fn wait(id: &str) -> Wait {
    match id {
        "0006" | "0007" | "0008" => Wait::Deploy,
        "0009" => Wait::Gate,
        _ => Wait::Nothing,
    }
}

/// A database in which all that a command waits for is said.
fn said(stage: &mut Stage, id: &str, args: [&str; 2], how: &[&str], template: &str) -> String {
    let database = stage.create(template);
    let word = match wait(id) {
        Wait::Nothing => return database,
        Wait::Deploy => ["ack", id, "--by", "me", "--note", "it is so"].to_vec(),
        Wait::Gate => ["gate", id, "--override", "a test", "--by", "me"].to_vec(),
    };
    let waits = stage.run(&args, &database);
    assert_eq!(waits.code, 0, "{}", waits.err);
    let url = stage.cluster.url(&database);
    let done = stage.project.run(&[&word, how, &["--url", &url]].concat());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    database
}
