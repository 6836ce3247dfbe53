//! Reads the schema of a database into a [`Catalog`]: a query for each kind of object, all of them in
//! one round trip, in one snapshot.
//!
//! The queries are in `sql/`; beside them one module for each group of kinds decodes the rows.

mod again;
mod builder;
mod code;
mod query;
mod relation;
mod routine;
mod row;
mod types;
mod whole;

use cutover_core::catalog::Catalog;
use futures_util::{StreamExt as _, pin_mut};
use tokio_postgres::{Client, SimpleQueryMessage};

pub(crate) use again::Reader;
use builder::Builder;
use query::Query;
use row::Row;

/// The oldest server that is read, as `server_version_num`.
pub const OLDEST: u32 = 120_000;

/// Why a schema could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectError {
    /// A query failed.
    #[error("reading {what} failed: {}", crate::session::message(source))]
    Query {
        /// Which.
        what: &'static str,
        /// The driver's error.
        source: tokio_postgres::Error,
    },
    /// A server from before 12.
    #[error("PostgreSQL {} is too old: its catalog is not read", version / 10_000)]
    TooOld {
        /// `server_version_num`.
        version: u32,
    },
    /// A row was not what the query promises: a bug, or a change while it was read.
    #[error("a row of {what} could not be read: {cause}")]
    Row {
        /// Which query.
        what: &'static str,
        /// What is wrong.
        cause: String,
    },
}

/// One snapshot for everything.
const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Nothing of the session's own in what the server writes.
const SETTINGS: &str = "SELECT set_config('search_path', '', true), set_config('quote_all_identifiers', 'off', true), \
    set_config('DateStyle', 'ISO, MDY', true), set_config('IntervalStyle', 'postgres', true), \
    set_config('TimeZone', 'UTC', true), set_config('extra_float_digits', '1', true), \
    set_config('bytea_output', 'hex', true), set_config('lock_timeout', '0', true), \
    set_config('enable_hashjoin', 'on', true), set_config('jit', 'off', true); \
    SELECT current_setting('server_version_num')";

/// Reads the whole schema. The session must not be in a transaction.
///
/// # Errors
/// When the server is too old or a query fails.
pub async fn read(client: &Client) -> Result<Catalog, IntrospectError> {
    let version = begin(client).await?;
    let result = whole(client, version).await;
    let ended = end(client).await;
    let catalog = result?;
    ended?;
    Ok(catalog)
}

/// Begins a transaction in which everything is read as of one moment and written in one way; gives the server's version.
///
/// # Errors
/// When the server is too old or refuses it.
pub(crate) async fn begin(client: &Client) -> Result<u32, IntrospectError> {
    settle(client, BEGIN).await
}

/// The same in a transaction that has begun: until it ends, everything is written in one way. `first` goes before.
///
/// # Errors
/// When the server is too old or refuses it.
pub(crate) async fn settle(client: &Client, first: &str) -> Result<u32, IntrospectError> {
    let what = "the server's version";
    let sql = format!("{first}; {SETTINGS}");
    let messages =
        client.simple_query(&sql).await.map_err(|source| IntrospectError::Query { what, source })?;
    let rows = messages
        .iter()
        .rev()
        .find_map(|m| if let SimpleQueryMessage::Row(row) = m { Some(row) } else { None });
    let version = rows.and_then(|row| row.get(0)).and_then(|text| text.parse().ok());
    let version = version.ok_or_else(|| IntrospectError::Row { what, cause: "no number".into() })?;
    if version < OLDEST { Err(IntrospectError::TooOld { version }) } else { Ok(version) }
}

/// Ends it; nothing was changed in it, or is to stay.
///
/// # Errors
/// When the connection is gone.
pub(crate) async fn end(client: &Client) -> Result<(), IntrospectError> {
    let what = "the end of the snapshot";
    client.batch_execute("ROLLBACK").await.map_err(|source| IntrospectError::Query { what, source })
}

/// Reads the whole schema in a transaction that [`begin`] or [`settle`] has begun.
///
/// # Errors
/// When a query fails.
pub(crate) async fn whole(client: &Client, version: u32) -> Result<Catalog, IntrospectError> {
    let queries = query::all(version);
    let batch: Vec<&str> = queries.iter().map(|query| query.sql.as_str()).collect();
    answers(client, version, &queries, &batch.join(";\n")).await
}

/// Sends a batch that has one answer for each query, and takes the answers in.
async fn answers(
    client: &Client,
    version: u32,
    queries: &[Query],
    batch: &str,
) -> Result<Catalog, IntrospectError> {
    let mut builder = Builder::new(version);
    let mut queries_left = queries.iter();
    let mut current = queries_left.next();
    let what = |query: Option<&Query>| query.map_or("the catalog", |query| query.name);
    let stream = client.simple_query_raw(batch).await;
    let stream = stream.map_err(|source| IntrospectError::Query { what: what(current), source })?;
    pin_mut!(stream);
    while let Some(message) = stream.next().await {
        let name = what(current);
        match message.map_err(|source| IntrospectError::Query { what: name, source })? {
            SimpleQueryMessage::Row(row) => {
                if let Some(query) = current {
                    let mut row = Row::new(&row);
                    (query.decode)(&mut builder, &mut row);
                    if let Some(cause) = row.problem() {
                        return Err(IntrospectError::Row { what: name, cause });
                    }
                }
            }
            SimpleQueryMessage::CommandComplete(_) => current = queries_left.next(),
            _ => {}
        }
    }
    Ok(builder.finish())
}
