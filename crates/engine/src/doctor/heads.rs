//! Several heads: whoever goes on has to choose one, and the others stay behind.

use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;

use crate::history::History;

/// Finds heads outside of rollouts, where there are several, with the place where each left the others.
pub fn check(history: &History) -> Option<Conclusion> {
    let graph = history.graph();
    let heads = graph.trunk();
    if heads.len() < 2 || are_apart(history, &heads) {
        return None;
    }
    let text = format!(
        "the history has {} heads that were never merged, and a new revision can follow only one of them",
        heads.len()
    );
    let mut found = Conclusion::new("several-heads", Weight::Warning, "history", text)
        .next("cutover merge heads, or a branch label for each line that is meant to stay apart");
    for head in &heads {
        let (id, message) = (graph.id(*head), &graph.node(*head).message);
        found = found.because(format!("{id} {message}: {}", left(history, *head, &heads)));
    }
    Some(found)
}

/// Whether all but one of the heads bear a label that no other has: lines that are meant to stay apart.
fn are_apart(history: &History, heads: &[Index]) -> bool {
    let labels: Vec<Vec<&str>> =
        heads.iter().map(|head| history.graph().labels_of(*head).collect()).collect();
    let is_own = |label: &str| labels.iter().filter(|of| of.contains(&label)).count() == 1;
    labels.iter().filter(|of| !of.iter().any(|label| is_own(label))).count() < 2
}

/// Where a head left the others, in words.
fn left(history: &History, head: Index, heads: &[Index]) -> String {
    let graph = history.graph();
    let own = graph.ancestors(head);
    let others = heads.iter().filter(|other| **other != head).flat_map(|other| graph.ancestors(*other));
    let shared: std::collections::BTreeSet<Index> = others.filter(|it| own.contains(it)).collect();
    let alone = own.len() - shared.len();
    match shared.last() {
        Some(last) => format!("{alone} of its own since {}", graph.id(*last)),
        None => format!("{alone} of its own, with a base of its own"),
    }
}
