//! What stands in the files of an Alembic project, as `scan.py` prints it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

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

    /// The revisions in an order in which they can run; those in a circle and behind it come last.
    pub fn ordered(&self) -> Vec<&Revision> {
        let (mut ordered, rest) = self.sorted(&BTreeSet::new());
        ordered.extend(rest);
        ordered
    }

    /// The revisions that stand in a circle.
    pub fn circles(&self) -> Vec<&Revision> {
        let (mut found, mut broken) = (Vec::new(), BTreeSet::new());
        loop {
            let (_, rest) = self.sorted(&broken);
            let left = rest.iter().filter(|it| !broken.contains(it.id.as_str()));
            let left: BTreeMap<&str, &Revision> = left.map(|it| (it.id.as_str(), *it)).collect();
            let Some(mut at) = left.values().next().copied() else { return found };
            // each of these needs another one of them, so that going from one to the next leads round
            let (mut path, mut seen): (Vec<&Revision>, BTreeSet<&str>) = (Vec::new(), BTreeSet::new());
            while seen.insert(&at.id) {
                path.push(at);
                at = at.needs().find_map(|id| left.get(id)).unwrap_or(&at);
            }
            let start = path.iter().position(|it| it.id == at.id).unwrap_or_default();
            broken.extend(path[start..].iter().map(|it| it.id.as_str()));
            found.extend(path.drain(start..));
        }
    }

    /// The revisions in running order, and those that have none; `broken` ones keep nobody waiting.
    fn sorted<'a>(&'a self, broken: &BTreeSet<&str>) -> (Vec<&'a Revision>, Vec<&'a Revision>) {
        let by_id = self.by_id();
        let mut behind: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut missing = Vec::new();
        for (place, revision) in self.revisions.iter().enumerate() {
            let known = |id: &&str| by_id.contains_key(id) && !broken.contains(id);
            let needs: BTreeSet<&str> = revision.needs().filter(known).collect();
            needs.iter().for_each(|id| behind.entry(id).or_default().push(place));
            missing.push(needs.len());
        }
        let mut ready: VecDeque<usize> = (0..missing.len()).filter(|place| missing[*place] == 0).collect();
        let mut order = Vec::new();
        while let Some(place) = ready.pop_front() {
            order.push(&self.revisions[place]);
            // of two files with one id the first one counts
            for after in behind.remove(self.revisions[place].id.as_str()).unwrap_or_default() {
                missing[after] -= 1;
                if missing[after] == 0 {
                    ready.push_back(after);
                }
            }
        }
        let rest = self.revisions.iter().zip(&missing).filter(|(_, missing)| **missing > 0);
        (order, rest.map(|(revision, _)| revision).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::doctor::alembic::conclude;

    /// Revisions of one parent each, by their numbers; each adds a column.
    fn project(parents: impl Iterator<Item = (usize, Option<usize>)>) -> Project {
        let section = json!({ "state": "does", "line": 9, "comments": [] });
        let fact = |id| json!({ "kind": "add_column", "section": "upgrade", "line": 9, "text": "", "name": format!("c{id}"), "table": "t" });
        let revision = |(id, parent): (usize, Option<usize>)| {
            json!({
                "path": format!("{id}.py"), "name": format!("{id}.py"), "id": id.to_string(), "line": 1,
                "parents": parent.map(|it| it.to_string()).into_iter().collect::<Vec<_>>(), "parents_line": 2,
                "depends": [], "labels": [], "message": "", "sections": { "upgrade": section, "downgrade": section },
                "facts": [fact(id)],
            })
        };
        let revisions: Vec<serde_json::Value> = parents.map(revision).collect();
        let all =
            json!({ "name": "alembic", "revisions": revisions, "problems": [], "is_autocommit": false });
        serde_json::from_value(all).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn thousands_of_revisions_take_no_minute() {
        let many = project((1..=5000).rev().map(|id| (id, (id > 1).then(|| id - 1))));
        let begun = Instant::now();
        assert_eq!(conclude(&many), []);
        let order: Vec<&str> = many.ordered().iter().map(|it| it.id.as_str()).collect();
        assert_eq!((order[0], order[4999]), ("1", "5000"));
        // without the circle's own ones nothing is in a circle, however much stands behind it
        let circle = project((1..=5000).map(|id| (id, Some(if id == 1 { 3 } else { id - 1 }))));
        let mut ids: Vec<&str> = circle.circles().iter().map(|it| it.id.as_str()).collect();
        ids.sort_unstable();
        assert_eq!(ids, ["1", "2", "3"]);
        assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    }
}
