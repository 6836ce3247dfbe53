//! By whose rules a folder is written, and the files of it that those rules leave out.
//!
//! What each tool's names look like is known to its own file.

use std::collections::BTreeMap;

use super::entry::{Entry, Role};
use super::order::compare;
use super::{Layout, Source, counts, flyway, is_code};
use crate::report::{Conclusion, Weight};

/// `.down.sql` is golang-migrate's only where there is an `.up.sql`.
pub(super) fn settle(entries: &mut [Entry]) {
    let is_up = |it: &Entry| it.style == Layout::GolangMigrate && it.role == Role::Forward;
    if !entries.iter().any(is_up) {
        entries
            .iter_mut()
            .filter(|it| it.style == Layout::GolangMigrate)
            .for_each(|it| it.style = Layout::Plain);
    }
}

/// The layout that most files have; plain only where no other has half of them. Ways back do not count: there may be
/// none.
pub(super) fn of(entries: &[Entry]) -> Layout {
    let mut counts: BTreeMap<Layout, usize> = BTreeMap::new();
    let deciding = || entries.iter().filter(|it| !matches!(it.role, Role::Back { .. }));
    for entry in deciding().filter(|it| it.style != Layout::Plain) {
        *counts.entry(entry.style).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    most.filter(|(_, count)| count * 2 >= deciding().count()).map_or(Layout::Plain, |it| it.0)
}

fn name(layout: Layout) -> &'static str {
    match layout {
        Layout::Plain => "plain SQL",
        Layout::Flyway => "Flyway's",
        Layout::Dbmate => "dbmate's",
        Layout::Goose => "goose's",
        Layout::GolangMigrate => "golang-migrate's",
        Layout::Prisma => "Prisma's",
        Layout::Drizzle => "Drizzle's",
    }
}

/// What does not go with the layout.
pub(super) fn check(layout: Layout, entries: &[Entry], sources: &[Source]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    let others: Vec<&str> = sources
        .iter()
        .filter(|it| {
            let file = it.path.rsplit('/').next().unwrap_or("");
            !counts(file) && !is_code(file)
        })
        .map(|it| it.path.as_str())
        .collect();
    if !others.is_empty() {
        let text = match others.len() {
            1 => "a file is no SQL by its name, and is left out".to_owned(),
            count => format!("{count} files are no SQL by their names, and are left out"),
        };
        found.push(
            Conclusion::new("not-sql-file", Weight::Note, "the folder", text).because(others.join("\n")),
        );
    }
    if layout == Layout::Flyway {
        found.extend(flyway::names(entries));
        return found;
    }
    for entry in entries.iter().filter(|it| it.style != layout) {
        // a plain name pairs with golang-migrate's as well
        let is_one = layout == Layout::Plain && entry.style == Layout::GolangMigrate
            // a way back beside a migration of a tool that has none
            || layout == Layout::Prisma && matches!(entry.role, Role::Back { .. });
        if !is_one {
            let text = format!("it is {}, and the folder is {}", name(entry.style), name(layout));
            found.push(
                Conclusion::new("another-layout", Weight::Warning, &entry.path, text)
                    .at(&entry.path, 1)
                    .next("it is read by its own rules; look whether it was ever applied"),
            );
        }
    }
    found
}

/// Takes out what is no change: callbacks, files that verify, baselines whose changes are there.
pub(super) fn leave_out(entries: &mut Vec<Entry>) -> Vec<Conclusion> {
    let mut found = Vec::new();
    let deployed = |it: &Entry, all: &[Entry]| {
        all.iter()
            .any(|other| other.role == Role::Forward && other.slug == it.slug && other.group == it.group)
    };
    let all = std::mem::take(entries);
    for at in 0..all.len() {
        let mut entry = all[at].clone();
        match entry.role {
            Role::Verify if deployed(&entry, &all) => {
                found.push(left_out(
                    "verify-file",
                    Weight::Note,
                    &entry,
                    "it looks whether a change was done, and is none itself",
                ));
                continue;
            }
            Role::Verify => entry.role = Role::Forward,
            Role::Callback => {
                let text = "Flyway runs it before or after others, each time; it is left out";
                found.push(
                    left_out("callback", Weight::Warning, &entry, text)
                        .next("what it changes has to be part of a revision, or of deploying"),
                );
                continue;
            }
            Role::Baseline => {
                let mut covered: Vec<&Entry> = all.iter().filter(|it| is_covered(it, &entry)).collect();
                covered.sort_by(|a, b| compare(a, b));
                if let (Some(first), Some(last)) = (covered.first(), covered.last()) {
                    let text =
                        format!("it stands for {} changes that are here, and is left out", covered.len());
                    let evidence = format!("from {} to {}", first.path, last.path);
                    found.push(left_out("baseline", Weight::Warning, &entry, &text).because(evidence).next(
                        "look whether it makes the same as they do: a database may have been set up by it",
                    ));
                    continue;
                }
            }
            Role::Forward | Role::Back { .. } | Role::Repeatable => {}
        }
        entries.push(entry);
    }
    found
}

fn is_covered(entry: &Entry, baseline: &Entry) -> bool {
    match (&entry.number, &baseline.number) {
        (Some(number), Some(up_to)) => entry.role == Role::Forward && number.compare(up_to).is_le(),
        _ => false,
    }
}

fn left_out(id: &'static str, weight: Weight, entry: &Entry, text: &str) -> Conclusion {
    Conclusion::new(id, weight, &entry.path, text).at(&entry.path, 1)
}
