//! One request: what it says to the server, and whether the answer can be true. Knows nothing of when it is due.

use std::collections::HashMap;

use rand::Rng as _;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::clock::Clock;
use crate::model::{Begun, Key, Kind, State};
use crate::scenario::{Op, Scenario, Statements};
use crate::traffic::Shared;

/// A connection with the statements that it has prepared.
#[derive(Debug)]
pub struct Line {
    /// The connection.
    pub client: Client,
    prepared: HashMap<String, Statement>,
}

/// Why a request did not go well.
#[derive(Debug)]
pub enum Trouble {
    /// An error of the server or of the connection.
    Failed(String),
    /// An answer that cannot be.
    Wrong(String),
}

/// The parameters of a statement.
#[derive(Clone, Copy, Debug)]
struct Given {
    key: Key,
    value: i64,
    group: i64,
}

impl Line {
    /// Takes a connection over.
    pub fn new(client: Client) -> Self {
        Self { client, prepared: HashMap::new() }
    }

    async fn ask(&mut self, sql: &str, given: Given) -> Result<Vec<Row>, Error> {
        if !self.prepared.contains_key(sql) {
            let types = [Type::INT8, Type::INT8, Type::INT8];
            let statement = self.client.prepare_typed(sql, &types).await?;
            self.prepared.insert(sql.to_owned(), statement);
        }
        self.client.query(&self.prepared[sql], &[&given.key, &given.value, &given.group]).await
    }

    /// All statements, in a transaction when there are several.
    async fn say(&mut self, statements: &Statements, given: Given) -> Result<Vec<Row>, Error> {
        match statements.list() {
            [one] => self.ask(one, given).await,
            several => {
                self.client.batch_execute("BEGIN").await?;
                let mut rows = Vec::new();
                for sql in several {
                    rows = self.ask(sql, given).await?;
                }
                self.client.batch_execute("COMMIT").await?;
                Ok(rows)
            }
        }
    }
}

/// Performs a request.
///
/// # Errors
/// When the server refuses it or gives what cannot be.
pub async fn perform(shared: &Shared, line: &mut Line, op: Op, say: &Statements) -> Result<(), Trouble> {
    match op.writes(&shared.scenario) {
        Some(kind) => write(shared, line, kind, say).await,
        None if op == Op::List => list(shared, line, say).await,
        None => read(shared, line, say).await,
    }
}

async fn write(shared: &Shared, line: &mut Line, kind: Kind, say: &Statements) -> Result<(), Trouble> {
    let Some(begun) = shared.model().begin(kind, shared.clock.now(), &mut rand::rng(), shared.hot) else {
        return Ok(());
    };
    let group = shared.scenario.base().group(begun.value);
    let given = Given { key: begun.keys[0], value: begun.value, group };
    let answer = line.say(say, given).await;
    match answer {
        Ok(_) => {
            shared.model().acknowledged(begun, shared.clock.now());
            Ok(())
        }
        Err(error) => {
            let text = describe(&error, begun.keys[0]);
            settle(shared, line, begun, &error).await;
            Err(Trouble::Failed(text))
        }
    }
}

/// After an error: the write did not happen when the server says so, and nobody knows when it is gone.
async fn settle(shared: &Shared, line: &Line, begun: Begun, error: &Error) {
    let is_said = error.as_db_error().is_some_and(|e| !e.code().code().starts_with("57P"));
    if is_said && line.client.batch_execute("ROLLBACK").await.is_ok() {
        shared.model().refused(begun);
    }
}

async fn read(shared: &Shared, line: &mut Line, say: &Statements) -> Result<(), Trouble> {
    let key = shared.model().any(&mut rand::rng(), shared.hot);
    let began = shared.clock.now();
    let rows = match line.say(say, Given { key, value: 0, group: 0 }).await {
        Ok(rows) => rows,
        Err(error) => return Err(failed(line, &error, key).await),
    };
    let ended = shared.clock.now();
    let found = match rows.as_slice() {
        [] => Ok(State::Absent),
        [row] => state(&shared.scenario, row, 0),
        several => Err(format!("{} rows", several.len())),
    };
    let model = shared.model();
    match found {
        Ok(state) if model.allows(key, state, began, ended) => Ok(()),
        found => Err(Trouble::Wrong(cannot_be(&found, key, &model.possible_states(key, began, ended)))),
    }
}

async fn list(shared: &Shared, line: &mut Line, say: &Statements) -> Result<(), Trouble> {
    let base = shared.scenario.base();
    let group = rand::rng().random_range(1..=base.groups.max(1));
    let began = shared.clock.now();
    let rows = match line.say(say, Given { key: 0, value: 0, group }).await {
        Ok(rows) => rows,
        Err(error) => return Err(failed(line, &error, group).await),
    };
    let ended = shared.clock.now();
    let model = shared.model();
    let mut missing = model.members(group);
    for row in &rows {
        let key: Key = row.get(0);
        let found = state(&shared.scenario, row, 1);
        missing.remove(&key);
        if !found.as_ref().is_ok_and(|state| model.allows(key, *state, began, ended)) {
            let possible = model.possible_states(key, began, ended);
            return Err(Trouble::Wrong(format!("in group {group}, {}", cannot_be(&found, key, &possible))));
        }
    }
    match missing.into_iter().find(|key| !model.allows_outside(*key, group, began, ended)) {
        Some(key) => Err(Trouble::Wrong(format!("row {key} is missing in group {group}"))),
        None => Ok(()),
    }
}

/// What a row says, from its column `at` on.
pub fn state(scenario: &Scenario, row: &Row, at: usize) -> Result<State, String> {
    let text: Option<String> = row.try_get(at).map_err(|e| e.to_string())?;
    let Some(text) = text else { return Ok(State::Null) };
    let value: i64 = text.parse().map_err(|_| format!("{text:?}"))?;
    if scenario.groups > 0 && row.len() > at + 1 {
        let group: Option<i64> = row.try_get(at + 1).map_err(|e| e.to_string())?;
        match group {
            // whoever belongs to no group has no value, whatever else it has
            None => return Ok(State::Null),
            Some(group) if group != scenario.base().group(value) => {
                return Err(format!("the value {value} in group {group}"));
            }
            Some(_) => {}
        }
    }
    Ok(State::Value(value))
}

/// What was found and what could have been.
pub fn cannot_be(found: &Result<State, String>, key: Key, possible: &[State]) -> String {
    match found {
        Ok(state) => format!("row {key} is {state:?}, and can only be one of {possible:?}"),
        Err(text) => format!("row {key} is {text}, and can only be one of {possible:?}"),
    }
}

async fn failed(line: &Line, error: &Error, key: Key) -> Trouble {
    // of a transaction of reads
    let _ = line.client.batch_execute("ROLLBACK").await;
    Trouble::Failed(describe(error, key))
}

fn describe(error: &Error, key: Key) -> String {
    match error.as_db_error() {
        Some(e) => {
            let place = e.where_().map(|w| format!(" ({})", w.replace('\n', " "))).unwrap_or_default();
            let detail = e.detail().map(|d| format!(": {}", d.replace('\n', " "))).unwrap_or_default();
            format!("row {key}: {} {}{detail}{place}", e.code().code(), e.message())
        }
        None => format!("row {key}: {error}"),
    }
}

/// Compares everything that a view shows with the model, when nobody writes; gives what is wrong.
///
/// # Errors
/// Those of the server.
pub async fn compare(
    client: &Client,
    sql: &str,
    scenario: &Scenario,
    model: &crate::model::Model,
    clock: &Clock,
) -> Result<Vec<String>, Error> {
    let now = clock.now();
    let rows = client.query(sql, &[]).await?;
    let mut wrong = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for row in &rows {
        let key: Key = row.get(0);
        let found = state(scenario, row, 1);
        if !seen.insert(key) {
            wrong.push(format!("row {key} is there twice"));
        } else if !found.as_ref().is_ok_and(|state| model.allows(key, *state, now, now)) {
            wrong.push(cannot_be(&found, key, &model.possible_states(key, now, now)));
        }
    }
    for key in model.keys().filter(|key| !seen.contains(key)) {
        if !model.allows(key, State::Absent, now, now) {
            wrong.push(cannot_be(&Ok(State::Absent), key, &model.possible_states(key, now, now)));
        }
    }
    Ok(wrong)
}
