//! The programs that use a table, and the deploys that a rollout waits for.

use super::{Argument, Given, parts};
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
    let owners = [given.all("reader"), given.all("writer")].concat();
    each(&owners, |owner| {
        let who = owner.unwrap_or("every program");
        let title = owner.map_or_else(|| title.to_owned(), |owner| format!("{title}: {owner}"));
        let mut part = Part::deploy(title, format!("{who} {what}"), format!("{who} {back}")).prose(why);
        part.phase = phase;
        part
    })
}

/// A revision for each owner, in any order; one without an owner when none is named.
fn each(owners: &[String], part: impl Fn(Option<&str>) -> Part) -> Vec<Part> {
    if owners.is_empty() {
        return vec![part(None)];
    }
    let mut parts: Vec<Part> = owners.iter().map(|owner| part(Some(owner)).owner(owner)).collect();
    parts.iter_mut().skip(1).for_each(|part| part.beside = true);
    parts
}

/// A deploy in words.
#[derive(Clone, Debug)]
pub struct Deploy<'a> {
    /// Who deploys, when no owner is named: `readers`.
    pub who: &'a str,
    /// What they do, behind their name: `read recommendation.plan_id`.
    pub does: String,
    /// What they do on the way back.
    pub undoes: String,
    /// Why it is there and safe.
    pub prose: String,
}

impl Deploy<'_> {
    /// A revision for each owner, in any order; one without an owner when none is named.
    pub fn parts(&self, owners: &[String]) -> Vec<Part> {
        each(owners, |owner| {
            let who = owner.map_or_else(|| self.who.to_owned(), |owner| format!("{} of {owner}", self.who));
            let (up, down) = (format!("{who} {}", self.does), format!("{who} {}", self.undoes));
            Part::deploy(parts::capital(&up), up, down).prose(&self.prose)
        })
    }
}

/// A deploy of each writer that was named; none when none was.
pub fn writers(given: &Given, title: &str, what: &str, back: &str, why: &str) -> Vec<Part> {
    if given.all("writer").is_empty() {
        return Vec::new();
    }
    let given = Given::default().with("writer", given.all("writer").iter().cloned());
    deploys(&given, Phase::Expand, title, what, back, why)
}
