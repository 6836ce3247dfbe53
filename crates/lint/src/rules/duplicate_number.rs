//! Two revision files have the same number.
//!
//! ## Why
//!
//! People name revisions by their numbers, and sort the files by them. With two of one number nobody knows which one
//! is meant, and the order of the files is not the order in which they run.
//!
//! ## Example
//!
//! ```sql
//! -- file 0001_first.sql
//! --@ revision 0001_first
//! --@ revises base
//! --@ irreversible "an example"
//! --@ upgrade
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! -- file 0001_author.sql
//! --@ revision 0001_author
//! --@ revises 0001_first
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE notes ADD COLUMN author text;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- file 0001_first.sql
//! --@ revision 0001_first
//! --@ revises base
//! --@ irreversible "an example"
//! --@ upgrade
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! -- file 0002_author.sql
//! --@ revision 0002_author
//! --@ revises 0001_first
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE notes ADD COLUMN author text;
//! ```
//!
//! A revision that was applied somewhere keeps its number: it would count as another one.
//!
//! ## When to allow it
//!
//! Both are applied already.

use std::collections::BTreeMap;

use crate::context::Run;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::{Kind, Source};

pub const RULE: Rule = Rule {
    id: "duplicate-number",
    level: Level::Warning,
    area: Area::History,
    title: "Two revision files have the same number",
    check: Check::History(check),
};

/// A longer run of digits is a date or a time.
const LONGEST: usize = 7;

fn check(run: &Run<'_>, out: &mut Findings<'_>) {
    let mut by_number: BTreeMap<(&str, u64), Vec<usize>> = BTreeMap::new();
    for (at, source) in run.sources.iter().enumerate().filter(|(_, it)| it.kind == Kind::Revision) {
        if let Some(number) = number(source.stem()) {
            by_number.entry(number).or_default().push(at);
        }
    }
    for alike in by_number.values().filter(|alike| alike.len() > 1) {
        let looked_at: Vec<usize> = alike.iter().copied().filter(|at| run.looked_at[*at]).collect();
        let first = usize::from(looked_at.len() == alike.len());
        for at in looked_at.into_iter().skip(first) {
            let name = |source: &Source| source.stem().to_owned();
            let others: Vec<String> =
                alike.iter().filter(|other| **other != at).map(|other| name(&run.sources[*other])).collect();
            let message = format!("{} has this number, too", others.join(", "));
            out.report_in(at, run.sources[at].header.id_span, message)
                .help("give it the next number, in the file's name and after --@ revision");
        }
    }
}

/// The number that a file's name begins with, and the letters before it.
fn number(stem: &str) -> Option<(&str, u64)> {
    let start = stem.find(|c: char| c.is_ascii_digit())?;
    let (letters, rest) = stem.split_at(start);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let is_end = rest[end..].is_empty() || rest[end..].starts_with(['_', '-', '.']);
    if !is_end || end > LONGEST || letters.contains(['_', '-', '.', ' ']) {
        return None;
    }
    Some((letters, rest[..end].parse().ok()?))
}
