//! Files that say the same, files that say nothing, and ways back that are not there.
//!
//! What is the same is decided by the statements, not by comments or white space.

use std::collections::BTreeMap;

use cutover_sql::lex::tokens;

use super::Layout;
use super::change::Built;
use super::entry::Entry;
use super::numbering::{compared, statements};
use crate::report::{Conclusion, Weight};

/// Whether a text is comments and white space only.
pub(super) fn is_blank(text: &str) -> bool {
    tokens(text).all(|it| it.is_blank())
}

/// Changes whose files have the same statements.
pub(super) fn texts(forwards: &[&Entry]) -> Vec<Conclusion> {
    let mut by_text: BTreeMap<String, Vec<&Entry>> = BTreeMap::new();
    for entry in forwards.iter().filter(|it| !is_blank(&it.text)) {
        by_text.entry(statements(&entry.text)).or_default().push(entry);
    }
    let mut found = Vec::new();
    for files in by_text.into_values().filter(|it| it.len() > 1) {
        for other in &files[1..] {
            let text = format!("it has the same statements as {}", files[0].path);
            let conclusion = Conclusion::new("same-text", Weight::Warning, &other.path, text)
                .at(&other.path, 1)
                .because(format!(
                    "{} and {}: {}",
                    files[0].path,
                    other.path,
                    compared(&files[0].text, &other.text)
                ));
            found.push(conclusion.next("carry over one of them, unless it is meant to run twice"));
        }
    }
    found
}

/// Changes without statements.
pub(super) fn empty(changes: &[Built]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for change in changes.iter().map(|it| &it.change).filter(|it| is_blank(&it.forward.sql)) {
        let (path, line) = (&change.forward.path, change.forward.line);
        let has_words = change.forward.sql.chars().any(|it| !it.is_whitespace());
        let what = if has_words { "it has comments only, and no statement" } else { "it is empty" };
        found.push(
            Conclusion::new("empty-file", Weight::Warning, path, what)
                .at(path, line)
                .next("look whether something was lost; the change does nothing"),
        );
    }
    found
}

/// Changes without a way back.
pub(super) fn no_way_back(all: &[Built], layout: Layout) -> Vec<Conclusion> {
    let counts = |it: &&Built| !it.change.is_repeatable && !is_blank(&it.change.forward.sql);
    let without: Vec<&Built> = all.iter().filter(counts).filter(|it| it.change.back.is_none()).collect();
    let next = "the way back is worked out from the schema before and after it; rows that it deletes do not come back";
    let of_all = all.iter().filter(counts).count();
    if without.len() > 1 && without.len() == of_all {
        let text = format!("none of the {of_all} changes has a way back");
        return vec![Conclusion::new("no-way-back", Weight::Note, "the folder", text).next(next)];
    }
    let one = |it: &&Built| {
        let forward = &it.change.forward;
        let text = match (&it.blank_back, layout) {
            (Some(path), _) if *path != forward.path => format!("its way back, {path}, has no statement"),
            (Some(_), _) => "the part for its way back has no statement".to_owned(),
            (None, Layout::Dbmate) => "it has no part -- migrate:down".to_owned(),
            (None, Layout::Goose) => "it has no part -- +goose Down".to_owned(),
            (None, Layout::Prisma) => "Prisma has no way back".to_owned(),
            (None, Layout::Drizzle) => "Drizzle has no way back".to_owned(),
            (None, Layout::Plain | Layout::Flyway | Layout::GolangMigrate) => {
                "there is no file with its way back".to_owned()
            }
        };
        Conclusion::new("no-way-back", Weight::Note, &forward.path, text)
            .at(&forward.path, forward.line)
            .next(next)
    };
    without.iter().map(one).collect()
}
