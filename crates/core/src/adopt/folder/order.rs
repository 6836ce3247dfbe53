//! The order of files that their names give: folders with numbers, then numbers, then names.
//!
//! The order that the files need is found elsewhere, from what they create and use.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::entry::{Entry, Role};
use super::number;
use super::plain::numbered;
use crate::report::{Conclusion, Weight};

/// The order of two files.
pub(super) fn compare(a: &Entry, b: &Entry) -> Ordering {
    let rank = |it: &Entry| it.rank.unwrap_or(usize::MAX);
    let repeats = |it: &Entry| it.role == Role::Repeatable;
    let baseline = |it: &Entry| it.role != Role::Baseline;
    (rank(a), repeats(a), folder(a))
        .cmp(&(rank(b), repeats(b), folder(b)))
        .then_with(|| number::before(a.number.as_ref(), b.number.as_ref()))
        .then_with(|| {
            (baseline(a), &a.group, &a.slug, &a.path).cmp(&(baseline(b), &b.group, &b.slug, &b.path))
        })
}

/// The numbers of the folders that a file is in: `2024/05/`, `v1.2/`.
fn folder(entry: &Entry) -> Vec<u64> {
    entry.group.split('/').filter_map(|part| numbered(part).0).flat_map(|it| it.parts).collect()
}

/// What is unclear about the order of names.
pub(super) fn check(entries: &[Entry]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    let forwards: Vec<&Entry> =
        entries.iter().filter(|it| it.role == Role::Forward && it.rank.is_none()).collect();
    let without: Vec<&&Entry> = forwards.iter().filter(|it| it.number.is_none()).collect();
    if !without.is_empty() && without.len() == forwards.len() && without.len() > 1 {
        found.push(
            Conclusion::new(
                "no-numbers",
                Weight::Note,
                "the folder",
                "no file has a number; their names say nothing of the order",
            )
            .next("what the files create and use gives the order"),
        );
    } else {
        for entry in without.iter().filter(|_| forwards.len() > 1) {
            found.push(
                Conclusion::new(
                    "without-number",
                    Weight::Note,
                    &entry.path,
                    "it has no number, where others have one",
                )
                .at(&entry.path, 1)
                .next("it comes last by name; what it needs decides"),
            );
        }
    }
    found.extend(rows(&forwards));
    found
}

/// Folders that count for themselves, each from the beginning.
fn rows(forwards: &[&Entry]) -> Option<Conclusion> {
    let mut groups: BTreeMap<(Vec<u64>, &[u64]), Vec<&Entry>> = BTreeMap::new();
    for entry in forwards {
        if let Some(number) = &entry.number {
            groups.entry((folder(entry), &number.parts)).or_default().push(entry);
        }
    }
    let all = groups.into_values().find(|it| it.iter().any(|other| other.group != it[0].group))?;
    let text = "folders have rows of numbers of their own; the names do not say which folder comes first";
    let found = Conclusion::new("several-rows", Weight::Note, "the folder", text);
    let found = all.iter().fold(found, |found, it| found.because(it.path.clone()));
    Some(found.next("what the files create and use gives the order"))
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::super::entry::entry;
    use super::*;

    fn sorted(paths: &[&str]) -> Vec<String> {
        let source = |path: &&str| Source { path: (*path).to_owned(), text: "SELECT 1".into() };
        let mut entries: Vec<Entry> = paths.iter().filter_map(|path| entry(&source(path))).collect();
        entries.sort_by(compare);
        entries.into_iter().map(|it| it.path).collect()
    }

    #[test]
    fn numbers_decide_before_names() {
        assert_eq!(
            sorted(&["10_a.sql", "2_b.sql", "x.sql", "001_c.sql"]),
            ["001_c.sql", "2_b.sql", "10_a.sql", "x.sql"]
        );
        assert_eq!(
            sorted(&["R__v.sql", "V10__a.sql", "V2__b.sql", "V1_10__c.sql", "V1_9__d.sql", "B2__e.sql"]),
            ["V1_9__d.sql", "V1_10__c.sql", "B2__e.sql", "V2__b.sql", "V10__a.sql", "R__v.sql"]
        );
        assert_eq!(
            sorted(&["v10/1_a.sql", "v2/3_b.sql", "0_c.sql"]),
            ["0_c.sql", "v2/3_b.sql", "v10/1_a.sql"]
        );
        assert_eq!(
            sorted(&["2024-02-01-a.sql", "2023-12-31-b.sql", "2024-02-01-2-c.sql"]),
            ["2023-12-31-b.sql", "2024-02-01-a.sql", "2024-02-01-2-c.sql"]
        );
    }
}
