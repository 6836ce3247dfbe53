//! A part of the graph that one revision can stand for: with one way in and one way out.

use std::collections::BTreeSet;

use super::graph::{Graph, Index};

/// The part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its revisions, in running order.
    pub members: Vec<Index>,
    /// What must run before it, in running order: all that its revisions need.
    pub below: Vec<Index>,
    /// The revisions that its first one revises; none at the beginning of the graph.
    pub parents: Vec<Index>,
    /// Revisions outside that members depend on without revising them.
    pub depends: Vec<Index>,
    /// The last revision, which all others lead to.
    pub last: Index,
}

/// Why a part of the graph is no stretch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StretchError {
    /// The ends are the wrong way round, or on different branches.
    #[error("{first} is not below {last}")]
    NotBelow {
        /// The older end.
        first: String,
        /// The newer end.
        last: String,
    },
    /// Nothing to put together.
    #[error("from {last} to {last} there is one revision only")]
    One {
        /// The revision.
        last: String,
    },
    /// A second way in.
    #[error("{id} is between them and also revises {outside}, which is not")]
    WayIn {
        /// A revision of the stretch.
        id: String,
        /// What it revises.
        outside: String,
    },
    /// A second way out.
    #[error("{outside} revises {id}, which is between them, and is not itself")]
    WayOut {
        /// A revision of the stretch.
        id: String,
        /// What revises it.
        outside: String,
    },
    /// A part of a rollout.
    #[error("rollout {rollout} is only partly between them: {outside} is not")]
    Rollout {
        /// The rollout.
        rollout: String,
        /// A revision of it that is outside.
        outside: String,
    },
}

/// The revisions from `first` (the beginning of the graph without one) to `last`, with both.
///
/// # Errors
/// When there is another way in or out.
pub fn stretch(graph: &Graph, first: Option<Index>, last: Index) -> Result<Stretch, StretchError> {
    let id = |index: Index| graph.id(index).to_owned();
    let members: BTreeSet<Index> = match first {
        None => graph.needs([last]),
        Some(first) => {
            let between = &graph.descendants(first) & &graph.ancestors(last);
            if between.is_empty() {
                return Err(StretchError::NotBelow { first: id(first), last: id(last) });
            }
            between
        }
    };
    if members.len() < 2 {
        return Err(StretchError::One { last: id(last) });
    }
    for member in members.iter().copied() {
        let is_inner = |other: &&Index| !members.contains(other);
        if first.is_some_and(|first| first != member)
            && let Some(outside) = graph.parents(member).iter().find(is_inner)
        {
            return Err(StretchError::WayIn { id: id(member), outside: id(*outside) });
        }
        if member != last
            && let Some(outside) = graph.children(member).iter().find(is_inner)
        {
            return Err(StretchError::WayOut { id: id(member), outside: id(*outside) });
        }
        if let Some(rollout) = &graph.node(member).rollout
            && let Some(outside) = graph.rollouts().get(rollout).and_then(|all| all.iter().find(is_inner))
        {
            return Err(StretchError::Rollout { rollout: rollout.clone(), outside: id(*outside) });
        }
    }
    let needed = graph.needs(members.iter().copied());
    let outside = |list: &[Index]| list.iter().copied().filter(|i| !members.contains(i)).collect::<Vec<_>>();
    let mut depends: Vec<Index> = members.iter().flat_map(|i| outside(graph.depends(*i))).collect();
    depends.sort_unstable();
    depends.dedup();
    Ok(Stretch {
        below: needed.iter().copied().filter(|i| !members.contains(i)).collect(),
        parents: first.map(|first| graph.parents(first).to_vec()).unwrap_or_default(),
        depends,
        last,
        members: members.into_iter().collect(),
    })
}
