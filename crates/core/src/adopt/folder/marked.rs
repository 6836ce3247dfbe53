//! Plain files with both ways in them, as sql-migrate, node-pg-migrate and rambler have them; and Liquibase's, which are
//! recognised and no more.
//!
//! Run as a whole, such a file would undo what it does. Sources: <https://github.com/rubenv/sql-migrate#writing-migrations>,
//! <https://salsita.github.io/node-pg-migrate/migrations/>, <https://github.com/elwinar/rambler#migrations>.

use super::entry::Entry;
use super::section::{Mark, Sections, apart, comment};
use crate::report::{Conclusion, Weight};

/// Whether a text has both ways in it, or says that it could.
pub(super) fn is_one(text: &str) -> bool {
    text.lines().any(|line| matches!(mark(line), Some(Mark::Up(_))))
}

/// Its two ways.
pub(super) fn sections(text: &str) -> Sections {
    apart(text, mark)
}

fn mark(line: &str) -> Option<Mark> {
    let rest = comment(line, "")?;
    let words: Vec<String> = rest.split_whitespace().map(str::to_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["+migrate", "up", ref options @ ..] => Some(Mark::Up(!options.contains(&"notransaction"))),
        ["+migrate", "down", ref options @ ..] => Some(Mark::Down(!options.contains(&"notransaction"))),
        ["up", "migration"] | ["rambler", "up"] => Some(Mark::Up(true)),
        ["down", "migration"] | ["rambler", "down"] => Some(Mark::Down(true)),
        _ => None,
    }
}

/// <https://docs.liquibase.com/concepts/changelogs/sql-format.html>
pub(super) fn liquibase(entries: &[Entry]) -> Vec<Conclusion> {
    let is_one = |entry: &&Entry| {
        let first = entry.text.lines().map(str::trim).find(|it| !it.is_empty()).unwrap_or("");
        comment(first, "liquibase").is_some_and(|it| it.trim_start().to_lowercase().starts_with("formatted"))
    };
    let one = |entry: &Entry| {
        let count = entry.text.lines().filter(|it| comment(it, "changeset").is_some()).count();
        let backs = entry.text.lines().filter(|it| comment(it, "rollback").is_some()).count();
        let text =
            "it is Liquibase's; all its changesets are taken as one change, and its rollbacks are not read";
        Conclusion::new("liquibase", Weight::Warning, &entry.path, text)
            .at(&entry.path, 1)
            .because(format!("{count} changesets, {backs} lines with a rollback"))
            .next("make a file of each changeset, and one of its rollback, before they are taken over")
    };
    entries.iter().filter(is_one).map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_come_apart() {
        let found = sections("-- +migrate Up notransaction\nA;\n-- +migrate Down\nB;\n");
        let told =
            |it: Option<super::super::section::Section>| it.map(|it| (it.line, it.sql, it.is_transactional));
        assert_eq!(told(found.up), Some((2, "A;\n".into(), false)));
        assert_eq!(told(found.down), Some((4, "B;\n".into(), true)));
        assert!(is_one("-- Up Migration\nA;\n-- Down Migration\nB;"));
        assert!(!is_one("-- up\nA;") && !is_one("-- Down Migration"));
    }
}
