//! Long texts of rows: what is not parsed again is what the parser would have given.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use cutover_sql::repeated::parse_long;
use cutover_sql::span::Span;
use cutover_sql::statement::parse_what_can;
use cutover_sql::tree::NodeEnum;

/// Takes the rows away; only plain INSERTs of constants are all gone then.
fn without_rows(tree: &mut NodeEnum) -> bool {
    let NodeEnum::InsertStmt(insert) = tree else { return false };
    let plain = insert.on_conflict_clause.is_none();
    let Some(NodeEnum::SelectStmt(select)) = insert.select_stmt.as_mut().and_then(|it| it.node.as_mut())
    else {
        return false;
    };
    let mut constant = !select.values_lists.is_empty();
    for list in &mut select.values_lists {
        if let Some(NodeEnum::List(list)) = &mut list.node {
            list.items.retain(|item| !matches!(item.node, Some(NodeEnum::AConst(_))));
            constant &= list.items.is_empty();
        }
    }
    plain && constant
}

fn text() -> String {
    let mut text = String::from("CREATE TABLE t (a int, b text);\n");
    for n in 0..14_000 {
        text += &match n % 2000 {
            7 => format!("INSERT INTO t VALUES ({n}, E'\\n');\n"),
            8 => format!("INSERT INTO t VALUES ({n}, 'a' 'b');\n"),
            9 => format!("INSERT INTO t VALUES ({n}x, 'b');\n"),
            10 => format!("INSERT INTO t VALUES (nextval('q{n}'), 'b');\n"),
            11 => format!("/* a; b */ INSERT INTO t VALUES ({n}, 'b') -- c;\n;\n"),
            12 => format!("INSERT INTO t (b) VALUES ('{n}') ON CONFLICT DO NOTHING;\n"),
            13 => format!("CREATE INDEX i{n} ON t (a);\n"),
            14 => format!("INSERT INTO t VALUES ({n}, 'b'), (1, 'c');\n"),
            15 => format!("INSERT INTO \"T;\" (\"(\") VALUES ({n}.5);\n\n"),
            16 => format!("INSERT INTO t VALUES ({n}, 'ü;'';'); INSERT INTO t VALUES (-{n}, NULL);\n"),
            17 => format!("INSERT INTO t SELECT {n};\n"),
            // behind it there is another piece
            18 if n == 18 => "COPY t FROM stdin;\n1\tINSERT INTO t VALUES (1, 'b');\n\\.\n".into(),
            _ => format!("INSERT INTO t VALUES ({n}, 'row {n}');\n"),
        };
    }
    text
}

#[test]
fn what_is_not_parsed_again_is_what_the_parser_gives() {
    let text = text();
    let range = Span::new(0, text.len());
    let (mut expected, errors) = parse_what_can(&text, range);
    let (mut seen, mut parsed) = (0, 0);
    let (found, same_errors) = parse_long(&text, range, &mut |tree| {
        parsed += 1;
        without_rows(tree)
    });
    assert_eq!(same_errors, errors);
    assert!(!errors.is_empty());
    assert_eq!(found.len(), expected.len());
    for ((statement, tree), (other, plain)) in found.iter().zip(&mut expected) {
        without_rows(plain);
        let show = statement.span.text(&text);
        assert_eq!((statement.span, statement.line), (other.span, other.line), "{show}");
        assert_eq!((&statement.traits, statement.copy_data), (&other.traits, other.copy_data), "{show}");
        if let (NodeEnum::InsertStmt(a), NodeEnum::InsertStmt(b)) = (&**tree, &*plain) {
            let name =
                |it: &cutover_sql::tree::InsertStmt| it.relation.clone().map(|it| (it.relname, it.location));
            let (one, two) = (name(a).unwrap(), name(b).unwrap());
            assert_eq!(one.0, two.0, "{show}");
            let at = |origin: usize, location: i32| origin + usize::try_from(location).unwrap();
            assert_eq!(at(statement.origin, one.1), at(other.origin, two.1), "{show}");
            seen += 1;
        }
    }
    // most of them were known
    assert!(seen > 13_000 && parsed < found.len() / 2, "{parsed} of {} were parsed", found.len());
}
