//! Files that only have psql run other files of the folder: no changes, but they say an order.
//!
//! What else psql is told in a file is looked at in `commands`.

use cutover_sql::psql;

use super::Source;
use super::commands::included;
use super::entry::{Entry, Role};
use super::order::compare;
use super::same::is_blank;
use crate::report::{Conclusion, Weight};

/// Takes such files out of the entries. Where no file has a number, the first list gives the order.
pub(super) fn take(entries: &mut Vec<Entry>, sources: &[Source]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    let mut lists: Vec<(String, Vec<String>)> = Vec::new();
    entries.retain(|entry| match listed(entry, sources) {
        Some(files) if entry.role == Role::Forward => {
            lists.push((entry.path.clone(), files));
            false
        }
        Some(_) | None => true,
    });
    let has_order = entries.iter().any(|it| it.number.is_some() || it.rank.is_some());
    for (at, (path, files)) in lists.iter().enumerate() {
        let is_used = at == 0 && !has_order;
        found.push(told(path, files, entries, is_used));
        for entry in entries.iter_mut().filter(|_| is_used) {
            entry.rank = files.iter().position(|it| *it == entry.path);
        }
    }
    found
}

/// What a list says, and what of it does not go with the names.
fn told(path: &str, files: &[String], entries: &[Entry], is_used: bool) -> Conclusion {
    let mut listed: Vec<&Entry> = entries.iter().filter(|it| files.contains(&it.path)).collect();
    listed.sort_by(|a, b| compare(a, b));
    let by_name: Vec<&String> = listed.iter().map(|it| &it.path).collect();
    let in_list: Vec<&String> = files.iter().filter(|it| by_name.contains(it)).collect();
    let (weight, text) = match (is_used, by_name == in_list) {
        (true, _) => (
            Weight::Note,
            "it only has other files run; their order is taken from it, as they have no numbers",
        ),
        (false, true) => (Weight::Note, "it only has other files run, and is no change itself"),
        (false, false) => {
            (Weight::Warning, "it only has other files run, in another order than that of their numbers")
        }
    };
    let found = Conclusion::new("list-of-files", weight, path, text).at(path, 1).because(files.join("\n"));
    let is_new = |it: &&Entry| it.role == Role::Forward && !files.contains(&it.path);
    let missing: Vec<String> =
        entries.iter().filter(is_new).map(|it| format!("not in it: {}", it.path)).collect();
    let found = if missing.is_empty() { found } else { found.because(missing.join("\n")) };
    match weight {
        Weight::Warning => {
            found.next("look which order was used; what the files create and use says which one works")
        }
        Weight::Error | Weight::Note => found,
    }
}

/// The files that a file has run, when it does nothing else.
fn listed(entry: &Entry, sources: &[Source]) -> Option<Vec<String>> {
    if !entry.text.contains('\\') {
        return None;
    }
    let psql = psql::read(&entry.text);
    if !is_blank(&psql.sql) {
        return None;
    }
    let includes = psql
        .commands
        .iter()
        .filter(|it| ["\\i", "\\ir", "\\include", "\\include_relative"].contains(&it.name.as_str()));
    let file = |rest: &str| {
        let named = rest.split_whitespace().next()?.trim_matches('\'');
        included(named, &entry.path, sources).map(str::to_owned)
    };
    let files: Option<Vec<String>> = includes.map(|it| file(&it.rest)).collect();
    files.filter(|it| !it.is_empty())
}
