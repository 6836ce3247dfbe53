//! The recipes for columns and their constraints.

use super::life::{Case, lives, refuses};

/// Hard names, a composite key, NULLs.
const SHOP: &str = r#"
CREATE SCHEMA "Shop";
CREATE TABLE "Shop"."Order" (
    region text NOT NULL, "No" int NOT NULL, "Total €" numeric(10,2), note text,
    PRIMARY KEY (region, "No"));
INSERT INTO "Shop"."Order" SELECT 'r' || i % 3, i, CASE WHEN i % 5 > 0 THEN i END, 'n' || i FROM generate_series(1, 40) i;
"#;

/// Partitions of two levels.
const LOG: &str = r"
CREATE TABLE log (id int NOT NULL, at date NOT NULL, kind text, size int, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (kind);
CREATE TABLE log_2a PARTITION OF log_2 FOR VALUES IN ('a');
CREATE TABLE log_2b PARTITION OF log_2 DEFAULT;
INSERT INTO log SELECT i, date '2026-01-01' + i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, i FROM generate_series(0, 50) i;
";

#[test]
fn add_check() {
    lives(Case {
        start: SHOP,
        recipe: "add-check",
        given: &["table=\"Shop\".\"Order\"", "check=\"Total €\" >= 0 AND note <> ''", "writer=backend"],
        plain: r#"ALTER TABLE "Shop"."Order" ADD CONSTRAINT "Order_check" CHECK ("Total €" >= 0 AND note <> '')"#,
        ..Case::default()
    });
    lives(Case {
        start: LOG,
        recipe: "add-check",
        given: &["table=log", "check=size > 7", "fill=size = 8", "constraint=big"],
        plain: "UPDATE log SET size = 8 WHERE size < 8; ALTER TABLE log ADD CONSTRAINT big CHECK (size > 7)",
        mends: true,
        ..Case::default()
    });
    let no = |args: &[&str], words: &str| refuses(SHOP, "add-check", args, words);
    no(&["table=\"Shop\".\"Order\"", "check=totl > 0"], "names the column totl");
    no(&["table=\"Shop\".\"Order\"", "check=note >"], "is no expression");
    no(&["table=\"Shop\".\"Order\"", "check=note IN (SELECT 'a')"], "has a query");
    no(&["table=\"Shop\".\"Order\"", "check=1 = 1"], "names no column");
    no(&["table=\"Shop\".\"Order\"", "check=note > ''", "constraint=\"Order_pkey\""], "already");
}

#[test]
fn add_unique() {
    lives(Case {
        start: SHOP,
        recipe: "add-unique",
        given: &["table=\"Shop\".\"Order\"", "column=note", "column=\"No\"", "writer=a", "writer=b"],
        plain: r#"ALTER TABLE "Shop"."Order" ADD UNIQUE (note, "No")"#,
        ..Case::default()
    });
    lives(Case {
        start: LOG,
        recipe: "add-unique",
        given: &["table=log", "column=size", "column=at", "column=kind"],
        plain: "ALTER TABLE log ADD UNIQUE (size, at, kind)",
        ..Case::default()
    });
    refuses(LOG, "add-unique", &["table=log", "column=size", "column=at"], "partitioned by kind");
    refuses(LOG, "add-unique", &["table=log_1", "column=size"], "is a partition of public.log");
    refuses(LOG, "add-unique", &["table=log", "column=at", "column=kind", "column=id"], "unique already");
    refuses("CREATE TABLE t (a json)", "add-unique", &["table=t", "column=a"], "no unique index can have");
    refuses(
        "CREATE TABLE t (a int, b int); CREATE INDEX x ON t (b)",
        "add-unique",
        &["table=t", "column=a", "constraint=x"],
        "is taken",
    );
}

#[test]
fn add_foreign_key() {
    const PAIR: &str = r#"
CREATE TABLE "Kind" (tenant int, "Code" varchar(9), PRIMARY KEY (tenant, "Code"));
INSERT INTO "Kind" SELECT 1, chr(96 + i) FROM generate_series(1, 5) i;
CREATE TABLE item (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant int, code text);
INSERT INTO item SELECT ('00000000-0000-0000-0000-0000000000' || lpad(i::text, 2, '0'))::uuid, 1, chr(96 + i) FROM generate_series(1, 7) i;
INSERT INTO item VALUES ('10000000-0000-0000-0000-000000000000', NULL, 'zz');
"#;
    lives(Case {
        start: PAIR,
        recipe: "add-foreign-key",
        given: &[
            "table=item",
            "column=tenant",
            "column=code",
            "references=\"Kind\"",
            "on-delete=set-null",
            "orphans=null",
            "writer=w",
        ],
        plain: r#"UPDATE item SET tenant = NULL, code = NULL WHERE code > 'e' AND tenant = 1;
            CREATE INDEX ON item (tenant, code);
            ALTER TABLE item ADD FOREIGN KEY (tenant, code) REFERENCES "Kind" ON DELETE SET NULL"#,
        mends: true,
        ..Case::default()
    });
    lives(Case {
        start: "CREATE TABLE day (at date PRIMARY KEY); INSERT INTO day SELECT date '2026-01-01' + i FROM generate_series(0, 58) i;
            CREATE TABLE log (id int NOT NULL, at date NOT NULL, kind text, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
            CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY LIST (kind);
            CREATE TABLE log_2a PARTITION OF log_2 FOR VALUES IN ('a');
            CREATE TABLE log_2b PARTITION OF log_2 DEFAULT;
            INSERT INTO log SELECT i, date '2026-01-01' + i, 'a' FROM generate_series(0, 58) i;",
        recipe: "add-foreign-key",
        given: &["table=log", "column=at", "references=day", "to=at"],
        plain: "CREATE INDEX ON log (at); ALTER TABLE log ADD FOREIGN KEY (at) REFERENCES day",
        ..Case::default()
    });
    let no = |args: &[&str], words: &str| refuses(PAIR, "add-foreign-key", args, words);
    no(&["table=item", "column=code", "references=\"Kind\""], "1 columns refer to 2");
    no(&["table=item", "column=code", "references=\"Kind\"", "to=\"Code\""], "nothing keeps Code");
    no(&["table=item", "column=id", "column=code", "references=\"Kind\""], "of type uuid");
    no(&["table=item", "references=\"Kind\""], "no column");
    no(&["table=item", "column=tenant", "column=code", "references=kind"], "there is no table kind");
}

#[test]
fn add_not_null() {
    lives(Case {
        start: SHOP,
        recipe: "add-not-null",
        given: &["column=\"Shop\".\"Order\".\"Total €\"", "default=0", "writer=backend"],
        mixed: r#"INSERT INTO "Shop"."Order" VALUES ('x', 1, NULL, ''); INSERT INTO "Shop"."Order" (region, "No") VALUES ('x', 2);
            UPDATE "Shop"."Order" SET "Total €" = NULL WHERE "No" = 7;"#,
        plain: r#"UPDATE "Shop"."Order" SET "Total €" = 0 WHERE "Total €" IS NULL OR "No" = 7;
            ALTER TABLE "Shop"."Order" ALTER "Total €" SET NOT NULL, ALTER "Total €" SET DEFAULT 0"#,
        new: r#"INSERT INTO "Shop"."Order" VALUES ('x', 1, 0, ''), ('x', 2, 0, NULL)"#,
        mends: true,
        ..Case::default()
    });
    lives(Case {
        start: SHOP,
        recipe: "add-not-null",
        given: &["column=\"Shop\".\"Order\".note"],
        plain: r#"ALTER TABLE "Shop"."Order" ALTER note SET NOT NULL"#,
        ..Case::default()
    });
    lives(Case {
        start: LOG,
        recipe: "add-not-null",
        given: &["column=log.size", "fill=id * 2"],
        mixed: "INSERT INTO log VALUES (400, '2026-02-03', 'b', NULL)",
        plain: "ALTER TABLE log ALTER size SET NOT NULL",
        new: "INSERT INTO log VALUES (400, '2026-02-03', 'b', 800)",
        mends: true,
        ..Case::default()
    });
    let no = |args: &[&str], words: &str| refuses(SHOP, "add-not-null", args, words);
    no(&["column=\"Shop\".\"Order\".region"], "NOT NULL already");
    no(&["column=\"Shop\".\"Order\".nte"], "did you mean note?");
    no(&["column=\"Shop\".\"Order\".note", "default=region"], "a default cannot");
    no(&["column=note"], "does not say the table");
    refuses(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)",
        "add-not-null",
        &["column=t.b", "fill=1"],
        "is generated",
    );
}

#[test]
fn drop_column() {
    const GRANTED: &str = r#"
CREATE TABLE "Item" (id int PRIMARY KEY, kind int NOT NULL, kind_retired int, name text);
CREATE INDEX "Item kind" ON "Item" (kind);
INSERT INTO "Item" VALUES (1, 1, 1, 'one'), (2, 2, 2, 'two');
GRANT SELECT, INSERT, UPDATE, DELETE ON "Item" TO pg_monitor;
GRANT SELECT ON "Item" TO PUBLIC;
"#;
    const START: &str = r#"
CREATE TABLE "Kind" (id int PRIMARY KEY);
INSERT INTO "Kind" VALUES (1), (2);
CREATE TABLE "Item" (id int PRIMARY KEY, kind int NOT NULL REFERENCES "Kind", name text);
CREATE INDEX "Item kind" ON "Item" (kind) WHERE kind > 1;
INSERT INTO "Item" VALUES (1, 1, 'one'), (2, 2, 'two');
CREATE VIEW names AS SELECT name FROM "Item";
"#;
    lives(Case {
        start: START,
        recipe: "drop-column",
        given: &[
            "column=\"Item\".kind",
            "fill=NULL",
            "unused-for=7 days",
            "reader=frontend",
            "writer=backend",
        ],
        plain: r#"ALTER TABLE "Item" DROP COLUMN kind"#,
        ..Case::default()
    });
    lives(Case {
        start: START,
        recipe: "drop-column",
        given: &["column=\"Item\".kind", "fill=1"],
        plain: r#"ALTER TABLE "Item" DROP COLUMN kind"#,
        ..Case::default()
    });
    lives(Case {
        start: "CREATE TABLE log (id int, at date, size int CHECK (size > 0)) PARTITION BY RANGE (at);
            CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY RANGE (at);
            CREATE TABLE log_2a PARTITION OF log_2 DEFAULT;
            CREATE INDEX ON log (size);",
        recipe: "drop-column",
        given: &["column=log.size"],
        plain: "ALTER TABLE log DROP COLUMN size",
        ..Case::default()
    });
    for how in ["tripwire=rename", "tripwire=revoke"] {
        let given: &[&str] = &["column=\"Item\".kind", "fill=NULL", how];
        lives(Case {
            start: GRANTED,
            recipe: "drop-column",
            given: Box::leak(given.to_vec().into_boxed_slice()),
            plain: r#"ALTER TABLE "Item" DROP COLUMN kind"#,
            ..Case::default()
        });
    }
    let no = |args: &[&str], words: &str| refuses(START, "drop-column", args, words);
    no(&["column=\"Item\".kind", "fill=NULL", "tripwire=revoke"], "nobody but its owner");
    no(&["column=\"Item\".kind", "fill=NULL", "tripwire=wire"], "--tripwire wire is not known");
    let mixed =
        "CREATE TABLE t (a int, b int); GRANT SELECT (a) ON t TO pg_monitor; GRANT UPDATE ON t TO pg_monitor";
    refuses(mixed, "drop-column", &["column=t.b", "tripwire=revoke"], "rights of their own");
    let handed = "CREATE TABLE t (a int, b int); GRANT SELECT ON t TO pg_monitor WITH GRANT OPTION";
    refuses(handed, "drop-column", &["column=t.b", "tripwire=revoke"], "may hand on");
    no(&["column=\"Item\".kind"], "say with --fill");
    no(&["column=\"Item\".id"], "in the primary key");
    no(&["column=\"Item\".name"], "used by view public.names");
    refuses(LOG, "drop-column", &["column=log.at"], "partitioned by at");
    refuses(
        "CREATE TABLE t (a int, b int, c int GENERATED ALWAYS AS (a) STORED); CREATE INDEX i ON t (b, c)",
        "drop-column",
        &["column=t.b"],
        "the index i has other columns",
    );
    refuses(
        "CREATE TABLE t (a int, b int, c int GENERATED ALWAYS AS (a) STORED)",
        "drop-column",
        &["column=t.a"],
        "the generated column public.t.c",
    );
}
