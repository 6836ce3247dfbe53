//! The history has two or more heads: revisions that nothing revises.
//!
//! ## Why
//!
//! Two branches of the code have each added a revision after the same one. Each was tested without the other, and
//! which of them runs first hangs on chance. Nobody has said that they fit together.
//!
//! ## Example
//!
//! ```sql
//! -- file 0001_first.sql
//! --@ revision 0001
//! --@ revises base
//! --@ irreversible "an example"
//! --@ upgrade
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! -- file 0002_author.sql
//! --@ revision 0002
//! --@ revises 0001
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE notes ADD COLUMN author text;
//! -- file 0003_place.sql
//! --@ revision 0003
//! --@ revises 0001
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE notes ADD COLUMN place text;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! -- file 0001_first.sql
//! --@ revision 0001
//! --@ revises base
//! --@ irreversible "an example"
//! --@ upgrade
//! CREATE TABLE notes (id bigint PRIMARY KEY);
//! -- file 0002_author.sql
//! --@ revision 0002
//! --@ revises 0001
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE notes ADD COLUMN author text;
//! -- file 0003_place.sql
//! --@ revision 0003
//! --@ revises 0002
//! --@ irreversible "an example"
//! --@ upgrade
//! ALTER TABLE notes ADD COLUMN place text;
//! ```
//!
//! A head that has not been applied anywhere can revise the other one instead. Otherwise `cutover merge` writes a
//! revision that revises both.
//!
//! ## When to allow it
//!
//! The branches are meant to stay apart. Branches with labels of their own (`--@ branch`) are not reported.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Run;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::source::{Kind, Source};

pub const RULE: Rule = Rule {
    id: "several-heads",
    level: Level::Warning,
    area: Area::History,
    title: "The history has two or more heads",
    check: Check::History(check),
};

fn check(run: &Run<'_>, out: &mut Findings<'_>) {
    let revisions = |source: &&Source| source.kind == Kind::Revision && !source.header.id.is_empty();
    let by_id: BTreeMap<&str, &Source> =
        run.sources.iter().filter(revisions).map(|source| (source.header.id.as_str(), source)).collect();
    let parents: BTreeSet<&str> =
        by_id.values().flat_map(|source| &source.header.parents).map(String::as_str).collect();
    // heads by the labels above them: those of one kind could be one
    let mut heads: BTreeMap<BTreeSet<&str>, Vec<usize>> = BTreeMap::new();
    for (at, source) in run.sources.iter().enumerate().filter(|(_, source)| revisions(source)) {
        if !parents.contains(source.header.id.as_str()) {
            heads.entry(labels(&by_id, source)).or_default().push(at);
        }
    }
    for alike in heads.values().filter(|alike| alike.len() > 1) {
        let looked_at: Vec<usize> = alike.iter().copied().filter(|at| run.looked_at[*at]).collect();
        // where all are looked at, the first is the one that the others come beside
        let first = usize::from(looked_at.len() == alike.len());
        for at in looked_at.into_iter().skip(first) {
            let others: Vec<&str> = alike
                .iter()
                .filter(|other| **other != at)
                .map(|other| run.sources[*other].header.id.as_str())
                .collect();
            let header = &run.sources[at].header;
            let message = format!(
                "{} and {} are both heads: nothing says in which order they run",
                header.id,
                others.join(", ")
            );
            out.report_in(at, header.id_span, message)
                .help(format!("--@ revises {}, or cutover merge", others.join(", ")));
        }
    }
}

/// The branch labels of a revision and of everything below it.
fn labels<'a>(by_id: &BTreeMap<&'a str, &'a Source>, head: &'a Source) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut next = vec![head];
    while let Some(source) = next.pop() {
        if seen.insert(source.header.id.as_str()) {
            found.extend(source.header.labels.iter().map(String::as_str));
            next.extend(source.header.parents.iter().filter_map(|id| by_id.get(id.as_str())));
        }
    }
    found
}
