//! The row of numbers: those that two files have, and those that none has.
//!
//! Whether a number is in the way of what the files need is not known here.

use std::collections::BTreeMap;

use cutover_sql::checksum;
use cutover_sql::lex::{TokenKind, tokens};

use super::entry::{Entry, Role};
use super::{Layout, number};
use crate::report::{Conclusion, Weight};

/// Numbers that several changes of a folder have.
pub(super) fn duplicates(forwards: &[&Entry]) -> Vec<Conclusion> {
    let mut by_number: BTreeMap<(&str, &[u64]), Vec<&Entry>> = BTreeMap::new();
    for entry in forwards.iter().filter(|it| it.role == Role::Forward) {
        if let Some(number) = &entry.number {
            by_number.entry((&entry.group, &number.parts)).or_default().push(entry);
        }
    }
    by_number.into_values().filter(|it| it.len() > 1).map(|it| duplicate(&it)).collect()
}

fn duplicate(files: &[&Entry]) -> Conclusion {
    let first = files[0];
    let paths: Vec<&str> = files.iter().map(|it| it.path.as_str()).collect();
    let written = first.number.as_ref().map_or("", |it| it.written.as_str());
    // these tools refuse such a folder, so it cannot have been applied as it is
    let (weight, tool) = match first.style {
        Layout::Flyway => (Weight::Error, "; Flyway refuses that"),
        Layout::GolangMigrate => (Weight::Error, "; golang-migrate refuses that"),
        Layout::Goose => (Weight::Error, "; goose refuses that"),
        Layout::Dbmate => (Weight::Error, "; to dbmate they are one migration"),
        Layout::Plain | Layout::Prisma | Layout::Drizzle => (Weight::Warning, ""),
    };
    let text = format!("the number {written} stands for {} files: {}{tool}", files.len(), paths.join(", "));
    let mut found = Conclusion::new("duplicate-number", weight, &first.path, text).at(&first.path, 1);
    for other in &files[1..] {
        found = found.because(format!(
            "{} and {}: {}",
            first.path,
            other.path,
            compared(&first.text, &other.text)
        ));
    }
    found.next("the order that the files need decides; where it does not, that of their names")
}

/// How two texts differ, in a few words.
pub(super) fn compared(a: &str, b: &str) -> &'static str {
    if a == b {
        "the same text"
    } else if checksum::normal(a) == checksum::normal(b) {
        "the same statements; only comments and white space differ"
    } else if statements(a) == statements(b) {
        "the same statements; only the way of writing them differs"
    } else {
        "different statements"
    }
}

/// A checksum of the statements, whatever the case of their words; the data of COPY keeps its case.
pub(super) fn statements(text: &str) -> String {
    if text.to_ascii_lowercase().contains("stdin") {
        return checksum::normal(text);
    }
    let mut folded = text.to_owned();
    for token in tokens(text).filter(|it| it.kind == TokenKind::Word) {
        let word = token.span.text(text).to_ascii_lowercase();
        folded.replace_range(token.span.start..token.span.end, &word);
    }
    checksum::normal(&folded)
}

/// Numbers that are missing in a row.
pub(super) fn gaps(forwards: &[&Entry], backs: &[Entry]) -> Vec<Conclusion> {
    let mut rows: BTreeMap<&str, Vec<(u64, &Entry)>> = BTreeMap::new();
    let counts =
        |it: &&&Entry| it.role == Role::Forward && it.number.as_ref().is_some_and(number::Number::counts);
    for entry in forwards.iter().filter(counts) {
        let Some(number) = &entry.number else { continue };
        rows.entry(&entry.group).or_default().push((number.parts[0], entry));
    }
    let mut found = Vec::new();
    for (group, mut row) in rows {
        row.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
        let step = step(&row);
        if let Some((first, entry)) =
            row.first().filter(|it| it.0 > step.max(1) && it.0 <= 20 && row.len() > 2)
        {
            let text = format!("the first number is {first}");
            found
                .push(Conclusion::new("row-begins-late", Weight::Note, &entry.path, text).at(&entry.path, 1));
        }
        for two in row.windows(2) {
            let ((low, before), (high, after)) = (two[0], two[1]);
            if high > low + step {
                found.push(gap((low + step, high - step, step), before, after, (group, backs)));
            }
        }
    }
    found
}

/// What the numbers go up by: 1, or 10 where all do.
fn step(row: &[(u64, &Entry)]) -> u64 {
    let gcd = |mut a: u64, mut b: u64| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    let all = row.windows(2).map(|it| it[1].0 - it[0].0).fold(0, gcd);
    // two files say nothing of a step, and neither does a step that no one would choose
    if row.len() > 2 && matches!(all, 5 | 10 | 20 | 50 | 100 | 1000) { all } else { 1 }
}

fn gap(
    (from, to, step): (u64, u64, u64),
    before: &Entry,
    after: &Entry,
    (group, backs): (&str, &[Entry]),
) -> Conclusion {
    // as the neighbour writes it
    let width =
        before.number.as_ref().filter(|it| it.written.starts_with('0')).map_or(0, |it| it.written.len());
    let count = (to - from) / step + 1;
    let text = match count {
        1 => format!("the number {from:0width$} is missing"),
        _ => format!("{count} numbers are missing, from {from:0width$} to {to:0width$}"),
    };
    let about = if group.is_empty() { "the row of numbers" } else { group };
    let mut found = Conclusion::new("missing-number", Weight::Warning, about, text)
        .at(&after.path, 1)
        .because(format!("{} is followed by {}", before.path, after.path));
    let is_of_it = |it: &&Entry| {
        it.number.as_ref().is_some_and(|it| matches!(it.parts[..], [only] if (from..=to).contains(&only)))
    };
    for back in backs.iter().filter(is_of_it) {
        found = found.because(format!("there is a way back of it: {}", back.path));
    }
    found.next("look whether a file was lost, or was applied and deleted: the live database shows it as a difference")
}
