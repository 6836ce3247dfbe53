//! How a revision is shown in lists, for people and for programs.

use cutover_core::revision::Graph;
use cutover_core::revision::graph::Index;
use cutover_engine::ledger::AppliedRevision;
use serde::Serialize;

/// A revision in JSON lists.
#[derive(Debug, Serialize)]
pub struct Row<'a> {
    /// The id.
    pub id: &'a str,
    /// First line of its prose.
    pub message: &'a str,
    /// Ids of its parents.
    pub revises: Vec<&'a str>,
    /// Ids it depends on.
    pub depends: Vec<&'a str>,
    /// Labels that speak for it.
    pub labels: Vec<&'a str>,
    /// Whether nothing revises it.
    pub head: bool,
    /// Whether several revisions revise it.
    pub branch_point: bool,
    /// Whether it joins several.
    pub merge: bool,
    /// Whether it is applied; `null` when no database was asked.
    pub applied: Option<bool>,
    /// When it was applied, in UTC.
    pub applied_at: Option<&'a str>,
    /// Who applied it.
    pub applied_by: Option<&'a str>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// The file.
    pub file: String,
}

/// Makes a row; `applied` is `None` when no database was asked.
pub fn row<'a>(graph: &'a Graph, index: Index, applied: Option<Option<&'a AppliedRevision>>) -> Row<'a> {
    let node = graph.node(index);
    let ids = |list: &[Index]| list.iter().map(|i| graph.id(*i)).collect();
    let entry = applied.flatten();
    Row {
        id: &node.id,
        message: &node.message,
        revises: ids(graph.parents(index)),
        depends: ids(graph.depends(index)),
        labels: graph.labels_of(index).collect(),
        head: graph.children(index).is_empty(),
        branch_point: graph.is_branch_point(index),
        merge: graph.is_merge(index),
        applied: applied.map(|a| a.is_some()),
        applied_at: entry.map(|a| a.applied_at.as_str()),
        applied_by: entry.map(|a| a.applied_by.as_str()),
        duration_ms: entry.map(|a| a.duration_ms),
        file: crate::failure::shown(&node.file),
    }
}

impl Row<'_> {
    /// What it revises, for people.
    pub fn from(&self) -> String {
        if self.revises.is_empty() { "base".into() } else { self.revises.join(", ") }
    }

    /// Its marks: labels, head, branch point, merge.
    pub fn marks(&self) -> String {
        let mut marks = Vec::new();
        if !self.labels.is_empty() {
            marks.push(format!("({})", self.labels.join(", ")));
        }
        if !self.depends.is_empty() {
            marks.push(format!("(needs {})", self.depends.join(", ")));
        }
        for (yes, word) in
            [(self.head, "(head)"), (self.branch_point, "(branch point)"), (self.merge, "(merge)")]
        {
            if yes {
                marks.push(word.into());
            }
        }
        marks.join(" ")
    }

    /// One line: `0001 -> 0002 (head), message`, as in Alembic.
    pub fn line(&self) -> Vec<String> {
        vec![format!("{} -> {}", self.from(), self.id), self.marks(), self.message.to_owned()]
    }
}
