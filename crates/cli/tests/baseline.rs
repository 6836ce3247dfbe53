//! `cutover baseline`, as a user runs it on a database that was there before.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_testkit::{Project, database, dump, psql, server, server_18};

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// Names that need quotes, keys of two columns, partitions, generated columns, bodies that name what comes later.
const HARD: &str = r#"
SET check_function_bodies = off;
CREATE SCHEMA "Shop Floor";
CREATE TYPE "Shop Floor".kind AS ENUM ('a', 'it''s', 'B b');
CREATE DOMAIN "Shop Floor".price AS numeric(10,2) CHECK (VALUE >= 0);
CREATE FUNCTION later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM "Shop Floor"."Order"';
CREATE TABLE "Shop Floor"."Order" (
    "Id" bigint GENERATED ALWAYS AS IDENTITY,
    region text,
    kind "Shop Floor".kind NOT NULL DEFAULT 'it''s',
    net "Shop Floor".price,
    gross numeric GENERATED ALWAYS AS (net * 1.19) STORED,
    PRIMARY KEY ("Id", region)
) PARTITION BY LIST (region);
CREATE TABLE "Shop Floor"."Order EU" PARTITION OF "Shop Floor"."Order" FOR VALUES IN ('eu');
CREATE TABLE line (
    order_id bigint, region text, n int, note text,
    PRIMARY KEY (order_id, region, n),
    FOREIGN KEY (order_id, region) REFERENCES "Shop Floor"."Order" ("Id", region) ON DELETE CASCADE
);
CREATE INDEX "line; note" ON line (lower(note)) WHERE note IS NOT NULL;
CREATE MATERIALIZED VIEW totals AS SELECT region, sum(gross) AS gross FROM "Shop Floor"."Order" GROUP BY 1;
CREATE UNIQUE INDEX ON totals (region);
CREATE VIEW open_lines WITH (security_barrier) AS SELECT * FROM line WHERE note IS NULL;
COMMENT ON COLUMN line.note IS 'of two
lines';
CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
INSERT INTO alembic_version VALUES ('ae1027a6acf');
CREATE TABLE noise.alembic_version (id int);
"#;

fn prepared(sql: &str) -> cutover_engine::server::ScratchDatabase {
    let database = database();
    psql(server(), &database.url(), "CREATE SCHEMA noise");
    psql(server(), &database.url(), sql);
    database
}

#[test]
fn a_live_schema_becomes_the_first_revision_and_gives_itself() {
    let live = prepared(HARD);
    let before = dump(server(), &live.url());
    let project = Project::new(CUTOVER, Some(&live.url()));
    project.write("cutover.toml", "ignore = [\"schema noise\", \"table public.alembic_version\"]");
    let (json, code) = project.json(&["baseline"]);
    assert_eq!((code, json["id"].as_str()), (0, Some("0001")), "{json}");
    assert_eq!(dump(server(), &live.url()), before, "the live database is only read");
    let text = std::fs::read_to_string(project.migrations().join("0001_baseline.sql")).unwrap();
    for part in
        ["--@ revises base", "--@ irreversible \"it stands for", "CREATE TABLE \"Shop Floor\".\"Order\""]
    {
        assert!(text.contains(part), "{text}");
    }
    assert!(!text.contains("noise") && !text.contains("alembic_version"), "{text}");
    // as one new database, and as the old one
    let new = database();
    project.ok(&["upgrade", "--url", &new.url()]);
    assert_eq!(project.ok(&["check", "--url", &new.url()]), "history and database agree\n");
    project.ok(&["stamp", "0001"]);
    assert_eq!(project.ok(&["check"]), "history and database agree\n");
    assert!(project.ok(&["upgrade"]).contains("nothing to do"));
    assert!(project.fails(&["downgrade", "base"], 1).contains("is irreversible"));
    // never twice
    let refused = project.fails(&["baseline"], 2);
    assert!(refused.contains("cutover reconcile") && refused.contains("cutover squash"), "{refused}");
}

#[test]
fn the_table_of_another_tool_is_told_and_left_out() {
    let live = prepared(
        "CREATE TABLE a (id int); CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY);
         INSERT INTO alembic_version VALUES ('ae1027a6acf'), ('b');
         CREATE TABLE noise.alembic_version (id int);
         CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean NOT NULL);
         CREATE VIEW at AS SELECT version FROM schema_migrations;",
    );
    let project = Project::new(CUTOVER, Some(&live.url()));
    let (json, _) = project.json(&["baseline", "--stamp"]);
    let found: Vec<(&str, &str, &str)> = json["conclusions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let text = |name: &str| it[name].as_str().unwrap_or_default();
            (text("weight"), text("about"), it["evidence"][0].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        found,
        [
            ("warning", "table public.schema_migrations", "golang-migrate, and says nothing"),
            ("note", "table public.alembic_version", "Alembic, at ae1027a6acf, b"),
        ]
    );
    let text = std::fs::read_to_string(project.migrations().join("0001_baseline.sql")).unwrap();
    assert!(
        text.contains("CREATE TABLE noise.alembic_version"),
        "a table of that name that is something else\n{text}"
    );
    assert!(!text.contains("CREATE TABLE public.alembic_version"), "{text}");
    assert!(text.contains("CREATE TABLE public.schema_migrations"), "a view needs it\n{text}");
    let (json, code) = project.json(&["status"]);
    assert_eq!((code, json["up_to_date"].as_bool()), (0, Some(true)), "{json}");
}

#[test]
fn rows_come_along_in_an_order_that_keys_bear() {
    let live = prepared(
        r#"CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b int NOT NULL, at timestamptz DEFAULT now());
        CREATE TABLE b (id serial PRIMARY KEY, a int NOT NULL, parent int REFERENCES b, "Odd" jsonb, raw bytea, f float8);
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b DEFERRABLE INITIALLY DEFERRED;
        ALTER TABLE b ADD FOREIGN KEY (a) REFERENCES a DEFERRABLE INITIALLY DEFERRED;
        CREATE TABLE c (x text, y int[], z bool, a int REFERENCES a, PRIMARY KEY (x, z));
        CREATE TABLE log (what text);
        BEGIN;
        INSERT INTO a (b) VALUES (2), (1), (2);
        INSERT INTO b (a, parent, "Odd", raw, f) VALUES (1, 2, '{"a": [1, "it''s"]}', '\x00ff', 'NaN'), (3, NULL, NULL, '', 1e-300);
        COMMIT;
        INSERT INTO c VALUES ('x''y\z', '{1,NULL}', true, 2), ('', '{}', false, NULL);
        CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO log VALUES (TG_TABLE_NAME); RETURN NEW; END $$;
        CREATE TRIGGER note BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION note();
        ALTER TABLE c ENABLE ALWAYS TRIGGER note;"#,
    );
    let project = Project::new(CUTOVER, Some(&live.url()));
    project.ok(&["baseline", "--rows", "c", "--rows", "b", "--rows", "public.a"]);
    let new = database();
    project.ok(&["upgrade", "--url", &new.url()]);
    assert_eq!(
        dump(server(), &new.url()),
        dump(server(), &live.url()),
        "rows, sequences, and no trigger fired"
    );
    assert!(project.fails(&["baseline", "--rows", "c"], 2).contains("already"));
}

#[test]
fn what_cannot_be_taken_along_is_refused() {
    let live = prepared("CREATE TABLE big AS SELECT * FROM generate_series(1, 10001)");
    let project = Project::new(CUTOVER, Some(&live.url()));
    let refused = project.fails(&["baseline", "--rows", "big"], 2);
    assert!(refused.contains("public.big has 10001 rows"), "{refused}");
    let refused = project.fails(&["baseline", "--rows", "none"], 2);
    assert!(refused.contains("there is no table none"), "{refused}");
    let empty = database();
    let refused = project.fails(&["baseline", "--against", &empty.url()], 1);
    assert!(refused.contains("nothing in the database"), "{refused}");
    // what is in the way is never written over
    project.write("migrations/_x", "");
    project.write("migrations/0001_baseline.sql.txt", "mine");
    std::fs::create_dir(project.migrations().join("0001_baseline.sql")).unwrap();
    assert!(project.run(&["baseline"]).code != 0);
    assert_eq!(std::fs::read_dir(project.migrations()).unwrap().count(), 3);
}

#[test]
fn a_ledger_without_files_is_not_stamped_over() {
    let live = prepared("CREATE TABLE a (id int)");
    let project = Project::new(CUTOVER, Some(&live.url()));
    project.ok(&["baseline", "--stamp"]);
    let other = Project::new(CUTOVER, Some(&live.url()));
    let refused = other.fails(&["baseline"], 1);
    assert!(refused.contains("has a ledger with 1 revision, up to 0001"), "{refused}");
    assert_eq!(std::fs::read_dir(other.migrations()).unwrap().count(), 0);
}

#[test]
fn owners_privileges_and_policies_need_roles_that_are_named() {
    let live = prepared(
        "CREATE ROLE baseline_owner; CREATE ROLE \"Base Reader\";
         CREATE TABLE secret (id int, note text); ALTER TABLE secret OWNER TO baseline_owner;
         ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON secret TO \"Base Reader\" USING (note = 'x');
         GRANT SELECT (id), UPDATE ON secret TO \"Base Reader\";",
    );
    let project = Project::new(CUTOVER, Some(&live.url()));
    let out = project.ok(&["baseline", "--privileges", "--owners"]);
    assert!(out.contains("note[role] role Base Reader"), "{out}");
    let text = std::fs::read_to_string(project.migrations().join("0001_baseline.sql")).unwrap();
    for part in [
        "-- Roles that have to be there first, as no revision makes them: \"Base Reader\", baseline_owner",
        "ALTER TABLE public.secret OWNER TO baseline_owner;",
        "GRANT SELECT (id) ON TABLE public.secret TO \"Base Reader\";",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let new = database();
    project.ok(&["upgrade", "--url", &new.url()]);
    let same = project.ok(&["diff", &live.url(), &new.url(), "--privileges", "--owners"]);
    assert!(!same.contains("secret"), "{same}");
}

#[test]
fn what_no_revision_carries_is_named() {
    let live = prepared(
        "CREATE SEQUENCE free AS int; SELECT setval('free', 41); CREATE TABLE t (id serial PRIMARY KEY); INSERT INTO t DEFAULT VALUES;
         CREATE TABLE u (id int GENERATED ALWAYS AS IDENTITY); CREATE EXTENSION postgres_fdw;
         CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'u', password 'hush hush');
         SELECT lo_create(0); DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '9MB');
         EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'ours'); END $$;",
    );
    let project = Project::new(CUTOVER, Some(&live.url()));
    let (data, code) = project.json(&["baseline", "--rows", "t"]);
    assert_eq!(code, 0, "{data:#}");
    let evidence = |id: &str| {
        let one = data["conclusions"].as_array().unwrap().iter().find(|it| it["id"] == id);
        one.unwrap_or_else(|| panic!("{id} in {data:#}"))["evidence"].to_string()
    };
    // where that of t is, is in the file
    assert_eq!(evidence("sequence-places"), "[\"public.free is at 41\"]");
    assert!(evidence("password").contains("user mapping for PUBLIC on far"));
    assert!(evidence("large-objects").contains("1 large object"));
    assert!(
        evidence("database-settings").contains("work_mem=9MB")
            && evidence("database-settings").contains("ours")
    );
    assert!(!data.to_string().contains("hush"), "{data:#}");
}

#[test]
fn a_tablespace_that_only_the_live_server_has_is_named() {
    let live = prepared("CREATE TABLE plain (id int)");
    let url = live.url();
    let joint = if url.contains('?') { "&" } else { "?" };
    let in_place = format!("{url}{joint}options=-callow_in_place_tablespaces%3Don");
    psql(server(), &in_place, "CREATE TABLESPACE \"Fast one\" LOCATION ''");
    psql(
        server(),
        &url,
        "CREATE TABLE t (id int PRIMARY KEY USING INDEX TABLESPACE \"Fast one\") TABLESPACE \"Fast one\"",
    );
    let project = Project::new(CUTOVER, Some(&url));
    let (data, code) = project.json(&["baseline", "--stamp"]);
    assert_eq!(code, 0, "{data:#}");
    assert!(data["conclusions"].to_string().contains("tablespace \\\"Fast one\\\""), "{data:#}");
    assert_eq!(project.run(&["check"]).code, 0);
}

#[test]
fn whose_the_objects_are_is_no_difference_of_privileges() {
    let live = prepared("CREATE TABLE t (id int, a int)");
    let role = format!("owner {}", std::process::id());
    psql(
        server(),
        &live.url(),
        &format!(
            "CREATE ROLE \"{role}\"; ALTER TABLE t OWNER TO \"{role}\"; GRANT SELECT (a) ON t TO PUBLIC; GRANT SELECT ON t TO PUBLIC"
        ),
    );
    let project = Project::new(CUTOVER, Some(&live.url()));
    project.ok(&["baseline", "--privileges", "--stamp"]);
    assert_eq!(project.run(&["check", "--privileges"]).code, 0);
}

#[test]
fn a_downgrade_that_was_asked_for_drops_all_of_it() {
    let live = prepared(HARD);
    let project = Project::new(CUTOVER, Some(&live.url()));
    project.ok(&["baseline", "--with-downgrade", "--id", "v1", "--message", "What was there"]);
    assert!(project.migrations().join("v1_what_was_there.sql").exists());
    let out = project.ok(&["test"]);
    assert!(out.contains("1 revision tested, 0 failed"), "{out}");
}

#[test]
fn an_extension_that_the_scratch_server_lacks_is_named() {
    let Some(newer) = server_18() else { return };
    let live = newer.create_blocking(None).unwrap();
    psql(newer, &live.url(), "CREATE EXTENSION vector; CREATE TABLE a (v vector(3))");
    let project = Project::new(CUTOVER, Some(&live.url()));
    let done = project.command(&["baseline"]).env_remove("CUTOVER_PG_BIN").output().unwrap();
    assert_eq!(done.status.code(), Some(1));
    let refused = String::from_utf8(done.stderr).unwrap();
    for part in ["the schema does not load", "vector", "CUTOVER_PG_BIN"] {
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(std::fs::read_dir(project.migrations()).unwrap().count(), 0);
}
