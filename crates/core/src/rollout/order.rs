//! How the phases of a rollout may follow one another.
//!
//! The order is what keeps every write: dual write before the backfill, the comparison before the cut over, the contract
//! last and not without a wait.

use std::collections::{BTreeMap, BTreeSet};

use super::phase::Phase;
use crate::revision::graph::{Graph, Index};

/// A revision of a rollout, as this file needs to know it.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    /// Its place in the graph.
    pub index: Index,
    /// The rollout's name.
    pub rollout: &'a str,
    /// The phase.
    pub phase: Phase,
    /// Whether it has a gate of its own.
    pub is_gated: bool,
}

/// Why an order is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// Dual write begins after the backfill, and nothing is backfilled again.
    #[error(
        "revision {dual} begins the dual write after revision {backfill} has backfilled: what the old code writes between the two never reaches the new place"
    )]
    BackfillFirst {
        /// The revision that begins the dual write.
        dual: String,
        /// The one that backfills before it.
        backfill: String,
    },
    /// A later phase stands before an earlier one.
    #[error("revision {earlier} ({}) comes before revision {later} ({})", phases.0, phases.1)]
    Reversed {
        /// The revision that runs first.
        earlier: String,
        /// The one that has to run before it.
        later: String,
        /// Their phases.
        phases: (Phase, Phase),
    },
    /// The contract waits for nothing.
    #[error("revision {id} contracts, and waits neither for a gate nor for a deploy")]
    UngatedContract {
        /// The revision.
        id: String,
    },
}

impl OrderError {
    /// What to do instead.
    pub fn help(&self) -> String {
        match self {
            Self::BackfillFirst { dual, backfill } => format!(
                "let {backfill} revise {dual}, or add a revision after {dual} that backfills again what was written in between"
            ),
            Self::Reversed { earlier, later, phases } => format!(
                "within a rollout {} comes before {}: let {earlier} revise {later}",
                phases.1, phases.0
            ),
            Self::UngatedContract { .. } => {
                "add \"--@ requires unused table NAME for 7 days\" (or another gate), or a revision of phase \"cut over\" with a --@ deploy before it".into()
            }
        }
    }
}

/// What is wrong with the rollouts of a graph: each with the revision whose header says it.
pub fn check(graph: &Graph, members: &[Member<'_>]) -> Vec<(Index, OrderError)> {
    let mut rollouts: BTreeMap<&str, Vec<Member<'_>>> = BTreeMap::new();
    members.iter().for_each(|member| rollouts.entry(member.rollout).or_default().push(*member));
    rollouts.values().flat_map(|members| one(graph, members)).collect()
}

fn one(graph: &Graph, members: &[Member<'_>]) -> Vec<(Index, OrderError)> {
    let id = |member: &Member<'_>| graph.id(member.index).to_owned();
    let needs: Vec<BTreeSet<Index>> = members.iter().map(|m| graph.needs([m.index])).collect();
    let mut wrong = Vec::new();
    for (later, below) in members.iter().zip(&needs) {
        let before = || members.iter().filter(|m| m.index != later.index && below.contains(&m.index));
        if later.phase == Phase::Contract
            && !later.is_gated
            && !before().any(|m| m.phase == Phase::CutOver || m.is_gated)
        {
            wrong.push((later.index, OrderError::UngatedContract { id: id(later) }));
        }
        let Some(earlier) = before().find(|m| m.phase > later.phase) else { continue };
        if (earlier.phase, later.phase) == (Phase::Backfill, Phase::DualWrite) {
            let again = members
                .iter()
                .zip(&needs)
                .any(|(m, below)| m.phase == Phase::Backfill && below.contains(&later.index));
            if !again {
                wrong.push((
                    later.index,
                    OrderError::BackfillFirst { dual: id(later), backfill: id(earlier) },
                ));
            }
        } else if !is_catch_up(earlier.phase, later.phase) {
            let phases = (earlier.phase, later.phase);
            wrong
                .push((later.index, OrderError::Reversed { earlier: id(earlier), later: id(later), phases }));
        }
    }
    wrong
}

/// What may stand after a later phase all the same: an expansion (another index) hurts nobody before the cut over, and a
/// comparison may be followed by another backfill that mends what it found.
fn is_catch_up(earlier: Phase, later: Phase) -> bool {
    earlier < Phase::CutOver && later == Phase::Expand
        || (earlier, later) == (Phase::Validate, Phase::Backfill)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use super::*;
    use crate::revision::graph::{Node, Reference};

    /// A line of revisions with these phases, gated where a `*` stands; what is wrong, in words.
    fn wrong(phases: &[&str]) -> Vec<String> {
        let node = |at: usize| {
            let parents = at.checked_sub(1).map(|p| Reference::new(p.to_string())).into_iter().collect();
            Node { id: at.to_string(), parents, ..Node::default() }
        };
        let graph = Graph::build((0..phases.len()).map(node).collect()).unwrap();
        let member = |(at, text): (usize, &&str)| Member {
            index: graph.find(&at.to_string()).unwrap(),
            rollout: "r",
            phase: Phase::parse(text.trim_end_matches('*')).unwrap(),
            is_gated: text.ends_with('*'),
        };
        let members: Vec<Member<'_>> = phases.iter().enumerate().map(member).collect();
        check(&graph, &members).into_iter().map(|(_, error)| error.to_string()).collect()
    }

    #[test]
    fn the_plain_order_is_right() {
        assert_eq!(wrong(&["expand", "dual write", "backfill", "validate", "cut over", "contract"]), [""; 0]);
        assert_eq!(wrong(&["expand", "backfill", "validate", "contract*"]), [""; 0]);
        assert_eq!(
            wrong(&["expand", "dual write", "expand", "backfill", "validate", "backfill", "validate"]),
            [""; 0]
        );
    }

    #[test]
    fn the_hole_between_backfill_and_dual_write_is_seen() {
        let found = wrong(&["expand", "backfill", "dual write", "validate"]);
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("between the two never reaches"), "{found:?}");
        // with a second backfill after it the hole is closed
        assert_eq!(wrong(&["expand", "backfill", "dual write", "backfill", "validate"]), [""; 0]);
    }

    #[test]
    fn a_later_phase_first_is_refused() {
        assert!(wrong(&["cut over", "validate"])[0].contains("(cut over) comes before"));
        assert!(
            wrong(&["cut over", "contract", "validate"])
                .iter()
                .any(|w| w.contains("(contract)") || w.contains("(cut over)"))
        );
        assert!(wrong(&["expand", "contract"])[0].contains("neither for a gate nor for a deploy"));
    }
}
