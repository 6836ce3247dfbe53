//! Columns of one row.

use cutover_core::rollout::dual::{Column, Fires, SameRow, Setting, Table};

use super::{each, each_from, refused};

fn rename() -> SameRow {
    SameRow {
        setting: Setting::of("rename-mail"),
        table: Table::new("app", "person"),
        old: vec![Column::new("mail", "email")],
        new: vec![Column::new("email", "mail")],
    }
}

fn wider() -> SameRow {
    SameRow {
        setting: Setting::of("bigint"),
        table: Table::new("app", "t"),
        old: vec![Column::new("n", "big::int")],
        new: vec![Column::new("big", "n")],
    }
}

const PERSON: &str = "CREATE TABLE person (id int PRIMARY KEY, mail text, email text, note text)";
const BOTH: &str = "SELECT id, mail, email FROM person ORDER BY id";

#[test]
fn both_sides_are_one_whoever_writes() {
    each(PERSON, &rename().dual(), |case| {
        case.gives("INSERT INTO person (id, mail) VALUES (1, 'a')", BOTH, &["1|a|a"]);
        case.gives("INSERT INTO person (id, email) VALUES (2, 'b')", BOTH, &["1|a|a", "2|b|b"]);
        case.gives("UPDATE person SET mail = 'c' WHERE id = 2", BOTH, &["1|a|a", "2|c|c"]);
        case.gives("UPDATE person SET email = NULL WHERE id = 1", BOTH, &["1|-|-", "2|c|c"]);
        case.gives("UPDATE person SET id = 3, mail = 'd' WHERE id = 1", BOTH, &["2|c|c", "3|d|d"]);
        case.gives("UPDATE person SET mail = 'x', email = 'y' WHERE id = 2", BOTH, &["2|y|y", "3|d|d"]);
        case.gives("DELETE FROM person WHERE id = 2", BOTH, &["3|d|d"]);
        case.gives("TRUNCATE person", BOTH, &[]);
    });
}

#[test]
fn upsert_copy_and_merge_are_writes_like_others() {
    each(PERSON, &rename().dual(), |case| {
        let upsert = |column: &str, value: &str| {
            format!(
                "INSERT INTO person (id, {column}) VALUES (1, '{value}') \
                 ON CONFLICT (id) DO UPDATE SET {column} = excluded.{column} || '!'"
            )
        };
        case.gives(&upsert("mail", "a"), BOTH, &["1|a|a"]);
        case.gives(&upsert("email", "b"), BOTH, &["1|b!|b!"]);
        case.gives(&upsert("mail", "c"), BOTH, &["1|c!|c!"]);
        case.gives(
            "COPY person (id, mail) FROM PROGRAM 'echo 2,d' CSV; COPY person (id, email) FROM PROGRAM 'echo 3,e' CSV",
            BOTH,
            &["1|c!|c!", "2|d|d", "3|e|e"],
        );
        if case.major >= 15 {
            case.gives(
                "MERGE INTO person p USING (VALUES (1, 'f'), (4, 'g')) AS s (id, v) ON p.id = s.id \
                 WHEN MATCHED THEN UPDATE SET email = v WHEN NOT MATCHED THEN INSERT (id, mail) VALUES (s.id, v)",
                BOTH,
                &["1|f|f", "2|d|d", "3|e|e", "4|g|g"],
            );
        }
    });
}

#[test]
fn an_old_column_that_is_not_null_is_filled_for_new_clients() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL, big bigint)";
    each(tables, &wider().dual(), |case| {
        case.gives("INSERT INTO t (id, big) VALUES (1, 5)", "SELECT n, big FROM t", &["5|5"]);
    });
}

#[test]
fn what_the_old_type_cannot_hold_is_an_error_for_the_new_client() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, n int, big bigint)";
    each(tables, &wider().dual(), |case| {
        case.fails("INSERT INTO t (id, big) VALUES (1, 3000000000)", "22003");
        case.gives("INSERT INTO t (id, n) VALUES (1, 3)", "SELECT n, big FROM t", &["3|3"]);
    });
}

#[test]
fn volatile_defaults_and_identities_are_drawn_once() {
    let tables = "CREATE TABLE t (n int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, big bigint, x text, \
                  twice int GENERATED ALWAYS AS (n * 2) STORED)";
    each(tables, &wider().dual(), |case| {
        let all = "SELECT n, big, x, twice FROM t ORDER BY n";
        case.gives("INSERT INTO t (x) VALUES ('a')", all, &["1|1|a|2"]);
        case.gives("INSERT INTO t (x, big) VALUES ('b', 7)", all, &["1|1|a|2", "7|7|b|14"]);
        case.gives("INSERT INTO t DEFAULT VALUES", all, &["1|1|a|2", "3|3|-|6", "7|7|b|14"]);
    });
    let dated = SameRow {
        setting: Setting::of("dates"),
        table: Table::new("app", "d"),
        old: vec![Column::new("made", "made_at")],
        new: vec![Column::new("made_at", "made").default("now()")],
    };
    let tables = "CREATE TABLE d (id int, made timestamptz DEFAULT now(), made_at timestamptz DEFAULT now())";
    each(tables, &dated.dual(), |case| {
        let all = "SELECT id, made = made_at, made = now() FROM d ORDER BY id";
        case.gives(
            "BEGIN; INSERT INTO d VALUES (1); INSERT INTO d (id, made) VALUES (2, '2020-01-01')",
            all,
            &["1|t|t", "2|t|f"],
        );
        case.gives("INSERT INTO d (id, made_at) VALUES (3, NULL)", all, &["1|t|t", "2|t|f", "3|-|-"]);
        case.gives("ROLLBACK", all, &[]);
    });
}

#[test]
fn an_explicit_null_is_told_from_nothing_when_the_defaults_are_the_same() {
    let mut rule = rename();
    rule.new[0].default = Some("'none'".into());
    let tables =
        "CREATE TABLE person (id int PRIMARY KEY, mail text DEFAULT 'none', email text DEFAULT 'none')";
    each(tables, &rule.dual(), |case| {
        case.gives("INSERT INTO person (id) VALUES (1)", BOTH, &["1|none|none"]);
        case.gives("INSERT INTO person (id, email) VALUES (2, NULL)", BOTH, &["1|none|none", "2|-|-"]);
        case.gives("DELETE FROM person; INSERT INTO person (id, mail) VALUES (3, NULL)", BOTH, &["3|-|-"]);
    });
}

#[test]
fn a_backfill_does_not_touch_the_old_side() {
    let rule = SameRow {
        setting: Setting::of("split"),
        table: Table::new("app", "p"),
        old: vec![Column::new("name", "first || ' ' || last")],
        new: vec![
            Column::new("first", "split_part(trim(name), ' ', 1)"),
            Column::new("last", "split_part(trim(p.name), ' ', 2)"),
        ],
    };
    let tables = "CREATE TABLE p (id int, name text, first text, last text); INSERT INTO p (id, name) VALUES (1, '  Jo  Do ')";
    each(tables, &rule.dual(), |case| {
        let all = "SELECT name, first, last FROM p";
        case.gives("UPDATE p SET id = id", all, &["  Jo  Do |-|-"]);
        case.gives(
            "UPDATE p SET first = split_part(trim(name), ' ', 1), last = split_part(trim(name), ' ', 2)",
            all,
            &["  Jo  Do |Jo|"],
        );
        case.gives("UPDATE p SET last = 'Do'", all, &["Jo Do|Jo|Do"]);
    });
}

#[test]
fn triggers_of_the_users_own_come_first() {
    let tables = format!(
        "{PERSON}; CREATE FUNCTION lower_mail() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN NEW.mail := lower(NEW.mail); RETURN NEW; END $$; \
         CREATE TRIGGER z_lower BEFORE INSERT OR UPDATE ON person FOR EACH ROW EXECUTE FUNCTION lower_mail()"
    );
    each(&tables, &rename().dual(), |case| {
        case.gives("INSERT INTO person (id, mail) VALUES (1, 'A')", BOTH, &["1|a|a"]);
        case.gives("UPDATE person SET mail = 'B'", BOTH, &["1|b|b"]);
    });
}

#[test]
fn types_without_an_equal_sign_and_names_that_need_quotes() {
    let long = "A \"long\" name of a column that is nearly as long as it can b";
    let rule = SameRow {
        setting: Setting::of("Ünïcode; DROP TABLE x"),
        table: Table::new("My app", "the \"table\"\n"),
        old: vec![Column::new(
            "old $dual$",
            "\"A \"\"long\"\" name of a column that is nearly as long as it can b\"",
        )],
        new: vec![Column::new(long, "\"old $dual$\"")],
    };
    let tables = "CREATE SCHEMA \"My app\"; CREATE TABLE \"My app\".\"the \"\"table\"\"\n\" (id int, \"old $dual$\" json, \
                  \"A \"\"long\"\" name of a column that is nearly as long as it can b\" json)";
    each(tables, &rule.dual(), |case| {
        let all = "SELECT * FROM \"My app\".\"the \"\"table\"\"\n\"";
        case.gives("INSERT INTO \"My app\".\"the \"\"table\"\"\n\" VALUES (1, '{}')", all, &["1|{}|{}"]);
        case.gives("UPDATE \"My app\".\"the \"\"table\"\"\n\" SET \"old $dual$\" = '[]'", all, &["1|[]|[]"]);
        case.gives(&rule.dual().drop.join(";"), "SELECT count(*) FROM pg_trigger", &["0"]);
    });
}

#[test]
fn partitions_have_the_triggers_too() {
    let tables = "CREATE TABLE person (id int, mail text, email text, day int, PRIMARY KEY (id, day)) PARTITION BY LIST (day); \
                  CREATE TABLE p1 PARTITION OF person FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF person FOR VALUES IN (2)";
    // PostgreSQL 12 has no such triggers on a partitioned table.
    each_from(13, tables, &rename().dual(), |case| {
        case.gives("INSERT INTO person (id, day, mail) VALUES (1, 1, 'a')", BOTH, &["1|a|a"]);
        case.gives("UPDATE person SET day = 2, email = 'b'", BOTH, &["1|b|b"]);
        case.gives("INSERT INTO p1 (id, day, email) VALUES (2, 1, 'c')", BOTH, &["1|b|b", "2|c|c"]);
    });
}

#[test]
fn a_replicated_write_fires_them_only_when_asked_to() {
    let write = "SET session_replication_role = replica; INSERT INTO person (id, mail) VALUES (1, 'a')";
    each(PERSON, &rename().dual(), |case| case.gives(write, BOTH, &["1|a|-"]));
    let mut rule = rename();
    rule.setting.fires = Fires::Always;
    each(PERSON, &rule.dual(), |case| case.gives(write, BOTH, &["1|a|a"]));
}

#[test]
fn a_writer_needs_rights_on_its_own_columns_only() {
    let tables = format!(
        "{PERSON}; CREATE FUNCTION secret(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1'; \
         REVOKE ALL ON FUNCTION secret(text) FROM PUBLIC; DROP ROLE IF EXISTS old_client; CREATE ROLE old_client; \
         GRANT USAGE ON SCHEMA app TO old_client; GRANT INSERT (id, mail), UPDATE (mail), SELECT (id) ON person TO old_client"
    );
    let mut rule = rename();
    rule.new[0].value = "app.secret(mail)".into();
    rule.setting.owner = Some("postgres".into());
    super::common::one_at_a_time(|| {
        each(&tables, &rule.dual(), |case| {
            case.gives(
                "SET ROLE old_client; INSERT INTO person (id, mail) VALUES (1, 'a'); UPDATE person SET mail = 'b' WHERE id = 1; RESET ROLE",
                BOTH,
                &["1|b|b"],
            );
            case.fails("SET ROLE old_client; SELECT app.cutover_rename_mail_person_email()", "42501");
            case.gives("RESET ROLE; DROP OWNED BY old_client; DROP ROLE old_client", BOTH, &["1|b|b"]);
        });
    });
}

#[test]
fn an_expression_that_cannot_work_in_the_trigger_is_found_when_it_is_made() {
    let mut rule = rename();
    rule.new[0].value = "mine(mail)".into();
    let mine =
        "CREATE FUNCTION app.mine(text) RETURNS text LANGUAGE sql AS 'SELECT $1'; SET search_path = app";
    let failed = refused(&format!("{mine}; {PERSON}"), &rule.dual());
    assert_eq!(failed.code, "42883", "{failed:?}");
    rule.new[0].value = "app.mine(mail)".into();
    each(&format!("{mine}; {PERSON}"), &rule.dual(), |case| {
        case.gives("INSERT INTO person (id, mail) VALUES (1, 'a')", BOTH, &["1|a|a"]);
    });
}

#[test]
fn a_column_beside_them_may_be_of_a_domain_that_is_not_null() {
    let tables = format!(
        "CREATE DOMAIN sure AS text NOT NULL CHECK (VALUE <> ''); {}",
        PERSON.replace("note text", "note sure, gone int); ALTER TABLE person DROP COLUMN gone; SELECT (1")
    );
    each(&tables, &rename().dual(), |case| {
        case.gives("INSERT INTO person (id, mail, note) VALUES (1, 'a', 'n')", BOTH, &["1|a|a"]);
        case.gives("UPDATE person SET email = 'b'", BOTH, &["1|b|b"]);
        case.gives("ALTER TABLE person ADD more int; UPDATE person SET mail = 'c'", BOTH, &["1|c|c"]);
    });
}

#[test]
fn removing_them_twice_is_no_error() {
    each(PERSON, &rename().dual(), |case| {
        let drop = rename().dual().drop.join("; ");
        case.gives(&drop, "SELECT count(*) FROM pg_trigger", &["0"]);
        case.gives(&format!("{drop}; DROP TABLE person; {drop}"), "SELECT 1", &["1"]);
    });
}
