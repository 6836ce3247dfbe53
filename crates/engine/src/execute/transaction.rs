//! A step that is one transaction: its statements and its ledger rows commit together.
//!
//! All of it travels as one message in the simple protocol, so that a revision costs one round
//! trip. The server parses the whole message first and runs statement by statement; the first
//! error ends it, and the number of completed commands says which statement failed.

use bytes::Bytes;
use cutover_core::plan::Step;
use cutover_sql::span::Span;
use cutover_sql::statement::Statement;
use futures_util::{SinkExt, StreamExt, pin_mut};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::error::{ServerError, StepError, classify};

/// A text that is sent at once, and where its parts come from.
#[derive(Debug)]
pub struct Message {
    sql: String,
    /// For each command of the text: where it stands in the text, and in the file.
    commands: Vec<(Span, Option<Span>)>,
}

/// A failure and the byte offset in the file that is to blame.
pub type Blamed = (StepError, Option<usize>);

/// Runs a step: `BEGIN`, what comes `before`, the statements, what comes `after`, `COMMIT`.
///
/// # Errors
/// The server's error, with the place in the file. The transaction is rolled back by then.
pub async fn run(
    client: &Client,
    text: &str,
    step: &Step,
    before: &[String],
    after: &[String],
) -> Result<(), Blamed> {
    let result = send(client, text, step, before, after).await;
    if let Err((StepError::Server(_) | StepError::Session(_), _)) = &result {
        // a failed rollback means a lost connection, which the next use will report
        let _ = client.batch_execute("ROLLBACK").await;
    }
    result
}

async fn send(
    client: &Client,
    text: &str,
    step: &Step,
    before: &[String],
    after: &[String],
) -> Result<(), Blamed> {
    let mut message = Message::new();
    message.own("BEGIN");
    before.iter().for_each(|sql| message.own(sql));
    for statement in &step.statements {
        message.users(text, statement);
        if let Some(data) = statement.copy_data {
            let copy = message.pop();
            message.execute(client).await?;
            copy_in(client, &copy, data.text(text)).await.map_err(|e| (e, Some(statement.span.start)))?;
            message = Message::new();
        }
    }
    after.iter().for_each(|sql| message.own(sql));
    message.own("COMMIT");
    message.execute(client).await
}

impl Message {
    /// A whole transaction in one message; only for a step without inline data.
    pub fn whole(text: &str, step: &Step, after: &[String]) -> Self {
        let mut message = Self::new();
        message.own("BEGIN");
        step.statements.iter().for_each(|statement| message.users(text, statement));
        after.iter().for_each(|sql| message.own(sql));
        message.own("COMMIT");
        message
    }

    fn new() -> Self {
        Self { sql: String::new(), commands: Vec::new() }
    }

    fn own(&mut self, sql: &str) {
        self.add(sql, None);
    }

    fn users(&mut self, text: &str, statement: &Statement) {
        self.add(statement.span.text(text), Some(statement.span));
    }

    fn add(&mut self, sql: &str, from: Option<Span>) {
        let start = self.sql.len();
        self.sql.push_str(sql);
        self.commands.push((Span { start, end: self.sql.len() }, from));
        // on a line of its own: the statement may end in a comment
        self.sql.push_str("\n;\n");
    }

    /// Takes the last command back.
    fn pop(&mut self) -> String {
        let Some((span, _)) = self.commands.pop() else { return String::new() };
        let sql = span.text(&self.sql).to_owned();
        self.sql.truncate(span.start);
        sql
    }

    /// Sends it and waits for the end.
    ///
    /// # Errors
    /// The server's error, with the place in the file. The transaction is then still open.
    pub async fn execute(self, client: &Client) -> Result<(), Blamed> {
        if self.commands.is_empty() {
            return Ok(());
        }
        let stream = match client.simple_query_raw(&self.sql).await {
            Ok(stream) => stream,
            Err(error) => return Err(self.blame(&error, 0)),
        };
        pin_mut!(stream);
        let mut done = 0;
        while let Some(message) = stream.next().await {
            match message {
                Ok(SimpleQueryMessage::CommandComplete(_)) => done += 1,
                Ok(_) => {}
                Err(error) => return Err(self.blame(&error, done)),
            }
        }
        Ok(())
    }

    /// The place in the file: the server's position when it gave one, else the statement that was
    /// next to complete.
    fn blame(&self, error: &tokio_postgres::Error, done: usize) -> Blamed {
        let classified = classify(error);
        let position = ServerError::from_driver(error).and_then(|e| e.position);
        let byte = position
            .and_then(|p| self.sql.char_indices().nth((p as usize).checked_sub(1)?).map(|(byte, _)| byte));
        let offset = match byte {
            Some(byte) => self
                .commands
                .iter()
                .find(|(span, _)| span.start <= byte && byte <= span.end)
                .and_then(|(span, from)| from.map(|f| f.start + byte - span.start)),
            None => self.commands.get(done).and_then(|(_, from)| from.map(|f| f.start)),
        };
        (classified, offset)
    }
}

/// Feeds the inline data of a `COPY ... FROM stdin`, in pieces.
async fn copy_in(client: &Client, sql: &str, data: &str) -> Result<(), StepError> {
    const PIECE: usize = 64 * 1024;
    let sink = client.copy_in(sql).await.map_err(|e| classify(&e))?;
    pin_mut!(sink);
    for piece in data.as_bytes().chunks(PIECE) {
        sink.send(Bytes::copy_from_slice(piece)).await.map_err(|e| classify(&e))?;
    }
    sink.finish().await.map_err(|e| classify(&e))?;
    Ok(())
}
