//! goose: both ways in a file, below `-- +goose Up` and `-- +goose Down`, statements between `StatementBegin` and
//! `StatementEnd`, `NO TRANSACTION`, `ENVSUB`.
//!
//! Source: <https://pressly.github.io/goose/documentation/annotations/>.

use cutover_sql::lex::{TokenKind, tokens};

use super::section::{Mark, Section, Sections, apart, comment};

/// Whether a text is one of goose's.
pub(super) fn is_one(text: &str) -> bool {
    text.lines().any(|line| word(line).is_some_and(|it| it == "up"))
}

/// Its two ways. What stands between the marks of a statement ends like one.
pub(super) fn sections(text: &str) -> Sections {
    // it is for the whole file, wherever it stands
    let is_transactional = !text.lines().any(|line| word(line).is_some_and(|it| it == "no transaction"));
    let mut found = apart(text, |line| match word(line)?.as_str() {
        "up" => Some(Mark::Up(is_transactional)),
        "down" => Some(Mark::Down(is_transactional)),
        _ => None,
    });
    for section in [&mut found.up, &mut found.down].into_iter().flatten() {
        section.sql = ended(&section.sql);
    }
    found
}

/// What a line tells goose, in small letters.
fn word(line: &str) -> Option<String> {
    let rest = comment(line, "+goose")?;
    Some(rest.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
}

/// The same text with a semicolon after each marked statement that has none: goose needs none there.
fn ended(sql: &str) -> String {
    let (mut out, mut block) = (String::with_capacity(sql.len()), None);
    for line in sql.split_inclusive('\n') {
        match word(line).as_deref() {
            Some("statementbegin") => block = Some(out.len() + line.len()),
            Some("statementend") => {
                let text = block.take().and_then(|start: usize| out.get(start..)).unwrap_or("");
                let last = tokens(text).filter(|it| !it.is_blank()).last();
                if last.is_some_and(|it| it.kind != TokenKind::Semicolon) {
                    out.push_str("; ");
                }
            }
            _ => {}
        }
        out.push_str(line);
    }
    out
}

/// The lines of statements that goose would cut in two: outside of marks it ends one at each line that ends with a
/// semicolon, also in the body of a function. `statements` are the lines that statements begin and end on, from 1.
pub(super) fn cut(section: &Section, statements: &[(usize, usize)]) -> Vec<usize> {
    let (mut found, mut is_marked) = (Vec::new(), false);
    for (number, line) in section.sql.lines().enumerate() {
        let number = number + 1;
        match word(line).as_deref() {
            Some("statementbegin") => is_marked = true,
            Some("statementend") => is_marked = false,
            _ => {}
        }
        let is_inside = statements.iter().any(|(first, last)| *first <= number && number < *last);
        let code = line.split("--").next().unwrap_or(line);
        if !is_marked && is_inside && code.trim_end().ends_with(';') {
            found.push(number);
        }
    }
    found
}

/// Whether a text has variables of the environment put in, and which, with their lines.
pub(super) fn environment(text: &str) -> Vec<(String, usize)> {
    let (mut found, mut is_on): (Vec<(String, usize)>, bool) = (Vec::new(), false);
    for (number, line) in text.lines().enumerate() {
        match word(line).as_deref() {
            Some("envsub on") => is_on = true,
            Some("envsub off") => is_on = false,
            _ => {}
        }
        // two of them are one that is meant
        let line = line.replace("$$", "  ");
        for after in line.split('$').skip(1).filter(|_| is_on && !line.starts_with("--")) {
            let inner = after.strip_prefix('{').unwrap_or(after);
            let length = inner.bytes().take_while(|c| c.is_ascii_alphanumeric() || *c == b'_').count();
            let name = &inner[..length];
            let is_name = name.bytes().next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_');
            if is_name && found.iter().all(|(it, _)| it != name) {
                found.push((name.to_owned(), number + 1));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_statement_ends_and_lines_stay() {
        let text = "-- +goose NO TRANSACTION\n-- +goose Up\n-- +goose StatementBegin\nCREATE FUNCTION f() RETURNS int AS $$\n\
            BEGIN\n  RETURN 1;\nEND $$ LANGUAGE plpgsql\n-- +goose StatementEnd\nSELECT 1;\n-- +goose Down\nDROP FUNCTION f();\n";
        let found = sections(text);
        let up = found.up.unwrap_or_else(|| Section { line: 0, sql: String::new(), is_transactional: true });
        assert_eq!((up.line, up.is_transactional), (3, false));
        assert!(up.sql.contains("plpgsql\n; -- +goose StatementEnd\nSELECT 1;\n"), "{}", up.sql);
        assert_eq!(up.sql.lines().count(), 7);
        assert_eq!(found.down.map(|it| (it.line, it.sql)), Some((11, "DROP FUNCTION f();\n".into())));
        assert_eq!(cut(&up, &[(2, 5)]), [] as [usize; 0]);
    }

    #[test]
    fn a_body_without_marks_is_cut() {
        let sql = "CREATE FUNCTION f() RETURNS int AS $$\nBEGIN\n  RETURN 1;\nEND $$ LANGUAGE plpgsql;\n"
            .to_owned();
        assert_eq!(cut(&Section { line: 1, sql, is_transactional: true }, &[(1, 4)]), [3]);
    }

    #[test]
    fn the_environment_counts_where_it_is_on() {
        let text = "SELECT '${A}';\n-- +goose ENVSUB ON\nSELECT '${B}', '$C_1', $1, $$x$$;\n-- +goose ENVSUB OFF\n$D";
        assert_eq!(environment(text), [("B".into(), 3), ("C_1".into(), 3)]);
    }
}
