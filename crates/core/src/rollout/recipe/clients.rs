//! The programs that use a table, and the deploys that a rollout waits for.

use super::{Argument, Given};
use crate::rollout::draft::Part;
use crate::rollout::phase::Phase;

/// `--writer NAME`.
pub const WRITER: Argument =
    Argument::many("writer", "NAME", "a program that writes the table and is deployed by itself");

/// `--reader NAME`.
pub const READER: Argument =
    Argument::many("reader", "NAME", "a program that only reads it and is deployed by itself");

/// `--unused-for TIME`.
pub const UNUSED_FOR: Argument = Argument::option(
    "unused-for",
    "TIME",
    "let the last step wait until no statement has named the old column for that long (needs pg_stat_statements): 7 days",
);

/// A deploy of each reader, then of each writer; one for all of them when none is named. `what` follows the name of the
/// program, `back` says what it does again on the way down.
pub fn deploys(given: &Given, phase: Phase, title: &str, what: &str, back: &str, why: &str) -> Vec<Part> {
    let part = |owner: Option<&String>| {
        let who = owner.map_or("every program", String::as_str);
        let mut part = Part::deploy(
            owner.map_or_else(|| title.to_owned(), |owner| format!("{title}: {owner}")),
            format!("{who} {what}"),
            format!("{who} {back}"),
        )
        .prose(why);
        part.phase = phase;
        part.owner = owner.cloned();
        part
    };
    let all: Vec<&String> = given.all("reader").iter().chain(given.all("writer")).collect();
    if all.is_empty() {
        return vec![part(None)];
    }
    let mut parts: Vec<Part> = all.into_iter().map(|owner| part(Some(owner))).collect();
    // in whatever order
    parts.iter_mut().skip(1).for_each(|part| part.beside = true);
    parts
}

/// A deploy of each writer that was named; none when none was.
pub fn writers(given: &Given, title: &str, what: &str, back: &str, why: &str) -> Vec<Part> {
    if given.all("writer").is_empty() {
        return Vec::new();
    }
    let given = Given::default().with("writer", given.all("writer").iter().cloned());
    deploys(&given, Phase::Expand, title, what, back, why)
}
