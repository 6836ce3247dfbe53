//! The planner example: every revision goes up, down and up again on a real server, and every
//! downgrade restores exactly what was there.

use cutover_engine::server::Scratch;
use cutover_testkit::{Project, dump, masked, psql, server, server_18};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// Each revision with the target that undoes it alone.
fn up_down_up(server: &Scratch, revisions: &[(&str, &str)]) {
    let database = server.create_blocking(None).unwrap_or_else(|e| panic!("{e}"));
    let url = database.url();
    let project = Project::planner(CUTOVER, Some(&url));
    for (id, undo) in revisions {
        let before = dump(server, &url);
        project.ok(&["upgrade", id]);
        let up = dump(server, &url);
        assert_ne!(before, up, "revision {id} does nothing");
        project.ok(&["downgrade", undo]);
        assert_eq!(before, dump(server, &url), "the downgrade of {id} restores what was there");
        project.ok(&["upgrade", id]);
        assert_eq!(masked(&up), masked(&dump(server, &url)), "the second upgrade of {id} gives the same");
    }
    project.ok(&["downgrade", "base"]);
    let left = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace";
    assert_eq!(psql(server, &url, left), "0");
    assert_eq!(psql(server, &url, "SELECT count(*) FROM cutover.revision"), "0");
}

const MAIN: [(&str, &str); 11] = [
    ("0001", "base"),
    ("0002", "-1"),
    ("0003", "-1"),
    ("0004", "-1"),
    ("0005", "-1"),
    ("0006", "-1"),
    ("0007", "-1"),
    ("0008", "-1"),
    ("0010", "-1"),
    ("0009", "reporting@-1"),
    ("0011", "-1"),
];

#[test]
fn every_revision_comes_back() {
    up_down_up(server(), &[&MAIN[..], &[("0012", "fuzzy@-1")]].concat());
}

#[test]
fn every_revision_comes_back_on_postgresql_18_with_pgvector() {
    match server_18() {
        Some(server) => up_down_up(server, &[&MAIN[..], &[("0013", "search@-1")]].concat()),
        None => assert!(
            std::env::var_os("CI").is_none(),
            "CI has to have PostgreSQL 18: scripts/setup --tests fetches it and sets CUTOVER_TEST_PG18"
        ),
    }
}

#[test]
fn the_example_has_what_it_promises() {
    let database = server().create_blocking(None).unwrap_or_else(|e| panic!("{e}"));
    let url = database.url();
    Project::planner(CUTOVER, Some(&url)).ok(&["upgrade", "planner@head"]);
    let count = |sql: &str| psql(server(), &url, sql).parse::<i32>().unwrap_or(-1);
    assert_eq!(count("SELECT count(*) FROM businesses"), 4);
    assert_eq!(count("SELECT count(*) FROM members"), 8);
    assert_eq!(count("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0"), 3);
    assert_eq!(count("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace"), 4);
    assert_eq!(count("SELECT count(*) FROM pg_views WHERE schemaname = 'public'"), 2);
    assert!(count("SELECT count(*) FROM pg_indexes WHERE schemaname IN ('public', 'report')") >= 30);
}
