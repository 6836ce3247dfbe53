//! What the planner expects of a statement, which is not run for it.

use cutover_sql::ident::quote_literal;
use serde_json::Value;
use tokio_postgres::Client;

use crate::execute::{StepError, classify};
use crate::session::rows;

/// What the planner expects.
pub struct Planned {
    /// Rows that the statement gives or changes.
    pub rows: u64,
    /// Tables that it reads and that have no statistics: the planner guesses
    /// (<https://www.postgresql.org/docs/current/planner-stats.html>).
    pub unanalyzed: Vec<String>,
}

/// Asks the planner.
///
/// # Errors
/// The server's.
pub async fn planned(client: &Client, sql: &str) -> Result<Planned, StepError> {
    let plan = explain(client, sql).await?;
    // what changes rows gives none back, and what is below it does
    let inner = if plan["Node Type"] == "ModifyTable" { &plan["Plans"][0] } else { &plan };
    let rows = inner["Plan Rows"].as_f64().unwrap_or(0.0).max(0.0) as u64;
    let mut names: Vec<&str> =
        nodes(&plan).into_iter().filter_map(|node| node["Relation Name"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    Ok(Planned { rows, unanalyzed: unanalyzed(client, &names).await? })
}

/// Those of the tables that have rows and no statistics. A name is without its schema, as a plan has it: of two tables of
/// one name, both must be unknown.
async fn unanalyzed(client: &Client, names: &[&str]) -> Result<Vec<String>, StepError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let names: Vec<String> = names.iter().map(|name| quote_literal(name)).collect();
    let sql = format!(
        "SELECT c.relname FROM pg_catalog.pg_class c \
         WHERE c.relname IN ({}) AND c.relkind IN ('r', 'm', 'p') AND pg_catalog.pg_relation_size(c.oid) > 0 \
         GROUP BY 1 HAVING NOT bool_or(EXISTS (SELECT FROM pg_catalog.pg_statistic s WHERE s.starelid = c.oid)) ORDER BY 1",
        names.join(", ")
    );
    let found = rows(client, &sql, "looking for statistics").await?;
    Ok(found.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
}

/// Cost of a scan below which nobody would notice that it is done for each batch.
const CHEAP: f64 = 1000.0;

/// The tables that each batch reads as a whole, by the plan of one: those that make most of its cost.
///
/// # Errors
/// The server's.
pub async fn read_whole(client: &Client, batch: &str) -> Result<Vec<String>, StepError> {
    let plan = explain(client, batch).await?;
    let total = plan["Total Cost"].as_f64().unwrap_or(0.0);
    let mut found = Vec::new();
    for node in nodes(&plan) {
        let cost = node["Total Cost"].as_f64().unwrap_or(0.0);
        let is_scan = node["Node Type"].as_str().is_some_and(|name| name.ends_with("Seq Scan"));
        if is_scan && cost > CHEAP && cost > total / 4.0 {
            found.extend(node["Relation Name"].as_str().map(str::to_owned));
        }
    }
    found.dedup();
    Ok(found)
}

/// A node of a plan and all below it.
fn nodes(plan: &Value) -> Vec<&Value> {
    let (mut found, mut left) = (Vec::new(), vec![plan]);
    while let Some(node) = left.pop() {
        left.extend(node["Plans"].as_array().into_iter().flatten());
        found.push(node);
    }
    found
}

async fn explain(client: &Client, sql: &str) -> Result<Value, StepError> {
    let found = client.simple_query(&format!("{EXPLAIN}{sql}")).await.map_err(|e| explained(classify(&e)))?;
    let json: String = found
        .iter()
        .filter_map(|m| match m {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        })
        .collect();
    let mut value: Value = serde_json::from_str(&json).unwrap_or_default();
    Ok(value[0]["Plan"].take())
}

const EXPLAIN: &str = "EXPLAIN (FORMAT JSON)\n";

/// The same error with its place in the statement that is explained.
fn explained(error: StepError) -> StepError {
    match error {
        StepError::Server(mut server) => {
            server.position = server.position.and_then(|p| p.checked_sub(EXPLAIN.len() as u32));
            StepError::Server(server)
        }
        other => other,
    }
}
