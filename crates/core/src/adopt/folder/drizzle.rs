//! Drizzle: `0000_x.sql` in the order of `meta/_journal.json`, statements apart by `--> statement-breakpoint`, no way back.
//!
//! Source: <https://orm.drizzle.team/docs/drizzle-kit-generate>. The mark between statements is a comment to PostgreSQL.

use serde::Deserialize;

use super::entry::{Entry, Role};
use super::{Layout, Source};
use crate::report::{Conclusion, Weight};

/// The mark between two statements.
const MARK: &str = "--> statement-breakpoint";

/// Whether a text is one of Drizzle's; one of a single statement does not say so.
pub(super) fn is_one(text: &str) -> bool {
    text.contains(MARK)
}

/// A text without the marks; no line moves.
pub(super) fn plain(text: &str) -> String {
    text.replace(MARK, "")
}

#[derive(Deserialize)]
struct Journal {
    entries: Vec<Planned>,
}

/// One change of the journal.
#[derive(Deserialize)]
struct Planned {
    /// The name of its file, without the ending.
    tag: String,
    /// When it was made, which is what Drizzle's table calls it.
    when: i64,
}

/// Gives the entries the places that the journal says; tells what does not go together.
pub(super) fn place(sources: &[Source], entries: &mut [Entry]) -> Vec<Conclusion> {
    let is_journal =
        |it: &&Source| it.path == "meta/_journal.json" || it.path.ends_with("/meta/_journal.json");
    let Some(source) = sources.iter().find(is_journal) else { return Vec::new() };
    let told = |id, weight, text: String| Conclusion::new(id, weight, &source.path, text).at(&source.path, 1);
    let journal: Journal = match serde_json::from_str(&source.text) {
        Ok(journal) => journal,
        Err(error) => {
            let text = format!("Drizzle's journal cannot be read: {error}");
            let one = told("bad-journal", Weight::Error, text);
            return vec![one.next("mend it; until then the numbers of the files give the order")];
        }
    };
    let root = source.path.strip_suffix("meta/_journal.json").unwrap_or_default();
    let text = format!("the order is that of {}, with {} changes", source.path, journal.entries.len());
    let mut found = vec![told("drizzle", Weight::Note, text)];
    let mut is_planned = vec![false; entries.len()];
    for (rank, one) in journal.entries.iter().enumerate() {
        let path = format!("{root}{}.sql", one.tag);
        let Some(at) = entries.iter().position(|it| it.path == path) else {
            let text = format!("the journal has {}, and there is no {path}", one.tag);
            found.push(told("planned-file-missing", Weight::Error, text));
            continue;
        };
        is_planned[at] = true;
        let entry = &mut entries[at];
        // its words are made up, whatever they say
        (entry.style, entry.role, entry.rank) = (Layout::Drizzle, Role::Forward, Some(rank));
        entry.called = Some(one.when.to_string());
    }
    for (entry, is_planned) in entries.iter_mut().zip(is_planned) {
        if !is_planned && entry.path.starts_with(root) && entry.role == Role::Forward {
            let text = "Drizzle's journal does not have it, so Drizzle never runs it";
            found.push(
                Conclusion::new("not-planned", Weight::Warning, &entry.path, text)
                    .at(&entry.path, 1)
                    .next("look whether it was applied by hand; it comes last here"),
            );
            entry.style = Layout::Drizzle;
        }
    }
    found
}
