//! Revisions on side branches, replayed both ways round: whether the order matters.

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Change, Options};
use cutover_core::plan::Direction;
use cutover_core::revision::both_ways::{other_orders, turned_pairs};
use cutover_core::revision::graph::Index;

use super::{SchemaError, Workshop, replay};
use crate::execute::ExecuteError;
use crate::history::History;
use crate::session::Settings;

/// How many pairs are told of one order; the first says most.
const MOST: usize = 5;

/// Two revisions whose order matters, and nothing in the graph says which comes first.
#[derive(Debug)]
pub struct Conflict {
    /// The one that the graph runs first.
    pub first: Index,
    /// The other.
    pub second: Index,
    /// What happens when the second runs first.
    pub what: Difference,
}

/// What another order leads to.
#[derive(Debug)]
pub enum Difference {
    /// Another schema: from that of the graph's order to that of the other one.
    Schema(Vec<Change>),
    /// A statement fails.
    Fails(String),
}

/// What was found.
#[derive(Debug, Default)]
pub struct Orders {
    /// How many other orders there are.
    pub tried: usize,
    /// The pairs whose order matters.
    pub conflicts: Vec<Conflict>,
    /// What other orders lead to where no two revisions alone make the difference: the order, and the difference.
    pub unexplained: Vec<(Vec<Index>, Difference)>,
}

impl Orders {
    /// Whether every order leads to the same schema.
    pub fn is_settled(&self) -> bool {
        self.conflicts.is_empty() && self.unexplained.is_empty()
    }
}

/// Replays the history in every order that matters, and where the schemas differ, finds the pairs that make it so.
///
/// # Errors
/// When the graph's own order does not run, or there is no scratch database.
pub async fn both_ways(
    history: &History,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Orders, SchemaError> {
    let graph = history.graph();
    let orders = other_orders(graph);
    let mut found = Orders { tried: orders.len(), ..Orders::default() };
    if orders.is_empty() {
        return Ok(found);
    }
    let all: Vec<Index> = (0..graph.len()).collect();
    let expected = workshop.schema_of(history, &all, settings).await?;
    for order in orders {
        let Some(difference) = compare(&expected, run(history, &order, settings, workshop).await?) else {
            continue;
        };
        let before = found.conflicts.len();
        for (first, second) in turned_pairs(graph, &order) {
            if found.conflicts.len() >= MOST {
                return Ok(found);
            }
            if let Some(what) = pair(history, first, second, settings, workshop).await? {
                found.conflicts.push(Conflict { first, second, what });
            }
        }
        if found.conflicts.len() == before {
            found.unexplained.push((order, difference));
        }
    }
    Ok(found)
}

/// Two revisions on top of no more than what they need.
async fn pair(
    history: &History,
    first: Index,
    second: Index,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Option<Difference>, SchemaError> {
    let needed = history.graph().needs([first, second]);
    let below: Vec<Index> = needed.into_iter().filter(|i| *i != first && *i != second).collect();
    let order = |last: [Index; 2]| below.iter().copied().chain(last).collect::<Vec<_>>();
    match run(history, &order([first, second]), settings, workshop).await? {
        Ok(expected) => {
            Ok(compare(&expected, run(history, &order([second, first]), settings, workshop).await?))
        }
        // together on this ground they do not run in the graph's order either: that is not about the two of them
        Err(_) => Ok(None),
    }
}

fn compare(expected: &Catalog, found: Result<Catalog, String>) -> Option<Difference> {
    let options = Options { grants: true, owners: true, plain: true };
    match found {
        Err(message) => Some(Difference::Fails(message)),
        Ok(found) => {
            let changes = diff::changes(expected, &found, &options);
            (!changes.is_empty()).then_some(Difference::Schema(changes))
        }
    }
}

/// The schema after an order, or what its first failing statement says.
async fn run(
    history: &History,
    order: &[Index],
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Result<Catalog, String>, SchemaError> {
    let bench = workshop.bench(None).await?;
    match replay::exactly(history, Direction::Upgrade, order, settings, &bench.session).await {
        Ok(()) => Ok(Ok(bench.catalog().await?)),
        Err(SchemaError::Execute(ExecuteError::Step(failure))) => Ok(Err(failure.to_string())),
        Err(other) => Err(other),
    }
}
