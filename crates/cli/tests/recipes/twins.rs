//! The recipes that give a column a successor.

use super::life::{Case, lives, refuses};

/// Everything that can stand on a column: default, NOT NULL, comment, privileges, statistics, a serial, indexes of all kinds, a unique
/// constraint, checks, foreign keys, on quoted names in a schema, with a composite key.
const SHOP: &str = r#"
CREATE SCHEMA "Shop";
CREATE TABLE "Shop".kind (code varchar(20) PRIMARY KEY);
INSERT INTO "Shop".kind VALUES ('a'), ('b');
CREATE TABLE "Shop"."Order" (
    region text NOT NULL, "No" serial NOT NULL, "Total €" numeric(10,2) DEFAULT 1.5 NOT NULL,
    "Kind" varchar(20) DEFAULT 'a' NOT NULL REFERENCES "Shop".kind, at timestamp DEFAULT now(), note text,
    PRIMARY KEY (region, "No"),
    CONSTRAINT "is one" UNIQUE ("Kind", note),
    CONSTRAINT positive CHECK ("Total €" >= 0 AND "Kind" <> '' AND at > '2000-01-01'));
CREATE INDEX "by kind" ON "Shop"."Order" ("Kind" DESC, lower(note)) INCLUDE ("Total €") WHERE "Total €" > 1;
CREATE UNIQUE INDEX "Two" ON "Shop"."Order" (region, "Kind", note);
CREATE INDEX by_time ON "Shop"."Order" (at, "No");
COMMENT ON INDEX "Shop"."Two" IS 'it''s two';
COMMENT ON COLUMN "Shop"."Order"."Kind" IS 'what it is';
COMMENT ON CONSTRAINT positive ON "Shop"."Order" IS 'more';
ALTER TABLE "Shop"."Order" ALTER "Kind" SET STATISTICS 77;
GRANT SELECT ("Kind"), UPDATE ("Kind") ON "Shop"."Order" TO PUBLIC;
INSERT INTO "Shop"."Order" SELECT 'r' || i % 3, i, i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, '2026-01-01', 'n' || i FROM generate_series(1, 40) i;
SELECT setval('"Shop"."Order_No_seq"', 100);
"#;

#[test]
fn rename_column() {
    lives(Case {
        start: SHOP,
        recipe: "rename-column",
        given: &[
            "column=\"Shop\".\"Order\".\"Kind\"",
            "to=\"Sort of\"",
            "reader=frontend",
            "writer=backend",
            "unused-for=7 days",
        ],
        mixed: r#"INSERT INTO "Shop"."Order" (region, "No", "Kind", at, note) VALUES ('x', 1, 'b', '2026-01-01', 'x');
            INSERT INTO "Shop"."Order" (region, "No", "Sort of", at, note) VALUES ('x', 2, 'b', '2026-01-01', 'y');
            INSERT INTO "Shop"."Order" (region, "No", at, note) VALUES ('x', 3, '2026-01-01', 'z');
            UPDATE "Shop"."Order" SET "Sort of" = 'a' WHERE "No" = 7;
            UPDATE "Shop"."Order" SET "Kind" = 'b' WHERE "No" = 8;"#,
        old: r#"INSERT INTO "Shop"."Order" (region, "No", "Kind", at, note) VALUES ('x', 1, 'b', '2026-01-01', 'x'), ('x', 2, 'b', '2026-01-01', 'y'), ('x', 3, DEFAULT, '2026-01-01', 'z');
            UPDATE "Shop"."Order" SET "Kind" = 'a' WHERE "No" = 7;
            UPDATE "Shop"."Order" SET "Kind" = 'b' WHERE "No" = 8;"#,
        plain: r#"ALTER TABLE "Shop"."Order" RENAME "Kind" TO "Sort of""#,
        new: r#"INSERT INTO "Shop"."Order" (region, "No", "Sort of", at, note) VALUES ('x', 1, 'b', '2026-01-01', 'x'), ('x', 2, 'b', '2026-01-01', 'y'), ('x', 3, DEFAULT, '2026-01-01', 'z');
            UPDATE "Shop"."Order" SET "Sort of" = 'a' WHERE "No" = 7;
            UPDATE "Shop"."Order" SET "Sort of" = 'b' WHERE "No" = 8;"#,
        ..Case::default()
    });
    for (column, to) in [("\"No\"", "number"), ("at", "\"At\"")] {
        let (given, plain) = (
            [format!("column=\"Shop\".\"Order\".{column}"), format!("to={to}")],
            format!("ALTER TABLE \"Shop\".\"Order\" RENAME {column} TO {to}"),
        );
        let given: Vec<&'static str> = given.into_iter().map(|text| &*text.leak()).collect();
        lives(Case {
            start: SHOP,
            recipe: "rename-column",
            given: given.leak(),
            plain: plain.leak(),
            ..Case::default()
        });
    }
}

#[test]
fn rename_column_of_a_partitioned_table() {
    lives(Case {
        start: "CREATE TABLE day (at date PRIMARY KEY); INSERT INTO day SELECT date '2026-01-01' + i FROM generate_series(0, 58) i;
            CREATE TABLE log (id int NOT NULL, at date NOT NULL, due date NOT NULL REFERENCES day CHECK (due > '2000-01-01'), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
            CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM ('2026-02-01') TO ('2026-03-01') PARTITION BY RANGE (id);
            CREATE TABLE log_2a PARTITION OF log_2 FOR VALUES FROM (0) TO (45);
            CREATE TABLE log_2b PARTITION OF log_2 DEFAULT;
            CREATE INDEX ON log (due);
            INSERT INTO log SELECT i, date '2026-01-01' + i, date '2026-01-01' + i FROM generate_series(0, 58) i;",
        recipe: "rename-column",
        given: &["column=log.due", "to=due_at"],
        plain: "ALTER TABLE log RENAME due TO due_at",
        ..Case::default()
    });
    refuses(
        "CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
        "rename-column",
        &["column=log.id", "to=no"],
        "one of a partitioned table",
    );
}

#[test]
fn rename_column_with_an_identity() {
    lives(Case {
        start:
            "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 3) PRIMARY KEY, a int);
            INSERT INTO t (a) SELECT generate_series(1, 9);",
        recipe: "rename-column",
        given: &["column=t.id", "to=no"],
        mixed: "INSERT INTO t (a) VALUES (77)",
        old: "INSERT INTO t (a) VALUES (77)",
        plain: "ALTER TABLE t RENAME id TO no",
        new: "INSERT INTO t (a) VALUES (77)",
        ..Case::default()
    });
}

#[test]
fn rename_column_refuses() {
    let no = |start: &'static str, args: &[&str], words: &str| refuses(start, "rename-column", args, words);
    no(SHOP, &["column=\"Shop\".\"Order\".note", "to=at"], "has a column at already");
    no(SHOP, &["column=\"Shop\".\"Order\".note", "to=a.b"], "is no name");
    no(SHOP, &["column=\"Shop\".kind.code", "to=b"], "refers to it");
    let long = format!("to={}", "x".repeat(64));
    no(SHOP, &["column=\"Shop\".\"Order\".note", &long], "64 bytes");
    no(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)",
        &["column=t.b", "to=c"],
        "is generated",
    );
    no(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED)",
        &["column=t.a", "to=c"],
        "generated column public.t.b",
    );
    no("CREATE TABLE t (a int); CREATE VIEW v AS SELECT a FROM t", &["column=t.a", "to=c"], "view public.v");
    no("CREATE TABLE t (a int) PARTITION BY LIST (a)", &["column=t.a", "to=c"], "partitioned by a");
    no("CREATE TABLE t (a int); CREATE TABLE u () INHERITS (t)", &["column=t.a", "to=c"], "inherits from");
    no("CREATE TABLE t (a int); CREATE PUBLICATION p FOR TABLE t", &["column=t.a", "to=c"], "published by p");
    no("CREATE TABLE t (a int4range, EXCLUDE USING gist (a WITH &&))", &["column=t.a", "to=c"], "exclusion");
}

#[test]
fn change_type() {
    lives(Case {
        start: SHOP,
        recipe: "change-type",
        given: &["column=\"Shop\".\"Order\".\"Total €\"", "type=numeric(14,4)"],
        mixed: r#"INSERT INTO "Shop"."Order" (region, "No", "Total €", at, note) VALUES ('x', 1, 3.25, '2026-01-01', 'x');
            UPDATE "Shop"."Order" SET "Total €" = 7.5 WHERE "No" = 7;"#,
        old: r#"INSERT INTO "Shop"."Order" (region, "No", "Total €", at, note) VALUES ('x', 1, 3.25, '2026-01-01', 'x');
            UPDATE "Shop"."Order" SET "Total €" = 7.5 WHERE "No" = 7;"#,
        plain: r#"ALTER TABLE "Shop"."Order" ALTER "Total €" TYPE numeric(14,4)"#,
        new: r#"INSERT INTO "Shop"."Order" (region, "No", "Total €", at, note) VALUES ('x', 1, 3.25, '2026-01-01', 'x');
            UPDATE "Shop"."Order" SET "Total €" = 7.5 WHERE "No" = 7;"#,
        ..Case::default()
    });
    // a column of the primary key, with a sequence
    lives(Case {
        start: SHOP,
        recipe: "change-type",
        given: &["column=\"Shop\".\"Order\".\"No\"", "type=bigint", "writer=backend"],
        plain: r#"ALTER TABLE "Shop"."Order" ALTER "No" TYPE bigint; ALTER SEQUENCE "Shop"."Order_No_seq" AS bigint"#,
        ..Case::default()
    });
    lives(Case {
        start: "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY (START 7) PRIMARY KEY, doc text NOT NULL, \"A\" int[]);
            COMMENT ON CONSTRAINT t_pkey ON t IS 'the key';
            INSERT INTO t (doc) VALUES ('{\"a\": 1}'), ('[]');",
        recipe: "change-type",
        given: &["column=t.doc", "type=jsonb", "using=doc::jsonb", "back=doc::text"],
        plain: "ALTER TABLE t ALTER doc TYPE jsonb USING doc::jsonb",
        ..Case::default()
    });
    lives(Case {
        start: "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY (START 7) PRIMARY KEY, doc text NOT NULL);
            COMMENT ON CONSTRAINT t_pkey ON t IS 'the key';
            INSERT INTO t (doc) VALUES ('a'), ('b');",
        recipe: "change-type",
        given: &["column=t.id", "type=bigint"],
        mixed: "INSERT INTO t (doc) VALUES ('c')",
        old: "INSERT INTO t (doc) VALUES ('c')",
        plain: "ALTER TABLE t ALTER id TYPE bigint",
        new: "INSERT INTO t (doc) VALUES ('c')",
        ..Case::default()
    });
    let no = |args: &[&str], words: &str| refuses(SHOP, "change-type", args, words);
    no(&["column=\"Shop\".\"Order\".note", "type=text"], "is of type text already");
    no(&["column=\"Shop\".\"Order\".note", "type=nu meric("], "is no type");
    no(&["column=\"Shop\".\"Order\".note", "type=jsonb", "using=note || region"], "names other columns");
    no(&["column=\"Shop\".\"Order\".\"Kind\"", "type=jsonb"], "the default of");
}

#[test]
fn split_column() {
    const PEOPLE: &str = r#"CREATE TABLE "Person" (a int, b int, "full name" text NOT NULL DEFAULT '? ?', UNIQUE (a, b));
        ALTER TABLE "Person" ALTER a SET NOT NULL, ALTER b SET NOT NULL;
        INSERT INTO "Person" SELECT i, -i, 'first' || i || ' last' || i FROM generate_series(1, 30) i;"#;
    lives(Case {
        start: PEOPLE,
        recipe: "split-column",
        given: &[
            "column=\"Person\".\"full name\"",
            "to=\"First\"=split_part(\"full name\", ' ', 1)",
            "to=last:varchar(50)=split_part(\"full name\", ' ', 2)",
            "back=\"First\" || ' ' || last",
        ],
        mixed: r#"INSERT INTO "Person" VALUES (100, 1, 'x y'); INSERT INTO "Person" (a, b, "First", last) VALUES (100, 2, 'u', 'v');
            UPDATE "Person" SET last = 'changed' WHERE a = 3; UPDATE "Person" SET "full name" = 'both changed' WHERE a = 4;"#,
        old: r#"INSERT INTO "Person" VALUES (100, 1, 'x y'), (100, 2, 'u v');
            UPDATE "Person" SET "full name" = 'first3 changed' WHERE a = 3; UPDATE "Person" SET "full name" = 'both changed' WHERE a = 4;"#,
        plain: r#"ALTER TABLE "Person" ADD "First" text, ADD last varchar(50);
            UPDATE "Person" SET "First" = split_part("full name", ' ', 1), last = split_part("full name", ' ', 2);
            ALTER TABLE "Person" DROP "full name""#,
        new: r#"INSERT INTO "Person" VALUES (100, 1, 'x', 'y'), (100, 2, 'u', 'v');
            UPDATE "Person" SET last = 'changed' WHERE a = 3; UPDATE "Person" SET "First" = 'both', last = 'changed' WHERE a = 4;"#,
        ..Case::default()
    });
    let no = |args: &[&str], words: &str| refuses(PEOPLE, "split-column", args, words);
    no(&["column=\"Person\".\"full name\"", "to=x=1", "back=x"], "two or more");
    no(&["column=\"Person\".\"full name\"", "to=x=b", "to=y=1", "back=x"], "names b");
    no(&["column=\"Person\".\"full name\"", "to=x=1", "to=y=1", "back=z"], "only x, y may be in it");
    no(&["column=\"Person\".b", "to=x=b", "to=y=b", "back=x"], "stands on");
    no(&["column=\"Person\".b", "to=a=b", "to=y=b", "back=y"], "has a column a already");
}

#[test]
fn merge_columns() {
    const PEOPLE: &str = "CREATE TABLE person (id int PRIMARY KEY, first text NOT NULL, last text NOT NULL);
        INSERT INTO person SELECT i, 'first' || i, 'last' || i FROM generate_series(1, 30) i;";
    lives(Case {
        start: PEOPLE,
        recipe: "merge-columns",
        given: &[
            "table=person",
            "to=name:text",
            "with=first || ' ' || last",
            "from=first=split_part(name, ' ', 1)",
            "from=last=split_part(name, ' ', 2)",
            "unused-for=1 day",
        ],
        mixed: "INSERT INTO person (id, name) VALUES (100, 'a b'); INSERT INTO person (id, first, last) VALUES (101, 'c', 'd'); UPDATE person SET name = 'e f' WHERE id = 1",
        old: "INSERT INTO person VALUES (100, 'a', 'b'), (101, 'c', 'd'); UPDATE person SET first = 'e', last = 'f' WHERE id = 1",
        plain: "ALTER TABLE person ADD name text; UPDATE person SET name = first || ' ' || last; ALTER TABLE person DROP first, DROP last",
        new: "INSERT INTO person VALUES (100, 'a b'), (101, 'c d'); UPDATE person SET name = 'e f' WHERE id = 1",
        ..Case::default()
    });
    let no = |args: &[&str], words: &str| refuses(PEOPLE, "merge-columns", args, words);
    no(&["table=person", "to=name", "with=first", "from=first=name"], "does not say the type");
    no(&["table=person", "to=name:text", "with=first", "from=first=name"], "two or more");
    no(
        &["table=person", "to=name:text", "with=id || first", "from=first=name", "from=last=name"],
        "only first, last may be in it",
    );
    no(
        &["table=person", "to=name:text", "with=first", "from=first=id", "from=last=name"],
        "only name may be in it",
    );
}

/// A tree of tables that refer to a key: plainly, within a composite primary key that is referred to itself, to itself, and from a
/// column that is bigint already.
const TREE: &str = r#"
CREATE TABLE node (id serial PRIMARY KEY, parent int REFERENCES node ON DELETE CASCADE, name text);
CREATE TABLE "Leaf" (no int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, node_id int NOT NULL REFERENCES node ON DELETE CASCADE ON UPDATE CASCADE);
CREATE INDEX ON "Leaf" (node_id);
CREATE TABLE part (node int REFERENCES node, n int, PRIMARY KEY (node, n));
CREATE TABLE mark (id int PRIMARY KEY, node int, n int, FOREIGN KEY (node, n) REFERENCES part (node, n) DEFERRABLE);
CREATE TABLE wide (id int PRIMARY KEY, node bigint REFERENCES node);
COMMENT ON CONSTRAINT wide_node_fkey ON wide IS 'wide';
INSERT INTO node (parent, name) SELECT nullif(i / 3, 0), 'n' || i FROM generate_series(1, 30) i;
INSERT INTO "Leaf" (node_id) SELECT i FROM generate_series(1, 30) i;
INSERT INTO part SELECT i, 1 FROM generate_series(1, 30) i;
INSERT INTO mark SELECT i, i, 1 FROM generate_series(1, 20) i;
INSERT INTO wide SELECT i, i FROM generate_series(1, 10) i;
"#;

#[test]
fn int_to_bigint() {
    const WRITES: &str = r#"INSERT INTO node (parent, name) VALUES (4, 'new'); INSERT INTO "Leaf" (node_id) VALUES (31); INSERT INTO part VALUES (31, 7);
        INSERT INTO mark VALUES (77, 31, 7); INSERT INTO wide VALUES (77, 31); DELETE FROM mark WHERE id = 20; DELETE FROM part WHERE node = 30;
        DELETE FROM node WHERE id = 30; UPDATE "Leaf" SET node_id = 2 WHERE node_id = 3"#;
    lives(Case {
        start: TREE,
        recipe: "int-to-bigint",
        given: &["column=node.id", "reader=frontend", "writer=backend"],
        mixed: WRITES,
        old: WRITES,
        plain: r#"ALTER TABLE node ALTER id TYPE bigint, ALTER parent TYPE bigint; ALTER SEQUENCE node_id_seq AS bigint;
            ALTER TABLE "Leaf" ALTER node_id TYPE bigint; ALTER TABLE part ALTER node TYPE bigint; ALTER TABLE mark ALTER node TYPE bigint"#,
        new: WRITES,
        ..Case::default()
    });
    lives(Case {
        start: TREE,
        recipe: "int-to-bigint",
        given: &["column=\"Leaf\".no"],
        mixed: "INSERT INTO \"Leaf\" (node_id) VALUES (3)",
        old: "INSERT INTO \"Leaf\" (node_id) VALUES (3)",
        plain: "ALTER TABLE \"Leaf\" ALTER no TYPE bigint",
        new: "INSERT INTO \"Leaf\" (node_id) VALUES (3)",
        ..Case::default()
    });
    refuses(TREE, "int-to-bigint", &["column=node.name"], "this recipe is for integer");
    refuses(
        "CREATE TABLE log (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
        "int-to-bigint",
        &["column=log.id"],
        "one of a partitioned table",
    );
}
