//! Runs a query of a gate: read only, under a time limit, and so that it is not taken for a use of what it looks at.

use std::time::Duration;

use cutover_sql::ident::quote_literal;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::unused;
use crate::session::{Session, SessionError, message};

/// Stands before every query of ours, so that it is known again in `pg_stat_statements`.
pub const TAG: &str = "/* cutover */";

/// What a query of a gate gave.
#[derive(Debug)]
pub struct Answer {
    /// The first rows, each with the names of its columns.
    pub rows: Vec<Vec<(String, Option<String>)>>,
    /// How many there were.
    pub total: usize,
}

/// How many rows are kept to be shown.
const SHOWN: usize = 5;

/// Asks it in a transaction that can change nothing. It takes ACCESS SHARE on what it reads, for at most the time limit.
/// More than `limit` rows are not fetched.
///
/// # Errors
/// The server's, or the driver's.
pub async fn ask(session: &Session, query: &str, limit: usize) -> Result<Answer, Error> {
    let asking = &session.asking;
    let own = unused::own_count(session).await;
    // the query is one of the user's and may be any SELECT: a cursor limits what travels, whatever it is
    let sql = format!(
        "BEGIN READ ONLY; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; SELECT set_config('search_path', {}, true)",
        asking.timeout.as_millis(),
        asking.timeout.min(Duration::from_secs(5)).as_millis(),
        quote_literal(&asking.search_path),
    );
    let client = session.client();
    let asked = async {
        client.batch_execute(&sql).await?;
        let before = match &own {
            Some(sql) => client.simple_query(sql).await?,
            None => Vec::new(),
        };
        let declare = format!("{TAG} DECLARE cutover_gate NO SCROLL CURSOR FOR {query}\n");
        client.batch_execute(&declare).await?;
        let fetch = match limit {
            // one row is enough to know
            1 => "FETCH 1 FROM cutover_gate".to_owned(),
            _ => format!("FETCH {SHOWN} FROM cutover_gate; MOVE ALL FROM cutover_gate"),
        };
        let messages = client.simple_query(&fetch).await?;
        let after = match &own {
            Some(sql) => client.simple_query(sql).await?,
            None => Vec::new(),
        };
        client.batch_execute("COMMIT").await?;
        Ok((messages, before, after))
    };
    match asked.await {
        Ok((messages, before, after)) => {
            unused::record_own(client, &before, &after).await;
            Ok(answer(&messages))
        }
        Err(error) => {
            rollback(client).await;
            Err(error)
        }
    }
}

async fn rollback(client: &Client) {
    // where this fails the connection is gone, which the next use reports
    let _ = client.batch_execute("ROLLBACK").await;
}

fn answer(messages: &[SimpleQueryMessage]) -> Answer {
    let mut answer = Answer { rows: Vec::new(), total: 0 };
    for message in messages {
        match message {
            SimpleQueryMessage::Row(row) => {
                let names = row.columns().iter().enumerate();
                let cells = names.map(|(at, c)| (c.name().to_owned(), row.get(at).map(str::to_owned)));
                answer.rows.push(cells.collect());
            }
            SimpleQueryMessage::CommandComplete(many) => {
                answer.total += usize::try_from(*many).unwrap_or(usize::MAX);
            }
            _ => {}
        }
    }
    answer
}

/// The error of a gate whose query cannot be asked.
pub fn wrong(gate: &str, query: &str, error: &Error) -> SessionError {
    SessionError::Gate { gate: format!("{gate}: {query}"), message: message(error) }
}

/// A row as one line.
pub fn line(row: &[(String, Option<String>)]) -> String {
    let cell = |(name, value): &(String, Option<String>)| {
        let value: String = value.as_deref().unwrap_or("NULL").chars().take(60).collect();
        format!("{name} = {value}")
    };
    row.iter().take(8).map(cell).collect::<Vec<_>>().join(", ")
}
