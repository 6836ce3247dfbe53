//! Thousands of interleavings of each generator, and triggers that are broken on purpose, which must be found.
//!
//! `CUTOVER_DUAL=20000` plays so many of each; `CUTOVER_SEED=123 cargo test -p cutover-engine --test dual links` plays one of them again.

use cutover_engine::server::Scratch;

use crate::play::{Players, Seen, World};
use crate::stage::{open, run, servers, wait};
use crate::worlds::link::Links;
use crate::worlds::mirror::Copies;
use crate::worlds::moved::{Details, Shared};
use crate::worlds::same_row::Same;

/// Steps of an interleaving.
const LENGTH: usize = 14;
/// Interleavings of each world on the installed server; a tenth of it on 18.
const MANY: u64 = 1000;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// Plays the seeds until one goes wrong.
async fn through<W: World>(
    server: &Scratch,
    world: &W,
    seeds: impl Iterator<Item = u64>,
) -> Result<Seen, String> {
    let database = server.create(None).await.unwrap();
    let sessions = [open(&database).await, open(&database).await];
    let players = Players::new(sessions, open(&database).await, "s").await;
    run(players.onlooker(), &format!("CREATE SCHEMA s; {}", world.install())).await;
    let mut seen = Seen::default();
    for (n, seed) in seeds.enumerate() {
        seen += players.play(world, seed, LENGTH).await?;
        if n % 250 == 249 {
            // There is no autovacuum on these servers.
            run(players.onlooker(), "VACUUM").await;
        }
    }
    Ok(seen)
}

fn play<W: World>(name: &str, world: &W) {
    for server in servers() {
        let many = number("CUTOVER_DUAL").unwrap_or(MANY);
        let many = if server.major() < 18 { many } else { many / 10 };
        let seeds: Vec<u64> = number("CUTOVER_SEED").map_or_else(|| (0..many).collect(), |seed| vec![seed]);
        let begun = std::time::Instant::now();
        match wait(through(server, world, seeds.iter().copied())) {
            Ok(seen) => cutover_testkit::note(&format!(
                "{name} on {}: {} interleavings in {:.1} s, {seen:?}",
                server.major(),
                seeds.len(),
                begun.elapsed().as_secs_f64()
            )),
            Err(story) => panic!("{name} on {}: play it again with CUTOVER_SEED\n{story}", server.major()),
        }
    }
}

/// A broken trigger must be found within a few thousand interleavings; most are within ten.
fn found<W: World>(name: &str, world: &W) {
    let story = wait(through(servers()[0], world, 0..4000)).expect_err(name);
    cutover_testkit::note(&format!("{name}: found, {}", story.lines().next().unwrap_or_default()));
}

#[test]
fn renamed_column() {
    play("renamed", &Same::renamed("s", None));
}

#[test]
fn renamed_column_with_a_default() {
    play("renamed with a default", &Same::renamed("s", Some("d")));
}

#[test]
fn split_column() {
    play("split", &Same::split("s"));
}

#[test]
fn wider_column() {
    play("wider", &Same::wider("s"));
}

#[test]
fn links() {
    play("links", &Links { schema: "s".into(), one: false, broken: None });
}

#[test]
fn links_and_plans() {
    play("links and plans", &Links { schema: "s".into(), one: true, broken: None });
}

#[test]
fn details() {
    play("details", &Details { schema: "s".into(), broken: None });
}

#[test]
fn shared_home() {
    play("shared home", &Shared { schema: "s".into(), broken: None });
}

#[test]
fn mirror() {
    play("mirror", &Copies { schema: "s".into(), back: false, broken: None });
}

#[test]
fn mirror_from_partitions() {
    play("mirror from partitions", &Copies { schema: "s".into(), back: true, broken: None });
}

#[test]
fn broken_columns_are_found() {
    let same = |good, bad| Same { broken: Some((good, bad)), ..Same::split("s") };
    found("the old side does not follow", &same("INTO NEW.name", "INTO want.name"));
    found(
        "the new side wins always",
        &same("    IF pg_catalog.record_image_ne", "    IF true OR pg_catalog.record_image_ne"),
    );
    found("an old client is not seen", &same("BEFORE UPDATE", "BEFORE UPDATE OF first"));
}

#[test]
fn broken_links_are_found() {
    let links = |good, bad| Links { schema: "s".into(), one: false, broken: Some((good, bad)) };
    found("deleted links stay", &links("AFTER INSERT OR DELETE", "AFTER INSERT"));
    found(
        "the other links stay",
        &links("DELETE FROM s.plan_recommendations AS j WHERE j.recommendation_id = row_now.id;", ""),
    );
}

#[test]
fn broken_copies_are_found() {
    let copies = |good, bad| Copies { schema: "s".into(), back: false, broken: Some((good, bad)) };
    found("the backfill brings rows back", &copies("FOR KEY SHARE\n", ""));
    found("a key that changed leaves its copy", &copies("TG_OP = 'DELETE' OR", "TG_OP = 'DELETE' AND"));
}

#[test]
fn broken_moves_are_found() {
    let details = |good, bad| Details { schema: "s".into(), broken: Some((good, bad)) };
    found(
        "details are not made",
        &details("AND NOT EXISTS (SELECT 1 FROM s.t AS t", "AND EXISTS (SELECT 1 FROM s.t AS t"),
    );
    let shared = |good, bad| Shared { schema: "s".into(), broken: Some((good, bad)) };
    found("a value is read while it changes", &shared("FOR SHARE", ""));
}
