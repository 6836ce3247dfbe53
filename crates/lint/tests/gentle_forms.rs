//! What the fixes of new constraints, keys and columns write, where the text is not simple.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_lint::{Options, Source, lint};

const HEAD: &str =
    "--@ revision 0002\n--@ revises 0001\n--@ irreversible \"a case\"\n\n-- A case.\n\n--@ upgrade\n";

fn source(before: &str, sql: &str) -> [Source; 2] {
    let first = HEAD.replace("0001", "base").replace("0002", "0001");
    [
        Source::read("0001_before.sql", format!("{first}{before}"), false),
        Source::read("0002_case.sql", format!("{HEAD}{sql}"), false),
    ]
}

/// The rules of new constraints, keys and columns; others may have their say as well.
fn is_meant(rule: &str) -> bool {
    rule.starts_with("add-") || rule == "set-not-null-scans"
}

/// All fixes, one after the other, as long as there are some; `safe` is whether all of them are.
fn fixed(before: &str, sql: &str, major: u32) -> (String, bool) {
    let (mut sql, mut safe) = (sql.to_owned(), true);
    for _ in 0..20 {
        let found = lint(&source(before, &sql), &[false, true], &Options { major, ..Options::default() });
        let Some(fix) = found.into_iter().filter(|it| is_meant(it.rule)).find_map(|it| it.fix) else { break };
        safe &= fix.safe;
        let mut text = format!("{HEAD}{sql}");
        for edit in fix.edits.iter().rev() {
            text.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
        sql = text.strip_prefix(HEAD).unwrap().to_owned();
    }
    (sql, safe)
}

fn assert_fixed(before: &str, sql: &str, expected: &str) {
    assert_eq!(fixed(before, sql, 15), (expected.to_owned(), true));
}

#[test]
fn comments_and_commas_stay_where_they_are() {
    assert_fixed(
        "CREATE TABLE t (id int, \"b,c\" int);\n",
        "ALTER TABLE t -- what\n    ADD COLUMN a text DEFAULT $$x,(y$$, -- why, and how\n    \
         ADD CHECK (\"b,c\" > 0);\n",
        "ALTER TABLE t -- what\n    ADD COLUMN a text DEFAULT $$x,(y$$, -- why, and how\n    \
         ADD CONSTRAINT \"t_b,c_check\" CHECK (\"b,c\" > 0) NOT VALID;\n\n--@ sql\n\
         ALTER TABLE t VALIDATE CONSTRAINT \"t_b,c_check\";\n",
    );
}

#[test]
fn statements_around_it_keep_their_transactions() {
    assert_fixed(
        "CREATE TABLE t (id int);\n",
        "CREATE TABLE new (id int);\n\n-- about\nALTER TABLE t ADD CHECK (id > 0); -- behind\n\n\
         -- next\nDROP TABLE new;\n",
        "CREATE TABLE new (id int);\n\n--@ sql\n-- about\n\
         ALTER TABLE t ADD CONSTRAINT t_id_check CHECK (id > 0) NOT VALID;\n\n\
         --@ sql\nALTER TABLE t VALIDATE CONSTRAINT t_id_check; -- behind\n\n--@ sql\n-- next\nDROP TABLE new;\n",
    );
}

#[test]
fn what_a_column_brings_along_is_taken_off_piece_by_piece() {
    assert_fixed(
        "CREATE TABLE r (id int PRIMARY KEY);\nCREATE TABLE t (id int);\n",
        "ALTER TABLE t ADD COLUMN a int DEFAULT 1 CHECK (a > 0) REFERENCES r DEFERRABLE UNIQUE NOT NULL;\n",
        "ALTER TABLE t ADD COLUMN a int DEFAULT 1 NOT NULL, ADD CONSTRAINT t_a_check CHECK (a > 0) NOT VALID;\n\n\
         --@ sql\nCREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);\n\n\
         --@ sql\nALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key;\n\n\
         --@ sql\nALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES r DEFERRABLE NOT VALID;\n\n\
         --@ sql\nALTER TABLE t VALIDATE CONSTRAINT t_a_fkey;\n\n\
         --@ sql\nALTER TABLE t VALIDATE CONSTRAINT t_a_check;\n",
    );
}

#[test]
fn a_name_that_a_drop_sets_free_is_taken() {
    assert_fixed(
        "CREATE TABLE t (id int PRIMARY KEY, no int NOT NULL);\n",
        "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (no);\n",
        "ALTER TABLE t DROP CONSTRAINT t_pkey;\n\n\
         --@ sql\nCREATE UNIQUE INDEX CONCURRENTLY t_pkey ON t (no);\n\n\
         --@ sql\nALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;\n",
    );
}

#[test]
fn since_18_not_null_itself_waits() {
    let (sql, safe) = fixed("CREATE TABLE t (id int);\n", "ALTER TABLE t ALTER id SET NOT NULL;\n", 18);
    let expected = "ALTER TABLE t ADD CONSTRAINT t_id_not_null NOT NULL id NOT VALID;\n\n\
                    --@ sql\nALTER TABLE t VALIDATE CONSTRAINT t_id_not_null;\n";
    assert_eq!((sql.as_str(), safe), (expected, true));
}

#[test]
fn a_column_of_other_values_is_not_filled_unasked() {
    let (sql, safe) =
        fixed("CREATE TABLE t (id int PRIMARY KEY);\n", "ALTER TABLE t ADD COLUMN no smallserial;\n", 15);
    assert!(!safe);
    assert!(sql.starts_with("CREATE SEQUENCE t_no_seq AS smallint;\nALTER TABLE t ADD COLUMN no smallint, "));
    assert!(sql.contains("--@ backfill t by id\nUPDATE t SET no = nextval('t_no_seq') WHERE no IS NULL;\n"));
}

#[test]
fn what_cannot_be_taken_apart_has_no_fix() {
    let before = "CREATE TABLE t (id int);\n";
    for sql in [
        "SET LOCAL search_path = public;\nALTER TABLE t ADD CHECK (id > 0);\n",
        "ALTER TABLE t OWNER TO somebody, ADD UNIQUE (id);\n",
        "ALTER TABLE t ADD UNIQUE (id), ADD FOREIGN KEY (id) REFERENCES t (id) NOT VALID;\n",
    ] {
        assert_eq!(fixed(before, sql, 15).0, sql);
    }
}
