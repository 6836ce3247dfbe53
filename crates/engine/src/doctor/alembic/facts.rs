//! What stands in the files of an Alembic project, as `scan.py` prints it.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::report::{Conclusion, Weight};
use serde::Deserialize;

/// A project.
#[derive(Debug, Deserialize)]
pub struct Project {
    /// The section of `alembic.ini` that it is configured in: `alembic`, unless there are several.
    pub name: String,
    /// The revisions, by file.
    pub revisions: Vec<Revision>,
    /// Files that cannot be read.
    pub problems: Vec<Problem>,
    /// Whether `env.py` runs without transactions.
    pub is_autocommit: bool,
}

/// A file that cannot be read.
#[derive(Debug, Deserialize)]
pub struct Problem {
    pub path: String,
    pub line: usize,
    pub text: String,
}

/// A revision.
#[derive(Debug, Deserialize)]
pub struct Revision {
    /// Below the folder of `alembic.ini`.
    pub path: String,
    /// The name of the file.
    pub name: String,
    pub id: String,
    /// Where the id stands.
    pub line: usize,
    pub parents: Vec<String>,
    pub parents_line: usize,
    pub depends: Vec<String>,
    pub labels: Vec<String>,
    pub message: String,
    pub sections: Sections,
    pub facts: Vec<Fact>,
}

/// Both ways.
#[derive(Debug, Deserialize)]
pub struct Sections {
    pub upgrade: Section,
    pub downgrade: Section,
}

/// One way.
#[derive(Debug, Deserialize)]
pub struct Section {
    pub state: State,
    pub line: usize,
    /// Its lines of comment.
    pub comments: Vec<String>,
}

/// How a section does nothing, or that it does something.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum State {
    #[serde(rename = "missing")]
    Missing,
    #[serde(rename = "pass")]
    Pass,
    #[serde(rename = "return")]
    Return,
    #[serde(rename = "raise")]
    Raise,
    #[serde(rename = "if False")]
    Never,
    #[serde(rename = "does")]
    Does,
}

/// Something that a file does.
#[derive(Debug, Deserialize)]
pub struct Fact {
    pub kind: Kind,
    /// `upgrade`, `downgrade` or `module`.
    pub section: String,
    pub line: usize,
    /// The text of it.
    pub text: String,
    /// What it is about.
    pub name: String,
    /// The table of a column.
    pub table: String,
}

/// The kinds of facts.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A concurrent statement outside of an autocommit block.
    Concurrently,
    Commit,
    IfNotExists,
    ReadsFile,
    CallsOut,
    Imports,
    /// What is done depends on rows.
    RowsDecide,
    /// What is done depends on the schema that is there.
    SchemaDecides,
    #[serde(rename = "create_table")]
    CreateTable,
    #[serde(rename = "drop_table")]
    DropTable,
    #[serde(rename = "rename_table")]
    RenameTable,
    #[serde(rename = "create_column")]
    CreateColumn,
    #[serde(rename = "add_column")]
    AddColumn,
    #[serde(rename = "drop_column")]
    DropColumn,
}

impl Revision {
    /// A conclusion about it, at a line of its file.
    pub fn about(
        &self,
        line: usize,
        id: &'static str,
        weight: Weight,
        text: impl Into<String>,
    ) -> Conclusion {
        Conclusion::new(id, weight, &self.id, text).at(&self.path, line)
    }

    /// What it needs.
    pub fn needs(&self) -> impl Iterator<Item = &str> {
        self.parents.iter().chain(&self.depends).map(String::as_str)
    }

    /// The facts of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Fact> {
        self.facts.iter().filter(move |fact| fact.kind == kind)
    }
}

impl Fact {
    /// Its first lines.
    pub fn shown(&self) -> String {
        self.text.lines().take(4).collect::<Vec<_>>().join("\n")
    }
}

impl Project {
    /// The revisions by their id; of two with one id the first.
    pub fn by_id(&self) -> BTreeMap<&str, &Revision> {
        self.revisions.iter().rev().map(|it| (it.id.as_str(), it)).collect()
    }

    /// Everything that must run before a revision.
    pub fn before<'a>(by_id: &BTreeMap<&str, &'a Revision>, of: &'a Revision) -> BTreeSet<&'a str> {
        let (mut found, mut waiting) = (BTreeSet::new(), vec![of]);
        while let Some(revision) = waiting.pop() {
            for id in revision.needs() {
                if let Some(needed) = by_id.get(id)
                    && found.insert(needed.id.as_str())
                {
                    waiting.push(needed);
                }
            }
        }
        found
    }

    /// The revisions in an order in which they can run; those in a circle come last.
    pub fn ordered(&self) -> Vec<&Revision> {
        let by_id = self.by_id();
        let mut left: Vec<&Revision> = self.revisions.iter().collect();
        let (mut done, mut ordered) = (BTreeSet::new(), Vec::new());
        loop {
            let is_ready = |it: &&Revision| it.needs().all(|id| done.contains(id) || !by_id.contains_key(id));
            let (ready, rest): (Vec<&Revision>, Vec<&Revision>) = left.iter().partition(|it| is_ready(it));
            if ready.is_empty() {
                ordered.extend(rest);
                return ordered;
            }
            done.extend(ready.iter().map(|it| it.id.as_str()));
            ordered.extend(ready);
            left = rest;
        }
    }
}
