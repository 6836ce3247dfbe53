//! The directed acyclic graph of revisions: who revises whom, in which order they can run.
//!
//! Built once from all files and immutable afterwards. It knows nothing of what is applied where:
//! that comes in as a set of indices.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::path::PathBuf;

use cutover_sql::nearest::nearest;
use cutover_sql::span::Span;

use super::order::natural;
use super::replaced::Replaces;

/// An index into [`Graph::nodes`].
pub type Index = usize;

/// One revision as the graph sees it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Node {
    /// The id, unique in the graph.
    pub id: String,
    /// First line of the prose: what a person calls it.
    pub message: String,
    /// Ids of the parents (`revises`); none for a base.
    pub parents: Vec<Reference>,
    /// Ids of revisions that must be applied first without being parents (`depends`).
    pub depends: Vec<Reference>,
    /// Branch labels given on this revision itself.
    pub labels: Vec<String>,
    /// The rollout that it is a part of.
    pub rollout: Option<String>,
    /// Revisions that it stands for, and that are gone.
    pub replaces: Replaces,
    /// The file it was read from.
    pub file: PathBuf,
}

/// The mention of another revision in a file's header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The id that is mentioned.
    pub id: String,
    /// Where it stands in the file.
    pub span: Span,
}

impl Reference {
    /// A mention that stands nowhere: for graphs that are made in memory.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), span: Span { start: 0, end: 0 } }
    }
}

/// What is wrong with a set of revisions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two files bear the same id.
    #[error("revision {id} exists twice: {} and {}", first.display(), second.display())]
    Duplicate {
        /// The id.
        id: String,
        /// The file that sorts first.
        first: PathBuf,
        /// The other one.
        second: PathBuf,
    },
    /// A parent or dependency is not there.
    #[error("revision {id} {} {missing}, which does not exist", if *depends { "depends on" } else { "revises" })]
    Missing {
        /// The revision that mentions it.
        id: String,
        /// What it mentions.
        missing: String,
        /// Whether it was mentioned under `depends`.
        depends: bool,
        /// The file of `id`.
        file: PathBuf,
        /// Where in the file.
        span: Span,
        /// The id that looks most like it.
        nearest: Option<String>,
    },
    /// Revisions that need one another in a circle.
    #[error("these revisions form a cycle: {}", ids.join(" -> "))]
    Cycle {
        /// The circle, its first id repeated at the end.
        ids: Vec<String>,
        /// The file of the first.
        file: PathBuf,
    },
    /// A revision that is replaced, and still there.
    #[error("revision {by} replaces {id}, which is still there: {}", there.display())]
    StillThere {
        /// The old id.
        id: String,
        /// The revision that replaces it.
        by: String,
        /// The old file.
        there: PathBuf,
        /// The file of the replacement.
        file: PathBuf,
        /// Where it says so.
        span: Span,
    },
    /// A revision that two others replace.
    #[error("revision {id} is replaced by {first} and by {second}")]
    ReplacedTwice {
        /// The old id.
        id: String,
        /// One.
        first: String,
        /// The other.
        second: String,
        /// The file of the other.
        file: PathBuf,
        /// Where it says so.
        span: Span,
    },
    /// A label that is on two revisions, or that is also an id.
    #[error("branch label {label} is already taken by revision {taken_by}")]
    Label {
        /// The label.
        label: String,
        /// The revision that has it, or whose id it is.
        taken_by: String,
        /// The file of the second mention.
        file: PathBuf,
    },
}

/// All revisions of a project and how they are joined.
///
/// Where a file names a revision that another one replaces, that one is meant: files of later revisions stay as they are.
#[derive(Debug, Default, Clone)]
pub struct Graph {
    nodes: Vec<Node>,
    by_id: HashMap<String, Index>,
    replaced: HashMap<String, Index>,
    parents: Vec<Vec<Index>>,
    depends: Vec<Vec<Index>>,
    children: Vec<Vec<Index>>,
    dependents: Vec<Vec<Index>>,
    labels: BTreeMap<String, Index>,
    members: BTreeMap<String, BTreeSet<Index>>,
    rollouts: BTreeMap<String, BTreeSet<Index>>,
}

impl Graph {
    /// Joins the nodes and puts them in order: every revision after all that it needs, and where
    /// the graph leaves a choice, by natural order of the ids.
    ///
    /// # Errors
    /// Every duplicate id, missing parent, taken label, and one cycle where there is any.
    pub fn build(mut nodes: Vec<Node>) -> Result<Self, Vec<GraphError>> {
        nodes.sort_by(|a, b| natural(&a.id, &b.id).then_with(|| a.file.cmp(&b.file)));
        let mut errors = Vec::new();
        for pair in nodes.windows(2) {
            if pair[0].id == pair[1].id {
                errors.push(GraphError::Duplicate {
                    id: pair[0].id.clone(),
                    first: pair[0].file.clone(),
                    second: pair[1].file.clone(),
                });
            }
        }
        let by_id: HashMap<String, Index> =
            nodes.iter().enumerate().map(|(i, n)| (n.id.clone(), i)).collect();
        let names = with_replaced(&nodes, &by_id, &mut errors);
        missing(&nodes, &names, &mut errors);
        taken_labels(&nodes, &names, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let order = topological(&nodes, &names).map_err(|cycle| vec![cycle])?;
        Ok(Self::join(order.into_iter().map(|i| std::mem::take(&mut nodes[i])).collect()))
    }

    /// Links nodes that are known to be whole and in order.
    fn join(nodes: Vec<Node>) -> Self {
        let by_id: HashMap<String, Index> =
            nodes.iter().enumerate().map(|(i, n)| (n.id.clone(), i)).collect();
        let mut replaced: HashMap<String, Index> = HashMap::new();
        for (index, node) in nodes.iter().enumerate() {
            replaced.extend(node.replaces.all().map(|(id, _)| (id.to_owned(), index)));
        }
        let find = |r: &Reference| by_id.get(&r.id).or_else(|| replaced.get(&r.id)).copied();
        let resolve = |refs: &[Reference]| -> Vec<Index> {
            let set: BTreeSet<Index> = refs.iter().filter_map(find).collect();
            set.into_iter().collect()
        };
        let parents: Vec<_> = nodes.iter().map(|n| resolve(&n.parents)).collect();
        let depends: Vec<_> = nodes.iter().map(|n| resolve(&n.depends)).collect();
        let children = reversed(&parents);
        let dependents = reversed(&depends);
        let labels = nodes
            .iter()
            .enumerate()
            .flat_map(|(i, n)| n.labels.iter().map(move |l| (l.clone(), i)))
            .collect();
        let mut rollouts: BTreeMap<String, BTreeSet<Index>> = BTreeMap::new();
        for (index, node) in nodes.iter().enumerate() {
            if let Some(name) = &node.rollout {
                rollouts.entry(name.clone()).or_default().insert(index);
            }
        }
        let members = BTreeMap::new();
        let mut graph = Self {
            nodes,
            by_id,
            replaced,
            parents,
            depends,
            children,
            dependents,
            labels,
            members,
            rollouts,
        };
        graph.members = graph.labels.iter().map(|(l, i)| (l.clone(), graph.branch(*i))).collect();
        graph
    }

    /// The revisions that a label on `start` speaks for: it and its descendants, and the line of
    /// single parents above it up to, and without, a branch point or a merge (as in Alembic).
    fn branch(&self, start: Index) -> BTreeSet<Index> {
        let mut set = closure(&self.children, [start]);
        let mut at = start;
        while let [parent] = self.parents[at][..] {
            if self.is_branch_point(parent) || self.is_merge(parent) {
                break;
            }
            set.insert(parent);
            at = parent;
        }
        set
    }

    /// The revisions in an order in which they can run.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The revision at `index`.
    pub fn node(&self, index: Index) -> &Node {
        &self.nodes[index]
    }

    /// The id at `index`.
    pub fn id(&self, index: Index) -> &str {
        &self.nodes[index].id
    }

    /// The index of an exact id.
    pub fn find(&self, id: &str) -> Option<Index> {
        self.by_id.get(id).copied()
    }

    /// The revision that stands for one that is gone.
    pub fn replacement(&self, id: &str) -> Option<Index> {
        self.replaced.get(id).copied()
    }

    /// The ids that revisions stand for, and which.
    pub fn replaced(&self) -> &HashMap<String, Index> {
        &self.replaced
    }

    /// Whether there are no revisions.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Number of revisions.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Parents of a revision, in running order.
    pub fn parents(&self, index: Index) -> &[Index] {
        &self.parents[index]
    }

    /// Revisions that revise it.
    pub fn children(&self, index: Index) -> &[Index] {
        &self.children[index]
    }

    /// Revisions that it depends on without revising them.
    pub fn depends(&self, index: Index) -> &[Index] {
        &self.depends[index]
    }

    /// Revisions that depend on it without revising it.
    pub fn dependents(&self, index: Index) -> &[Index] {
        &self.dependents[index]
    }

    /// Whether two or more revisions revise it.
    pub fn is_branch_point(&self, index: Index) -> bool {
        self.children[index].len() > 1
    }

    /// Whether it revises two or more.
    pub fn is_merge(&self, index: Index) -> bool {
        self.parents[index].len() > 1
    }

    /// Revisions that nothing revises.
    pub fn heads(&self) -> Vec<Index> {
        (0..self.len()).filter(|i| self.children[*i].is_empty()).collect()
    }

    /// The heads of the main line: the revisions outside of rollouts with no other such revision above them. A rollout
    /// waits on its side branch while the main line goes past it; a merge brings it back.
    pub fn trunk(&self) -> Vec<Index> {
        let mut is_below = vec![false; self.len()];
        let plain = |i: Index| self.nodes[i].rollout.is_none();
        // children stand behind their parents
        for index in (0..self.len()).rev() {
            is_below[index] = self.children[index].iter().any(|child| plain(*child) || is_below[*child]);
        }
        (0..self.len()).filter(|i| plain(*i) && !is_below[*i]).collect()
    }

    /// Revisions that revise nothing.
    pub fn bases(&self) -> Vec<Index> {
        (0..self.len()).filter(|i| self.parents[*i].is_empty()).collect()
    }

    /// All labels with the revision that each stands on.
    pub fn labels(&self) -> &BTreeMap<String, Index> {
        &self.labels
    }

    /// The revisions that a label speaks for.
    pub fn members(&self, label: &str) -> Option<&BTreeSet<Index>> {
        self.members.get(label)
    }

    /// The rollouts with their revisions, by name.
    pub fn rollouts(&self) -> &BTreeMap<String, BTreeSet<Index>> {
        &self.rollouts
    }

    /// The labels that speak for a revision, in alphabetical order.
    pub fn labels_of(&self, index: Index) -> impl Iterator<Item = &str> {
        self.members.iter().filter(move |(_, m)| m.contains(&index)).map(|(l, _)| l.as_str())
    }

    /// Everything that must be applied for `of` to be applied, themselves included: parents and
    /// dependencies, all the way.
    pub fn needs(&self, of: impl IntoIterator<Item = Index>) -> BTreeSet<Index> {
        let up = |i: Index| self.parents[i].iter().chain(&self.depends[i]).copied();
        closure_by(up, of)
    }

    /// Everything that cannot stay when `of` go, themselves included: children and dependents,
    /// all the way.
    pub fn needed_by(&self, of: impl IntoIterator<Item = Index>) -> BTreeSet<Index> {
        let down = |i: Index| self.children[i].iter().chain(&self.dependents[i]).copied();
        closure_by(down, of)
    }

    /// Ancestors through `revises` alone, the revision itself included.
    pub fn ancestors(&self, of: Index) -> BTreeSet<Index> {
        closure(&self.parents, [of])
    }

    /// Descendants through `revises` alone, the revision itself included.
    pub fn descendants(&self, of: Index) -> BTreeSet<Index> {
        closure(&self.children, [of])
    }

    /// The members of a set that no other member revises: "current" for a set of applied ones.
    pub fn tips(&self, set: &BTreeSet<Index>) -> Vec<Index> {
        set.iter().copied().filter(|i| !self.children[*i].iter().any(|c| set.contains(c))).collect()
    }
}

/// The indices of ids, and of those that were replaced.
fn with_replaced(
    nodes: &[Node],
    by_id: &HashMap<String, Index>,
    errors: &mut Vec<GraphError>,
) -> HashMap<String, Index> {
    let mut names = by_id.clone();
    for (index, node) in nodes.iter().enumerate() {
        for (id, at) in node.replaces.all() {
            let (file, span) = (node.file.clone(), at.span);
            match names.insert(id.to_owned(), index) {
                // an id and what it stood for may name the same
                Some(other) if other == index && nodes[other].id != id => {}
                None => {}
                Some(other) if nodes[other].id == id => errors.push(GraphError::StillThere {
                    id: id.to_owned(),
                    by: node.id.clone(),
                    there: nodes[other].file.clone(),
                    file,
                    span,
                }),
                Some(other) => errors.push(GraphError::ReplacedTwice {
                    id: id.to_owned(),
                    first: nodes[other].id.clone(),
                    second: node.id.clone(),
                    file,
                    span,
                }),
            }
        }
    }
    names
}

fn missing(nodes: &[Node], by_id: &HashMap<String, Index>, errors: &mut Vec<GraphError>) {
    for node in nodes {
        let parents = node.parents.iter().map(|r| (r, false));
        for (reference, depends) in parents.chain(node.depends.iter().map(|r| (r, true))) {
            if !by_id.contains_key(&reference.id) {
                errors.push(GraphError::Missing {
                    id: node.id.clone(),
                    missing: reference.id.clone(),
                    depends,
                    file: node.file.clone(),
                    span: reference.span,
                    nearest: nearest(&reference.id, nodes.iter().map(|n| n.id.as_str()))
                        .filter(|near| *near != node.id)
                        .map(str::to_owned),
                });
            }
        }
    }
}

fn taken_labels(nodes: &[Node], by_id: &HashMap<String, Index>, errors: &mut Vec<GraphError>) {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    for node in nodes {
        for label in &node.labels {
            let other =
                by_id.get(label).map(|i| nodes[*i].id.as_str()).or_else(|| seen.insert(label, &node.id));
            if let Some(taken_by) = other {
                errors.push(GraphError::Label {
                    label: label.clone(),
                    taken_by: taken_by.to_owned(),
                    file: node.file.clone(),
                });
            }
        }
    }
}

/// Kahn's algorithm (A. B. Kahn, "Topological sorting of large networks", CACM 5, 1962) with a
/// heap, so that the order is the same on every machine. `nodes` are sorted by natural order.
fn topological(nodes: &[Node], by_id: &HashMap<String, Index>) -> Result<Vec<Index>, GraphError> {
    let needs: Vec<BTreeSet<Index>> =
        nodes.iter().map(|n| n.parents.iter().chain(&n.depends).map(|r| by_id[&r.id]).collect()).collect();
    let lists: Vec<Vec<Index>> = needs.iter().map(|s| s.iter().copied().collect()).collect();
    let needed_by = reversed(&lists);
    let mut open: Vec<usize> = needs.iter().map(BTreeSet::len).collect();
    let mut ready: BinaryHeap<std::cmp::Reverse<Index>> =
        (0..nodes.len()).filter(|i| open[*i] == 0).map(std::cmp::Reverse).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(std::cmp::Reverse(at)) = ready.pop() {
        order.push(at);
        for next in &needed_by[at] {
            open[*next] -= 1;
            if open[*next] == 0 {
                ready.push(std::cmp::Reverse(*next));
            }
        }
    }
    if order.len() == nodes.len() { Ok(order) } else { Err(cycle(nodes, &lists, &open)) }
}

/// One circle among the nodes that were never ready: each of them needs another of them, so
/// walking from need to need must come back.
fn cycle(nodes: &[Node], needs: &[Vec<Index>], open: &[usize]) -> GraphError {
    let mut at = open.iter().position(|o| *o > 0).unwrap_or(0);
    let mut walked: Vec<Index> = Vec::new();
    while !walked.contains(&at) {
        walked.push(at);
        at = needs[at].iter().copied().find(|n| open[*n] > 0).unwrap_or(at);
    }
    let start = walked.iter().position(|i| *i == at).unwrap_or(0);
    let mut circle: Vec<Index> = walked[start..].to_vec();
    circle.reverse();
    let least = (0..circle.len()).min_by_key(|i| circle[*i]).unwrap_or(0);
    circle.rotate_left(least);
    circle.push(circle[0]);
    GraphError::Cycle {
        ids: circle.iter().map(|i| nodes[*i].id.clone()).collect(),
        file: nodes[circle[0]].file.clone(),
    }
}

fn reversed(edges: &[Vec<Index>]) -> Vec<Vec<Index>> {
    let mut back = vec![Vec::new(); edges.len()];
    for (from, to) in edges.iter().enumerate() {
        for t in to {
            back[*t].push(from);
        }
    }
    back
}

fn closure(edges: &[Vec<Index>], from: impl IntoIterator<Item = Index>) -> BTreeSet<Index> {
    closure_by(|i| edges[i].iter().copied(), from)
}

fn closure_by<I: Iterator<Item = Index>>(
    next: impl Fn(Index) -> I,
    from: impl IntoIterator<Item = Index>,
) -> BTreeSet<Index> {
    let mut stack: Vec<Index> = from.into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(at) = stack.pop() {
        if seen.insert(at) {
            stack.extend(next(at).filter(|i| !seen.contains(i)));
        }
    }
    seen
}
