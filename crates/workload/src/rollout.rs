//! A rollout going through under load, revision by revision, up and down: the program is run, what it waits for is done
//! (clients are deployed, old and new ones side by side for a while, and acknowledged), and it is run again.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::play::Play;
use crate::stage::Stage;

/// How a rollout is driven.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long the clients go on after each step, and how long both generations run in a deploy.
    pub dwell: Duration,
    /// How long a closed gate is waited for before it is passed over.
    pub patience: Duration,
}

/// A revision of the rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its id.
    pub id: String,
    /// Its first line of prose.
    pub message: String,
    /// The name of its file.
    pub file: String,
}

/// The revisions that are open, in order.
pub fn open(stage: &Stage, url: &str) -> Vec<Step> {
    let (plan, code) = stage.json(&["upgrade", "heads", "--plan"], url);
    assert_eq!(code, 0, "{plan:#}");
    let text = |value: &Value, name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let list = plan["revisions"].as_array().cloned().unwrap_or_default();
    list.iter()
        .map(|one| {
            let file = text(one, "file");
            let file = file.rsplit('/').next().unwrap_or_default().to_owned();
            Step { id: text(one, "id"), message: text(one, "message"), file }
        })
        .collect()
}

/// Runs one revision, whatever it waits for.
pub fn up(play: &mut Play<'_>, step: &Step, pace: Pace) {
    go(play, &["upgrade", &step.id], &format!("{} {}", step.id, step.message), 100, pace);
}

/// Goes back to a revision, whatever that waits for.
pub fn down(play: &mut Play<'_>, to: &str, pace: Pace) {
    go(play, &["downgrade", to], &format!("back to {to}"), 0, pace);
}

/// Takes back the new clients that nothing waited for on the way down: those that work with the old form as well.
pub fn take_back(play: &mut Play<'_>, pace: Pace) {
    let left: Vec<usize> =
        (0..play.scenario.fleet.len()).filter(|at| play.traffic.deployed(*at) > 0).collect();
    if left.is_empty() {
        return;
    }
    play.span("the rest goes back", |play| {
        std::thread::sleep(pace.dwell);
        for at in left {
            play.traffic.deploy(at, 0);
            play.traffic.drained(at, true);
        }
    });
}

/// Whether a revision can be undone, as its file says.
pub fn is_reversible(stage: &Stage, step: &Step) -> bool {
    let file = std::fs::read_to_string(stage.project.migrations().join(&step.file)).unwrap();
    !file.lines().any(|line| line.starts_with("--@ irreversible"))
}

/// Runs a command until it waits for nothing.
fn go(play: &mut Play<'_>, args: &[&str], name: &str, percent: u32, pace: Pace) {
    let began = Instant::now();
    loop {
        let url = play.database.url();
        let waiting = play.span(name, |play| {
            let (report, code) = play.stage.json(args, &url);
            assert_eq!(code, 0, "cutover {}: {report:#}", args.join(" "));
            std::thread::sleep(pace.dwell);
            report["waiting"].as_array().cloned().unwrap_or_default()
        });
        if waiting.is_empty() {
            return;
        }
        for one in &waiting {
            let id = one["id"].as_str().unwrap_or_default().to_owned();
            let cause = &one["for"][0];
            if let Some(text) = cause["deploy"].as_str() {
                deploy(play, &id, text, percent, pace);
            } else if began.elapsed() > pace.patience {
                pass_over(play, &id);
            }
        }
    }
}

/// Deploys the clients of a deploy step, one after the other and not all at once, and says that it is done.
fn deploy(play: &mut Play<'_>, id: &str, text: &str, percent: u32, pace: Pace) {
    let fleets = play.scenario.deployed(text);
    let names: Vec<&str> = fleets.iter().map(|at| play.scenario.fleet[*at].name.as_str()).collect();
    let age = if percent == 100 { "new" } else { "old" };
    let name = format!("{id} deploy {age} {}", names.join(", "));
    play.span(&format!("{name}: half"), |play| {
        // a fleet that is there already stays
        let half = |at: usize| u32::midpoint(play.traffic.deployed(at), percent);
        fleets.iter().for_each(|at| play.traffic.deploy(*at, half(*at)));
        std::thread::sleep(pace.dwell);
    });
    play.span(&format!("{name}: all"), |play| {
        for at in &fleets {
            play.traffic.deploy(*at, percent);
            play.traffic.drained(*at, percent != 100);
        }
        std::thread::sleep(pace.dwell);
    });
    let mut args = vec!["ack", id, "--by", "the workload", "--note", &name];
    if percent != 100 {
        args.push("--downgrade");
    }
    let done = play.stage.run(&args, &play.database.url());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}

fn pass_over(play: &mut Play<'_>, id: &str) {
    let why = "the workload does not wait for days";
    let args = ["gate", id, "--override", why, "--by", "the workload"];
    let done = play.stage.run(&args, &play.database.url());
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
}
