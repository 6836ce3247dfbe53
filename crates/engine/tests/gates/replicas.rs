//! `replicas caught up`, and reads that only a replica sees.

use std::time::Duration;

use cutover_engine::gate::Replica;
use cutover_engine::server::{Binaries, Scratch};
use cutover_testkit::replica;

use crate::support::{Stage, flush, open, params, wait, with_statements};

async fn caught_up(primary: &Scratch) {
    let mut stage = Stage::new(primary, "CREATE TABLE task (id int)").await;
    assert_eq!(stage.gate("replicas caught up").await.summary, "there is no replica");
    let copy = replica::start(primary, "copy");
    let named = Replica { name: "copy".into(), params: params(&copy.url(stage.database.name())) };
    stage.session.asking.replicas = Some(vec![named.clone()]);
    stage.session.asking.replica_lag = Duration::from_secs(5);
    let verdict = stage.gate("replicas caught up").await;
    assert!(verdict.open, "{verdict:?}");
    // a replica that stands still
    stage.session.asking.replica_lag = Duration::from_millis(200);
    let standby = open(&copy.url(stage.database.name())).await;
    standby.client().batch_execute("SELECT pg_wal_replay_pause()").await.unwrap();
    wait(0.3).await;
    stage.app("INSERT INTO task SELECT generate_series(1, 1000)").await;
    let verdict = stage.gate("replicas caught up").await;
    assert!(
        !verdict.open
            && verdict.evidence.iter().any(|l| l.starts_with("copy itself") && l.contains("to replay")),
        "{verdict:?}"
    );
    standby.client().batch_execute("SELECT pg_wal_replay_resume()").await.unwrap();
    stage.session.asking.replica_lag = Duration::from_secs(5);
    assert!(stage.gate("replicas caught up").await.open);
    // one that is no replica, and one that is not there
    stage.session.asking.replicas =
        Some(vec![Replica { name: "itself".into(), params: params(&stage.database.url()) }]);
    let verdict = stage.gate("replicas caught up").await;
    assert!(!verdict.open && verdict.evidence.iter().any(|l| l.contains("no replica")), "{verdict:?}");
    drop(copy);
    stage.session.asking.replicas = Some(vec![named]);
    let verdict = stage.gate("replicas caught up").await;
    assert!(!verdict.open && verdict.evidence.iter().any(|l| l.starts_with("copy itself")), "{verdict:?}");
}

#[tokio::test]
async fn replicas_have_to_catch_up() {
    caught_up(&with_statements(&[])).await;
}

#[tokio::test]
async fn replicas_have_to_catch_up_on_18() {
    let Some(dir) = std::env::var_os("CUTOVER_TEST_PG18") else { return };
    let binaries = Binaries::in_dir(dir.as_ref()).unwrap();
    caught_up(&replica::primary(&binaries, &[])).await;
}

#[tokio::test]
async fn without_the_right_to_see_replicas_the_gate_is_closed() {
    let server = with_statements(&[]);
    let mut stage = Stage::new(&server, "CREATE ROLE plain LOGIN").await;
    let _copy = replica::start(&server, "copy");
    wait(0.3).await;
    let url = stage.database.url().replace("user=postgres", "user=plain");
    stage.session = open(&url).await;
    let verdict = stage.gate("replicas caught up").await;
    assert!(!verdict.open && verdict.evidence[0].contains("pg_monitor"), "{verdict:?}");
}

#[tokio::test]
async fn a_read_on_a_replica_is_a_use() {
    let server = with_statements(&[]);
    let schema = "CREATE EXTENSION pg_stat_statements; CREATE TABLE task (id int, title text)";
    let mut stage = Stage::new(&server, schema).await;
    let copy = replica::start(&server, "copy");
    let url = copy.url(stage.database.name());
    wait(0.3).await;
    let gate = "unused table task for 1 second";
    // nobody said whether the replica serves reads
    let said = stage.said(gate).await;
    assert!(said.contains("1 replica of this server, whose reads are not seen here"), "{said}");
    stage.session.asking.replicas = Some(Vec::new());
    wait(1.2).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true"), "{said}");
    stage.session.asking.replicas = Some(vec![Replica { name: "copy".into(), params: params(&url) }]);
    stage.said(gate).await;
    wait(1.2).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("true") && said.contains("on 2 nodes"), "{said}");
    let reader = open(&url).await;
    reader.client().batch_execute("SELECT title FROM task").await.unwrap();
    flush(&reader).await;
    let said = stage.said(gate).await;
    assert!(said.starts_with("false"), "{said}");
    assert!(said.contains("copy: statements: 1 call"), "{said}");
    assert!(said.contains("primary: statements: no use"), "{said}");
}
