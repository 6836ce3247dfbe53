//! Histories whose result depends on more than the files say: programs, the server's files, other databases.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_sql::document::{Block, BlockKind};
use cutover_sql::lex::{TokenKind, tokens};
use cutover_sql::statement::Statement;

use super::survey::Survey;

/// Functions that read what is not in the database
/// (<https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADMIN-GENFILE>, `dblink`, `lo_import`).
const READERS: [&str; 9] = [
    "pg_read_file",
    "pg_read_binary_file",
    "pg_ls_dir",
    "lo_import",
    "dblink",
    "dblink_exec",
    "dblink_connect",
    "pg_import_system_collations",
    "http_get",
];

/// Finds what reaches outside.
pub fn check(survey: &Survey) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for (index, document) in &survey.documents {
        let sections = std::iter::once(&document.upgrade).chain(document.downgrade.as_ref());
        for block in sections.flat_map(|section| &section.blocks) {
            found.extend(run(survey, *index, block));
            found.extend(block.statements.iter().filter_map(|it| statement(survey, *index, it)));
        }
    }
    found
}

fn run(survey: &Survey, index: Index, block: &Block) -> Option<Conclusion> {
    let BlockKind::Run { command } = &block.kind else { return None };
    let text = "runs a program: what comes of it depends on the program as it is on that day";
    let found = survey.about(index, block.span.start, "depends-on-outside", Weight::Note, text);
    Some(found.because(command).next("keep the program beside the revisions, and let nobody change it"))
}

fn statement(survey: &Survey, index: Index, statement: &Statement) -> Option<Conclusion> {
    let text = statement.span.text(&survey.history.revision(index).text);
    let reaches = reaches(text)?;
    let said = format!("{reaches}: the result depends on what is there on that day");
    let found = survey.about(index, statement.span.start, "depends-on-outside", Weight::Warning, said);
    let first = text.lines().next().unwrap_or_default();
    Some(found.because(first).next("put the rows into the revision: COPY ... FROM stdin, or INSERT"))
}

/// What a statement reads that is not in the database, in words.
pub fn reaches(text: &str) -> Option<String> {
    let words: Vec<(TokenKind, &str)> = tokens(text)
        .filter(|token| !token.is_blank())
        .map(|token| (token.kind, token.span.text(text)))
        .collect();
    let is = |at: usize, word: &str| words.get(at).is_some_and(|it| it.1.eq_ignore_ascii_case(word));
    if is(0, "COPY") {
        let from = (1..words.len()).find(|at| is(*at, "FROM"))?;
        return match words.get(from + 1)? {
            (_, word) if word.eq_ignore_ascii_case("PROGRAM") => {
                Some("COPY reads what a program prints".into())
            }
            (TokenKind::Word, _) => None,
            (_, file) => Some(format!("COPY reads the file {file} of the server")),
        };
    }
    let reader = words.windows(2).find(|pair| {
        pair[0].0 == TokenKind::Word
            && pair[1].1 == "("
            && READERS.iter().any(|name| pair[0].1.eq_ignore_ascii_case(name))
    });
    reader.map(|pair| format!("{} reads what is not in this database", pair[0].1))
}

#[cfg(test)]
mod tests {
    use super::reaches;

    #[test]
    fn what_reaches_outside_is_told_from_what_does_not() {
        let of = |text: &str| reaches(text).is_some();
        assert!(of("COPY t (a, b) FROM '/tmp/t.csv' CSV"));
        assert!(of("copy t from program 'curl x'"));
        assert!(of("INSERT INTO t SELECT pg_read_file('x')"));
        assert!(!of("COPY t FROM stdin"));
        assert!(!of("COPY t TO '/tmp/x'"));
        assert!(!of("SELECT 'pg_read_file(1)'"));
    }
}
