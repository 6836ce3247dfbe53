//! `drop-table`: keys that refer to it, keys of its own, tripwires, and what is refused.

use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::Given;

use crate::life::{World, same_catalog, servers};

const NAME: &str = "drop-table";

const SCHEMA: &str = r#"
CREATE SCHEMA shop;
CREATE TABLE shop.hot (id bigint PRIMARY KEY);
CREATE TABLE shop."Old orders" (
    id bigserial PRIMARY KEY, hot_id bigint REFERENCES shop.hot, "self" bigint REFERENCES shop."Old orders", note text DEFAULT 'x'
);
CREATE TABLE shop.lines (id bigint PRIMARY KEY, "order" bigint, other bigint,
    CONSTRAINT "to the order" FOREIGN KEY ("order") REFERENCES shop."Old orders" ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT other FOREIGN KEY (other) REFERENCES shop."Old orders" NOT VALID);
CREATE TABLE shop.parts (id bigint, "order" bigint REFERENCES shop."Old orders") PARTITION BY RANGE (id);
CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES FROM (1) TO (100);
GRANT SELECT ON shop."Old orders" TO PUBLIC;
INSERT INTO shop.hot VALUES (1);
INSERT INTO shop."Old orders" VALUES (1, 1, 1), (2, NULL, 1);
INSERT INTO shop.lines VALUES (1, 1, 2);
INSERT INTO shop.parts VALUES (1, 2);
"#;

fn given() -> Given {
    Given::default().with("table", ["shop.\"Old orders\""]).with("unused-for", ["2 weeks"])
}

#[test]
fn it_goes_back_from_every_step_before_the_last() {
    for server in servers() {
        for tripwire in [None, Some("rename"), Some("revoke")] {
            let world = World::new(server, SCHEMA);
            let given = tripwire.map_or_else(given, |how| given().with("tripwire", [how]));
            let mut life = world.rollout(NAME, &given);
            assert_eq!(life.draft.parts[1].requires, ["unused table shop.\"Old orders\" for 14 days"]);
            life.back_from_everywhere();
            life.to(Phase::Contract);
            let wanted = World::new(
                server,
                "CREATE SCHEMA shop;
                 CREATE TABLE shop.hot (id bigint PRIMARY KEY);
                 CREATE TABLE shop.lines (id bigint PRIMARY KEY, \"order\" bigint, other bigint);
                 CREATE TABLE shop.parts (id bigint, \"order\" bigint) PARTITION BY RANGE (id);
                 CREATE TABLE shop.parts_1 PARTITION OF shop.parts FOR VALUES FROM (1) TO (100);",
            );
            same_catalog(&wanted.catalog(), &world.catalog(), "at the end");
        }
    }
}

#[test]
fn a_tripwire_fails_whoever_still_uses_it() {
    let world = World::new(cutover_testkit::server(), SCHEMA);
    let mut life = world.rollout(NAME, &given().with("tripwire", ["rename"]));
    life.go(life.reversible());
    assert!(world.fails("SELECT * FROM shop.\"Old orders\"").unwrap().contains("does not exist"));
    life.go(life.at - 2);
    assert_eq!(world.ask("SELECT count(*) FROM shop.\"Old orders\""), ["2"]);
}

#[test]
fn what_cannot_be_done_is_refused() {
    let world = World::new(
        cutover_testkit::server(),
        "CREATE TABLE seen (id serial PRIMARY KEY);
         CREATE VIEW looks AS SELECT * FROM seen;
         CREATE TABLE counts (id serial PRIMARY KEY);
         CREATE TABLE borrows (id int DEFAULT nextval('counts_id_seq'));
         CREATE TABLE parent (id int);
         CREATE TABLE child () INHERITS (parent);
         CREATE TABLE parted (id int) PARTITION BY LIST (id);
         CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
         CREATE TABLE shape (id int);
         CREATE TABLE holds (it shape);
         CREATE TABLE mine (id int);",
    );
    let refused = |table: &str, wanted: &str| {
        let text = world.refused(NAME, &Given::default().with("table", [table]));
        assert!(text.contains(wanted), "{text}");
    };
    refused("seen", "view public.looks needs table public.seen");
    refused("counts", "needs sequence public.counts_id_seq");
    refused("parent", "table public.child inherits from parent");
    refused("part", "DETACH PARTITION public.part CONCURRENTLY");
    refused("shape", "table public.holds needs");
    let text = world.refused(NAME, &Given::default().with("table", ["mine"]).with("tripwire", ["revoke"]));
    assert!(text.contains("--tripwire rename"), "{text}");
}
