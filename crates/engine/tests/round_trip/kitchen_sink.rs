//! The kitchen sink: a schema in which everything occurs, from nothing by what a dump says of it.
//!
//! The files are `fixtures/kitchen_sink*.sql`.

use std::collections::BTreeSet;

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff::{self, Options};
use cutover_engine::server::Scratch;
use cutover_testkit::{psql, server, server_18};

use super::trip::{self, Place, Wrong};
use super::{ROLES, runtime};

/// The files that a server can load, in their order.
fn files(server: &Scratch, grants: bool) -> Vec<&'static str> {
    let available = "SELECT count(*) FROM pg_available_extensions WHERE name IN ('pg_trgm', 'hstore', 'btree_gist')";
    let has_extensions = psql(server, &server.url("postgres"), available) == "3";
    let mut files = vec!["kitchen_sink.sql"];
    files.extend(has_extensions.then_some("kitchen_sink_extras.sql"));
    files.extend((server.major() >= 18).then_some("kitchen_sink_18.sql"));
    files.extend(grants.then_some("kitchen_sink_grants.sql"));
    files
}

/// A database with the files loaded.
async fn full(server: &Scratch, grants: bool) -> Result<Place, Wrong> {
    let place = Place::new(server).await;
    for file in files(server, grants) {
        let sql = std::fs::read_to_string(cutover_testkit::repository().join("fixtures").join(file)).unwrap();
        place.run(&sql).await.map_err(|e| format!("{file} does not load: {}", e.lines().next().unwrap_or("")))?;
    }
    Ok(place)
}

/// What `cutover dump` writes, loaded into a new database, is the same for us and for `pg_dump`.
async fn dumped_and_loaded(server: &Scratch, options: &Options) -> Result<(), Wrong> {
    let there = full(server, options.grants).await?;
    let wanted = there.read().await?;
    trip::nothing_to_do(&wanted, options)?;
    let here = Place::new(server).await;
    let nothing = here.read().await?;
    let build = diff::plan(&Catalog::empty(&wanted), &wanted, options);
    here.run("SET check_function_bodies = off").await?;
    trip::apply(&here, &build).await?;
    trip::arrived(&here, &wanted, options, &build).await?;
    trip::witnessed(server, &here, &there, &build)?;
    let remove = diff::plan(&wanted, &nothing, options);
    trip::apply(&here, &remove).await.map_err(|e| format!("on the way down: {e}"))?;
    trip::arrived(&here, &nothing, options, &remove).await.map_err(|e| format!("on the way down: {e}"))
}

fn check(server: &Scratch, options: &Options) {
    psql(server, &server.url("postgres"), ROLES);
    if let Err(wrong) = runtime().block_on(dumped_and_loaded(server, options)) {
        panic!("on PostgreSQL {}: {wrong}", server.major());
    }
}

/// With what `cutover dump` has when nothing is said, and with everything.
fn options() -> [Options; 2] {
    let plain = Options { plain: true, ..Options::default() };
    [plain.clone(), Options { grants: true, owners: true, ..plain }]
}

#[test]
fn the_kitchen_sink_is_dumped_and_loaded() {
    options().iter().for_each(|options| check(server(), options));
}

#[test]
fn the_kitchen_sink_is_dumped_and_loaded_on_postgresql_18() {
    if let Some(server) = server_18() {
        options().iter().for_each(|options| check(server, options));
    }
}
