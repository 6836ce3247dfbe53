//! What a checksum sees and what it does not: comments and white space outside strings, bodies,
//! names and data do not count, and everything else does.

use cutover_sql::checksum::{normal, normal_range};
use cutover_sql::span::Span;

/// Texts that mean the same.
const SAME: &[(&str, &str)] = &[
    // white space and comments between tokens
    ("SELECT 1, 2 ;", "\tSELECT 1,2;"),
    ("CREATE TABLE t (id int, b text);", "CREATE TABLE t(\n\tid  int,\r\n  b text\n)\n;\n\n"),
    ("SELECT 1;", "-- why\nSELECT /* what /* nested; */ ' */ 1 -- how; 'much'\n;"),
    ("SELECT 1; SELECT 2;", "SELECT 1;\n\n/* ; */\nSELECT 2;"),
    ("SELECT a FROM t WHERE b = -1;", "SELECT a FROM t WHERE b= - 1;"),
    ("SELECT 'a''b';", "SELECT\n'a''b' -- the end\n;"),
    // a string that goes on after a line end, whatever else stands between
    ("SELECT 'a'\n'b';", "SELECT 'a'   -- more\n\n   'b';"),
    // line ends of strings, bodies, names and data are those of the checkout
    ("SELECT 'a\nb', \"c\nd\", $$e\nf$$;", "SELECT 'a\r\nb', \"c\r\nd\", $$e\r\nf$$;"),
    ("COPY t FROM stdin;\n1\ta b\n\\.\nSELECT 1;", "COPY t FROM stdin;\r\n1\ta b\r\n\\.\r\nSELECT 1;"),
    // around the data of COPY it is SQL again
    (
        "COPY t FROM stdin;\n1\n\\.\nSELECT 1;",
        "-- rows\nCOPY  t\nFROM  stdin -- here\n;\n1\n\\.\n\n\n  SELECT 1 ;",
    ),
    // directives: their words count, not their blanks; those that only inform do not count
    ("--@ upgrade\nSELECT 1;", "--@   upgrade  \n\nSELECT 1;"),
    ("--@ upgrade\nSELECT 1;", "--@ owner me\n--@ created now\n--@ upgrade\n--@ allow x \"y\"\nSELECT 1;"),
    // what only looks like a directive is a comment
    ("SELECT 1;", "SELECT 1; --@ upgrade"),
    ("SELECT 1;", "/* x */ --@ upgrade\nSELECT 1;"),
    ("SELECT 1;", "/*\n--@ upgrade\n*/ SELECT 1;"),
    ("SELECT 1;", "\u{feff}SELECT 1;"),
];

/// Texts that differ in something that counts.
const DIFFERENT: &[(&str, &str)] = &[
    // strings of every kind
    ("SELECT 'a b';", "SELECT 'a  b';"),
    ("SELECT 'a -- b';", "SELECT 'a';"),
    ("SELECT 'a /* b */';", "SELECT 'a ';"),
    ("SELECT 'a\nb';", "SELECT 'a\n\nb';"),
    ("SELECT ' a';", "SELECT 'a ';"),
    (r"SELECT E'a\tb';", r"SELECT 'a\tb';"),
    (r"SELECT E'a\' b';", r"SELECT E'a\'  b';"),
    ("SELECT U&'d!0061' UESCAPE '!';", "SELECT U&'d!0061' UESCAPE '?';"),
    ("SELECT 'a''b';", "SELECT 'a' 'b';"),
    ("SELECT 'a'\n'b';", "SELECT 'a' 'b';"),
    ("SELECT 'A';", "SELECT 'a';"),
    // bodies
    ("DO $$ BEGIN END $$;", "DO $$ BEGIN  END $$;"),
    ("DO $$ BEGIN END $$;", "DO $$ BEGIN END -- why\n$$;"),
    ("DO $$ BEGIN -- a\n END $$;", "DO $$ BEGIN -- b\n END $$;"),
    ("SELECT $$a$$;", "SELECT $x$a$x$;"),
    ("SELECT $a$ $$ $$ $a$;", "SELECT $a$ $$$$ $a$;"),
    // names in quotes
    ("SELECT \"a b\";", "SELECT \"a  b\";"),
    ("SELECT \"a--b\";", "SELECT \"a--c\";"),
    ("SELECT \"A\";", "SELECT \"a\";"),
    ("SELECT \"a;\"\";\";", "SELECT \"a;\" ;"),
    // tokens that would run together
    ("SELECT a b;", "SELECT ab;"),
    ("SELECT 1 .5;", "SELECT 1.5;"),
    ("SELECT E 'x';", "SELECT E'x';"),
    ("SELECT 1;", "SELECT 1"),
    ("SELECT a - -1;", "SELECT a --1;\n;"),
    // directives
    ("--@ upgrade\nSELECT 1;", "--@ downgrade\nSELECT 1;"),
    ("--@ upgrade\nSELECT 1;", "-- @ upgrade\nSELECT 1;"),
    ("--@ depends a, b\n", "--@ depends a\n"),
    ("SELECT 1;\n--@ sql\nSELECT 2;", "SELECT 1;\nSELECT 2;"),
];

/// Data of COPY, no two of them the same.
const DATA: &[&str] = &[
    "",
    "\n",
    "a b\tc\n",
    "a  b\tc\n",
    "a b \tc\n",
    "a b\tc \n",
    " a b\tc\n",
    "a b\t c\n",
    "a b c\n",
    "a b\tc\n\n",
    "\na b\tc\n",
    "a b\tc -- d\n",
    "a b\tc --\n",
    "-- a b\tc\n",
    "-- a b\tC\n",
    "a b\t/* c\n",
    "a b\t/* c */\n",
    "--@ upgrade\n",
    "--@ owner me\n",
    "--@  owner me\n",
    "'a\n",
    "'a'\n",
    "$$ a\n",
    "\"a\n",
    ";\n",
    "; \n",
    "\\N\n",
    "\\n\n",
    "\\.x\n",
    " \\.\n",
    "a b\\\tc\n",
    "\u{a0}\n",
    "a\rb\n",
];

#[test]
fn what_means_the_same_has_one_checksum() {
    for (one, other) in SAME {
        assert_eq!(normal(one), normal(other), "{one}\n---\n{other}");
    }
}

#[test]
fn what_differs_where_it_counts_has_two() {
    for (one, other) in DIFFERENT {
        assert_ne!(normal(one), normal(other), "{one}\n---\n{other}");
    }
}

/// Every pair of texts has two checksums.
fn all_differ(sums: &[String]) {
    for (at, sum) in sums.iter().enumerate() {
        let earlier = sums[..at].iter().position(|other| other == sum);
        assert_eq!(earlier, None, "{:?} is {:?}", DATA[at], earlier.map(|e| DATA[e]));
    }
}

#[test]
fn data_of_copy_counts_byte_for_byte() {
    let file = |data: &&str| normal(&format!("COPY t (a, b) FROM stdin;\n{data}\\.\n\nSELECT 1;\n"));
    all_differ(&DATA.iter().map(file).collect::<Vec<_>>());
}

#[test]
fn data_at_the_end_of_a_step_counts_byte_for_byte() {
    // the text of a step ends with its last line of data, before the line that ends the data
    let step = |data: &&str| {
        let before = "SELECT 1;\n";
        let copy = format!("COPY t (a, b) FROM stdin;\n{data}");
        let text = format!("{before}{copy}\\.\nSELECT 2;\n");
        normal_range(&text, Span::new(before.len(), before.len() + copy.len()))
    };
    all_differ(&DATA.iter().map(step).collect::<Vec<_>>());
}

#[test]
fn after_data_comments_and_blanks_are_nothing_again() {
    let file = |after: &str| normal(&format!("COPY t FROM stdin;\n1\n\\.\n{after}"));
    assert_eq!(file("SELECT 1, 'a b';"), file("\n-- more\nSELECT 1 ,\n'a b' ;"));
    assert_ne!(file("SELECT 1, 'a b';"), file("SELECT 1, 'a  b';"));
    assert_ne!(file("--@ downgrade\nSELECT 1;"), file("SELECT 1;"));
}

#[test]
fn only_copy_from_stdin_has_data() {
    for text in [
        "COPY t TO stdout;\nSELECT  1;",
        "COPY t FROM 'stdin';\nSELECT  1;",
        "COPY (SELECT a FROM stdin) TO stdout;\nSELECT  1;",
        "COPY t FROM PROGRAM 'cat stdin';\nSELECT  1;",
        "SELECT a FROM stdin;\nSELECT  1;",
        "SELECT 'COPY t FROM stdin;';\nSELECT  1;",
        "CREATE TABLE stdin (copy int);\nSELECT  1;",
    ] {
        assert_eq!(normal(text), normal(&text.replace("  ", " ")), "{text}");
    }
}

#[test]
fn a_directive_ends_what_an_unfinished_copy_began() {
    let file =
        |blanks: &str| normal(&format!("COPY t FROM stdin\n--@ downgrade\nSELECT{blanks}1;\nSELECT 2;"));
    assert_eq!(file(" "), file("  -- x\n "));
}
