//! `rename-table`: what old code can do through the view, rights and policies, and the way back.

use cutover_core::rollout::phase::Phase;
use cutover_core::rollout::recipe::Given;

use crate::life::{World, same_catalog, servers};

const NAME: &str = "rename-table";

const ROLES: &str = "DO $$ BEGIN CREATE ROLE app_reader; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN CREATE ROLE app_writer; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;";

/// An identity, defaults, a generated column, column rights, a trigger, foreign keys, a view on it.
const SCHEMA: &str = r#"
CREATE TABLE "Customer" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "E mail" text NOT NULL UNIQUE,
    since date NOT NULL DEFAULT '2024-01-01',
    small text GENERATED ALWAYS AS (lower("E mail")) STORED,
    boss bigint REFERENCES "Customer",
    seen int NOT NULL DEFAULT 0
);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES "Customer" ON DELETE CASCADE);
CREATE VIEW mails AS SELECT "E mail" FROM "Customer";
COMMENT ON TABLE "Customer" IS 'people';
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.seen := NEW.seen + 1; RETURN NEW; END $$;
CREATE TRIGGER see BEFORE UPDATE ON "Customer" FOR EACH ROW EXECUTE FUNCTION see();
CREATE FUNCTION counted() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "Customer"';
GRANT SELECT ON "Customer" TO app_reader;
GRANT SELECT, INSERT, DELETE, UPDATE ("E mail") ON "Customer" TO app_writer WITH GRANT OPTION;
INSERT INTO "Customer" ("E mail") SELECT 'M' || n FROM generate_series(1, 10) n;
INSERT INTO orders VALUES (1, 1), (2, 2);
"#;

fn given() -> Given {
    Given::default()
        .with("table", ["\"Customer\""])
        .with("to", ["account"])
        .with("client", ["backend", "reports"])
}

fn schema() -> String {
    format!("{ROLES}{SCHEMA}")
}

#[test]
fn it_goes_back_from_every_step() {
    for server in servers() {
        World::new(server, &schema()).rollout(NAME, &given()).back_from_everywhere();
    }
}

#[test]
fn it_ends_as_a_plain_rename() {
    for server in servers() {
        let (world, wanted) = (World::new(server, &schema()), World::new(server, &schema()));
        let mut life = world.rollout(NAME, &given());
        assert_eq!(life.draft.rollout, "rename-customer-to-account");
        assert!(life.draft.parts.last().unwrap().prose.contains("function public.counted()"));
        life.to(Phase::Contract);
        wanted.run("ALTER TABLE \"Customer\" RENAME TO account");
        same_catalog(&wanted.catalog(), &world.catalog(), "at the end");
    }
}

#[test]
fn old_code_goes_on_and_undoing_keeps_what_new_code_wrote() {
    for server in servers() {
        let world = World::new(server, &schema());
        let mut life = world.rollout(NAME, &given());
        life.to(Phase::CutOver);
        let old = "\"Customer\"";
        for role in ["postgres", "app_writer"] {
            world.run(&format!("SET ROLE {role}"));
            assert_eq!(
                world.ask(&format!(
                    "INSERT INTO {old} (\"E mail\") VALUES ('N{role}') RETURNING since, small"
                )),
                [format!("2024-01-01|n{role}")]
            );
            world.run(&format!("INSERT INTO {old} (\"E mail\") VALUES ('N{role}') ON CONFLICT (\"E mail\") DO UPDATE SET \"E mail\" = 'O{role}'"));
            world.run(&format!("BEGIN; SELECT FROM {old} WHERE \"E mail\" = 'O{role}' FOR UPDATE; UPDATE {old} SET \"E mail\" = 'P{role}' WHERE \"E mail\" = 'O{role}'; COMMIT"));
            assert_eq!(
                world.ask(&format!("DELETE FROM {old} WHERE \"E mail\" = 'P{role}' RETURNING seen")),
                ["2"]
            );
            world.run("RESET ROLE");
        }
        world.run("SET ROLE app_reader");
        assert_eq!(world.ask(&format!("SELECT count(*) FROM {old}")), ["10"]);
        assert!(world.fails(&format!("DELETE FROM {old}")).unwrap().contains("permission denied"));
        world.run("RESET ROLE");
        // what the page says it cannot
        for cannot in [
            format!("COPY {old} (\"E mail\") FROM STDIN"),
            format!("TRUNCATE {old}"),
            format!("SELECT ctid FROM {old}"),
            format!(
                "INSERT INTO {old} (\"E mail\") VALUES ('M1') ON CONFLICT ON CONSTRAINT \"Customer_E mail_key\" DO NOTHING"
            ),
        ] {
            assert!(world.fails(&cannot).is_some(), "{cannot}");
        }
        world.run("INSERT INTO account (\"E mail\") VALUES ('new'); UPDATE account SET since = '2025-05-05' WHERE id = 3; DELETE FROM account WHERE id = 1");
        life.go(0);
        assert_eq!(world.ask("SELECT count(*), max(since) FROM \"Customer\""), ["10|2025-05-05"]);
        assert_eq!(world.ask("SELECT count(*) FROM orders"), ["1"]);
    }
}

#[test]
fn policies_hold_through_the_old_name() {
    for server in servers() {
        let world = World::new(server, &schema());
        world.run(
            "ALTER TABLE \"Customer\" ENABLE ROW LEVEL SECURITY;
            CREATE POLICY few ON \"Customer\" FOR SELECT TO app_reader USING (id < 4)",
        );
        let mut life = world.rollout(NAME, &given());
        life.to(Phase::Expand);
        world.run("SET ROLE app_reader");
        assert_eq!(world.ask("SELECT count(*) FROM \"Customer\""), ["3"]);
        world.run("RESET ROLE");
        life.go(0);
    }
}

#[test]
fn what_cannot_be_done_is_refused() {
    let world = World::new(cutover_testkit::server(), &schema());
    world.run("CREATE PUBLICATION p FOR TABLE orders");
    let refused = |table: &str, to: &str, wanted: &str| {
        let text = world.refused(NAME, &Given::default().with("table", [table]).with("to", [to]));
        assert!(text.contains(wanted), "{text}");
    };
    refused("orders", "\"Orders\"", "subscriber looks for a table");
    refused("\"Customer\"", "orders", "something called public.orders");
    refused("\"Customer\"", "a.b", "is no name");
    refused("customer", "x", "did you mean Customer");
}
