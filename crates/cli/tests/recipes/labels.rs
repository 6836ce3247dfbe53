//! The recipe for the labels of an enum.

use super::life::{Case, lives, refuses};

const START: &str = r#"
CREATE SCHEMA "Shop";
CREATE TYPE "Shop"."State" AS ENUM ('new', 'it''s sent', 'done');
CREATE TABLE "Shop"."Order" (id int PRIMARY KEY, state "Shop"."State" NOT NULL DEFAULT 'it''s sent', "Next" "Shop"."State");
CREATE TABLE log (id int, at date, state "Shop"."State", PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log DEFAULT;
INSERT INTO "Shop"."Order" SELECT i, CASE WHEN i % 2 = 0 THEN 'it''s sent' ELSE 'done' END::"Shop"."State", NULL FROM generate_series(1, 20) i;
INSERT INTO log SELECT i, '2026-01-01', 'it''s sent' FROM generate_series(1, 20) i;
"#;

#[test]
fn replace_enum_value() {
    lives(Case {
        start: START,
        recipe: "replace-enum-value",
        given: &[
            "type=\"Shop\".\"State\"",
            "old=it's sent",
            "new=shipped",
            "reader=frontend",
            "writer=backend",
        ],
        mixed: r#"INSERT INTO "Shop"."Order" VALUES (100, 'it''s sent', 'it''s sent'), (101, 'shipped', 'new'); INSERT INTO "Shop"."Order" VALUES (102);
            UPDATE log SET state = 'it''s sent' WHERE id = 3; UPDATE log SET state = 'shipped' WHERE id = 4"#,
        old: r#"ALTER TYPE "Shop"."State" ADD VALUE 'shipped' AFTER 'it''s sent';
            INSERT INTO "Shop"."Order" VALUES (100, 'it''s sent', 'it''s sent'), (101, 'it''s sent', 'new'); INSERT INTO "Shop"."Order" VALUES (102)"#,
        plain: r#"ALTER TYPE "Shop"."State" RENAME VALUE 'it''s sent' TO 'shipped'; ALTER TYPE "Shop"."State" ADD VALUE 'unused_it''s sent' BEFORE 'shipped'"#,
        new: r#"INSERT INTO "Shop"."Order" VALUES (100, 'shipped', 'shipped'), (101, 'shipped', 'new'); INSERT INTO "Shop"."Order" VALUES (102)"#,
        ..Case::default()
    });
    let no = |start: &'static str, args: &[&str], words: &str| {
        refuses(start, "replace-enum-value", args, words);
    };
    no(START, &["type=state", "old=new", "new=x"], "there is no enum state");
    no(START, &["type=\"Shop\".\"State\"", "old=don", "new=x"], "did you mean done?");
    no(START, &["type=\"Shop\".\"State\"", "old=new", "new=done"], "a label done already");
    const MOOD: &str = "CREATE TYPE mood AS ENUM ('a', 'b');";
    let also = |sql: &str, words: &str| {
        let start: &'static str = format!("{MOOD} {sql}").leak();
        refuses(start, "replace-enum-value", &["type=mood", "old=a", "new=c"], words);
    };
    also("CREATE TABLE t (m mood[])", "an array of");
    also("CREATE TABLE t (m mood CHECK (m <> 'a'))", "says 'a'");
    also("CREATE TABLE t (m mood, n int); CREATE INDEX i ON t (n) WHERE m = 'a'", "says 'a'");
    also("CREATE TABLE t (m mood); CREATE VIEW v AS SELECT * FROM t WHERE m = 'a'", "says 'a'");
    also("CREATE TABLE t (m mood) PARTITION BY LIST (m)", "is partitioned by m");
}
