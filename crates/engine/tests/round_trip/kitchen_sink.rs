//! The kitchen sink: a schema in which everything occurs, from nothing by what a dump says of it.
//!
//! The files are `fixtures/kitchen_sink*.sql`. `pg_dump` has to see the very same text afterwards: every
//! attribute, in its order.

use std::collections::BTreeSet;

use cutover_core::catalog::{Catalog, Kind};
use cutover_core::diff::{self, Action, Options};
use cutover_engine::server::Scratch;
use cutover_testkit::{psql, schema_text, server, server_18};

use super::trip::{self, Place, Wrong};
use super::{ROLES, runtime};

/// What the file of extras needs, a row each.
const EXTRAS: &str = "SELECT count(*) = 5 AND (SELECT count(*) FROM pg_collation WHERE collprovider = 'i') > 9 \
    FROM pg_available_extensions WHERE name IN ('btree_gist', 'cube', 'earthdistance', 'hstore', 'pg_trgm')";

fn has_extras(server: &Scratch) -> bool {
    psql(server, &server.url("postgres"), EXTRAS) == "t"
}

/// A database with the files that the server can load.
async fn full(server: &Scratch, grants: bool) -> Result<Place, Wrong> {
    let place = Place::new(server).await;
    let files = [
        ("kitchen_sink.sql", true),
        ("kitchen_sink_extras.sql", has_extras(server)),
        ("kitchen_sink_18.sql", server.major() >= 18),
        ("kitchen_sink_grants.sql", grants),
    ];
    for (file, _) in files.into_iter().filter(|(_, wanted)| *wanted) {
        let path = cutover_testkit::repository().join("fixtures").join(file);
        let sql = std::fs::read_to_string(path).unwrap();
        place.run(&sql).await.map_err(|e| format!("{file}: {}", e.lines().next().unwrap_or_default()))?;
    }
    Ok(place)
}

/// There by the statements of a dump, and to nothing again.
async fn dumped_and_loaded(server: &Scratch, options: &Options) -> Result<(), Wrong> {
    let (there, here) = (full(server, options.grants).await?, Place::new(server).await);
    let (wanted, nothing) = (there.read().await?, here.read().await?);
    trip::nothing_to_do(&wanted, options)?;
    let build = diff::plan(&Catalog::empty(&wanted), &wanted, options);
    here.run("SET check_function_bodies = off").await?;
    trip::apply(&here, &build).await?;
    trip::arrived(&here, &wanted, options, &build).await?;
    same_text(&schema_text(server, &here.url()), &schema_text(server, &there.url()), &build)?;
    let remove = diff::plan(&wanted, &nothing, options);
    trip::apply(&here, &remove).await.map_err(|e| format!("on the way down: {e}"))?;
    trip::arrived(&here, &nothing, options, &remove).await.map_err(|e| format!("on the way down: {e}"))
}

/// Fails with the first lines that differ.
fn same_text(applied: &str, loaded: &str, plan: &[Action]) -> Result<(), Wrong> {
    if applied == loaded {
        return Ok(());
    }
    let (here, there): (Vec<&str>, Vec<&str>) = (applied.lines().collect(), loaded.lines().collect());
    let same = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let part = |lines: &[&str]| {
        lines[same.saturating_sub(5)..].iter().take(12).copied().collect::<Vec<_>>().join("\n    ")
    };
    let text = trip::text(plan);
    Err(format!("pg_dump sees\n    {}\n  and not\n    {}\n{text}", part(&here), part(&there)))
}

/// With what a dump has when nothing is said, and with everything.
fn check(server: &Scratch) {
    psql(server, &server.url("postgres"), ROLES);
    let plain = Options { plain: true, ..Options::default() };
    for options in [plain.clone(), Options { grants: true, owners: true, ..plain }] {
        if let Err(wrong) = runtime().block_on(dumped_and_loaded(server, &options)) {
            panic!("on PostgreSQL {}: {wrong}", server.major());
        }
    }
}

#[test]
fn the_kitchen_sink_is_dumped_and_loaded() {
    check(server());
}

#[test]
fn the_kitchen_sink_is_dumped_and_loaded_on_postgresql_18() {
    if let Some(server) = server_18() {
        check(server);
    }
}

#[test]
fn every_kind_is_in_the_kitchen_sink() {
    let server = server();
    psql(server, &server.url("postgres"), ROLES);
    let catalog = runtime().block_on(async { full(server, true).await?.read().await }).unwrap();
    let there: BTreeSet<Kind> = catalog.counts().into_iter().map(|(kind, _)| kind).collect();
    let cannot = |kind: &Kind| *kind == Kind::Extension && !has_extras(server);
    let missing: Vec<&Kind> = Kind::ALL.iter().filter(|k| !there.contains(k) && !cannot(k)).collect();
    assert!(missing.is_empty(), "the kitchen sink has none of {missing:?}");
}
