//! Revisions whose order matters although the graph leaves it open, as a person reads them and as data.

use cutover_engine::history::History;
use cutover_engine::schema::both_ways::{Conflict, Difference, Orders};
use serde_json::{Value, json};

use crate::changes;
use crate::output::count;

/// What was found.
pub fn text(history: &History, orders: &Orders) -> String {
    if orders.tried == 0 {
        return String::new();
    }
    let mut text: String = orders.conflicts.iter().map(|conflict| one(history, conflict)).collect();
    for (order, difference) in &orders.unexplained {
        let ids: Vec<&str> = order.iter().map(|i| history.graph().id(*i)).collect();
        text += &format!("this order is possible as well, and leads elsewhere: {}\n", ids.join(", "));
        text += &told(difference, "");
    }
    let result = match orders.conflicts.len() + orders.unexplained.len() {
        0 => "the schema is the same".to_owned(),
        many => format!("{} must not be left open", count(many, "pair")),
    };
    text += &format!("side branches: {} tried, {result}\n", count(orders.tried, "other order"));
    text
}

fn one(history: &History, conflict: &Conflict) -> String {
    let (first, second) = (history.graph().id(conflict.first), history.graph().id(conflict.second));
    let mut text = format!("{first} and {second} can run in either order, and it matters:\n");
    text += &told(&conflict.what, &format!("with {second} first: "));
    text += &format!("    say which comes first: --@ depends {first} in {second}, or the other way round\n");
    text
}

fn told(difference: &Difference, when: &str) -> String {
    match difference {
        Difference::Fails(message) => format!("    {when}{message}\n"),
        Difference::Schema(changes) => {
            let mut text = format!("    {when}another schema (+ is new, - is missing)\n");
            changes::tree(changes).lines().for_each(|line| text += &format!("    {line}\n"));
            text
        }
    }
}

/// As data.
pub fn data(history: &History, orders: &Orders) -> Value {
    let conflicts: Vec<Value> = orders
        .conflicts
        .iter()
        .map(|conflict| {
            json!({
                "first": history.graph().id(conflict.first),
                "second": history.graph().id(conflict.second),
                "other_way": difference(&conflict.what),
            })
        })
        .collect();
    let unexplained: Vec<Value> = orders
        .unexplained
        .iter()
        .map(|(order, what)| {
            let ids: Vec<&str> = order.iter().map(|i| history.graph().id(*i)).collect();
            json!({ "order": ids, "leads_to": difference(what) })
        })
        .collect();
    json!({ "tried": orders.tried, "conflicts": conflicts, "unexplained": unexplained })
}

fn difference(of: &Difference) -> Value {
    match of {
        Difference::Fails(message) => json!({ "fails": message }),
        Difference::Schema(changes) => changes::json(changes, &[]),
    }
}
