//! The gates that need no history: no rows, applied elsewhere, window.

use crate::support::{Stage, server};

#[tokio::test]
async fn no_rows_shows_the_first_and_counts_the_rest() {
    let stage = Stage::new(
        &server(),
        "CREATE TABLE task (id int, \"Plan\" int); INSERT INTO task SELECT n FROM generate_series(1, 7) n",
    )
    .await;
    let gate = "no rows: SELECT id, \"Plan\" FROM task WHERE \"Plan\" IS NULL ORDER BY id";
    let verdict = stage.gate(gate).await;
    assert!(!verdict.open);
    assert_eq!(verdict.summary, "the query gives 7 rows");
    assert_eq!(verdict.evidence[0], "id = 1, Plan = NULL");
    assert_eq!(verdict.evidence.len(), 6);
    assert_eq!(verdict.evidence[5], "and 2 more");
    stage.app("UPDATE task SET \"Plan\" = 1").await;
    assert!(stage.gate(gate).await.open);
}

#[tokio::test]
async fn a_query_that_is_wrong_or_writes_is_an_error() {
    let stage = Stage::new(&server(), "CREATE TABLE task (id int)").await;
    let error = stage.try_gate("no rows: SELECT id FROM tusk").await.unwrap_err().to_string();
    assert!(
        error.contains("no rows: SELECT id FROM tusk") && error.contains("\"tusk\" does not exist"),
        "{error}"
    );
    let error = stage.try_gate("no rows: WITH x AS (DELETE FROM task RETURNING id) SELECT id FROM x").await;
    assert!(error.is_err());
    // the session is none the worse for it
    assert!(stage.gate("no rows: SELECT id FROM task").await.open);
}

#[tokio::test]
async fn a_query_may_not_take_for_ever() {
    let mut stage = Stage::new(&server(), "CREATE TABLE task (id int)").await;
    stage.session.asking.timeout = std::time::Duration::from_millis(100);
    let error = stage.try_gate("no rows: SELECT pg_sleep(20)").await.unwrap_err().to_string();
    assert!(error.contains("statement timeout"), "{error}");
}

#[tokio::test]
async fn applied_elsewhere_looks_and_takes_what_is_missing_for_not_yet() {
    let stage = Stage::new(&server(), "CREATE TABLE task (id int)").await;
    let gate = "applied elsewhere: SELECT version = 3 FROM other.version";
    let verdict = stage.gate(gate).await;
    assert!(!verdict.open && verdict.evidence[0].contains("does not exist"), "{verdict:?}");
    stage.app("CREATE SCHEMA other; CREATE TABLE other.version (version int)").await;
    assert_eq!(stage.gate(gate).await.evidence, ["the query gives no row"]);
    stage.app("INSERT INTO other.version VALUES (NULL)").await;
    assert!(!stage.gate(gate).await.open);
    stage.app("UPDATE other.version SET version = 2").await;
    assert!(!stage.gate(gate).await.open);
    stage.app("UPDATE other.version SET version = 3").await;
    assert!(stage.gate(gate).await.open);
    assert!(stage.gate("applied elsewhere: SELECT 1 FROM task HAVING count(*) = 0").await.open);
    assert!(stage.try_gate("applied elsewhere: SELECT 1 / 0").await.is_err());
}

#[tokio::test]
async fn a_window_says_when_it_opens() {
    let stage = Stage::new(&server(), "").await;
    assert!(stage.gate("window daily 00:00-24:00 UTC").await.open);
}
