//! The server of a project.
#![expect(clippy::unwrap_used)]

use cutover_engine::server::{DATABASE, Embedded, EmbeddedError, Lookup, StartedBy};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::support::{ask, eventually, folder, major, processes};

fn project(dir: &std::path::Path) -> Embedded {
    Embedded::open(&dir.join(".cutover"), Lookup::from_env())
}

#[test]
fn it_lives_as_long_as_its_commands() {
    let dir = folder();
    let server = project(dir.path());
    let before = server.status().unwrap();
    assert!(!before.running && before.version.is_none() && !dir.path().join(".cutover").exists());
    let first = server.attach_for_command().unwrap();
    let second = server.attach_for_command().unwrap();
    assert!(first.started() && !second.started());
    let url = first.status().url.clone();
    ask(&url, "CREATE TABLE t (id int)").unwrap();
    assert_eq!(first.status().version, Some(major(&url).to_string()));
    assert_eq!(server.status().unwrap().started_by, Some(StartedBy::Command));
    // the one that started it leaves first
    drop(first);
    assert_eq!(ask(&url, "SELECT count(*) FROM t").unwrap().as_deref(), Some("0"));
    drop(second);
    assert!(!server.status().unwrap().running);
    eventually("a process is left", || processes(dir.path()).is_empty());
    let third = server.attach_for_command().unwrap();
    assert_eq!(ask(&third.url(DATABASE), "SELECT count(*) FROM t").unwrap().as_deref(), Some("0"));
}

#[test]
fn the_users_own_stays_until_stopped() {
    let dir = folder();
    let server = project(dir.path());
    let started = server.start(None).unwrap();
    assert_eq!((started.running, started.started_by), (true, Some(StartedBy::User)));
    drop(server.attach_for_command().unwrap());
    assert!(server.status().unwrap().running);
    assert_eq!(server.start(None).unwrap().pid, started.pid);
    let error = server.start(Some(6543)).unwrap_err();
    assert!(matches!(error, EmbeddedError::OtherPort { running: None }), "{error}");
    assert!(server.stop().unwrap());
    assert!(!server.stop().unwrap());
    eventually("a process is left", || processes(dir.path()).is_empty());
}

#[test]
fn a_commands_server_can_become_the_users() {
    let dir = folder();
    let server = project(dir.path());
    let command = server.attach_for_command().unwrap();
    let pid = server.start(None).unwrap().pid;
    assert_eq!(pid, command.status().pid);
    drop(command);
    std::thread::sleep(std::time::Duration::from_millis(100));
    assert_eq!(server.status().unwrap().pid, pid);
    server.stop().unwrap();
    // the next one is for the command again
    drop(server.attach_for_command().unwrap());
    assert!(!server.status().unwrap().running);
}

#[test]
fn stopped_under_a_command_and_started_again() {
    let dir = folder();
    let server = project(dir.path());
    let first = server.attach_for_command().unwrap();
    server.stop().unwrap();
    let second = server.attach_for_command().unwrap();
    assert!(second.started());
    drop(first);
    ask(&second.status().url, "SELECT 1").unwrap();
    let third = server.attach_for_command().unwrap();
    drop((second, third));
    eventually("it still runs", || processes(dir.path()).is_empty());
}

#[test]
fn a_port_when_asked_for() {
    let dir = folder();
    let server = project(dir.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let status = server.start(Some(port)).unwrap();
    assert_eq!(status.port, Some(port));
    assert_eq!(
        ask(&format!("postgresql://postgres@localhost:{port}/{DATABASE}"), "SELECT 1").unwrap().as_deref(),
        Some("1")
    );
    assert_eq!(ask(&server.url(DATABASE).unwrap(), "SELECT 1").unwrap().as_deref(), Some("1"));
    server.stop().unwrap();
}

#[test]
fn data_of_another_version_are_refused_with_both_named() {
    let dir = folder();
    let server = project(dir.path());
    drop(server.attach_for_command().unwrap());
    std::fs::write(server.status().unwrap().data_dir.join("PG_VERSION"), "9\n").unwrap();
    let text = server.attach_for_command().unwrap_err().to_string();
    assert!(text.contains("was made by PostgreSQL 9: PostgreSQL 9 is needed, and only "), "{text}");
    eventually("a process is left", || processes(dir.path()).is_empty());
}

#[test]
fn a_killed_postmaster_is_no_obstacle() {
    let dir = folder();
    let server = project(dir.path());
    let pid = server.start(None).unwrap().pid.unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    eventually("it still runs", || !server.status().unwrap().running);
    let again = server.start(None).unwrap();
    assert!(again.running && again.pid != Some(pid));
    server.stop().unwrap();
}

#[test]
fn a_deep_folder_has_its_socket_elsewhere() {
    let dir = folder();
    let deep = dir.path().join("d".repeat(90));
    std::fs::create_dir(&deep).unwrap();
    let server = project(&deep);
    let command = server.attach_for_command().unwrap();
    let socket_dir = command.status().socket_dir.clone();
    assert!(socket_dir.starts_with("/tmp"));
    ask(&command.status().url, "SELECT 1").unwrap();
    drop(command);
    assert!(!socket_dir.exists());
}

#[test]
fn many_at_once() {
    let dir = folder();
    drop(project(dir.path()).attach_for_command().unwrap());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..5 {
                    let command = project(dir.path()).attach_for_command().unwrap();
                    assert_eq!(ask(&command.status().url, "SELECT 1").unwrap().as_deref(), Some("1"));
                }
            });
        }
    });
    eventually("it still runs", || processes(dir.path()).is_empty());
}

/// As root, with a project where the server's user cannot go, such as `/root`.
#[test]
fn data_go_elsewhere_when_the_project_is_barred() {
    if !nix::unistd::Uid::effective().is_root() {
        return;
    }
    let dir = folder();
    let barred = dir.path().join("barred");
    std::fs::create_dir(&barred).unwrap();
    std::fs::set_permissions(&barred, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let server = project(&barred);
    let command = server.attach_for_command().unwrap();
    ask(&command.status().url, "CREATE TABLE t ()").unwrap();
    assert!(command.status().elsewhere);
    drop(command);
    let home = barred.join(".cutover/pg").read_link().unwrap();
    assert!(server.status().unwrap().data_dir.starts_with(&home) && home.starts_with("/var/lib/cutover"));
    // the link leads back to the same data
    let command = server.attach_for_command().unwrap();
    ask(&command.status().url, "SELECT FROM t").unwrap();
    drop(command);
    std::fs::remove_dir_all(&home).unwrap();
    let _ = std::fs::remove_dir("/var/lib/cutover");
}
