//! `partition-table`: range, list and hash; keys that get longer, serials, identities, triggers, views, policies, foreign
//! keys from and to, and writes on both sides of the exchange.

use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::Given;
use cutover_engine::server::Scratch;

use crate::life::{World, same_catalog, servers};

const NAME: &str = "partition-table";

const EVENTS: &str = r#"
DO $$ BEGIN CREATE ROLE app_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
CREATE SCHEMA "Log";
CREATE TABLE "Log".kind (id int PRIMARY KEY);
INSERT INTO "Log".kind VALUES (1), (2);
CREATE TABLE "Log"."Events" (
    id bigserial PRIMARY KEY,
    "created at" timestamptz NOT NULL,
    kind int NOT NULL DEFAULT 1 CONSTRAINT "its kind" REFERENCES "Log".kind,
    body jsonb,
    code text UNIQUE,
    size int GENERATED ALWAYS AS (length(body::text)) STORED,
    seen int NOT NULL DEFAULT 0,
    CONSTRAINT "is positive" CHECK (seen >= 0)
) WITH (fillfactor = 80);
CREATE INDEX "by kind" ON "Log"."Events" (kind, "created at" DESC);
CREATE INDEX by_body ON "Log"."Events" USING gin (body) WHERE kind = 1;
COMMENT ON TABLE "Log"."Events" IS 'what happened';
COMMENT ON COLUMN "Log"."Events".body IS 'more';
GRANT SELECT ON "Log"."Events" TO app_reader;
GRANT USAGE ON SCHEMA "Log" TO app_reader;
ALTER TABLE "Log"."Events" ENABLE ROW LEVEL SECURITY;
CREATE POLICY "only kind 1" ON "Log"."Events" TO app_reader USING (kind = 1);
CREATE TABLE "Log".audit (id bigint, op text);
CREATE FUNCTION "Log".note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO "Log".audit VALUES (coalesce(NEW.id, OLD.id), TG_OP); RETURN NULL; END $$;
CREATE TRIGGER "Note it" AFTER INSERT OR UPDATE OR DELETE ON "Log"."Events" FOR EACH ROW EXECUTE FUNCTION "Log".note();
CREATE VIEW "Log".recent AS SELECT * FROM "Log"."Events" WHERE "created at" > '2024-02-01';
CREATE FUNCTION "Log".many() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM "Log"."Events"; END;
ALTER TABLE "Log"."Events" DISABLE TRIGGER "Note it";
INSERT INTO "Log"."Events" ("created at", kind, body, code)
    SELECT '2023-12-15'::timestamptz + n * interval '6 hours', 1 + n % 2, jsonb_build_object('n', n), 'c' || n FROM generate_series(1, 400) n;
ALTER TABLE "Log"."Events" ENABLE TRIGGER "Note it";
"#;

fn events() -> Given {
    Given::default()
        .with("table", ["\"Log\".\"Events\""])
        .with("range", ["\"created at\""])
        .with("from", ["2023-12-01"])
        .with("until", ["2024-06-01"])
        .with("extend-keys", [""; 0])
}

#[test]
fn it_goes_back_from_every_step() {
    for server in servers() {
        World::new(server, EVENTS).rollout(NAME, &events()).back_from_everywhere();
    }
}

#[test]
fn it_ends_as_a_table_that_was_partitioned_from_the_beginning() {
    for server in servers() {
        let world = World::new(server, EVENTS);
        let mut life = world.rollout(NAME, &events());
        life.to(Phase::Contract);
        let at = EVENTS.find("CREATE INDEX \"by kind\"").unwrap();
        let plain = EVENTS[..at]
            .replace("bigserial PRIMARY KEY", "bigserial")
            .replace("code text UNIQUE", "code text")
            .replace("CHECK (seen >= 0)", "CHECK (seen >= 0),
                CONSTRAINT \"Events_pkey\" PRIMARY KEY (id, \"created at\"), CONSTRAINT \"Events_code_key\" UNIQUE (code, \"created at\")")
            .replace(") WITH (fillfactor = 80);", ") PARTITION BY RANGE (\"created at\");");
        let parts = [
            ("2023_12", "2023-12", "2024-01"),
            ("2024_01", "2024-01", "2024-02"),
            ("2024_02", "2024-02", "2024-03"),
            ("2024_03", "2024-03", "2024-04"),
            ("2024_04", "2024-04", "2024-05"),
            ("2024_05", "2024-05", "2024-06"),
        ]
        .map(|(name, from, to)| {
            format!(
                "CREATE TABLE \"Log\".\"Events_{name}\" PARTITION OF \"Log\".\"Events\"
                FOR VALUES FROM ('{from}-01 00:00:00+00') TO ('{to}-01 00:00:00+00') WITH (fillfactor = 80);"
            )
        })
        .concat()
            + "CREATE TABLE \"Log\".\"Events_default\" PARTITION OF \"Log\".\"Events\" DEFAULT WITH (fillfactor = 80);";
        let wanted = World::new(server, &format!("{plain}{parts}{}", &EVENTS[at..]));
        same_catalog(&wanted.catalog(), &world.catalog(), "at the end");
        assert_eq!(
            world.ask("SELECT count(*), sum(id), max(\"Log\".many()) FROM \"Log\".\"Events\""),
            ["400|80200|400"]
        );
    }
}

/// What running code does, whatever the table is.
fn writes(world: &World, round: usize) {
    world.run(&format!(
        "INSERT INTO \"Log\".\"Events\" (\"created at\", body, code) VALUES ('2024-03-03', '{{}}', 'a{round}'), ('2030-01-01', NULL, 'b{round}');
         UPDATE \"Log\".\"Events\" SET seen = seen + 1 WHERE id % 50 = {round};
         UPDATE \"Log\".\"Events\" SET \"created at\" = \"created at\" + interval '40 days' WHERE code = 'c{0}';
         UPDATE \"Log\".\"Events\" SET id = id + 100000 WHERE code = 'c{1}';
         DELETE FROM \"Log\".\"Events\" WHERE code = 'c{2}'",
        100 + round, 200 + round, 300 + round
    ));
}

/// Rows in the form that does not depend on their table.
const ROWS: &str = "SELECT * FROM \"Log\".\"Events\" ORDER BY id";

#[test]
fn every_write_is_on_both_sides_of_the_exchange_and_goes_back() {
    for server in servers() {
        let (world, plain) = (World::new(server, EVENTS), World::new(server, EVENTS));
        let mut life = world.rollout(NAME, &events());
        let mut round = 0;
        let mut both = |world: &World, at: usize| {
            round += 1;
            writes(world, round);
            writes(&plain, round);
            // sequences leave gaps at the exchange
            let without_id =
                ROWS.replace('*', "\"created at\", kind, body, code, size, seen").replace("BY id", "BY code");
            assert_eq!(world.ask(&without_id), plain.ask(&without_id), "at {at}");
            // a row that goes to another partition is deleted and inserted: its triggers say so
            let audit = "SELECT op, count(*) FROM \"Log\".audit WHERE id NOT BETWEEN 101 AND 130 GROUP BY 1 ORDER BY 1";
            assert_eq!(world.ask(audit), plain.ask(audit), "triggers at {at}");
        };
        both(&world, 0);
        while life.at < life.reversible() {
            life.up();
            both(&world, life.at);
        }
        assert_eq!(world.ask("SELECT count(*) FROM \"Log\".\"Events_default\""), ["6"]);
        world.run("SET ROLE app_reader");
        assert_eq!(world.ask("SELECT count(DISTINCT kind) FROM \"Log\".\"Events\""), ["1"]);
        world.run("RESET ROLE");
        while life.at > 0 {
            life.down();
            both(&world, life.at);
        }
        life.to(Phase::CutOver);
        both(&world, life.at);
        life.to(Phase::Contract);
        both(&world, life.at);
    }
}

const ACCOUNTS: &str = "
CREATE TABLE account (id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 3) PRIMARY KEY, mail text NOT NULL);
CREATE TABLE visit (id bigint PRIMARY KEY, account_id bigint REFERENCES account ON DELETE CASCADE,
    other bigint CONSTRAINT other REFERENCES account DEFERRABLE INITIALLY DEFERRED);
CREATE INDEX ON visit (account_id);
INSERT INTO account (mail) SELECT 'm' || n FROM generate_series(1, 300) n;
INSERT INTO visit SELECT n, 7 + 3 * (n % 300), 7 FROM generate_series(1, 900) n;
";

fn accounts() -> Given {
    Given::default().with("table", ["account"]).with("hash", ["id"]).with("parts", ["4"])
}

#[test]
fn a_hash_of_the_key_keeps_identities_and_keys_that_refer_to_it() {
    for server in servers() {
        World::new(server, ACCOUNTS).rollout(NAME, &accounts()).back_from_everywhere();
        let world = World::new(server, ACCOUNTS);
        let mut life = world.rollout(NAME, &accounts());
        life.to(Phase::CutOver);
        world.run("INSERT INTO account (mail) VALUES ('new'); DELETE FROM account WHERE id = 10");
        assert_eq!(world.ask("SELECT count(*), max(id) FROM account"), ["300|907"]);
        assert_eq!(world.ask("SELECT count(*) FROM visit"), ["897"]);
        assert!(world.fails("INSERT INTO visit VALUES (5000, 5)").unwrap().contains("foreign key"));
        life.go(0);
        world.run("INSERT INTO account (mail) VALUES ('newer')");
        assert_eq!(world.ask("SELECT count(*), max(id) FROM account"), ["301|910"]);
        assert_eq!(world.ask("SELECT count(*) FROM visit"), ["897"]);
        life.to(Phase::Contract);
        world.run("INSERT INTO account (mail) VALUES ('newest')");
        assert_eq!(
            world.ask("SELECT count(*), pg_get_serial_sequence('account', 'id') FROM account"),
            ["302|public.account_id_seq"]
        );
        assert!(world.fails("INSERT INTO visit VALUES (5000, 5)").unwrap().contains("visit_account_id_fkey"));
    }
}

#[test]
fn a_list_has_the_partitions_that_are_named() {
    let schema = "CREATE TABLE \"user\" (id int, country text NOT NULL, PRIMARY KEY (id, country));
        CREATE UNIQUE INDEX one ON \"user\" (country, id);
        INSERT INTO \"user\" SELECT n, (ARRAY['de', 'fr', 'us'])[1 + n % 3] FROM generate_series(1, 30) n;";
    for server in servers() {
        let world = World::new(server, schema);
        let given = Given::default()
            .with("table", ["\"user\""])
            .with("list", ["country"])
            .with("part", ["Europe='de', 'fr'", "us='us'"]);
        let mut life = world.rollout(NAME, &given.with("no-default", [""; 0]));
        life.back_from_everywhere();
        life.to(Phase::Contract);
        assert_eq!(
            world.ask("SELECT (SELECT count(*) FROM user_europe), (SELECT count(*) FROM user_us)"),
            ["20|10"]
        );
        assert!(world.fails("INSERT INTO \"user\" VALUES (1, 'it')").unwrap().contains("no partition"));
    }
}

#[test]
fn a_row_that_is_deleted_while_it_is_copied_does_not_come_back() {
    for server in servers() {
        copied_while_deleted(server);
    }
}

fn copied_while_deleted(server: &Scratch) {
    let world = World::new(server, ACCOUNTS);
    let mut life = world.rollout(NAME, &accounts());
    life.to(Phase::DualWrite);
    let others = [world.other(), world.other()];
    others[0].run("BEGIN; SELECT FROM account WHERE id = 13 FOR UPDATE");
    let meanwhile = std::thread::spawn(move || {
        let [holder, code] = others;
        holder.until("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'");
        code.run(
            "DELETE FROM account WHERE id IN (700, 703); UPDATE account SET mail = 'changed' WHERE id = 706",
        );
        holder.run("COMMIT");
    });
    life.to(Phase::Backfill);
    meanwhile.join().unwrap();
    life.to(Phase::CutOver);
    assert_eq!(
        world.ask("SELECT count(*), count(*) FILTER (WHERE mail = 'changed') FROM account"),
        ["298|1"]
    );
}

#[test]
fn what_cannot_be_done_is_refused_with_the_next_step() {
    let world = World::new(
        cutover_testkit::server(),
        "CREATE TABLE t (id bigint PRIMARY KEY, at date, day date NOT NULL, name text NOT NULL);
         CREATE TABLE refers (t bigint REFERENCES t);
         CREATE TABLE self (id bigint PRIMARY KEY, up bigint REFERENCES self);
         CREATE TABLE bare (day date NOT NULL);
         CREATE TABLE parted (id int) PARTITION BY HASH (id);
         CREATE TABLE seen (id int PRIMARY KEY);
         CREATE MATERIALIZED VIEW sees AS SELECT * FROM seen;
         CREATE TABLE sent (id int PRIMARY KEY);
         CREATE PUBLICATION p FOR TABLE sent;
         CREATE TABLE odd (id int PRIMARY KEY, n int);
         CREATE UNIQUE INDEX odd_n ON odd (n) WHERE n > 1;
         CREATE TABLE apart (id int PRIMARY KEY, n int4range, EXCLUDE USING gist (n WITH &&));
         CREATE TABLE taken (id int PRIMARY KEY);
         CREATE TABLE taken_next (id int);",
    );
    let hash =
        |table: &str| Given::default().with("table", [table]).with("hash", ["id"]).with("parts", ["4"]);
    let range = |column: &str| {
        Given::default()
            .with("table", ["t"])
            .with("range", [column])
            .with("from", ["2024-01-01"])
            .with("until", ["2024-05-01"])
    };
    let refused = |given: Given, wanted: &str| {
        let text = world.refused(NAME, &given);
        assert!(text.contains(wanted), "{text}");
    };
    refused(Given::default().with("table", ["t"]), "one of --range COLUMN");
    refused(hash("t").with("range", ["day"]), "one of --range COLUMN");
    refused(hash("t").with("parts", ["x"]), "--parts 16");
    refused(range("at"), "at can be NULL");
    refused(range("name"), "ranges of text");
    refused(range("day").with("from", ["x"]), "--from x cannot be read");
    refused(range("day").with("until", ["2023-01-01"]), "nothing between");
    refused(range("day").with("interval", ["1 day"]).with("until", ["2050-01-01"]), "1001 partitions");
    refused(range("day"), "--extend-keys");
    refused(range("day").with("extend-keys", [""; 0]), "which is no key of the partitioned table");
    refused(hash("self"), "refers to its own table");
    refused(hash("parted"), "is partitioned already");
    refused(hash("seen"), "materialized view public.sees needs seen");
    refused(hash("sent"), "publication p has sent");
    refused(hash("odd"), "unique for more than columns");
    refused(hash("apart"), "cannot hold across partitions");
    refused(hash("taken"), "something called taken_next");
    refused(
        Given::default().with("table", ["bare"]).with("hash", ["day"]).with("parts", ["2"]),
        "give it a primary key first",
    );
}
