//! Orders in which the revisions of a graph can run as well: so many that every two revisions that do not need one another
//! run both ways round.

use std::collections::BTreeSet;

use super::graph::{Graph, Index};

/// Who needs whom, themselves included: a bit for each pair.
struct Needs {
    words: usize,
    bits: Vec<u64>,
}

impl Needs {
    fn of(graph: &Graph) -> Self {
        let words = graph.len().div_ceil(64);
        let mut bits = vec![0; words * graph.len()];
        for index in 0..graph.len() {
            // what a revision needs stands before it, and is known by then
            let (before, row) = bits.split_at_mut(index * words);
            row[index / 64] |= 1 << (index % 64);
            for needed in graph.parents(index).iter().chain(graph.depends(index)) {
                let theirs = &before[needed * words..(needed + 1) * words];
                row.iter_mut().zip(theirs).for_each(|(word, their)| *word |= their);
            }
        }
        Self { words, bits }
    }

    fn has(&self, later: Index, first: Index) -> bool {
        self.bits[later * self.words + first / 64] >> (first % 64) & 1 == 1
    }
}

/// Orders besides the graph's own. None when it leaves no choice.
pub fn other_orders(graph: &Graph) -> Vec<Vec<Index>> {
    let needs = Needs::of(graph);
    // two that do not need one another, the one that the graph runs first in front
    let mut open: BTreeSet<(Index, Index)> = (0..graph.len())
        .flat_map(|later| (0..later).map(move |first| (first, later)))
        .filter(|(first, later)| !needs.has(*later, *first))
        .collect();
    let mut orders = Vec::new();
    let mut add = |order: Vec<Index>, open: &mut BTreeSet<(Index, Index)>| {
        let mut place = vec![0; order.len()];
        order.iter().enumerate().for_each(|(at, index)| place[*index] = at);
        open.retain(|(first, later)| place[*first] < place[*later]);
        orders.push(order);
    };
    if !open.is_empty() {
        add(latest_first(graph), &mut open);
    }
    while let Some((_, later)) = open.first().copied() {
        // what it needs, it, and then the rest
        let (mut order, after): (Vec<Index>, Vec<Index>) =
            (0..graph.len()).partition(|i| needs.has(later, *i));
        order.extend(after);
        add(order, &mut open);
    }
    orders
}

/// At every place the latest revision, in the graph's own order, that can run there.
fn latest_first(graph: &Graph) -> Vec<Index> {
    let mut waits: Vec<usize> =
        (0..graph.len()).map(|i| graph.parents(i).len() + graph.depends(i).len()).collect();
    let mut ready: BTreeSet<Index> = (0..graph.len()).filter(|i| waits[*i] == 0).collect();
    let mut order = Vec::with_capacity(graph.len());
    while let Some(next) = ready.pop_last() {
        order.push(next);
        for above in graph.children(next).iter().chain(graph.dependents(next)) {
            waits[*above] -= 1;
            if waits[*above] == 0 {
                ready.insert(*above);
            }
        }
    }
    order
}

/// The pairs that do not need one another and stand the other way round than in the graph, nearest first.
pub fn turned_pairs(graph: &Graph, order: &[Index]) -> Vec<(Index, Index)> {
    let needs = Needs::of(graph);
    let mut pairs = Vec::new();
    for (at, later) in order.iter().enumerate() {
        for first in &order[at + 1..] {
            if first < later && !needs.has(*later, *first) {
                pairs.push((*first, *later));
            }
        }
    }
    pairs.sort_by_key(|(first, later)| (later - first, *first));
    pairs
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use super::super::graph::{Node, Reference};
    use super::*;
    use proptest::prelude::*;

    fn graph(parents: &[&[usize]]) -> Graph {
        let node = |(at, of): (usize, &&[usize])| Node {
            id: at.to_string(),
            parents: of.iter().map(|p| Reference::new(p.to_string())).collect(),
            ..Node::default()
        };
        Graph::build(parents.iter().enumerate().map(node).collect()).unwrap()
    }

    #[test]
    fn a_line_leaves_no_choice() {
        assert!(other_orders(&graph(&[&[], &[0], &[1]])).is_empty());
    }

    #[test]
    fn two_branches_run_the_other_way_round() {
        let graph = graph(&[&[], &[0], &[1], &[0], &[3]]);
        let orders = other_orders(&graph);
        assert_eq!(orders.len(), 1);
        assert_eq!(orders[0], [0, 3, 4, 1, 2]);
        assert_eq!(turned_pairs(&graph, &orders[0]), [(2, 3), (1, 3), (2, 4), (1, 4)]);
    }

    proptest! {
        #[test]
        fn every_order_can_run_and_every_pair_is_turned(shape in proptest::collection::vec(proptest::collection::vec(0_usize..12, 0..3), 1..12)) {
            let parents: Vec<Vec<usize>> =
                shape.iter().enumerate().map(|(at, of)| of.iter().filter(|p| **p < at).copied().collect()).collect();
            let parents: Vec<&[usize]> = parents.iter().map(Vec::as_slice).collect();
            let graph = graph(&parents);
            let orders = other_orders(&graph);
            for order in &orders {
                prop_assert_eq!(order.len(), graph.len());
                for (at, index) in order.iter().enumerate() {
                    prop_assert!(graph.needs([*index]).iter().all(|n| order[..=at].contains(n)));
                }
            }
            let turned: BTreeSet<_> = orders.iter().flat_map(|order| turned_pairs(&graph, order)).collect();
            for later in 0..graph.len() {
                for first in 0..later {
                    prop_assert_eq!(turned.contains(&(first, later)), !graph.needs([later]).contains(&first));
                }
            }
        }
    }
}
