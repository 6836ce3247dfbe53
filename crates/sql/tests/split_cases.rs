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
