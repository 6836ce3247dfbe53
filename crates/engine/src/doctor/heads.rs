//! Several heads: whoever goes on has to choose one, and the others stay behind.

use cutover_core::report::{Conclusion, Weight};

use crate::history::History;

/// Finds heads outside of rollouts, where there are several.
pub fn check(history: &History) -> Option<Conclusion> {
    let graph = history.graph();
    let heads = graph.trunk();
    if heads.len() < 2 {
        return None;
    }
    let text =
        format!("the history has {} heads, and a new revision can follow only one of them", heads.len());
    let mut found = Conclusion::new("several-heads", Weight::Warning, "history", text)
        .next("cutover merge heads, or a branch label for each line that is meant to stay apart");
    for head in heads {
        found = found.because(format!("{} {}", graph.id(head), graph.node(head).message));
    }
    Some(found)
}
