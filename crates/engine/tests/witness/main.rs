//! PostgreSQL as the witness of what statements do: each case of `cases/` is run on a database of its own, and what
//! it locked, rewrote and read is compared with what is expected.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

mod case;
mod compare;
mod facts;
mod forms;
mod stage;
mod told;

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::{Area, Case};
use cutover_engine::server::Scratch;
use stage::Stage;

/// Databases that are worked on at a time.
const THREADS: usize = 3;

/// Runs all cases that the server can; fails with the list of those that went wrong.
fn all(server: &Scratch) {
    let areas = Area::all();
    let stages: Vec<Stage<'_>> = areas.iter().map(|area| Stage::build(server, area)).collect();
    let cases: Vec<(&Stage<'_>, &Case)> = stages.iter().flat_map(Stage::cases).collect();
    let (next, seen) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let runtime = stage::runtime();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some((stage, case)) = cases.get(at) else { break };
                    let observed = runtime.block_on(stage.play(case));
                    seen.lock().unwrap().push((at, observed));
                }
            });
        }
    });
    let mut seen = seen.into_inner().unwrap();
    seen.sort_by_key(|(at, _)| *at);
    let (mut wrong, mut report) = (Vec::new(), String::new());
    for (at, observed) in seen {
        let case = cases[at].1;
        let said = compare::predicted(&cases[at].0.area.setup(server.major()), case, server.major());
        let told = observed.inspect(|seen| report.push_str(&told::told(case, seen)));
        if let Err(problem) = told.and_then(|seen| compare::compare(&said, case, &seen)) {
            wrong.push(format!("{}: {}\n    {problem}", case.area, case.name));
        }
    }
    told::keep(server.major(), &report);
    let line = format!("{} cases on PostgreSQL {}, {} wrong\n", cases.len(), server.major(), wrong.len());
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn statements_do_what_is_expected_of_them() {
    all(cutover_testkit::server());
}

#[test]
fn statements_do_what_is_expected_of_them_on_postgresql_18() {
    if let Some(server) = cutover_testkit::server_18() {
        all(server);
    }
}
