//! Processes that die. The test runs itself again as a helper, and kills that.
#![expect(clippy::unwrap_used)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use cutover_engine::server::{Embedded, Lookup, Place, Scratch};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{ask, binaries, eventually, folder, nothing_left, processes, scratch_in};

const ROLE: &str = "CUTOVER_TEST_ROLE";
const FOLDER: &str = "CUTOVER_TEST_FOLDER";

/// Not a test of its own: what the helper does.
#[test]
fn helper() {
    let Ok(role) = std::env::var(ROLE) else { return };
    let dir = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    match role.as_str() {
        "scratch" => {
            let server = scratch_in(&dir);
            let database = server.create_blocking(None).unwrap();
            ready(&database.url());
            wait();
        }
        "first scratch" => {
            ready("");
            let _server =
                Scratch::start_with(&binaries(), &dir.join("cache"), &Place::at(&dir.join("tmp")), |_| {});
            wait();
        }
        "command" => {
            let command =
                Embedded::open(&dir.join(".cutover"), Lookup::from_env()).attach_for_command().unwrap();
            ready(&command.status().url);
            wait();
        }
        "first command" => {
            ready("");
            let _command = Embedded::open(&dir.join(".cutover"), Lookup::from_env()).attach_for_command();
            wait();
        }
        "exit" => {
            let server = scratch_in(&dir);
            let database = server.create_blocking(None).unwrap();
            ready(&database.url());
            // no destructor runs
            unsafe { nix::libc::_exit(0) };
        }
        other => panic!("{other}"),
    }
}

fn ready(text: &str) {
    use std::io::Write as _;
    std::io::stderr().write_all(format!("ready {text}\n").as_bytes()).unwrap();
}

fn wait() {
    std::thread::sleep(Duration::from_secs(60));
}

/// A helper, which does not outlive a test that fails.
struct Helper(Child);

impl Drop for Helper {
    fn drop(&mut self) {
        // one that has ended by itself is no error here
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(role: &str, dir: &Path) -> (Helper, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["killed::helper", "--exact", "--nocapture"])
        .env(ROLE, role)
        .env(FOLDER, dir)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let line = lines.map(Result::unwrap).find_map(|l| l.strip_prefix("ready ").map(str::to_owned));
    (Helper(child), line.unwrap())
}

#[test]
fn a_killed_process_leaves_no_scratch_server() {
    let dir = folder();
    let (child, url) = spawn("scratch", dir.path());
    ask(&url, "SELECT 1").unwrap();
    assert!(processes(dir.path()).len() >= 2);
    drop(child);
    nothing_left(dir.path());
}

#[test]
fn a_process_that_ends_without_destructors_leaves_no_scratch_server() {
    let dir = folder();
    let (mut child, _) = spawn("exit", dir.path());
    child.0.wait().unwrap();
    nothing_left(dir.path());
}

/// Killed at many moments of a first start: in initdb, while the template is copied, while the
/// server starts.
#[test]
fn killed_at_any_moment_of_a_scratch_start() {
    let dir = folder();
    let (tmp, cache) = (dir.path().join("tmp"), dir.path().join("cache"));
    for millis in [0, 5, 20, 60, 150, 300, 400, 450, 500, 520, 540, 560, 600] {
        std::fs::create_dir_all(&tmp).unwrap();
        let (child, _) = spawn("first scratch", dir.path());
        std::thread::sleep(Duration::from_millis(millis));
        drop(child);
        nothing_left(&tmp);
        eventually("initdb is left", || processes(&cache).is_empty());
    }
    // and what is in the cache is of use, or nothing
    let server = Scratch::start_with(&binaries(), &cache, &Place::at(&tmp), |_| {}).unwrap();
    drop(server.create_blocking(None).unwrap());
    drop(server);
    let names = std::fs::read_dir(&cache).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
    assert!(names.into_iter().all(|n| n.starts_with("template")));
}

#[test]
fn a_killed_command_leaves_no_server() {
    let dir = folder();
    let (child, url) = spawn("command", dir.path());
    ask(&url, "CREATE TABLE t ()").unwrap();
    drop(child);
    eventually("it still runs", || processes(dir.path()).is_empty());
    // a clean stop, not a crash
    let log = std::fs::read_to_string(dir.path().join(".cutover/pg/server.log")).unwrap();
    assert!(log.contains("database system is shut down"), "{log}");
    let (child, url) = spawn("command", dir.path());
    ask(&url, "SELECT FROM t").unwrap();
    drop(child);
    eventually("it still runs", || processes(dir.path()).is_empty());
}

#[test]
fn a_killed_command_does_not_stop_the_server_of_another() {
    let dir = folder();
    let (first, url) = spawn("command", dir.path());
    let (second, _) = spawn("command", dir.path());
    let (third, _) = spawn("command", dir.path());
    drop(first);
    std::thread::sleep(Duration::from_millis(300));
    ask(&url, "SELECT 1").unwrap();
    drop(third);
    let (fourth, _) = spawn("command", dir.path());
    drop(second);
    std::thread::sleep(Duration::from_millis(300));
    ask(&url, "SELECT 1").unwrap();
    drop(fourth);
    eventually("it still runs", || processes(dir.path()).is_empty());
}

#[test]
fn killed_at_any_moment_of_a_first_command() {
    let dir = folder();
    for millis in [0, 5, 20, 60, 150, 300, 450, 600, 700, 750, 800, 850] {
        let (child, _) = spawn("first command", dir.path());
        std::thread::sleep(Duration::from_millis(millis));
        drop(child);
        eventually("something still runs", || processes(dir.path()).is_empty());
    }
    let command =
        Embedded::open(&dir.path().join(".cutover"), Lookup::from_env()).attach_for_command().unwrap();
    ask(&command.status().url, "SELECT 1").unwrap();
    drop(command);
    let mut names: Vec<_> = std::fs::read_dir(dir.path().join(".cutover/pg"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["data", "database", "run", "server.log", "start.lock", "users.lock"]);
}

/// Commands come and are killed all the time; nobody who is attached loses the server.
#[test]
fn commands_come_and_are_killed() {
    let dir = folder();
    drop(Embedded::open(&dir.path().join(".cutover"), Lookup::from_env()).attach_for_command().unwrap());
    std::thread::scope(|scope| {
        for seed in 0..4_u64 {
            let path = dir.path();
            scope.spawn(move || {
                for round in 0..8 {
                    let (child, url) = spawn("command", path);
                    std::thread::sleep(Duration::from_millis((seed * 7 + round * 13) % 40));
                    assert_eq!(ask(&url, "SELECT 1").unwrap().as_deref(), Some("1"));
                    drop(child);
                }
            });
        }
    });
    eventually("it still runs", || processes(dir.path()).is_empty());
}

/// The process and its watchdog are killed, as when a container ends: the next one tidies up.
#[test]
fn what_nobody_could_remove_is_removed_by_the_next() {
    let dir = folder();
    let (child, _) = spawn("scratch", dir.path());
    for line in processes(dir.path()).iter().filter(|line| line.contains("cutover-watchdog")) {
        let pid = line.split_whitespace().next().unwrap().parse().unwrap();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    }
    drop(child);
    std::thread::sleep(Duration::from_millis(100));
    assert!(!processes(dir.path()).is_empty());
    drop(scratch_in(dir.path()));
    nothing_left(dir.path());
}

/// The same for a project's server: the next command takes it over and ends it.
#[test]
fn a_server_without_a_watchdog_is_taken_over() {
    let dir = folder();
    let (child, url) = spawn("command", dir.path());
    for line in processes(dir.path()).iter().filter(|line| line.contains("cutover-watchdog")) {
        let pid = line.split_whitespace().next().unwrap().parse().unwrap();
        kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    }
    drop(child);
    std::thread::sleep(Duration::from_millis(100));
    ask(&url, "SELECT 1").unwrap();
    let (child, _) = spawn("command", dir.path());
    drop(child);
    eventually("it still runs", || processes(dir.path()).is_empty());
}
