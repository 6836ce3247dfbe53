//! `move-column`: to the table that is referred to, and to a table of details.

use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::Given;

use crate::life::{World, same_catalog, servers};

const NAME: &str = "move-column";

/// Several orders of one customer hold the customer's discount.
const ORDERS: &str = r#"
CREATE TABLE "Customer" (tenant int, id bigint, name text, PRIMARY KEY (tenant, id));
CREATE TABLE orders (id bigint PRIMARY KEY, tenant int, "of" bigint, "Discount %" numeric(5, 2) DEFAULT 0,
    CONSTRAINT "whose" FOREIGN KEY (tenant, "of") REFERENCES "Customer");
CREATE INDEX cheap ON orders ("Discount %");
COMMENT ON COLUMN orders."Discount %" IS 'what it''s less';
INSERT INTO "Customer" SELECT n % 3, n, 'c' || n FROM generate_series(1, 60) n;
INSERT INTO orders SELECT n, (1 + n % 60) % 3, 1 + n % 60, CASE WHEN n % 60 < 40 THEN n % 60 ELSE 0 END FROM generate_series(1, 240) n;
INSERT INTO orders VALUES (1000, NULL, NULL, 0);
"#;

fn orders() -> Given {
    Given::default()
        .with("column", ["orders.\"Discount %\""])
        .with("to", ["\"Customer\""])
        .with("as", ["discount"])
        .with("discard", ["cheap"])
        .with("reader", ["reports"])
}

#[test]
fn it_goes_back_from_every_step() {
    for server in servers() {
        World::new(server, ORDERS).rollout(NAME, &orders()).back_from_everywhere();
        World::new(server, DETAILS).rollout(NAME, &details()).back_from_everywhere_but_rows();
    }
}

#[test]
fn it_ends_in_the_other_table() {
    for server in servers() {
        let world = World::new(server, ORDERS);
        let mut life = world.rollout(NAME, &orders());
        assert_eq!(
            life.draft.parts.last().unwrap().requires,
            ["unused column public.orders.\"Discount %\" for 7 days"]
        );
        life.to(Phase::Contract);
        let wanted = World::new(server, ORDERS);
        wanted.run(
            "ALTER TABLE orders DROP COLUMN \"Discount %\";
             ALTER TABLE \"Customer\" ADD COLUMN discount numeric(5, 2) DEFAULT 0;
             COMMENT ON COLUMN \"Customer\".discount IS 'what it''s less'",
        );
        same_catalog(&wanted.catalog(), &world.catalog(), "at the end");
        assert_eq!(world.ask("SELECT count(*), sum(discount) FROM \"Customer\""), ["60|780.00"]);
    }
}

#[test]
fn both_places_see_what_either_writes_and_undoing_keeps_it() {
    for server in servers() {
        let world = World::new(server, ORDERS);
        let mut life = world.rollout(NAME, &orders());
        life.to(Phase::DualWrite);
        let old = "SELECT DISTINCT \"of\", \"Discount %\" FROM orders WHERE \"of\" IN (5, 6, 50) ORDER BY 1";
        let new = "SELECT id, discount FROM \"Customer\" WHERE id IN (5, 6, 50) ORDER BY 1";
        let mut n = 0;
        while life.at <= life.reversible() {
            n += 1;
            world.run(&format!("UPDATE orders SET \"Discount %\" = {n} WHERE \"of\" = 5"));
            world.run(&format!("UPDATE \"Customer\" SET discount = {n} + 0.5 WHERE id = 6"));
            world.run(&format!("INSERT INTO orders VALUES (2000 + {n}, 2, 50, 9 + {n})"));
            let wanted = vec![format!("5|{n}.00"), format!("6|{n}.50"), format!("50|{}.00", 9 + n)];
            assert_eq!(world.ask(old), wanted, "old at {}", life.at);
            assert_eq!(world.ask(new), wanted, "new at {}", life.at);
            if life.at == life.reversible() {
                break;
            }
            life.up();
        }
        life.go(0);
        assert_eq!(world.ask(old), [format!("5|{n}.00"), format!("6|{n}.50"), format!("50|{}.00", 9 + n)]);
    }
}

#[test]
fn rows_that_disagree_stop_it() {
    let world = World::new(cutover_testkit::server(), ORDERS);
    world.run("UPDATE orders SET \"Discount %\" = 77 WHERE id = 5");
    let mut life = world.rollout(NAME, &orders());
    life.to(Phase::DualWrite);
    let why = life.up_fails();
    assert!(why.contains("hold one value"), "{why}");
    world.run("UPDATE orders SET \"Discount %\" = 5 WHERE id = 5; UPDATE orders SET \"Discount %\" = 8 WHERE id = 1000");
    let why = life.up_fails();
    assert!(why.contains("has a row of"), "{why}");
    life.go(0);
}

/// A table of details, with a row for some.
const DETAILS: &str = "
CREATE TABLE item (id bigint PRIMARY KEY, notes json, size int);
CREATE TABLE item_detail (item_id bigint PRIMARY KEY REFERENCES item ON DELETE CASCADE, seen int NOT NULL DEFAULT 3);
INSERT INTO item SELECT n, CASE WHEN n % 2 = 0 THEN json_build_object('n', n) END, n FROM generate_series(1, 100) n;
INSERT INTO item_detail SELECT n FROM generate_series(1, 50) n;
";

fn details() -> Given {
    Given::default().with("column", ["item.notes"]).with("to", ["item_detail"]).with("writer", ["backend"])
}

#[test]
fn rows_of_details_are_made_where_they_are_missing() {
    for server in servers() {
        let world = World::new(server, DETAILS);
        let mut life = world.rollout(NAME, &details());
        life.to(Phase::CutOver);
        assert_eq!(
            world.ask("SELECT count(*), count(notes), sum((notes ->> 'n')::int) FROM item_detail"),
            ["75|50|2550"]
        );
        world.run("INSERT INTO item VALUES (200, '{\"n\": 1}', 1)");
        world.run("BEGIN; INSERT INTO item (id) VALUES (201); INSERT INTO item_detail (item_id, notes) VALUES (201, '{\"n\": 2}'); COMMIT");
        world.run("DELETE FROM item WHERE id = 2");
        assert_eq!(
            world.ask("SELECT item_id, notes FROM item_detail WHERE item_id >= 200 ORDER BY 1"),
            ["200|{\"n\": 1}", "201|{\"n\": 2}"]
        );
        life.go(0);
        assert_eq!(
            world.ask("SELECT id, notes FROM item WHERE id >= 200 ORDER BY 1"),
            ["200|{\"n\": 1}", "201|{\"n\": 2}"]
        );
        life.to(Phase::Contract);
        assert_eq!(world.ask("SELECT count(notes) FROM item_detail"), ["51"]);
    }
}

#[test]
fn what_cannot_be_done_is_refused_with_the_next_step() {
    let world = World::new(
        cutover_testkit::server(),
        "CREATE TABLE b (id bigint PRIMARY KEY, taken int);
         CREATE TABLE a (id bigint PRIMARY KEY, b bigint REFERENCES b, b2 bigint REFERENCES b, taken int, must int NOT NULL, seen int,
             made int GENERATED ALWAYS AS (taken) STORED, at timestamptz DEFAULT now(), few int CONSTRAINT few CHECK (few < 3));
         CREATE TABLE alone (id bigint PRIMARY KEY, n int);
         CREATE TABLE strict (id bigint PRIMARY KEY REFERENCES alone, must int NOT NULL);
         CREATE VIEW looks AS SELECT seen FROM a;",
    );
    let given = |column: &str, to: &str| Given::default().with("column", [column]).with("to", [to]);
    let refused = |given: Given, wanted: &str| {
        let text = world.refused(NAME, &given);
        assert!(text.contains(wanted), "{text}");
    };
    refused(given("a.taken", "b").with("by", ["a_b_fkey"]), "generated column");
    refused(given("a.must", "b"), "NOT NULL without a default");
    refused(given("a.seen", "b"), "view public.looks");
    refused(given("a.made", "b"), "is generated");
    refused(given("a.id", "b"), "NOT NULL without a default");
    refused(given("a.few", "b"), "--discard few");
    refused(given("a.few", "b").with("discard", ["few"]), "say which: --by");
    refused(given("a.few", "b").with("discard", ["few"]).with("as", ["taken"]), "has a column taken already");
    refused(given("alone.n", "b"), "no foreign key says");
    refused(given("alone.n", "strict"), "must needs a value");
    refused(given("alone.m", "b"), "no column m");
    assert!(!world.refused(NAME, &given("a.at", "b")).is_empty());
}
