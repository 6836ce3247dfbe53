//! One server with options of its own: crashes, TCP, authentication, failures to start.
#![expect(clippy::unwrap_used)]

use cutover_engine::server::{Cluster, ClusterError, ClusterOptions, Owner, Stop, postmaster};

use crate::support::{ask, binaries, folder, nothing_left, processes};

/// Data directories are made in a folder that only the server's user may enter.
fn options(dir: &std::path::Path) -> ClusterOptions {
    let base = dir.join("c");
    std::fs::create_dir(&base).unwrap();
    Owner::for_new().unwrap().take(&base).unwrap();
    ClusterOptions::in_dir(&base)
}

#[test]
fn it_recovers_from_an_immediate_stop_and_from_sigkill() {
    let dir = folder();
    let mut options = options(dir.path());
    // commits must be in the log, not on the disk: only processes die here
    options.settings.push(("synchronous_commit".into(), "on".into()));
    Cluster::init(&binaries(), &options).unwrap();
    let mut cluster = Cluster::start(&binaries(), options).unwrap();
    let url = cluster.url("postgres");
    ask(&url, "CREATE TABLE t (id int)").unwrap();
    for (count, how) in [Stop::Immediate, Stop::Kill, Stop::Fast, Stop::Kill].into_iter().enumerate() {
        ask(&url, "INSERT INTO t VALUES (1)").unwrap();
        let pid = cluster.pid().unwrap();
        cluster.stop(how).unwrap();
        assert!(ask(&url, "SELECT 1").is_err());
        cluster.start_again().unwrap();
        assert_ne!(cluster.pid(), Some(pid));
        let rows = ask(&url, "SELECT count(*) FROM t").unwrap().unwrap();
        assert_eq!(rows, (count + 1).to_string());
    }
    drop(cluster);
    assert!(processes(dir.path()).is_empty());
}

#[test]
fn a_pid_file_whose_number_another_process_has_now_is_stale() {
    let dir = folder();
    let options = options(dir.path());
    Cluster::init(&binaries(), &options).unwrap();
    let text = format!(
        "{}\n{}\n1\n5432\n{}\n\n  1 1\nready\n",
        std::process::id(),
        options.data_dir.display(),
        options.socket_dir.display()
    );
    std::fs::write(options.data_dir.join("postmaster.pid"), text).unwrap();
    assert_eq!(postmaster::running(&options.data_dir), None);
    let cluster = Cluster::start(&binaries(), options).unwrap();
    ask(&cluster.url("postgres"), "SELECT 1").unwrap();
}

#[test]
fn a_second_server_on_the_same_data_is_refused() {
    let dir = folder();
    let options = options(dir.path());
    Cluster::init(&binaries(), &options).unwrap();
    let first = Cluster::start(&binaries(), options.clone()).unwrap();
    let error = Cluster::start(&binaries(), options).unwrap_err();
    assert!(matches!(error, ClusterError::AlreadyRunning { pid, .. } if Some(pid) == first.pid()), "{error}");
    ask(&first.url("postgres"), "SELECT 1").unwrap();
}

#[test]
fn tcp_with_a_password() {
    let dir = folder();
    let mut options = options(dir.path());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    options.listen = Some(("127.0.0.1".into(), port));
    options.hba = Some("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n".into());
    Cluster::init(&binaries(), &options).unwrap();
    let cluster = Cluster::start(&binaries(), options).unwrap();
    ask(&cluster.url("postgres"), "CREATE ROLE u LOGIN PASSWORD 'p'").unwrap();
    let url = |password: &str| format!("postgresql://u:{password}@127.0.0.1:{port}/postgres");
    assert_eq!(ask(&url("p"), "SELECT current_user").unwrap().as_deref(), Some("u"));
    assert_eq!(ask(&url("x"), "SELECT 1").unwrap_err().code().unwrap().code(), "28P01");
}

#[test]
fn a_server_that_does_not_start_says_why() {
    let dir = folder();
    let mut options = options(dir.path());
    Cluster::init(&binaries(), &options).unwrap();
    options.settings.push(("shared_buffers".into(), "no".into()));
    let text = Cluster::start(&binaries(), options.clone()).unwrap_err().to_string();
    assert!(text.contains(r#"invalid value for parameter "shared_buffers": "no""#), "{text}");
    options.socket_dir = dir.path().join("x".repeat(100));
    let error = Cluster::start(&binaries(), options).unwrap_err();
    assert!(matches!(error, ClusterError::SocketPath { .. }), "{error}");
    assert!(processes(dir.path()).is_empty());
}

#[test]
fn initdb_on_a_folder_with_files_says_why() {
    let dir = folder();
    let options = options(dir.path());
    std::fs::create_dir(&options.data_dir).unwrap();
    std::fs::write(options.data_dir.join("mine"), "").unwrap();
    Owner::for_new().unwrap().take_all(&options.data_dir).unwrap();
    let text = Cluster::init(&binaries(), &options).unwrap_err().to_string();
    assert!(text.contains("exists but is not empty"), "{text}");
    std::fs::remove_dir_all(dir.path().join("c")).unwrap();
    nothing_left(dir.path());
}
