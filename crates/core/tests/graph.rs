//! Random graphs against a slow and obvious model: order, heads, targets, ranges, stamps.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::collections::BTreeSet;

use cutover_core::revision::graph::{Index, Reference};
use cutover_core::revision::target::{Applied, Range, Target, TargetError};
use cutover_core::revision::{Graph, GraphError, Node};
use proptest::prelude::*;

/// A node's parents and dependencies are among the nodes before it; `label` marks some.
#[derive(Clone, Debug)]
struct Draft {
    parents: BTreeSet<usize>,
    depends: BTreeSet<usize>,
    label: bool,
}

fn id(index: usize) -> String {
    format!("r{index}x")
}

/// Up to 24 nodes; the files come in any order.
fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    let node = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..3),
        prop::collection::vec(any::<prop::sample::Index>(), 0..2),
        prop::bool::weighted(0.2),
    );
    prop::collection::vec(node, 1..24).prop_map(|raw| {
        let pick = |at: usize, from: &[prop::sample::Index]| -> BTreeSet<usize> {
            if at == 0 { BTreeSet::new() } else { from.iter().map(|i| i.index(at)).collect() }
        };
        raw.iter()
            .enumerate()
            .map(|(at, (parents, depends, label))| {
                let parents = pick(at, parents);
                let depends = &pick(at, depends) - &parents;
                Draft { parents, depends, label: *label }
            })
            .collect()
    })
}

fn build(drafts: &[Draft]) -> Graph {
    let references = |set: &BTreeSet<usize>| set.iter().map(|i| Reference::new(id(*i))).collect();
    let nodes = drafts.iter().enumerate().rev().map(|(at, draft)| Node {
        id: id(at),
        parents: references(&draft.parents),
        depends: references(&draft.depends),
        labels: if draft.label { vec![format!("label{at}")] } else { Vec::new() },
        ..Node::default()
    });
    Graph::build(nodes.collect()).unwrap()
}

/// The model: sets of draft numbers, each answer straight from its definition.
struct Model<'a>(&'a [Draft]);

impl Model<'_> {
    fn needs(&self, of: usize) -> BTreeSet<usize> {
        let own = &self.0[of];
        let mut all = BTreeSet::from([of]);
        for next in own.parents.iter().chain(&own.depends) {
            all.extend(self.needs(*next));
        }
        all
    }

    fn needed_by(&self, of: usize) -> BTreeSet<usize> {
        (0..self.0.len()).filter(|i| self.needs(*i).contains(&of)).collect()
    }

    fn children(&self, of: usize) -> Vec<usize> {
        (0..self.0.len()).filter(|i| self.0[*i].parents.contains(&of)).collect()
    }

    fn heads(&self) -> BTreeSet<usize> {
        (0..self.0.len()).filter(|i| self.children(*i).is_empty()).collect()
    }

    fn tips(&self, set: &BTreeSet<usize>) -> Vec<usize> {
        set.iter().copied().filter(|i| self.children(*i).iter().all(|c| !set.contains(c))).collect()
    }

    fn closed(&self, set: &BTreeSet<usize>) -> bool {
        set.iter().all(|i| self.needs(*i).is_subset(set))
    }

    /// The branch of a label: descendants, and single parents up to a fork or a merge.
    fn branch(&self, of: usize) -> BTreeSet<usize> {
        let mut all: BTreeSet<usize> = BTreeSet::from([of]);
        loop {
            let more: BTreeSet<usize> = all.iter().flat_map(|i| self.children(*i)).collect();
            if more.is_subset(&all) {
                break;
            }
            all.extend(more);
        }
        let mut at = of;
        while self.0[at].parents.len() == 1 {
            at = *self.0[at].parents.first().unwrap();
            if self.children(at).len() > 1 || self.0[at].parents.len() > 1 {
                break;
            }
            all.insert(at);
        }
        all
    }
}

/// Draft numbers of places in the graph.
fn numbers(graph: &Graph, indices: impl IntoIterator<Item = Index>) -> BTreeSet<usize> {
    indices.into_iter().map(|i| graph.id(i)[1..].trim_end_matches('x').parse().unwrap()).collect()
}

fn places(graph: &Graph, numbers: &BTreeSet<usize>) -> Applied {
    numbers.iter().map(|n| graph.find(&id(*n)).unwrap()).collect()
}

fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn the_order_is_one_in_which_everything_can_run(drafts in drafts()) {
        let graph = build(&drafts);
        for (at, node) in graph.nodes().iter().enumerate() {
            for reference in node.parents.iter().chain(&node.depends) {
                prop_assert!(graph.find(&reference.id).unwrap() < at);
            }
        }
        let mut shuffled = graph.nodes().to_vec();
        shuffled.rotate_left(drafts.len() / 2);
        let again = Graph::build(shuffled).unwrap();
        prop_assert_eq!(graph.nodes(), again.nodes());
        prop_assert_eq!(numbers(&graph, graph.heads()), Model(&drafts).heads());
    }

    #[test]
    fn closures_and_branches_are_those_of_the_model(drafts in drafts(), at in any::<prop::sample::Index>()) {
        let (graph, model, at) = (build(&drafts), Model(&drafts), at.index(drafts.len()));
        let place = graph.find(&id(at)).unwrap();
        prop_assert_eq!(numbers(&graph, graph.needs([place])), model.needs(at));
        prop_assert_eq!(numbers(&graph, graph.needed_by([place])), model.needed_by(at));
        for (label, on) in graph.labels() {
            let number = *numbers(&graph, [*on]).first().unwrap();
            prop_assert_eq!(numbers(&graph, graph.members(label).unwrap().iter().copied()), model.branch(number));
        }
    }

    #[test]
    fn upgrades_downgrades_and_stamps_end_where_they_should(
        drafts in drafts(),
        applied in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        at in any::<prop::sample::Index>(),
    ) {
        let (graph, model, at) = (build(&drafts), Model(&drafts), at.index(drafts.len()));
        let applied: BTreeSet<usize> = applied.iter().flat_map(|i| model.needs(i.index(drafts.len()))).collect();
        let state = places(&graph, &applied);
        let up = target(&id(at)).upgrade(&graph, &state).unwrap();
        prop_assert!(up.is_sorted());
        let after: BTreeSet<usize> = &applied | &numbers(&graph, up.iter().copied());
        prop_assert_eq!(&after, &(&applied | &model.needs(at)));
        prop_assert!(model.closed(&after));
        // down to a revision: what needs it goes, it stays
        let down = target(&id(at)).downgrade(&graph, &places(&graph, &after)).unwrap();
        prop_assert!(down.iter().rev().is_sorted());
        let mut gone = &model.needed_by(at) & &after;
        gone.remove(&at);
        prop_assert_eq!(numbers(&graph, down), gone);
        // to the base: everything, newest first
        let all = target("base").downgrade(&graph, &state).unwrap();
        prop_assert_eq!(numbers(&graph, all), applied.clone());
        // all heads
        let rest = target("heads").upgrade(&graph, &state).unwrap();
        prop_assert_eq!(rest.len(), drafts.len() - applied.len());
        // a stamp: closed, with the target, without what needs it
        let stamped = numbers(&graph, target(&id(at)).stamp(&graph, &state).unwrap());
        prop_assert!(model.closed(&stamped));
        let above: BTreeSet<usize> = &model.needed_by(at) - &model.needs(at);
        prop_assert_eq!(stamped, &(&applied - &above) | &model.needs(at));
        if applied.contains(&at) {
            prop_assert!(target(&id(at)).downgrade(&graph, &state).is_ok());
        } else {
            prop_assert_eq!(target(&id(at)).downgrade(&graph, &state), Err(TargetError::NotApplied { id: id(at) }));
        }
    }

    #[test]
    fn relative_targets_walk_as_the_model_walks(
        drafts in drafts(),
        at in any::<prop::sample::Index>(),
        steps in 1..5_usize,
    ) {
        let (graph, model, at) = (build(&drafts), Model(&drafts), at.index(drafts.len()));
        let forward = (0..steps).try_fold(at, |at, _| match model.children(at)[..] { [one] => Some(one), _ => None });
        let found = target(&format!("{}+{steps}", id(at))).resolve(&graph, &Applied::new());
        prop_assert_eq!(found.ok().map(|f| numbers(&graph, f)), forward.map(|n| BTreeSet::from([n])));
        let backward = (0..steps).try_fold(Some(at), |at, _| {
            let parents: Vec<usize> = drafts[at?].parents.iter().copied().collect();
            match parents[..] { [one] => Some(Some(one)), [] => Some(None), _ => None }
        });
        let found = target(&format!("{}-{steps}", id(at))).resolve(&graph, &Applied::new());
        if let (Ok(found), Some(Some(backward))) = (&found, backward) {
            prop_assert_eq!(numbers(&graph, found.clone()), BTreeSet::from([backward]));
        } else if let Some(Some(_)) = backward {
            prop_assert!(false, "the walk back should be found: {:?}", found);
        }
        // -N takes away N current revisions, one after the other
        let mut left = model.needs(at);
        let state = places(&graph, &left);
        let taken: Option<BTreeSet<usize>> = (0..steps).map(|_| {
            let tips = model.tips(&left);
            let [one] = tips[..] else { return None };
            left.remove(&one);
            Some(one)
        }).collect();
        let down = target(&format!("-{steps}")).downgrade(&graph, &state);
        if let Some(taken) = taken {
            let expected: BTreeSet<usize> = taken.iter().flat_map(|i| model.needed_by(*i)).filter(|i| model.needs(at).contains(i)).collect();
            prop_assert_eq!(numbers(&graph, down.unwrap()), expected);
        } else {
            prop_assert!(down.is_err());
        }
    }

    #[test]
    fn a_range_is_what_runs_between_its_ends(drafts in drafts(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let (graph, model) = (build(&drafts), Model(&drafts));
        let (a, b) = (a.index(drafts.len()), b.index(drafts.len()));
        let range = Range::parse(&format!("{}:{}", id(a), id(b))).unwrap().unwrap();
        let found = range.between(&graph, &Applied::new());
        if model.needs(a).is_subset(&model.needs(b)) {
            prop_assert_eq!(numbers(&graph, found.unwrap()), &model.needs(b) - &model.needs(a));
        } else {
            let is_no_range = matches!(found, Err(TargetError::NotARange { .. }));
            prop_assert!(is_no_range);
        }
    }

    #[test]
    fn any_text_is_a_target_or_an_error(text in "\\PC{0,12}") {
        let graph = build(&[Draft { parents: BTreeSet::new(), depends: BTreeSet::new(), label: true }]);
        if let Ok(target) = Target::parse(&text) {
            let _ = target.upgrade(&graph, &Applied::new());
            let _ = target.downgrade(&graph, &Applied::new());
            let _ = target.stamp(&graph, &Applied::new());
        }
        let _ = Range::parse(&text);
    }

    #[test]
    fn a_closed_circle_is_found_and_named(drafts in drafts(), from in any::<prop::sample::Index>()) {
        let graph = build(&drafts);
        let from = from.index(drafts.len());
        let above: Vec<usize> = Model(&drafts).needed_by(from).into_iter().filter(|i| *i != from).collect();
        prop_assume!(!above.is_empty());
        let mut nodes = graph.nodes().to_vec();
        let first = nodes.iter_mut().find(|n| n.id == id(from)).unwrap();
        first.depends.push(Reference::new(id(above[above.len() - 1])));
        let errors = Graph::build(nodes).unwrap_err();
        let [GraphError::Cycle { ids, .. }] = &errors[..] else { panic!("{errors:?}") };
        prop_assert!(ids.len() > 2 && ids.first() == ids.last() && ids.contains(&id(from)), "{:?}", ids);
    }
}
