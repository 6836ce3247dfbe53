//! A column that goes to another table.

use cutover_core::rollout::dual::{Missing, Moved, MovedColumn, Same, Setting, Table};

use super::each;

fn moved(key: Same, missing: Missing, default: Option<&str>) -> Moved {
    Moved {
        setting: Setting::of("move-x"),
        from: Table::new("app", "f"),
        to: Table::new("app", "t"),
        key: vec![key],
        columns: vec![MovedColumn { from: "x".into(), to: "y".into(), default: default.map(str::to_owned) }],
        missing,
    }
}

const DETAILS: &str = "CREATE TABLE f (id int PRIMARY KEY, x int, n text); \
                       CREATE TABLE t (f_id int PRIMARY KEY REFERENCES f ON UPDATE CASCADE, y int, z text)";
const BOTH: &str = "SELECT id, x, f_id, y FROM f FULL JOIN t ON f_id = id ORDER BY id";

#[test]
fn details_are_made_unless_the_client_makes_them() {
    each(DETAILS, &moved(Same::new("id", "f_id"), Missing::Create, None).dual(), |case| {
        case.gives("INSERT INTO f VALUES (1, 5)", BOTH, &["1|5|1|5"]);
        case.gives(
            "BEGIN; INSERT INTO f VALUES (2); INSERT INTO t VALUES (2, 6, 'z'); COMMIT",
            BOTH,
            &["1|5|1|5", "2|6|2|6"],
        );
        case.gives(
            "UPDATE f SET x = 7 WHERE id = 1; UPDATE t SET y = 8 WHERE f_id = 2",
            BOTH,
            &["1|7|1|7", "2|8|2|8"],
        );
        case.gives("UPDATE f SET id = 3 WHERE id = 1", BOTH, &["2|8|2|8", "3|7|3|7"]);
        case.gives("DELETE FROM t WHERE f_id = 3", BOTH, &["2|8|2|8", "3|-|-|-"]);
        case.gives("UPDATE f SET x = 9 WHERE id = 3", BOTH, &["2|8|2|8", "3|9|3|9"]);
        case.gives("DELETE FROM f WHERE id = 3", BOTH, &["2|8|2|8"]);
        case.gives("TRUNCATE t", BOTH, &["2|-|-|-"]);
        case.gives("TRUNCATE f CASCADE", BOTH, &[]);
    });
}

#[test]
fn upsert_copy_and_merge() {
    each(DETAILS, &moved(Same::new("id", "f_id"), Missing::Create, None).dual(), |case| {
        case.gives("COPY f (id, x) FROM PROGRAM 'echo 1,2' CSV", BOTH, &["1|2|1|2"]);
        case.gives(
            "INSERT INTO f VALUES (1, 3), (2, 4) ON CONFLICT (id) DO UPDATE SET x = excluded.x; \
             INSERT INTO t VALUES (2, 5) ON CONFLICT (f_id) DO UPDATE SET y = excluded.y",
            BOTH,
            &["1|3|1|3", "2|5|2|5"],
        );
        if case.major >= 15 {
            case.gives(
                "MERGE INTO t USING (VALUES (1, 7)) AS s (k, v) ON f_id = k WHEN MATCHED THEN UPDATE SET y = v",
                BOTH,
                &["1|7|1|7", "2|5|2|5"],
            );
        }
    });
}

#[test]
fn null_in_an_upsert_is_null() {
    each(DETAILS, &moved(Same::new("id", "f_id"), Missing::Create, None).dual(), |case| {
        case.gives("INSERT INTO f VALUES (1, 3), (2, 3)", BOTH, &["1|3|1|3", "2|3|2|3"]);
        case.gives(
            "INSERT INTO f VALUES (1, NULL) ON CONFLICT (id) DO UPDATE SET x = excluded.x; \
             INSERT INTO t VALUES (2, NULL) ON CONFLICT (f_id) DO UPDATE SET y = excluded.y",
            BOTH,
            &["1|-|1|-", "2|-|2|-"],
        );
    });
}

#[test]
fn an_old_column_that_is_not_null_is_filled_for_new_clients() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, y int); CREATE TABLE f (t_id int REFERENCES t, x int NOT NULL); INSERT INTO t VALUES (1, 5)";
    each(tables, &moved(Same::new("t_id", "id"), Missing::Ignore, None).dual(), |case| {
        case.gives("INSERT INTO f (t_id) VALUES (1)", "SELECT * FROM f", &["1|5"]);
    });
}

#[test]
fn many_rows_share_one_home() {
    let tables = "CREATE TABLE t (id int PRIMARY KEY, y int NOT NULL DEFAULT 4); \
                  CREATE TABLE f (id int PRIMARY KEY, t_id int REFERENCES t, x int NOT NULL DEFAULT 4); \
                  INSERT INTO t VALUES (1, 5), (2, 6)";
    each(tables, &moved(Same::new("t_id", "id"), Missing::Ignore, Some("4")).dual(), |case| {
        let both = "SELECT f.id, t.id, x, y FROM f JOIN t ON t.id = t_id ORDER BY 1";
        case.gives("INSERT INTO f (id, t_id) VALUES (1, 1), (2, 1)", both, &["1|1|5|5", "2|1|5|5"]);
        case.gives("UPDATE f SET x = 7 WHERE id = 1", both, &["1|1|7|7", "2|1|7|7"]);
        case.gives("UPDATE t SET y = 8 WHERE id = 1", both, &["1|1|8|8", "2|1|8|8"]);
        case.gives("UPDATE f SET t_id = 2 WHERE id = 1", both, &["1|2|6|6", "2|1|8|8"]);
        case.gives("INSERT INTO f VALUES (3, 2, 9)", both, &["1|2|9|9", "2|1|8|8", "3|2|9|9"]);
        case.gives(
            "INSERT INTO t VALUES (3); INSERT INTO f (id, t_id) VALUES (4, 3); DELETE FROM f WHERE id < 4",
            both,
            &["4|3|4|4"],
        );
    });
}
