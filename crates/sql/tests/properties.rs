//! Random text against the lexer, the splitter and the file format.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::time::Duration;

use cutover_sql::document::{self, BackfillOptions, BlockKind, Expect, Header, Spanned};
use cutover_sql::span::Span;
use cutover_sql::{checksum, lex, print, statement};
use proptest::prelude::*;

/// Pieces of SQL, whole tokens each.
const TOKENS: [&str; 29] = [
    "SELECT",
    "a1",
    "\"q u\"",
    "\"a\"\"b\"",
    "'s'",
    "'it''s'",
    "E'x\\'y'",
    "$$ body; -- no $$",
    "$t$ $$ $t$",
    "42",
    "1.5e-3",
    ".5",
    "$1",
    "(",
    ")",
    ",",
    ";",
    "::",
    "<=",
    "->>",
    "=",
    "*",
    "[",
    "]",
    "B'01'",
    "x'1F'",
    "U&'d\\0061t'",
    "ünï",
    "FROM",
];
const BLANKS: [&str; 7] = [" ", "\n", "\t", " /* c /* n */ ; */ ", " -- c ; '\n", "\r\n", "  "];

fn sql() -> impl Strategy<Value = (Vec<&'static str>, Vec<&'static str>)> {
    (
        prop::collection::vec(prop::sample::select(&TOKENS[..]), 1..30),
        prop::collection::vec(prop::sample::select(&BLANKS[..]), 30),
    )
}

fn join(tokens: &[&str], blanks: &[&str]) -> String {
    tokens.iter().zip(blanks).map(|(token, blank)| format!("{token}{blank}")).collect()
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, span: Span::new(0, 0) }
}

fn name() -> impl Strategy<Value = Spanned<String>> {
    "[a-z0-9_.]{1,8}".prop_filter("base is no name", |n| n != "base").prop_map(spanned)
}

prop_compose! {
    fn header()(
        revision in name(), revises in prop::collection::vec(name(), 0..3), depends in prop::collection::vec(name(), 0..3),
        labels in prop::collection::vec(name(), 0..2), owner in prop::option::of("[a-z]{1,8}"),
        irreversible in prop::option::of("[ -~]{0,10}[a-z\"\\\\]"), lock in prop::option::of(0..100_000_u64),
        prose in prop::collection::vec("[a-z;'\"$ ]{0,12}[a-z]", 0..4),
    ) -> Header {
        let prose = prose.join("\n").trim().to_owned();
        Header {
            revision: Some(revision), revises: Some(revises), depends, labels,
            owner: owner.map(spanned), irreversible: irreversible.map(spanned),
            lock_timeout: lock.map(|ms| spanned(Duration::from_millis(ms))),
            message: prose.lines().next().unwrap_or_default().trim().to_owned(),
            prose, ..Header::default()
        }
    }
}

/// A header without its places.
fn bare(header: &Header) -> String {
    let names = |list: &[Spanned<String>]| list.iter().map(|n| n.value.clone()).collect::<Vec<_>>();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        header.revision.as_ref().map(|r| &r.value),
        header.revises.as_deref().map(names),
        names(&header.depends),
        names(&header.labels),
        header.owner.as_ref().map(|o| &o.value),
        header.irreversible.as_ref().map(|i| &i.value),
        header.lock_timeout.as_ref().map(|t| t.value),
        header.message,
        header.prose.lines().map(str::trim).collect::<Vec<_>>(),
    )
}

/// Names as they are written, none for a walk by `ctid`.
fn key() -> impl Strategy<Value = Vec<String>> {
    let name = prop_oneof!["k[a-z_0-9]{0,3}", Just("\"a, with b\"".to_owned()), Just("\"by\"".to_owned())];
    proptest::collection::vec(name, 0..3)
}

fn options() -> impl Strategy<Value = BackfillOptions> {
    let ms = |n: u64| Duration::from_millis(n);
    (
        proptest::option::of(1_u64..100_000),
        proptest::option::of((1_u64..5000).prop_map(ms)),
        proptest::option::of(1_u32..65),
        proptest::option::of((1_u64..5000).prop_map(|kb| kb * 1024)),
        any::<bool>(),
    )
        .prop_map(|(batch, time, workers, wal, vacuum)| BackfillOptions {
            batch,
            time,
            workers,
            wal,
            vacuum,
        })
}

fn block() -> impl Strategy<Value = (BlockKind, &'static str)> {
    let expect = prop_oneof![Just(Expect::NoRows), Just(Expect::Rows), "[ -~]{1,8}".prop_map(Expect::Value)];
    prop_oneof![
        Just((
            BlockKind::Sql,
            "CREATE TABLE a (x text DEFAULT '--@ upgrade');\nSELECT $$\n--@ downgrade\n$$;\n"
        )),
        ("[a-z\"\\\\ ]{0,9}[a-z]", expect)
            .prop_map(|(text, expect)| (BlockKind::Guard { text, expect }, "SELECT 1 /*\n--@ sql\n*/;\n")),
        "[a-z -]{0,9}[a-z]".prop_map(|command| (BlockKind::Run { command: command.trim().to_owned() }, "")),
        ("[a-z\"]{1,9}", proptest::option::of("[a-z][a-z: ]{0,8}[a-z]"))
            .prop_map(|(text, when)| (BlockKind::Deploy { text, when }, "")),
        (key(), options()).prop_map(|(key, options)| {
            (BlockKind::Backfill { table: "s.t".into(), key, options }, "UPDATE t SET x = 1;\n")
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_lexer_covers_every_byte_of_any_text(text in "(\\PC|[\n\r\t'\"$\\\\;/*-]){0,60}") {
        let mut at = 0;
        for token in lex::tokens(&text) {
            prop_assert_eq!(token.span.start, at);
            prop_assert!(token.span.end > at && text.is_char_boundary(token.span.end));
            at = token.span.end;
        }
        prop_assert_eq!(at, text.len());
    }

    #[test]
    fn nothing_panics_on_any_text(text in "(\\PC|\n|--@ (upgrade|downgrade|sql|guard \"x\" expect rows|run x|revision 1)\n|COPY a FROM stdin;\n|\\\\\\.\n|\0){0,20}") {
        let _ = document::read_header(&text);
        let _ = document::read(&text);
        let _ = statement::split(&text, Span::new(0, text.len()));
        checksum::normal(&text);
    }

    #[test]
    fn the_lexer_agrees_with_postgresql(parts in sql()) {
        // PostgreSQL's scanner joins strings on two lines into one token
        prop_assume!(!parts.0.windows(2).any(|w| w.iter().all(|t| t.ends_with('\''))));
        let text = join(&parts.0, &parts.1);
        let ours: Vec<(usize, usize)> = lex::tokens(&text)
            .filter(|t| !t.is_blank())
            .map(|t| (t.span.start, t.span.end))
            .collect();
        let Ok(theirs) = pg_query::scan(&text) else { return Ok(()) };
        let comment = |t: &pg_query::protobuf::ScanToken| {
            matches!(t.token(), pg_query::protobuf::Token::SqlComment | pg_query::protobuf::Token::CComment)
        };
        // each of our tokens begins where one of theirs does; operators are theirs to join
        let starts: Vec<usize> = theirs.tokens.iter().filter(|t| !comment(t)).map(|t| t.start as usize).collect();
        let solid: Vec<usize> = ours.iter().map(|(start, _)| *start).collect();
        for start in &starts {
            prop_assert!(solid.contains(start), "{start} in {text:?}: ours {solid:?}, theirs {starts:?}");
        }
    }

    #[test]
    fn only_tokens_count_in_a_checksum(tokens in prop::collection::vec(prop::sample::select(&TOKENS[..]), 1..20), a in prop::collection::vec(prop::sample::select(&BLANKS[..]), 20), b in prop::collection::vec(prop::sample::select(&BLANKS[..]), 20), at in any::<prop::sample::Index>()) {
        // strings side by side mean something else on two lines
        prop_assume!(!tokens.windows(2).any(|w| w.iter().all(|t| t.ends_with('\''))));
        let sum = |blanks: &[&str]| checksum::normal(&join(&tokens, blanks));
        prop_assert_eq!(sum(&a), sum(&b));
        let mut other = tokens.clone();
        let at = at.index(other.len());
        other[at] = if other[at] == "changed" { "again" } else { "changed" };
        prop_assert_ne!(sum(&a), checksum::normal(&join(&other, &a)));
    }

    #[test]
    fn a_printed_header_is_read_back(header in header()) {
        let text = print::header(&header);
        let read = document::read_header(&text).unwrap_or_else(|e| panic!("{e} in\n{text}"));
        prop_assert_eq!(bare(&read), bare(&header));
    }

    #[test]
    fn printed_blocks_are_read_back(up in prop::collection::vec(block(), 0..5), down in prop::collection::vec(block(), 0..3)) {
        let section = |blocks: &[(BlockKind, &str)]| -> String {
            blocks.iter().map(|(kind, sql)| format!("{}\n{sql}", print::block(kind))).collect()
        };
        let text = format!("--@ revision 1\n--@ revises base\n\n--@ upgrade\n{}\n--@ downgrade\n{}", section(&up), section(&down));
        let read = document::read(&text).unwrap_or_else(|e| panic!("{e} in\n{text}"));
        let kinds = |blocks: &[document::Block]| blocks.iter().map(|b| b.kind.clone()).collect::<Vec<_>>();
        let expected = |blocks: &[(BlockKind, &str)]| blocks.iter().map(|(kind, _)| kind.clone()).collect::<Vec<_>>();
        prop_assert_eq!(kinds(&read.upgrade.blocks), expected(&up));
        prop_assert_eq!(kinds(&read.downgrade.unwrap().blocks), expected(&down));
    }
}
