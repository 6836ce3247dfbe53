//! Kills before and after every statement and message of a run.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cutover_engine::server::Binaries;

use super::relay::{Point, When};
use super::stage::{Leg, Revision, Stage};
use super::ways::{Attempt, WAYS, Way};

/// How many servers, each with a thread that kills runs.
const WORKERS: usize = 2;

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    /// Points, by way.
    pub killed: [usize; WAYS.len()],
    /// Statements of the revisions, up and down, that have a point before and after each.
    pub statements: usize,
    /// What did not end as it should.
    pub wrong: Vec<String>,
}

/// Kills the commands that lead up and down these revisions. Those with an id below `first` are
/// only gone through.
pub fn kill(binaries: &Binaries, revisions: &[Revision], first: &str, whole: bool) -> Report {
    kill_on(|| {
        let mut stage = Stage::start(binaries);
        let mut legs = stage.legs(revisions);
        legs.retain(|leg| leg.id >= first);
        if whole {
            legs.extend(stage.leg_of_all());
        }
        (stage, legs)
    })
}

/// Kills these commands; each worker has a stage of its own.
pub fn kill_on(prepare: impl Fn() -> (Stage, Vec<Leg>) + Sync) -> Report {
    let (report, next) = (Mutex::default(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                let (mut stage, legs) = prepare();
                work(&mut stage, &legs, &next, &report);
            });
        }
    });
    report.into_inner().unwrap()
}

/// Takes one leg and one way after the other until none is left.
fn work(stage: &mut Stage, legs: &[Leg], next: &AtomicUsize, report: &Mutex<Report>) {
    loop {
        let job = next.fetch_add(1, Ordering::Relaxed);
        let (Some(leg), way) = (legs.get(job / WAYS.len()), WAYS[job % WAYS.len()]) else { break };
        let units = undisturbed(stage, leg);
        let points = points(&units, leg, way);
        if points.len() == 2 * units.len() && way == Way::Process {
            report.lock().unwrap().statements += statements(stage, leg, &units);
        }
        for point in points {
            let wrong = disturbed(stage, leg, &units, point, way);
            let mut report = report.lock().unwrap();
            report.killed[way as usize] += 1;
            report.wrong.extend(wrong);
        }
    }
}

/// The points to kill at.
fn points(units: &[String], leg: &Leg, way: Way) -> Vec<Point> {
    let all = (0..units.len()).flat_map(|unit| [When::Before, When::After].map(|when| Point { unit, when }));
    let every = match way {
        _ if std::env::var_os("CUTOVER_CRASH_ALL").is_some() => 1,
        Way::Process => leg.every,
        Way::Connection | Way::Session | Way::Server => leg.every * 3,
    };
    all.skip(way as usize % every).step_by(every).collect()
}

/// How many statements the plan of a leg has; each has to be among the units.
fn statements(stage: &mut Stage, leg: &Leg, units: &[String]) -> usize {
    let statements = stage.statements(leg);
    for statement in &statements {
        assert!(units.contains(statement), "{:?} has no point at {statement}", leg.args);
    }
    statements.len()
}

/// Runs a leg through the relay; gives what passed.
fn undisturbed(stage: &mut Stage, leg: &Leg) -> Vec<String> {
    let database = stage.create(&leg.template);
    let units = Attempt::start(stage, &leg.args, &database, None).finish();
    let found = stage.outcome(&database);
    assert_eq!(leg.outcome.differences(&found), "", "the relay disturbs {:?}", leg.args);
    stage.drop(&database);
    units
}

/// Kills a leg at a point, runs it again and compares; gives what is wrong.
fn disturbed(stage: &mut Stage, leg: &Leg, units: &[String], point: Point, way: Way) -> Option<String> {
    let database = stage.create(&leg.template);
    let attempt = Attempt::start(stage, &leg.args, &database, Some(point));
    assert!(attempt.is_held(), "{:?} does not come to {point:?}", leg.args);
    attempt.kill(way, stage, point.when == When::After);
    let again = stage.run(&leg.args, &database);
    let problem = match again.code {
        0 => {
            let found = stage.outcome(&database);
            match way {
                Way::Server => leg.outcome.after_crash(&found).differences(&found),
                Way::Process | Way::Connection | Way::Session => leg.outcome.differences(&found),
            }
        }
        code => format!("    exit code {code}: {}", again.err),
    };
    stage.drop(&database);
    let title: String = units[point.unit].chars().take(60).collect();
    let place = format!("{:?}, {way:?} {:?} {} {title:?}", leg.args, point.when, point.unit);
    (!problem.is_empty()).then(|| format!("{place}:\n{problem}"))
}
