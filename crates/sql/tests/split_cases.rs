//! What is one statement and what are two: the cases in which a semicolon does not end one.
#![expect(clippy::unwrap_used, reason = "a case that does not split is a failed test")]

use cutover_sql::span::Span;
use cutover_sql::statement;

/// Splits a text and compares statements, each as `line: text`.
fn check(text: &str, expected: &[&str]) {
    let list = statement::split(text, Span { start: 0, end: text.len() }).unwrap();
    let found: Vec<String> = list.iter().map(|s| format!("{}: {}", s.line, s.span.text(text))).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn nothing_and_empty_statements_are_no_statements() {
    check("", &[]);
    check(" ;; ;\n-- only a comment\n/* and another */ ;", &[]);
    check("SELECT 1;;\n;SELECT 2", &["1: SELECT 1", "2: SELECT 2"]);
}

#[test]
fn strings_of_every_kind_hide_semicolons() {
    check("SELECT 'a;b''c;';SELECT 2", &["1: SELECT 'a;b''c;'", "1: SELECT 2"]);
    check(r"SELECT E'it\'s;' ;SELECT 2", &[r"1: SELECT E'it\'s;'", "1: SELECT 2"]);
    check(r"SELECT 'a\';SELECT 2", &[r"1: SELECT 'a\'", "1: SELECT 2"]);
    check(r"SELECT U&'d!0061;' UESCAPE '!';SELECT 2", &[r"1: SELECT U&'d!0061;' UESCAPE '!'", "1: SELECT 2"]);
    check("SELECT B'01', X'1F', N'x;';SELECT 2", &["1: SELECT B'01', X'1F', N'x;'", "1: SELECT 2"]);
    check("SELECT 'a'\n';b';SELECT 2", &["1: SELECT 'a'\n';b'", "2: SELECT 2"]);
    check("SELECT \"a;b\"\"c;\" FROM t;SELECT 2", &["1: SELECT \"a;b\"\"c;\" FROM t", "1: SELECT 2"]);
}

#[test]
fn dollar_quotes_with_tags_stand_in_each_other() {
    check("DO $$ BEGIN PERFORM 1; END $$;SELECT 2", &["1: DO $$ BEGIN PERFORM 1; END $$", "1: SELECT 2"]);
    let body = "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $a$\n SELECT $b$;$$;$b$;\n$a$";
    check(&format!("{body};\nSELECT 2"), &[&format!("1: {body}"), "4: SELECT 2"]);
    check("SELECT a$b$c, $1 FROM t;SELECT $$x$$", &["1: SELECT a$b$c, $1 FROM t", "1: SELECT $$x$$"]);
}

#[test]
fn bodies_that_the_server_understands_have_semicolons() {
    let function = "CREATE FUNCTION f() RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n  SELECT 1;\n  \
        SELECT CASE WHEN true THEN 2 END;\nEND";
    check(&format!("{function};\nSELECT 2;"), &[&format!("1: {function}"), "6: SELECT 2"]);
    let rule = "CREATE RULE r AS ON INSERT TO t DO ALSO (INSERT INTO a VALUES (1); INSERT INTO b VALUES (2))";
    check(&format!("{rule};SELECT 2"), &[&format!("1: {rule}"), "1: SELECT 2"]);
}

#[test]
fn comments_nest_and_operators_only_look_like_them() {
    check("/* a /* b; */ c; */ SELECT 1;SELECT 2", &["1: SELECT 1", "1: SELECT 2"]);
    check("SELECT 1 -- ; no\n + 1;SELECT 2", &["1: SELECT 1 -- ; no\n + 1", "2: SELECT 2"]);
    check("SELECT 1 /* ; */ + 1;", &["1: SELECT 1 /* ; */ + 1"]);
    check(
        "SELECT a <->-1, b ->> 'x;' FROM t;SELECT 2",
        &["1: SELECT a <->-1, b ->> 'x;' FROM t", "1: SELECT 2"],
    );
}

#[test]
fn data_of_copy_is_no_sql() {
    let text =
        "COPY t (a, b) FROM stdin;\n1\tit's; -- not a comment\n--@ upgrade\n\\N\t\\\\.\n\\.\n\nSELECT 2;";
    let list = statement::split(text, Span { start: 0, end: text.len() }).unwrap();
    let data = list[0].copy_data.unwrap().text(text);
    assert_eq!(data, "1\tit's; -- not a comment\n--@ upgrade\n\\N\t\\\\.\n");
    assert_eq!((list.len(), list[1].line), (2, 7));
    check("COPY t FROM stdin;\n\\.\nSELECT 2", &["1: COPY t FROM stdin", "3: SELECT 2"]);
    check("COPY t TO stdout;SELECT 2", &["1: COPY t TO stdout", "1: SELECT 2"]);
    check("COPY t FROM '/stdin';SELECT 2", &["1: COPY t FROM '/stdin'", "1: SELECT 2"]);
}

#[test]
fn line_ends_of_every_kind_are_counted() {
    check("SELECT 1;\r\n\r\nSELECT 2;\r\n", &["1: SELECT 1", "3: SELECT 2"]);
    check("COPY t FROM stdin;\r\n1\r\n\\.\r\nSELECT 2;", &["1: COPY t FROM stdin", "4: SELECT 2"]);
}

/// Splits a text that is refused; gives the message and the byte that it points at.
fn refused(text: &str) -> (String, usize) {
    let error = statement::split(text, Span { start: 0, end: text.len() }).unwrap_err();
    (error.to_string(), error.offset())
}

#[test]
fn bodies_and_rules_may_have_empty_statements_and_many_lines() {
    let body = "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC ; SELECT 1;; END";
    check(&format!("{body};\nSELECT 2"), &[&format!("1: {body}"), "2: SELECT 2"]);
    let procedure = "CREATE PROCEDURE p() BEGIN ATOMIC\n  INSERT INTO t VALUES ('END;');\n  \
        DELETE FROM t; -- END;\nEND";
    check(
        &format!("SELECT 1;\n{procedure}\n;SELECT 2"),
        &["1: SELECT 1", &format!("2: {procedure}"), "6: SELECT 2"],
    );
    let rule = "CREATE RULE r AS ON UPDATE TO t WHERE (OLD.a IS DISTINCT FROM NEW.a) DO INSTEAD (\n  ;\n  \
        UPDATE u SET a = ')';\n  NOTIFY changed;\n)";
    check(&format!("{rule};\nSELECT 2"), &[&format!("1: {rule}"), "6: SELECT 2"]);
    let schema = "CREATE SCHEMA s CREATE TABLE a (x int) CREATE VIEW v AS SELECT 1";
    check(&format!("{schema};SELECT 2"), &[&format!("1: {schema}"), "1: SELECT 2"]);
    let procedural = "DO LANGUAGE plpgsql $do$\nBEGIN\n  EXECUTE $x$ SELECT ';' $x$;\nEND;\n$do$";
    check(&format!("{procedural};\n;\nSELECT 2;"), &[&format!("1: {procedural}"), "7: SELECT 2"]);
}

#[test]
fn dollars_that_open_nothing_and_tags_that_differ() {
    check("SELECT $a$ $A$; $$ $a $a$;SELECT 2", &["1: SELECT $a$ $A$; $$ $a $a$", "1: SELECT 2"]);
    check("SELECT $é$;'$é$;SELECT 2", &["1: SELECT $é$;'$é$", "1: SELECT 2"]);
    check(
        "SELECT $$'$$;SELECT $$--$$;SELECT $$/*$$",
        &["1: SELECT $$'$$", "1: SELECT $$--$$", "1: SELECT $$/*$$"],
    );
    check("SELECT a$$ FROM t;SELECT b$$;", &["1: SELECT a$$ FROM t", "1: SELECT b$$"]);
}

#[test]
fn backslashes_mean_something_only_after_an_e() {
    check(r"SELECT E'\\';SELECT 2", &[r"1: SELECT E'\\'", "1: SELECT 2"]);
    check(r"SELECT e'\''';';SELECT 2", &[r"1: SELECT e'\''';'", "1: SELECT 2"]);
    check(r"SELECT '\\';SELECT '\'';'", &[r"1: SELECT '\\'", r"1: SELECT '\'';'"]);
    check(
        "SELECT U&\"d!003b;\" UESCAPE '!', U&'\\003b;';SELECT 2",
        &["1: SELECT U&\"d!003b;\" UESCAPE '!', U&'\\003b;'", "1: SELECT 2"],
    );
    // the session pins standard_conforming_strings, and the grammar knows no other way
    check(
        "SET standard_conforming_strings = off;SELECT '\\';SELECT 2",
        &["1: SET standard_conforming_strings = off", "1: SELECT '\\'", "1: SELECT 2"],
    );
    let text = r"SET standard_conforming_strings = off;SELECT 'it\'s';";
    let (message, offset) = refused(text);
    assert!(message.starts_with("unterminated quoted string"), "{message}");
    assert_eq!(&text[offset..], "';");
}

#[test]
fn operators_end_where_a_comment_begins() {
    check(
        "SELECT a||-- ;\nb, a @/* ; */ b, 1*/**/2;SELECT 3",
        &["1: SELECT a||-- ;\nb, a @/* ; */ b, 1*/**/2", "2: SELECT 3"],
    );
    check(
        "SELECT a #>> '{;}', b @> '[]', c ~* '--;' , - -1;SELECT 2",
        &["1: SELECT a #>> '{;}', b @> '[]', c ~* '--;' , - -1", "1: SELECT 2"],
    );
    check(
        "SELECT '/*;', \"--;\", $$*/;$$ /* '; */;SELECT 2 -- '",
        &["1: SELECT '/*;', \"--;\", $$*/;$$", "1: SELECT 2"],
    );
    check(
        "CREATE OPERATOR !-*/ (FUNCTION = f);SELECT 2",
        &["1: CREATE OPERATOR !-*/ (FUNCTION = f)", "1: SELECT 2"],
    );
}

#[test]
fn characters_of_many_bytes_do_not_move_anything() {
    check("SELECT '😀;' AS ä;\nSELECT \"ß;\";", &["1: SELECT '😀;' AS ä", "2: SELECT \"ß;\""]);
    check("/* 日本; */ SELECT 1; -- é;\nSELECT 2", &["1: SELECT 1", "2: SELECT 2"]);
}

/// Each: a COPY, its data, and the line of the statement after it.
const COPIES: &[(&str, &str, usize)] = &[
    ("COPY t FROM stdin", "", 3),
    ("copy t from STDIN", "x\n", 4),
    ("COPY s.t (a, \"b;\", stdin) FROM stdin WITH (FORMAT csv, DELIMITER ';', NULL '\\.')", "1;'\n", 4),
    ("COPY t FROM stdin WHERE a > 1", "1\n", 4),
    ("COPY\n  t -- rows;\nFROM /* ; */\n  stdin", "1\n2\n", 8),
    ("COPY stdin FROM stdin", "1\n", 4),
    // data that looks like something else
    ("COPY t FROM stdin", "-- no comment\n/* nor this\n", 5),
    ("COPY t FROM stdin", "--@ upgrade\n--@ downgrade\n", 5),
    ("COPY t FROM stdin", "\\connect other\n\\i file\n\\\n", 6),
    ("COPY t FROM stdin", "\\.x\n \\.\n\\. \n\\\\.\n", 7),
    ("COPY t FROM stdin", "it's\n\"\n$$\nE'\n", 7),
    ("COPY t FROM stdin", "COPY u FROM stdin;\n1\n", 5),
    ("COPY t FROM stdin", ";\nSELECT 1;\n\n", 6),
    ("COPY t FROM stdin", "((((\n", 4),
];

#[test]
fn data_that_looks_like_sql_is_data() {
    for ends in ["\n", "\r\n"] {
        for (copy, data, line) in COPIES {
            let text = format!("{copy};\n{data}\\.\nSELECT 'after';").replace('\n', ends);
            let list = statement::split(&text, Span { start: 0, end: text.len() }).unwrap();
            let [first, second] = &list[..] else { panic!("{} statements in {text}", list.len()) };
            assert_eq!(first.span.text(&text), copy.replace('\n', ends));
            assert_eq!(first.copy_data.unwrap().text(&text), data.replace('\n', ends), "{text}");
            assert_eq!((second.span.text(&text), second.line), ("SELECT 'after'", *line), "{text}");
        }
    }
}

#[test]
fn two_copies_have_their_own_data() {
    let text = "COPY a FROM stdin;\n1\n\\.\n\nCOPY b FROM stdin;\n2\n\\.\n";
    let list = statement::split(text, Span { start: 0, end: text.len() }).unwrap();
    let data: Vec<_> = list.iter().map(|s| (s.line, s.copy_data.unwrap().text(text))).collect();
    assert_eq!(data, [(1, "1\n"), (5, "2\n")]);
}

#[test]
fn only_copy_from_stdin_has_data() {
    let copies =
        ["COPY (SELECT a FROM stdin) TO stdout", "COPY t (\"stdin\") FROM 'f'", "COPY t FROM PROGRAM 'x'"];
    for sql in copies {
        check(&format!("{sql};\nSELECT 2"), &[&format!("1: {sql}"), "2: SELECT 2"]);
    }
    check("SELECT * FROM stdin;SELECT 2", &["1: SELECT * FROM stdin", "1: SELECT 2"]);
}

#[test]
fn what_is_no_sql_is_refused_by_name() {
    assert_eq!(
        refused("SELECT 1;\n\\connect other\n"),
        ("\\connect is a command of psql, not SQL".into(), 10)
    );
    assert_eq!(refused("SELECT 1;\\echo x\n").0, "\\echo is a command of psql, not SQL");
    assert_eq!(refused("/* x */ \\i file\n").0, "\\i is a command of psql, not SQL");
    assert_eq!(refused("SELECT 1;\n\\.\n").0, "\\. is a command of psql, not SQL");
    assert_eq!(refused("SELECT 1 \\gset\n"), ("syntax error at or near \"\\\"".into(), 9));
    let no_end = "the data of this COPY does not end in a line with \\.";
    for data in ["", "\n", "\n1\n", "\n1\n\\.x", "\n1\n \\.\n"] {
        assert_eq!(refused(&format!("COPY t FROM stdin;{data}")).0, no_end, "{data:?}");
    }
    assert_eq!(refused("SELECT 1;\nSELECT \0;"), ("the text has a NUL byte".into(), 17));
    // pg_dump frames its output with these two
    check("\\restrict key\n\nSELECT 1;\n\\unrestrict key\n", &["3: SELECT 1"]);
}

#[test]
fn a_part_of_a_file_has_the_lines_of_the_file() {
    let text = "-- above\nSELECT 0;\n--@ upgrade\nSELECT 1;\r\n\r\nSELECT 2\n--@ downgrade\nSELECT 3;";
    let (start, end) = (text.find("SELECT 1").unwrap(), text.find("--@ down").unwrap());
    let list = statement::split(text, Span { start, end }).unwrap();
    let found: Vec<_> = list.iter().map(|s| (s.line, s.span.text(text))).collect();
    assert_eq!(found, [(4, "SELECT 1"), (6, "SELECT 2")]);
}

/// The statement behind the semicolon was dropped without a word.
#[test]
fn what_follows_a_copy_on_its_line_is_refused() {
    for (text, message) in [
        ("COPY t FROM stdin; SELECT 2;\n1\n\\.\n", "something follows COPY"),
        ("COPY t FROM stdin", "does not end in a line"),
        ("COPY t FROM stdin;\n1\n", "does not end in a line"),
    ] {
        let error = statement::split(text, Span { start: 0, end: text.len() }).unwrap_err();
        assert!(error.to_string().contains(message), "{text}: {error}");
    }
    check(
        "COPY (SELECT a FROM stdin) TO stdout;\nSELECT 2",
        &["1: COPY (SELECT a FROM stdin) TO stdout", "2: SELECT 2"],
    );
}
