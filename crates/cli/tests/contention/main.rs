//! The safe forms under load: 500,000 rows, clients that read and write all the time, and the naive form beside each
//! safe one, so that the test can fail.
//!
//! The safe form is the one that `cutover lint --fix` writes.

mod cases;
mod load;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cutover_engine::server::ScratchDatabase;
use cutover_testkit::{Project, server};

use cases::{CASES, Case, Safe, TABLES};
use load::Load;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// How long a lock is waited for, and so the longest that a client may be held up by our waiting.
const LOCK_TIMEOUT: Duration = Duration::from_millis(150);

/// What a busy machine with two cores adds to a request that nobody holds up.
const NOISE: Duration = Duration::from_millis(250);

/// How long a transaction stays open that the others wait for.
const OPEN: Duration = Duration::from_millis(800);

/// What of it is seen by a client at least.
const SEEN: Duration = Duration::from_millis(500);

/// A database with the tables, to be copied for each run.
fn template() -> ScratchDatabase {
    let database = cutover_testkit::database();
    let project = project(&database.url());
    project.ok(&["upgrade"]);
    cutover_testkit::psql(server(), &database.url(), "VACUUM ANALYZE");
    database
}

fn project(url: &str) -> Project {
    let project = Project::new(CUTOVER, Some(url));
    project.revision("0001", "base", TABLES, "DROP TABLE orders CASCADE;");
    project
}

/// What is run under load.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Naive,
    Safe,
}

/// What was seen of a form: the longest wait of a client, how many requests there were, how long it took, and the file.
struct Seen {
    longest: Duration,
    requests: usize,
    took: Duration,
    file: String,
}

/// The second revision in the form that is wanted, and its text.
fn write(project: &Project, case: &Case, form: Form) -> String {
    let file = || std::fs::read_to_string(project.migrations().join("0002_test.sql")).unwrap_or_default();
    let fix = |option: &str| {
        let done = project.run(&["lint", "0002", option]);
        assert!(done.out.contains("fixed"), "{}: not fixed:\n{}{}", case.name, done.out, done.err);
    };
    project.revision("0002", "0001", case.naive, "SELECT 1;");
    match (form, &case.safe) {
        (Form::Naive, _) | (Form::Safe, Safe::AsItIs) => {}
        (Form::Safe, Safe::Fixed) => fix("--fix"),
        (Form::Safe, Safe::Begins(sql)) => {
            fix("--fix-all");
            let expected = format!("--@ upgrade\n{sql}\n\n--@ backfill");
            assert!(file().contains(&expected), "{}: written is\n{}", case.name, file());
            project.revision("0002", "0001", sql, "SELECT 1;");
        }
    }
    file()
}

/// Runs it as a person would, who knows nothing of all this, or as Cutover does.
fn run(project: &Project, url: &str, case: &Case, form: Form) {
    if form == Form::Naive && case.open.is_some() {
        cutover_testkit::psql(server(), url, &format!("BEGIN; {} COMMIT;", case.naive));
        return;
    }
    let timeout = format!("{}ms", LOCK_TIMEOUT.as_millis());
    let done = project.run(&["upgrade", "--lock-timeout", &timeout]);
    assert_eq!(done.code, 0, "{}:\n{}{}", case.name, done.out, done.err);
}

fn under_load(template: &ScratchDatabase, case: &Case, form: Form) -> Seen {
    let database = server().create_blocking(Some(template.name())).unwrap_or_else(|e| panic!("{e}"));
    let url = database.url();
    let project = project(&url);
    let file = write(&project, case, form);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| load::client(&url, case.read, &stop));
        let writer = scope.spawn(|| load::client(&url, case.write, &stop));
        std::thread::sleep(Duration::from_millis(100));
        let open = case.open.map(|query| load::Open::start(&url, query, OPEN));
        let began = Instant::now();
        run(&project, &url, case, form);
        let took = began.elapsed();
        stop.store(true, Ordering::Relaxed);
        drop(open);
        let join = |client: std::thread::ScopedJoinHandle<'_, Load>| {
            client.join().unwrap_or_else(|_| panic!("{}: a client failed", case.name))
        };
        let (reader, writer) = (join(reader), join(writer));
        let longest = reader.longest.max(writer.longest);
        Seen { longest, requests: reader.requests + writer.requests, took, file }
    })
}

/// What is wrong with what was seen, if anything.
fn judge(case: &Case, naive: &Seen, safe: &Seen) -> Result<(), String> {
    let line = format!(
        "{}: naive {} ms of {} ms, safe {} ms of {} ms ({} requests)",
        case.name,
        naive.longest.as_millis(),
        naive.took.as_millis(),
        safe.longest.as_millis(),
        safe.took.as_millis(),
        safe.requests
    );
    cutover_testkit::note(&line);
    let least = if case.open.is_some() { SEEN } else { Duration::from_millis(30) };
    if safe.longest > LOCK_TIMEOUT + NOISE || safe.longest * 2 > naive.longest {
        return Err(format!("{line}: somebody waited for the safe form\n{}", safe.file));
    }
    if naive.longest < least {
        return Err(format!("{line}: nobody waited for the naive form"));
    }
    Ok(())
}

/// Both forms of a case, one after the other; again where the machine was busy with something else, but not for ever.
fn both(template: &ScratchDatabase, case: &Case) -> Result<(), String> {
    let once = || {
        let naive = under_load(template, case, Form::Naive);
        let safe = under_load(template, case, Form::Safe);
        judge(case, &naive, &safe)
    };
    once().or_else(|_| once()).or_else(|_| once())
}

#[test]
fn nobody_waits_for_a_safe_form_and_somebody_for_the_naive_one() {
    let template = template();
    let wanted = std::env::var("CUTOVER_CASE").unwrap_or_default();
    let cases = CASES.iter().filter(|case| case.name.contains(&wanted));
    let (waiting, working): (Vec<&Case>, Vec<&Case>) = cases.partition(|case| case.open.is_some());
    let mut wrong: Vec<String> = working.into_iter().filter_map(|case| both(&template, case).err()).collect();
    // these wait for most of the time, so some of them can do it at once
    for some in waiting.chunks(4) {
        std::thread::scope(|scope| {
            let running: Vec<_> = some.iter().map(|case| scope.spawn(|| both(&template, case))).collect();
            for case in running {
                wrong.extend(case.join().unwrap_or_else(|_| Err("a case failed".into())).err());
            }
        });
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
