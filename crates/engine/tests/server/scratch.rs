//! Throw-away servers and their databases.
#![expect(clippy::unwrap_used)]

use cutover_engine::server::{Place, Scratch, ScratchError};

use crate::support::{ask, binaries, folder, nothing_left, processes, scratch_in};

#[test]
fn databases_are_made_from_templates_and_dropped() {
    let dir = folder();
    let server = scratch_in(dir.path());
    let first = server.create_blocking(None).unwrap();
    ask(&first.url(), "CREATE TABLE t (id int); INSERT INTO t VALUES (7)").unwrap();
    let copy = server.create_blocking(Some(first.name())).unwrap();
    assert_eq!(ask(&copy.url(), "SELECT id FROM t").unwrap().as_deref(), Some("7"));
    let name = first.name().to_owned();
    drop(first);
    // jobs run in order, so the next one waits for the drop
    drop(server.create_blocking(None).unwrap());
    let error = ask(&server.url(&name), "SELECT 1").unwrap_err();
    assert_eq!(error.code().map(|c| c.code().to_owned()).as_deref(), Some("3D000"), "{error:?}");
    drop(copy);
    drop(server);
    nothing_left(dir.path());
}

#[test]
fn a_database_keeps_its_server() {
    let dir = folder();
    let database = scratch_in(dir.path()).create_blocking(None).unwrap();
    assert_eq!(ask(&database.url(), "SELECT 1").unwrap().as_deref(), Some("1"));
    drop(database);
    nothing_left(dir.path());
}

#[test]
fn it_works_from_async_code() {
    let dir = folder();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = scratch_in(dir.path());
        let database = server.create(None).await.unwrap();
        let (client, connection) =
            tokio_postgres::connect(&database.url(), tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let row = client.query_one("SELECT current_database()", &[]).await.unwrap();
        assert_eq!(row.get::<_, String>(0), database.name());
        drop(database);
        drop(server);
        let _ = connection.await;
    });
    nothing_left(dir.path());
}

#[test]
fn a_template_in_use_is_an_error_with_the_servers_words() {
    let dir = folder();
    let server = scratch_in(dir.path());
    let error = server.create_blocking(Some("no such one")).unwrap_err();
    let ScratchError::Admin(error) = error else { panic!("{error}") };
    let text = error.to_string();
    assert!(text.contains(r#"template database "no such one" does not exist"#), "{text}");
}

#[test]
fn servers_side_by_side() {
    let dir = folder();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let path = dir.path().to_owned();
            std::thread::spawn(move || {
                let server = scratch_in(&path);
                let database = server.create_blocking(None).unwrap();
                ask(&database.url(), "SELECT 1").unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    nothing_left(dir.path());
}

#[test]
fn the_template_is_made_once_by_many_at_once() {
    let (dir, cache) = (folder(), folder());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let place = Place::at(dir.path());
                Scratch::start_with(&binaries(), cache.path(), &place, |_| {}).unwrap();
            });
        }
    });
    let mut names: Vec<_> = std::fs::read_dir(cache.path())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names[0].starts_with("template-") && names[1] == "template.lock", "{names:?}");
    nothing_left(dir.path());
}

#[test]
fn a_panic_leaves_nothing() {
    let dir = folder();
    let path = dir.path().to_owned();
    let thread = std::thread::spawn(move || {
        let server = scratch_in(&path);
        let _database = server.create_blocking(None).unwrap();
        assert!(!processes(&path).is_empty());
        std::panic::resume_unwind(Box::new("on purpose"));
    });
    assert!(thread.join().is_err());
    nothing_left(dir.path());
}

#[test]
fn a_cache_that_cannot_be_written_only_costs_time() {
    let dir = folder();
    let place = Place::at(dir.path());
    let nowhere = std::path::Path::new("/proc/nowhere");
    let server = Scratch::start_with(&binaries(), nowhere, &place, |_| {}).unwrap();
    drop(server.create_blocking(None).unwrap());
    drop(server);
    nothing_left(dir.path());
}
