//! Puts operations in order: depth first, so that what is needed stands right before what needs it.

use std::collections::HashSet;

use super::graph::{Edge, Graph};
use crate::catalog::Thing;
use crate::object::ops::Op;

/// An edge: the operation that has it, and which of its edges it is.
pub type EdgeAt = (usize, usize);

/// Operations that wait for one another.
#[derive(Debug)]
pub struct Circle {
    /// Which.
    pub ops: Vec<usize>,
    /// Parts of new tables because of which they do.
    pub causes: Vec<Thing>,
    /// An edge that can be given up.
    pub soft: Option<EdgeAt>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// The operations in order, without the edges that were given up. With `force` a circle is cut where
/// it is found.
///
/// # Errors
/// A circle.
pub fn sort(
    ops: &[Op],
    graph: &Graph,
    given_up: &HashSet<EdgeAt>,
    force: bool,
) -> Result<Vec<usize>, Circle> {
    let mut place = vec![0; ops.len()];
    graph.preferred.iter().enumerate().for_each(|(rank, at)| place[*at] = rank);
    let mut marks = vec![Mark::New; ops.len()];
    let mut order = Vec::with_capacity(ops.len());
    for root in &graph.preferred {
        if marks[*root] != Mark::New {
            continue;
        }
        // each with its edges in the preferred order, and how many of them are done
        let mut stack: Vec<(usize, Vec<usize>, usize)> = vec![(*root, edges(graph, *root, &place), 0)];
        marks[*root] = Mark::Open;
        while let Some((at, list, next)) = stack.last_mut() {
            let at = *at;
            let Some(number) = list.get(*next).copied() else {
                marks[at] = Mark::Done;
                order.push(at);
                stack.pop();
                continue;
            };
            *next += 1;
            let edge = &graph.before[at][number];
            if given_up.contains(&(at, number)) {
                continue;
            }
            match marks[edge.first] {
                Mark::Done => {}
                Mark::New => {
                    marks[edge.first] = Mark::Open;
                    let first = edge.first;
                    stack.push((first, edges(graph, first, &place), 0));
                }
                Mark::Open if force => {}
                Mark::Open => return Err(stuck(graph, &stack, edge.first)),
            }
        }
    }
    Ok(order)
}

/// The numbers of an operation's edges, by the preferred place of what they lead to.
fn edges(graph: &Graph, at: usize, place: &[usize]) -> Vec<usize> {
    let mut list: Vec<usize> = (0..graph.before[at].len()).collect();
    list.sort_by_key(|number| place[graph.before[at][*number].first]);
    list
}

/// The circle that the last edge on the stack closes.
fn stuck(graph: &Graph, stack: &[(usize, Vec<usize>, usize)], closed: usize) -> Circle {
    let start = stack.iter().position(|(at, ..)| *at == closed).unwrap_or(0);
    let (mut causes, mut soft) = (Vec::new(), None);
    for (at, list, next) in &stack[start..] {
        let number = list[*next - 1];
        let edge: &Edge = &graph.before[*at][number];
        if !edge.hard {
            soft = Some((*at, number));
        }
        causes.extend(edge.cause.clone());
    }
    Circle { ops: stack[start..].iter().map(|(at, ..)| *at).collect(), causes, soft }
}
