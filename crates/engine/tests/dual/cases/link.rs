//! A join table and a column.

use std::time::Duration;

use cutover_core::rollout::dual::{Dual, Link, Same, Setting, Table};

use super::{beside, each};
use crate::stage::{rows, run};

fn link(target: bool) -> Link {
    Link {
        setting: Setting::of("retire-links"),
        table: Table::new("app", "r"),
        join: Table::new("app", "j"),
        key: vec![Same::new("id", "r_id")],
        value: vec![Same::new("p_id", "p_id")],
        more: vec![],
        target: target.then(|| (Table::new("app", "p"), vec!["id".to_owned()])),
    }
}

fn dual() -> Dual {
    link(true).dual()
}

/// Plans 1 to 3, recommendations 1 to 3.
fn tables(on_delete: &str) -> String {
    format!(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE r (id int PRIMARY KEY, t text, p_id int REFERENCES p {on_delete}); \
         CREATE TABLE j (p_id int REFERENCES p ON DELETE CASCADE, r_id int REFERENCES r, at text DEFAULT 'now', PRIMARY KEY (r_id, p_id)); \
         INSERT INTO p VALUES (1), (2), (3); INSERT INTO r VALUES (1), (2), (3)"
    )
}

const ALL: &str = "SELECT id, p_id, (SELECT string_agg(p_id || at, ' ' ORDER BY p_id) FROM j WHERE r_id = id) FROM r ORDER BY id";

#[test]
fn links_become_the_column_and_the_column_becomes_links() {
    each(&tables("ON DELETE CASCADE"), &dual(), |case| {
        case.gives("INSERT INTO j VALUES (1, 1, 'a'), (2, 2, 'b')", ALL, &["1|1|1a", "2|2|2b", "3|-|-"]);
        case.gives("UPDATE r SET p_id = 3 WHERE id = 1", ALL, &["1|3|3a", "2|2|2b", "3|-|-"]);
        case.gives("UPDATE j SET p_id = 1 WHERE r_id = 1", ALL, &["1|1|1a", "2|2|2b", "3|-|-"]);
        case.gives("DELETE FROM j WHERE r_id = 1", ALL, &["1|-|-", "2|2|2b", "3|-|-"]);
        case.gives("UPDATE r SET p_id = 2 WHERE id = 3", ALL, &["1|-|-", "2|2|2b", "3|2|2now"]);
        case.gives("UPDATE j SET r_id = 1 WHERE r_id = 3", ALL, &["1|2|2now", "2|2|2b", "3|-|-"]);
        case.gives("DELETE FROM r WHERE id = 1", ALL, &["2|2|2b", "3|-|-"]);
        case.gives("UPDATE r SET id = 9 WHERE id = 2", ALL, &["3|-|-", "9|2|2b"]);
        case.gives("UPDATE r SET id = 8, p_id = 1 WHERE id = 9", ALL, &["3|-|-", "8|1|1b"]);
        case.gives("UPDATE r SET p_id = NULL WHERE id = 8", ALL, &["3|-|-", "8|-|-"]);
    });
}

#[test]
fn one_statement_for_both_tables_and_both_orders_of_replacing_a_link() {
    each(&tables("ON DELETE CASCADE"), &dual(), |case| {
        case.gives(
            "WITH n AS (INSERT INTO r (id) VALUES (4) RETURNING id) INSERT INTO j (r_id, p_id) SELECT id, 1 FROM n",
            &ALL.replace("FROM r ", "FROM r WHERE id = 4 "),
            &["4|1|1now"],
        );
        let one = ALL.replace("FROM r ", "FROM r WHERE id = 1 ");
        case.gives("INSERT INTO j VALUES (1, 1, 'a')", &one, &["1|1|1a"]);
        case.gives("INSERT INTO j VALUES (2, 1, 'b')", &one, &["1|2|1a 2b"]);
        case.gives("DELETE FROM j WHERE r_id = 1 AND p_id = 1", &one, &["1|2|2b"]);
        case.gives(
            "BEGIN; DELETE FROM j WHERE r_id = 1; INSERT INTO j VALUES (3, 1, 'c'); COMMIT",
            &one,
            &["1|3|3c"],
        );
        case.gives("INSERT INTO j VALUES (1, 1, 'a')", &one, &["1|1|1a 3c"]);
        case.gives("DELETE FROM j WHERE r_id = 1 AND p_id = 1", &one, &["1|3|3c"]);
        case.gives("INSERT INTO j VALUES (1, 1, 'a'); UPDATE r SET p_id = 2 WHERE id = 1", &one, &["1|2|2a"]);
    });
}

#[test]
fn upsert_copy_and_merge() {
    each(&tables("ON DELETE CASCADE"), &dual(), |case| {
        let upsert = "INSERT INTO j VALUES (1, 1, 'a') ON CONFLICT (r_id, p_id) DO UPDATE SET at = 'again'";
        case.gives(&format!("{upsert}; {upsert}"), ALL, &["1|1|1again", "2|-|-", "3|-|-"]);
        case.gives(
            "INSERT INTO r (id, p_id) VALUES (2, 2), (4, 2) ON CONFLICT (id) DO UPDATE SET p_id = excluded.p_id",
            ALL,
            &["1|1|1again", "2|2|2now", "3|-|-", "4|2|2now"],
        );
        case.gives("COPY j FROM PROGRAM 'echo 3,3,c' CSV; COPY r (id, p_id) FROM PROGRAM 'echo 5,1' CSV; DELETE FROM r WHERE id IN (1, 4)", ALL, &[
            "2|2|2now", "3|3|3c", "5|1|1now",
        ]);
        if case.major >= 15 {
            case.gives(
                "MERGE INTO j USING (VALUES (2, 2, 3), (5, 2, 2)) AS s (r, p, q) ON r_id = r AND p_id = p \
                 WHEN MATCHED THEN UPDATE SET p_id = q WHEN NOT MATCHED THEN INSERT VALUES (p, r, 'm')",
                ALL,
                &["2|3|3now", "3|3|3c", "5|2|1now 2m"],
            );
        }
    });
}

#[test]
fn truncate_is_a_delete_of_every_link() {
    each(&tables("ON DELETE CASCADE"), &dual(), |case| {
        case.gives("UPDATE r SET p_id = 1; TRUNCATE j", ALL, &["1|-|-", "2|-|-", "3|-|-"]);
        case.gives("UPDATE r SET p_id = 1; TRUNCATE r, j", "SELECT count(*) FROM j", &["0"]);
    });
}

#[test]
fn a_plan_that_is_deleted_is_the_affair_of_the_columns_foreign_key() {
    // Both orders of the two foreign keys: PostgreSQL goes by the name of their triggers.
    for first in ["j", "r"] {
        for (on_delete, expected) in
            [("CASCADE", vec!["2|2|2now", "3|-|-"]), ("SET NULL", vec!["1|-|-", "2|2|2now", "3|-|-"])]
        {
            let again = if first == "j" {
                format!(
                    "ALTER TABLE r DROP CONSTRAINT r_p_id_fkey; ALTER TABLE r ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE {on_delete}"
                )
            } else {
                "ALTER TABLE j DROP CONSTRAINT j_p_id_fkey; ALTER TABLE j ADD FOREIGN KEY (p_id) REFERENCES p ON DELETE CASCADE".into()
            };
            let tables = format!("{}; {again}", tables(&format!("ON DELETE {on_delete}")));
            each(&tables, &dual(), |case| {
                case.gives("UPDATE r SET p_id = id WHERE id < 3; DELETE FROM p WHERE id = 1", ALL, &expected);
            });
        }
    }
}

#[test]
fn without_a_foreign_key_of_the_column_old_deletes_of_plans_leave_null() {
    each(
        &tables("").replace("REFERENCES p ,", ",").replace("p_id int REFERENCES p )", "p_id int)"),
        &link(false).dual(),
        |case| {
            case.gives(
                "UPDATE r SET p_id = 1 WHERE id = 1; DELETE FROM p WHERE id = 1",
                ALL,
                &["1|-|-", "2|-|-", "3|-|-"],
            );
        },
    );
}

#[test]
fn a_link_may_come_before_its_row_when_the_foreign_key_waits() {
    let tables =
        tables("ON DELETE CASCADE").replace("REFERENCES r,", "REFERENCES r DEFERRABLE INITIALLY DEFERRED,");
    each(&tables, &dual(), |case| {
        case.gives(
            "BEGIN; INSERT INTO j VALUES (1, 7, 'a'); INSERT INTO r (id) VALUES (7); COMMIT",
            &ALL.replace("FROM r ", "FROM r WHERE id = 7 "),
            &["7|1|1a"],
        );
    });
}

#[test]
fn composite_keys_and_different_types() {
    let rule = Link {
        setting: Setting::of("x"),
        table: Table::new("app", "r"),
        join: Table::new("app", "j"),
        key: vec![Same::new("tenant", "t"), Same::new("id", "r")],
        value: vec![Same::new("p_tenant", "pt"), Same::new("p", "p")],
        more: vec![("why".into(), "tenant || '-' || r.id".into())],
        target: None,
    };
    let tables = "CREATE TABLE r (tenant int, id bigint, p_tenant bigint, p int, PRIMARY KEY (tenant, id)); \
                  CREATE TABLE j (t bigint, r int, pt int, p bigint, why text NOT NULL)";
    each(tables, &rule.dual(), |case| {
        let all = "SELECT * FROM r NATURAL FULL JOIN (SELECT t AS tenant, r AS id, pt, p AS jp, why FROM j) AS j ORDER BY 1, 2";
        case.gives("INSERT INTO r VALUES (1, 1, 5, 6)", all, &["1|1|5|6|5|6|1-1"]);
        case.gives(
            "INSERT INTO r (tenant, id) VALUES (1, 2); INSERT INTO j VALUES (1, 2, 7, 8, 'w')",
            all,
            &["1|1|5|6|5|6|1-1", "1|2|7|8|7|8|w"],
        );
        case.gives(
            "UPDATE r SET p = 9 WHERE id = 2; DELETE FROM j WHERE r = 1",
            all,
            &["1|1|-|-|-|-|-", "1|2|7|9|7|9|w"],
        );
    });
}

#[test]
fn a_writer_needs_no_rights_on_the_other_table() {
    let tables = format!(
        "{}; DROP ROLE IF EXISTS link_client; CREATE ROLE link_client; GRANT USAGE ON SCHEMA app TO link_client; \
         GRANT SELECT, INSERT, DELETE ON j TO link_client",
        tables("ON DELETE CASCADE")
    );
    super::common::one_at_a_time(|| {
        each(&tables, &dual(), |case| {
            case.gives(
                "SET ROLE link_client; INSERT INTO j VALUES (1, 1, 'a'); RESET ROLE",
                ALL,
                &["1|1|1a", "2|-|-", "3|-|-"],
            );
            case.gives("DROP OWNED BY link_client; DROP ROLE link_client", "SELECT 1", &["1"]);
        });
    });
}

const IN_ONE_TRANSACTION: &str = "SET deadlock_timeout = '20ms'; BEGIN";

/// Starts a statement in the second session while the first has an open transaction, goes on in the first, and says what
/// the two got in the end.
fn race(before: &str, second: &str, first: &str) -> Vec<[Result<(), String>; 2]> {
    let seen = std::cell::RefCell::new(Vec::new());
    each(&tables("ON DELETE CASCADE"), &dual(), |case| {
        let pair = beside(case, async |one, two| {
            run(one, "INSERT INTO j VALUES (1, 1, 'a')").await;
            run(one, &format!("{IN_ONE_TRANSACTION}; {before}")).await;
            run(two, "SET deadlock_timeout = '20ms'").await;
            let (a, b) = tokio::join!(
                async {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    rows(one, &format!("{first}; COMMIT")).await
                },
                rows(two, second)
            );
            let _ = rows(one, "ROLLBACK").await;
            let both = rows(
                one,
                "SELECT p_id, (SELECT string_agg(p_id::text, ',') FROM j WHERE r_id = id) FROM r WHERE id = 1",
            );
            let both = both.await.unwrap();
            let (column, links) = both[0].split_once('|').unwrap();
            assert_eq!(column, links, "{before}, {second}, {first}");
            [a, b].map(|answer| answer.map(|_| ()).map_err(|failed| failed.code))
        });
        seen.borrow_mut().push(pair);
    });
    seen.into_inner()
}

#[test]
fn two_sessions_on_one_recommendation_wait_for_each_other() {
    let touch = "UPDATE r SET t = 'x' WHERE id = 1";
    for (before, second, first) in [
        (touch, "DELETE FROM j WHERE r_id = 1", "SELECT 1"),
        ("DELETE FROM j WHERE r_id = 1", "UPDATE r SET p_id = 3 WHERE id = 1", "INSERT INTO j VALUES (2, 1)"),
        ("UPDATE r SET p_id = 3 WHERE id = 1", "DELETE FROM j WHERE r_id = 1 AND p_id = 1", "SELECT 1"),
        ("UPDATE r SET p_id = NULL WHERE id = 1", "INSERT INTO j VALUES (2, 1)", "SELECT 1"),
        // The new link is not made before the recommendation is locked, so nobody waits for half of it.
        (
            "UPDATE r SET p_id = NULL WHERE id = 1",
            "INSERT INTO j VALUES (2, 1)",
            "UPDATE r SET p_id = NULL WHERE id = 1",
        ),
    ] {
        for pair in race(before, second, first) {
            assert_eq!(pair, [Ok(()), Ok(())], "{before}, {second}, {first}");
        }
    }
}

#[test]
fn the_one_deadlock_that_cannot_be_ordered_ends_one_session_and_loses_nothing() {
    let deadlock = Err("40P01".to_owned());
    let touch = "UPDATE r SET t = 'x' WHERE id = 1";
    for second in ["DELETE FROM j WHERE r_id = 1", "UPDATE j SET p_id = 2 WHERE r_id = 1"] {
        for pair in race(touch, second, "UPDATE r SET p_id = 3 WHERE id = 1") {
            assert_eq!(pair.iter().filter(|answer| **answer == deadlock).count(), 1, "{pair:?}");
        }
    }
}

/// How often it happens to an old and a new client that write nothing but one recommendation, as fast as they can, each
/// statement a transaction of its own.
#[test]
fn how_often_two_hasty_clients_of_one_row_deadlock() {
    each(&tables("ON DELETE CASCADE"), &dual(), |case| {
        let (old, new) = beside(case, async |one, two| {
            let busy = async |session, statements: [&str; 2]| {
                run(session, "SET deadlock_timeout = '5ms'").await;
                let mut ended = 0;
                for n in 0..600 {
                    match rows(session, statements[n % 2]).await {
                        Ok(_) => {}
                        Err(failed) if failed.code == "40P01" => ended += 1,
                        // Both have made the same link.
                        Err(failed) => assert_eq!(failed.code, "23505", "{failed:?}"),
                    }
                }
                ended
            };
            tokio::join!(
                busy(one, ["INSERT INTO j VALUES (1, 1)", "DELETE FROM j WHERE r_id = 1"]),
                busy(two, ["UPDATE r SET p_id = 2 WHERE id = 1", "UPDATE r SET p_id = 3 WHERE id = 1"])
            )
        });
        cutover_testkit::note(&format!(
            "of 600 statements each, {old} old and {new} new ones were ended as deadlocks"
        ));
        let (column, links) = ("coalesce(p_id, 0)", "(SELECT coalesce(max(p_id), 0) FROM j WHERE r_id = id)");
        case.gives("SELECT 1", &format!("SELECT {column} = {links} FROM r WHERE id = 1"), &["t"]);
    });
}
