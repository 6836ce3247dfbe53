//! `replace-materialized-view`: indexes, rights, dependents, and the way back.

use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::Given;

use crate::life::{World, same_catalog, servers};

const NAME: &str = "replace-materialized-view";

const SCHEMA: &str = r#"
DO $$ BEGIN CREATE ROLE app_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE app_writer; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint PRIMARY KEY, day date NOT NULL, amount numeric(10, 2) NOT NULL);
INSERT INTO shop.orders SELECT n, date '2024-01-01' + (n % 5)::int, n FROM generate_series(1, 100) n;
CREATE MATERIALIZED VIEW shop."Totals" WITH (fillfactor = 90) AS
    SELECT day, sum(amount) AS total, count(*) AS "how many" FROM shop.orders GROUP BY day;
CREATE UNIQUE INDEX "Totals day" ON shop."Totals" (day);
CREATE INDEX totals_many ON shop."Totals" ("how many") WHERE total > 1;
COMMENT ON MATERIALIZED VIEW shop."Totals" IS 'it''s by day';
COMMENT ON COLUMN shop."Totals".total IS 'money';
GRANT SELECT ON shop."Totals" TO app_reader;
CREATE VIEW shop.best AS SELECT * FROM shop."Totals" WHERE total > 10;
CREATE VIEW shop.very_best AS SELECT day FROM shop.best WHERE total > 100;
GRANT SELECT ON shop.best TO app_reader;
CREATE FUNCTION shop.days() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM shop."Totals"; END;
"#;

const QUERY: &str = "SELECT day, sum(amount) * 2 AS total, count(*) AS \"how many\", max(amount) AS most FROM shop.orders GROUP BY day;";

fn given(query: &str) -> Given {
    Given::default().with("view", ["shop.\"Totals\""]).with("query", [query])
}

#[test]
fn it_goes_back_from_every_step() {
    for server in servers() {
        World::new(server, SCHEMA).rollout(NAME, &given(QUERY)).back_from_everywhere();
    }
}

#[test]
fn readers_get_the_new_query_and_its_dependents_with_it() {
    for server in servers() {
        let world = World::new(server, SCHEMA);
        let mut life = world.rollout(NAME, &given(QUERY));
        let (totals, best) = ("SELECT sum(total) FROM shop.\"Totals\"", "SELECT sum(total) FROM shop.best");
        life.to(Phase::Backfill);
        assert_eq!(world.ask(totals), ["5050.00"]);
        life.to(Phase::CutOver);
        assert_eq!(world.ask(totals), ["10100.00"]);
        assert_eq!(world.ask(best), ["10100.00"]);
        assert_eq!(world.ask("SELECT shop.days()"), ["5"]);
        world.run("SET ROLE app_reader; RESET ROLE; REFRESH MATERIALIZED VIEW CONCURRENTLY shop.\"Totals\"");
        // rows that came meanwhile are there when it goes back
        world.run("INSERT INTO shop.orders VALUES (1000, '2024-01-01', 1000)");
        life.to(Phase::Backfill);
        assert_eq!(world.ask(totals), ["6050.00"]);
        life.to(Phase::Contract);
        assert_eq!(world.ask(best), ["12100.00"]);
        let plain = SCHEMA
            .replace(
                "sum(amount) AS total, count(*) AS \"how many\"",
                "sum(amount) * 2 AS total, count(*) AS \"how many\", max(amount) AS most",
            )
            .replace("SELECT * FROM shop.\"Totals\"", "SELECT day, total, \"how many\" FROM shop.\"Totals\"");
        let wanted = World::new(server, &plain);
        same_catalog(&wanted.catalog(), &world.catalog(), "at the end");
    }
}

#[test]
fn a_column_that_differs_stops_it_before_anybody_reads_it() {
    for server in servers() {
        let world = World::new(server, SCHEMA);
        let mut life = world.rollout(NAME, &given("SELECT day, sum(amount)::bigint AS total, count(*) AS \"how many\" FROM shop.orders GROUP BY day"));
        let why = life.up_fails();
        assert!(why.contains("has the columns of shop.\"Totals\"") && why.contains("total"), "{why}");
    }
}

#[test]
fn a_column_may_go_when_its_readers_have() {
    for server in servers() {
        let world = World::new(server, SCHEMA);
        world.run("DROP VIEW shop.very_best, shop.best");
        let given = given("SELECT day, sum(amount) AS total FROM shop.orders GROUP BY day")
            .with("drop-column", ["\"how many\""])
            .with("client", ["backend"]);
        let mut life = world.rollout(NAME, &given);
        let titles: Vec<&str> = life.draft.parts.iter().map(|p| p.title.as_str()).collect();
        assert_eq!(titles[2], "Code of backend reads how many of shop.\"Totals\" no longer");
        life.back_from_everywhere();
        life.to(Phase::Contract);
        assert_eq!(world.ask("SELECT indexname FROM pg_indexes WHERE tablename = 'Totals'"), ["Totals day"]);
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let world = World::new(cutover_testkit::server(), SCHEMA);
    world.run("CREATE MATERIALIZED VIEW shop.second AS SELECT * FROM shop.\"Totals\"");
    let refused = |view: &str, query: &str, wanted: &str| {
        let text = world.refused(NAME, &Given::default().with("view", [view]).with("query", [query]));
        assert!(text.contains(wanted), "{text}");
    };
    refused("shop.\"Totals\"", QUERY, "materialized view shop.second needs shop.\"Totals\"");
    refused("totals", QUERY, "did you mean Totals");
    refused("shop.second", "DELETE FROM shop.orders", "one SELECT");
    refused("shop.second", "SELECT 1; SELECT 2", "one SELECT");
    refused("shop.second", "SELEC 1", "is no SQL");
}
