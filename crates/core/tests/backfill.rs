//! Statements of backfills: where the condition of a batch goes, and which are refused.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_core::plan::backfill::key::{Key, KeyColumn, blocks};
use cutover_core::plan::backfill::{RefusalKind, read};

fn rewritten(sql: &str, table: &str, key: &[&str]) -> String {
    let key: Vec<String> = key.iter().map(|k| (*k).to_owned()).collect();
    let batched = read(sql, table, &key).unwrap_or_else(|e| panic!("{sql}: {e}"));
    let condition = format!("{}.k = 1", batched.qualifier);
    let text = batched.slot.with(&condition);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refused(sql: &str, table: &str, key: &[&str]) -> RefusalKind {
    let key: Vec<String> = key.iter().map(|k| (*k).to_owned()).collect();
    match read(sql, table, &key) {
        Ok(batched) => panic!("{sql} is taken as {}", batched.slot.with("true")),
        Err(refusal) => refusal.kind,
    }
}

#[test]
fn the_condition_joins_what_is_there() {
    for (sql, expected) in [
        ("UPDATE t SET a = 1", "UPDATE t SET a = 1 WHERE (t.k = 1)"),
        ("UPDATE t AS x SET a = 1 WHERE b OR c", "UPDATE t AS x SET a = 1 WHERE ( b OR c ) AND (x.k = 1)"),
        ("UPDATE ONLY s.t \"X\" SET a = 1", "UPDATE ONLY s.t \"X\" SET a = 1 WHERE (\"X\".k = 1)"),
        (
            "UPDATE t SET (a, b) = (SELECT 1, 2 WHERE true) FROM u WHERE u.id = t.id -- why\n",
            "UPDATE t SET (a, b) = (SELECT 1, 2 WHERE true) FROM u WHERE ( u.id = t.id -- why ) AND (t.k = 1)",
        ),
        (
            "WITH w AS (SELECT 1 AS x WHERE true) UPDATE t SET a = x FROM w",
            "WITH w AS (SELECT 1 AS x WHERE true) UPDATE t SET a = x FROM w WHERE (t.k = 1)",
        ),
        (
            "DELETE FROM t USING u WHERE t.u = u.id AND u.a IS NULL",
            "DELETE FROM t USING u WHERE ( t.u = u.id AND u.a IS NULL ) AND (t.k = 1)",
        ),
        (
            "INSERT INTO x (a) SELECT a FROM u JOIN t ON t.id = u.t WHERE u.b > 0 ON CONFLICT (a) DO UPDATE SET a = 1 WHERE x.a > 2",
            "INSERT INTO x (a) SELECT a FROM u JOIN t ON t.id = u.t WHERE ( u.b > 0 ) AND (t.k = 1) ON CONFLICT (a) DO UPDATE SET a = 1 WHERE x.a > 2",
        ),
        (
            "INSERT INTO x SELECT a FROM t ON CONFLICT DO NOTHING",
            "INSERT INTO x SELECT a FROM t WHERE (t.k = 1) ON CONFLICT DO NOTHING",
        ),
        (
            "INSERT INTO x SELECT a FROM t FOR UPDATE SKIP LOCKED",
            "INSERT INTO x SELECT a FROM t WHERE (t.k = 1) FOR UPDATE SKIP LOCKED",
        ),
        // written anew from its tree
        ("INSERT INTO x (SELECT a FROM t)", "INSERT INTO x SELECT a FROM t WHERE (t.k = 1)"),
    ] {
        let table = if sql.contains("s.t") { "s.t" } else { "t" };
        assert_eq!(rewritten(sql, table, &["id"]).replace(" ;", ""), expected, "{sql}");
    }
}

#[test]
fn a_place_in_the_batch_is_a_place_in_the_file() {
    let sql = "UPDATE t SET a = 1 WHERE b OR c";
    let slot = read(sql, "t", &["id".into()]).unwrap().slot;
    let text = slot.with("t.id > 5");
    for word in ["SET", "b OR", "OR c"] {
        assert_eq!(slot.own_place(text.find(word).unwrap()), sql.find(word), "{word} in {text}");
    }
    assert_eq!(slot.own_place(text.find("t.id > 5").unwrap()), None);
}

#[test]
fn what_batches_would_change_the_meaning_of_is_refused() {
    use RefusalKind as No;
    let no = |sql: &str| refused(sql, "t", &["id"]);
    let whole = |clause| No::Whole { clause };
    assert_eq!(no("TRUNCATE t"), No::OtherStatement);
    assert_eq!(no("INSERT INTO x VALUES (1)"), No::NoSelect);
    assert_eq!(no("INSERT INTO x SELECT 1"), No::NoSelect);
    assert_eq!(no("UPDATE u SET a = 1"), No::OtherTable { wanted: "t".into(), found: "u".into() });
    assert_eq!(no("INSERT INTO x SELECT a FROM u"), No::NotInFrom { table: "t".into() });
    assert_eq!(no("INSERT INTO x SELECT t.a FROM t, t AS b"), No::TwiceInFrom { table: "t".into() });
    assert_eq!(no("INSERT INTO x SELECT a FROM u LEFT JOIN t ON true"), No::Outer { table: "t".into() });
    assert_eq!(no("INSERT INTO x SELECT a FROM t FULL JOIN u ON true"), No::Outer { table: "t".into() });
    assert_eq!(no("INSERT INTO x SELECT a FROM t GROUP BY a"), whole("GROUP BY"));
    assert_eq!(no("INSERT INTO x SELECT DISTINCT a FROM t"), whole("DISTINCT"));
    assert_eq!(no("INSERT INTO x SELECT a FROM t UNION ALL SELECT 1"), whole("UNION, INTERSECT or EXCEPT"));
    assert_eq!(no("INSERT INTO x SELECT a FROM t LIMIT 5"), whole("LIMIT"));
    assert_eq!(no("INSERT INTO x SELECT count(*) FROM t"), whole("an aggregate"));
    assert_eq!(no("INSERT INTO x SELECT 1 + max(a) FROM t"), whole("an aggregate"));
    assert_eq!(no("INSERT INTO x SELECT row_number() OVER () FROM t"), whole("a window function"));
    assert_eq!(no("INSERT INTO x SELECT a FROM t ORDER BY a"), No::Ordered);
    assert_eq!(
        no("WITH w AS (DELETE FROM u RETURNING *) UPDATE t SET a = 1"),
        No::ModifyingWith { name: "w".into() }
    );
    assert_eq!(no("UPDATE t SET a = 1 RETURNING a"), No::Returning);
    assert_eq!(no("UPDATE t SET id = id + 1"), No::SetsKey { column: "id".into() });
    assert_eq!(no("UPDATE t SET (a, id) = (1, 2)"), No::SetsKey { column: "id".into() });
    let itself = No::ReadsItself { table: "t".into() };
    assert_eq!(no("UPDATE t SET a = (SELECT max(a) FROM t)"), itself);
    assert_eq!(no("UPDATE t SET a = p.a FROM t AS p WHERE p.id = t.parent"), itself);
    assert_eq!(no("DELETE FROM t WHERE EXISTS (SELECT FROM t AS o WHERE o.a = t.a)"), itself);
    assert_eq!(no("INSERT INTO t SELECT * FROM t"), No::IntoItself { table: "t".into() });
}

#[test]
fn what_only_looks_like_it_is_not_refused() {
    for sql in [
        "UPDATE t SET a = p.name FROM t AS p WHERE p.id = t.parent",
        "UPDATE t SET a = (SELECT count(*) FROM u WHERE u.t = t.id)",
        "INSERT INTO x SELECT (SELECT max(b) FROM u WHERE u.t = t.id), lower(a) FROM t",
        "INSERT INTO x SELECT a FROM t LEFT JOIN u ON u.t = t.id",
    ] {
        rewritten(sql, "t", &["id"]);
    }
}

#[test]
fn by_ctid_a_row_that_is_done_has_to_be_told_from_others() {
    for told in [
        "UPDATE t SET a = b WHERE a IS NULL",
        "UPDATE t SET a = b, n = n + 1 WHERE t.a IS NULL AND c > 1",
        "UPDATE t SET a = lower(b) WHERE a IS DISTINCT FROM lower(b)",
        "UPDATE t SET state = 'new' WHERE state = 'old'",
        "DELETE FROM t WHERE old",
        "INSERT INTO x SELECT a FROM t ON CONFLICT DO NOTHING",
    ] {
        rewritten(told, "t", &[]);
    }
    for not in [
        "UPDATE t SET n = n + 1",
        "UPDATE t SET a = 1 WHERE b IS NULL",
        "UPDATE t SET a = 1 WHERE a IS NULL OR b",
        "UPDATE t SET a = NULL WHERE a IS NULL",
        "UPDATE t SET a = 'x' WHERE a = 'x'",
        "UPDATE t SET a = lower(b) WHERE a IS DISTINCT FROM b",
        "INSERT INTO x SELECT a FROM t",
    ] {
        assert_eq!(refused(not, "t", &[]), RefusalKind::NotTold, "{not}");
    }
}

#[test]
fn conditions_are_those_of_the_index() {
    let column = |name: &str, data_type: &str, collation: Option<&str>| KeyColumn {
        name: name.into(),
        data_type: data_type.into(),
        collation: collation.map(str::to_owned),
    };
    let one = Key { columns: vec![column("Id", "bigint", None)] };
    assert_eq!(
        one.between("t", Some(&vec!["5".into()]), Some(&vec!["9".into()])),
        "t.\"Id\" > '5'::bigint AND t.\"Id\" <= '9'::bigint"
    );
    let two = Key { columns: vec![column("a", "text", Some("pg_catalog.\"C\"")), column("b", "uuid", None)] };
    assert_eq!(
        two.between("x", None, Some(&vec!["it's".into(), "u".into()])),
        "(x.a COLLATE pg_catalog.\"C\", x.b) <= ('it''s'::text, 'u'::uuid) AND x.a COLLATE pg_catalog.\"C\" <= 'it''s'::text"
    );
    assert_eq!(one.between("t", None, None), "true");
    assert_eq!(blocks("t", 0, 8, 150_000), "t.ctid >= '(0,0)'::tid AND t.ctid < '(8,0)'::tid");
}
