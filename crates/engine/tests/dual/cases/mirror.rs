//! A second copy of a table.

use cutover_core::rollout::dual::{Mirror, Setting, Table};

use super::each;

fn mirror(from: &str, to: &str) -> Mirror {
    Mirror {
        setting: Setting::of("partition"),
        from: Table::new("app", from),
        to: Table::new("app", to),
        key: vec!["id".into()],
        columns: vec!["a".into(), "b".into()],
    }
}

const TABLES: &str = "CREATE TABLE m (id int GENERATED ALWAYS AS IDENTITY, a text, b json, up text GENERATED ALWAYS AS (upper(a)) STORED, \
                      PRIMARY KEY (id)); \
                      CREATE TABLE n (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text, b json, up text GENERATED ALWAYS AS (upper(a)) STORED)";
const BOTH: &str =
    "SELECT 'm', id, a, b::text, up FROM m UNION ALL SELECT 'n', id, a, b::text, up FROM n ORDER BY 1, 2";

#[test]
fn every_kind_of_write_is_carried() {
    each(TABLES, &mirror("m", "n").dual(), |case| {
        case.gives(
            "INSERT INTO m (a, b) VALUES ('x', '{}'), (NULL, NULL)",
            BOTH,
            &["m|1|x|{}|X", "m|2|-|-|-", "n|1|x|{}|X", "n|2|-|-|-"],
        );
        case.gives(
            "INSERT INTO m (id, a) OVERRIDING SYSTEM VALUE VALUES (1, 'y') ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = '[]'; \
             DELETE FROM m WHERE id = 2",
            BOTH,
            &["m|1|y|[]|Y", "n|1|y|[]|Y"],
        );
        case.gives(
            "COPY m (id, a) FROM PROGRAM 'echo 7,c' CSV",
            BOTH,
            &["m|1|y|[]|Y", "m|7|c|-|C", "n|1|y|[]|Y", "n|7|c|-|C"],
        );
        if case.major >= 15 {
            case.gives(
                "MERGE INTO m USING (VALUES (1), (7), (8)) AS s (k) ON id = k WHEN MATCHED AND k = 1 THEN DELETE \
                 WHEN MATCHED THEN UPDATE SET a = 'd' WHEN NOT MATCHED THEN INSERT (a) VALUES ('e')",
                "SELECT count(*), (SELECT count(*) FROM n) FROM m NATURAL JOIN (SELECT id, a, up FROM n) AS n",
                &["2|2"],
            );
        }
        case.gives("TRUNCATE m", BOTH, &[]);
    });
}

#[test]
fn keys_that_move_up_by_one_in_one_statement() {
    let tables = TABLES
        .replace("PRIMARY KEY (id)", "PRIMARY KEY (id) DEFERRABLE")
        .replace("GENERATED ALWAYS AS IDENTITY", "");
    each(&tables, &mirror("m", "n").dual(), |case| {
        case.gives(
            "INSERT INTO m (id, a) SELECT i, 'r' || i FROM generate_series(1, 4) i; UPDATE m SET id = id + 1",
            BOTH,
            &[
                "m|2|r1|-|R1",
                "m|3|r2|-|R2",
                "m|4|r3|-|R3",
                "m|5|r4|-|R4",
                "n|2|r1|-|R1",
                "n|3|r2|-|R2",
                "n|4|r3|-|R3",
                "n|5|r4|-|R4",
            ],
        );
        case.gives(
            "UPDATE m SET id = CASE id WHEN 2 THEN 5 WHEN 5 THEN 2 ELSE id END",
            BOTH,
            &[
                "m|2|r4|-|R4",
                "m|3|r2|-|R2",
                "m|4|r3|-|R3",
                "m|5|r1|-|R1",
                "n|2|r4|-|R4",
                "n|3|r2|-|R2",
                "n|4|r3|-|R3",
                "n|5|r1|-|R1",
            ],
        );
    });
}

#[test]
fn a_row_that_a_trigger_of_the_users_own_writes_again() {
    for name in ["\"A first\"", "zzz_last"] {
        let tables = format!(
            "{TABLES}; CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF NEW.a NOT LIKE '%!' THEN UPDATE app.m SET a = a || '!' WHERE id = NEW.id; END IF; RETURN NULL; END $$; \
             CREATE TRIGGER {name} AFTER INSERT OR UPDATE ON m FOR EACH ROW EXECUTE FUNCTION again()"
        );
        each(&tables, &mirror("m", "n").dual(), |case| {
            case.gives("INSERT INTO m (a) VALUES ('x')", BOTH, &["m|1|x!|-|X!", "n|1|x!|-|X!"]);
            case.gives("UPDATE m SET a = 'y'", BOTH, &["m|1|y!|-|Y!", "n|1|y!|-|Y!"]);
        });
    }
}

#[test]
fn the_whole_life_there_and_back() {
    each(TABLES, &mirror("m", "n").dual(), |case| {
        let back = mirror("m", "m_old");
        case.gives(
            &format!("INSERT INTO m (a) VALUES ('x'); {}", mirror("m", "n").backfill()),
            BOTH,
            &["m|1|x|-|X", "n|1|x|-|X"],
        );
        let swap = format!(
            "BEGIN; {}; ALTER TABLE m RENAME TO m_old; ALTER TABLE n RENAME TO m; {}; COMMIT",
            mirror("m", "n").dual().drop.join("; "),
            back.dual().create.join("; ")
        );
        case.gives(&swap, "SELECT count(*) FROM m, m_old", &["1"]);
        case.gives(
            "UPDATE m SET a = 'z'; INSERT INTO m (id, a) OVERRIDING SYSTEM VALUE VALUES (5, 'new')",
            &BOTH.replace("FROM n", "FROM m_old"),
            &["m|1|z|-|Z", "m|5|new|-|NEW", "n|1|z|-|Z", "n|5|new|-|NEW"],
        );
        case.gives(
            &back.dual().drop.join("; "),
            "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal",
            &["0"],
        );
    });
}
