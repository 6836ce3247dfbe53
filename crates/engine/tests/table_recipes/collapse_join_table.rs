//! `collapse-join-table`: names that need quotes, a composite key, extra columns.

use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::Given;

use crate::life::{World, same_catalog, servers};

const NAME: &str = "collapse-join-table";

/// The plain case: the table and names of the example.
const PLAIN: &str = "
CREATE TABLE plan (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE recommendation (id bigint PRIMARY KEY, body text NOT NULL);
CREATE TABLE plan_recommendations (
    plan_id bigint NOT NULL REFERENCES plan ON DELETE CASCADE,
    recommendation_id bigint NOT NULL REFERENCES recommendation ON DELETE CASCADE,
    PRIMARY KEY (plan_id, recommendation_id)
);
INSERT INTO plan SELECT n, 'plan ' || n FROM generate_series(1, 20) n;
INSERT INTO recommendation SELECT n, 'do ' || n FROM generate_series(1, 500) n;
INSERT INTO plan_recommendations SELECT 1 + n % 20, n FROM generate_series(1, 480) n;
";

fn plain() -> Given {
    Given::default()
        .with("table", ["plan_recommendations"])
        .with("into", ["recommendation"])
        .with("on-delete", ["cascade"])
        .with("reader", ["backend", "frontend"])
        .with("writer", ["backend"])
}

const LINKS: &str = "SELECT plan_id, recommendation_id FROM plan_recommendations ORDER BY 2, 1";
const COLUMN: &str = "SELECT plan_id, id FROM recommendation WHERE plan_id IS NOT NULL ORDER BY 2, 1";

#[test]
fn it_goes_back_from_every_step() {
    for server in servers() {
        World::new(server, PLAIN).rollout(NAME, &plain()).back_from_everywhere();
    }
}

#[test]
fn it_ends_where_it_should() {
    for server in servers() {
        let world = World::new(server, PLAIN);
        let mut life = world.rollout(NAME, &plain());
        life.to(Phase::Contract);
        let wanted = World::new(
            server,
            "CREATE TABLE plan (id bigint PRIMARY KEY, name text NOT NULL);
             CREATE TABLE recommendation (id bigint PRIMARY KEY, body text NOT NULL, plan_id bigint REFERENCES plan ON DELETE CASCADE);
             CREATE INDEX recommendation_plan_id_idx ON recommendation (plan_id);
             COMMENT ON COLUMN recommendation.plan_id IS 'It took the place of plan_recommendations.';",
        );
        same_catalog(&wanted.catalog(), &world.catalog(), "at the end");
        assert_eq!(
            world.ask("SELECT count(*), count(plan_id), sum(plan_id) FROM recommendation"),
            ["500|480|5040"]
        );
    }
}

#[test]
fn readers_come_in_any_order_and_each_has_its_owner() {
    let world = World::new(cutover_testkit::server(), PLAIN);
    let life = world.rollout(NAME, &plain());
    let owners: Vec<_> = life.draft.parts.iter().map(|p| (p.phase, p.owner.as_deref(), p.beside)).collect();
    assert_eq!(
        owners[4..7],
        [
            (Phase::CutOver, Some("backend"), false),
            (Phase::CutOver, Some("frontend"), true),
            (Phase::CutOver, Some("backend"), false),
        ]
    );
    assert_eq!(life.draft.parts[7].requires, ["unused table public.plan_recommendations for 7 days"]);
    assert_eq!(life.draft.rollout, "retire-plan-recommendations");
}

/// Old and new code write, from the dual write on, at every step.
fn writes(world: &World, round: usize) {
    let base = 1000 + round * 10;
    // old code: makes, moves, unlinks
    world.run(&format!(
        "INSERT INTO recommendation VALUES ({base}, 'old'), ({}, 'old'), ({}, 'old');
         INSERT INTO plan_recommendations VALUES (1, {base}), (2, {}), (3, {});
         DELETE FROM plan_recommendations WHERE recommendation_id = {};
         UPDATE plan_recommendations SET plan_id = 7 WHERE recommendation_id = {}",
        base + 1,
        base + 2,
        base + 1,
        base + 2,
        base + 1,
        base + 2
    ));
    // new code: the same with the column
    world.run(&format!(
        "INSERT INTO recommendation (id, body, plan_id) VALUES ({0}, 'new', 4), ({1}, 'new', 5), ({2}, 'new', 6);
         UPDATE recommendation SET plan_id = NULL WHERE id = {0};
         UPDATE recommendation SET plan_id = 8 WHERE id = {1};
         DELETE FROM recommendation WHERE id = {2}",
        base + 3, base + 4, base + 5
    ));
    // what was there before, by either
    world.run(&format!(
        "UPDATE plan_recommendations SET plan_id = 9 WHERE recommendation_id = {}",
        10 + round
    ));
    world.run(&format!("DELETE FROM plan_recommendations WHERE recommendation_id = {}", 30 + round));
    world.run(&format!("UPDATE recommendation SET plan_id = 11 WHERE id = {}", 50 + round));
}

fn expected(rounds: usize) -> Vec<String> {
    let mut links: std::collections::BTreeMap<usize, usize> = (1..=480).map(|n| (n, 1 + n % 20)).collect();
    for round in 0..rounds {
        let base = 1000 + round * 10;
        links.extend([(base, 1), (base + 2, 7), (base + 4, 8), (10 + round, 9), (50 + round, 11)]);
        links.remove(&(30 + round));
    }
    links.iter().map(|(child, parent)| format!("{parent}|{child}")).collect()
}

#[test]
fn both_worlds_see_what_either_writes_and_undoing_keeps_it() {
    for server in servers() {
        let world = World::new(server, PLAIN);
        let mut life = world.rollout(NAME, &plain());
        life.to(Phase::DualWrite);
        let mut rounds = 0;
        loop {
            writes(&world, rounds);
            rounds += 1;
            assert_eq!(world.ask(LINKS), expected(rounds), "links at {}", life.at);
            if life.at > 2 {
                assert_eq!(world.ask(COLUMN), expected(rounds), "column at {}", life.at);
            }
            if life.at == life.reversible() {
                break;
            }
            life.up();
        }
        life.to(Phase::DualWrite);
        writes(&world, rounds);
        rounds += 1;
        life.go(0);
        assert_eq!(world.ask(LINKS), expected(rounds), "links at the end");
    }
}

#[test]
fn a_row_with_two_links_stops_it_before_anything_is_filled() {
    let world = World::new(cutover_testkit::server(), PLAIN);
    world.run("INSERT INTO plan_recommendations VALUES (1, 1)");
    world.run("INSERT INTO plan_recommendations VALUES (1, 2)");
    let mut life = world.rollout(NAME, &plain());
    life.to(Phase::DualWrite);
    assert!(life.up_fails().contains("has one link in plan_recommendations"));
    world.run("DELETE FROM plan_recommendations WHERE recommendation_id IN (1, 2) AND plan_id = 1");
    life.to(Phase::CutOver);
    assert_eq!(world.ask(LINKS), world.ask(COLUMN));
}

/// Names that need quotes, a composite key, a surrogate key, columns to fill and to let go, a trigger and a policy.
const HARD: &str = r#"
CREATE SCHEMA "Shop";
CREATE TABLE "Shop"."Plan" ("tenant" uuid, "Nr." integer, PRIMARY KEY ("tenant", "Nr."));
CREATE TABLE "Shop"."order" ("Id" text COLLATE "C" UNIQUE NOT NULL, "user" text, touched int DEFAULT 0, PRIMARY KEY ("Id"));
CREATE TABLE "Shop"."Plan ""of"" order" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "the tenant" uuid NOT NULL, "the nr" integer NOT NULL,
    "Order" text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    who text NOT NULL,
    CONSTRAINT "the plan" FOREIGN KEY ("the tenant", "the nr") REFERENCES "Shop"."Plan" ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "the order" FOREIGN KEY ("Order") REFERENCES "Shop"."order" ("Id") ON DELETE CASCADE
);
CREATE UNIQUE INDEX ON "Shop"."Plan ""of"" order" ("the tenant", "the nr", "Order");
CREATE INDEX "order_tenant_idx" ON "Shop"."order" ("user");
CREATE FUNCTION "Shop".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER "Touch it" BEFORE UPDATE ON "Shop"."order" FOR EACH ROW EXECUTE FUNCTION "Shop".touch();
CREATE FUNCTION "Shop".nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER "Audit" AFTER INSERT ON "Shop"."Plan ""of"" order" FOR EACH ROW EXECUTE FUNCTION "Shop".nothing();
INSERT INTO "Shop"."Plan" SELECT md5(n::text)::uuid, n FROM generate_series(1, 5) n;
INSERT INTO "Shop"."order" SELECT 'o' || n, 'somebody' FROM generate_series(1, 30) n;
INSERT INTO "Shop"."Plan ""of"" order" ("the tenant", "the nr", "Order", who)
    SELECT md5((1 + n % 5)::text)::uuid, 1 + n % 5, 'o' || n, 'me' FROM generate_series(1, 20) n;
"#;

fn hard() -> Given {
    Given::default()
        .with("table", ["\"Shop\".\"Plan \"\"of\"\" order\""])
        .with("into", ["\"Shop\".\"order\""])
        .with("column", ["tenant", "\"Plan nr\""])
        .with("fill", ["who=\"user\""])
        .with("discard", ["since", "who", "Audit"])
        .with("unused-for", ["1 week"])
}

#[test]
fn hard_names_and_keys_go_up_and_down() {
    for server in servers() {
        for tripwire in ["rename", "revoke"] {
            let world = World::new(server, HARD);
            world.run("DO $$ BEGIN CREATE ROLE app_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
                GRANT SELECT, INSERT ON \"Shop\".\"Plan \"\"of\"\" order\" TO app_reader");
            let mut life = world.rollout(NAME, &hard().with("tripwire", [tripwire]));
            assert_eq!(life.draft.rollout, "retire-plan-of-order");
            let before = world.catalog();
            life.go(life.reversible());
            let link = "SELECT \"the tenant\", \"the nr\", \"Order\" FROM \"Shop\".\"Plan \"\"of\"\" order\" ORDER BY 3";
            let column = "SELECT tenant, \"Plan nr\", \"Id\" FROM \"Shop\".\"order\" WHERE tenant IS NOT NULL ORDER BY 3";
            world.run("UPDATE \"Shop\".\"order\" SET (tenant, \"Plan nr\") = (md5('2')::uuid, 2) WHERE \"Id\" IN ('o25', 'o1')");
            world.run("UPDATE \"Shop\".\"Plan\" SET \"Nr.\" = 44 WHERE \"Nr.\" = 4");
            world.run("DELETE FROM \"Shop\".\"Plan\" WHERE \"Nr.\" = 5");
            let new = world.ask(column);
            assert_eq!(new.len(), 17);
            let at = life.at;
            life.go(2);
            assert_eq!(world.ask(link), new);
            life.go(0);
            same_catalog(&before, &world.catalog(), "back again");
            assert_eq!(world.ask(link), new);
            life.go(at);
            life.to(Phase::Contract);
            assert_eq!(world.ask(column), new);
        }
    }
}

#[test]
fn a_team_may_write_both_itself() {
    let world = World::new(cutover_testkit::server(), PLAIN);
    let life = world.rollout(NAME, &plain().with("team-dual-writes", [""; 0]));
    let text = format!("{:?}", life.draft);
    assert!(!text.contains("CREATE TRIGGER"), "{text}");
    assert!(life.draft.parts[1].title.contains("writers of backend write both"));
    assert_eq!(life.draft.parts[1].phase, Phase::DualWrite);
}

#[test]
fn what_cannot_be_done_is_refused_with_the_next_step() {
    let world = World::new(
        cutover_testkit::server(),
        "CREATE TABLE a (id bigint PRIMARY KEY, taken int);
         CREATE TABLE b (id bigint PRIMARY KEY);
         CREATE TABLE none (a_id bigint, b_id bigint);
         CREATE TABLE nulls (a_id bigint REFERENCES a ON DELETE CASCADE, b_id bigint NOT NULL REFERENCES b ON DELETE CASCADE);
         CREATE TABLE hard_delete (a_id bigint NOT NULL REFERENCES a, b_id bigint NOT NULL REFERENCES b);
         CREATE TABLE strict (a_id bigint NOT NULL REFERENCES a ON DELETE CASCADE, b_id bigint NOT NULL REFERENCES b);
         CREATE TABLE plain (a_id bigint NOT NULL REFERENCES a ON DELETE CASCADE, b_id bigint NOT NULL REFERENCES b ON DELETE CASCADE);
         CREATE TABLE seen (LIKE plain INCLUDING ALL);
         ALTER TABLE seen ADD FOREIGN KEY (a_id) REFERENCES a ON DELETE CASCADE, ADD FOREIGN KEY (b_id) REFERENCES b ON DELETE CASCADE;
         CREATE VIEW looks AS SELECT * FROM seen;
         CREATE TABLE named (id bigint PRIMARY KEY, a_id bigint NOT NULL REFERENCES a ON DELETE CASCADE, b_id bigint NOT NULL REFERENCES b ON DELETE CASCADE, note text);
         CREATE TABLE refers (id bigint REFERENCES named);
         CREATE TABLE notes (a_id bigint NOT NULL REFERENCES a ON DELETE CASCADE, b_id bigint NOT NULL REFERENCES b ON DELETE CASCADE, note text, must int NOT NULL);
         CREATE TABLE twice (a_id bigint NOT NULL CONSTRAINT one REFERENCES a ON DELETE CASCADE, other bigint NOT NULL CONSTRAINT two REFERENCES a ON DELETE CASCADE);
         CREATE TABLE parts (id bigint PRIMARY KEY) PARTITION BY HASH (id);
         CREATE TABLE of_parts (p_id bigint NOT NULL REFERENCES parts ON DELETE CASCADE, b_id bigint NOT NULL REFERENCES b ON DELETE CASCADE);",
    );
    let given = |table: &str, into: &str| Given::default().with("table", [table]).with("into", [into]);
    let refused = |given: Given, wanted: &str| {
        let text = world.refused(NAME, &given);
        assert!(text.contains(wanted), "{text}");
    };
    refused(given("non", "a"), "did you mean none");
    refused(given("none", "a"), "no foreign key to a");
    refused(given("nulls", "a"), "nulls.a_id can be NULL");
    refused(given("hard_delete", "a"), "new code, which knows no links");
    refused(given("strict", "a").with("on-delete", ["cascade"]), "would not hold while strict is there");
    refused(given("plain", "a").with("on-delete", ["restrict"]), "old code deletes rows of b");
    refused(given("plain", "a").with("on-delete", ["explode"]), "write cascade, set-null");
    refused(given("plain", "a").with("column", ["taken"]), "has a column taken already");
    refused(given("plain", "a").with("column", ["x", "y"]), "1 columns, and 2 names");
    refused(given("plain", "a").with("tripwire", ["explode"]), "--tripwire rename");
    refused(given("plain", "a").with("tripwire", ["revoke"]), "nothing to revoke");
    refused(given("plain", "a").with("unused-for", ["long"]), "cannot read the time");
    refused(given("seen", "a"), "view public.looks needs seen");
    refused(given("named", "a"), "refers to named");
    refused(given("notes", "a"), "what is in notes.note would be lost");
    refused(given("notes", "a").with("discard", ["note", "must"]), "notes.must needs a value");
    refused(given("notes", "a").with("discard", ["note"]).with("fill", ["must"]), "COLUMN=EXPRESSION");
    refused(given("twice", "a"), "several foreign keys to a: one and two");
    refused(given("of_parts", "parts"), "is partitioned");
}

/// The statement of a backfill began before the link was deleted, and comes to its row after.
#[test]
fn a_link_that_is_deleted_while_the_backfill_runs_does_not_come_back() {
    for server in servers() {
        let world = World::new(server, PLAIN);
        let mut life = world.rollout(NAME, &plain());
        life.to(Phase::DualWrite);
        let others = [world.other(), world.other()];
        others[0].run("BEGIN; SELECT FROM recommendation WHERE id = 1 FOR UPDATE");
        let meanwhile = std::thread::spawn(move || {
            let [holder, old_code] = others;
            holder.until("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'");
            old_code.run("DELETE FROM plan_recommendations WHERE recommendation_id IN (470, 471)");
            old_code.run("UPDATE plan_recommendations SET plan_id = 13 WHERE recommendation_id = 472");
            holder.run("COMMIT");
        });
        life.to(Phase::Backfill);
        meanwhile.join().unwrap();
        assert_eq!(world.ask("SELECT count(*) FROM plan_recommendations"), ["478"]);
        assert_eq!(world.ask(COLUMN), world.ask(LINKS));
        life.to(Phase::CutOver);
    }
}

/// Whichever of the two foreign keys PostgreSQL comes to first.
#[test]
fn a_parent_that_is_deleted_does_to_its_rows_what_was_asked_for() {
    for server in servers() {
        // each plan has 24 links
        for (action, wanted) in [("cascade", "476|456"), ("set-null", "500|456")] {
            let world = World::new(server, PLAIN);
            let mut life = world.rollout(NAME, &plain().with("on-delete", [action]));
            life.to(Phase::CutOver);
            world.run("DELETE FROM plan WHERE id = 3");
            let counts = "SELECT count(*), (SELECT count(*) FROM plan_recommendations) FROM recommendation";
            assert_eq!(world.ask(counts), [wanted], "{action}");
            assert_eq!(world.ask(LINKS), world.ask(COLUMN));
        }
    }
}

#[test]
fn old_code_may_link_what_it_makes_later_where_the_key_is_checked_later() {
    for server in servers() {
        let deferred = PLAIN.replace(
            "REFERENCES plan ON DELETE CASCADE",
            "REFERENCES plan ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
        );
        let world = World::new(server, &deferred);
        let mut life = world.rollout(NAME, &plain());
        life.to(Phase::CutOver);
        world.run("BEGIN; INSERT INTO recommendation VALUES (900, 'x'); INSERT INTO plan_recommendations VALUES (99, 900);
            INSERT INTO plan VALUES (99, 'later'); COMMIT");
        assert_eq!(world.ask(LINKS), world.ask(COLUMN));
        life.go(0);
    }
}
