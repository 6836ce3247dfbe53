//! What became of a statement outside a transaction: asked of the database itself.
//!
//! A concurrent index build that dies leaves an INVALID index, which slows writes and serves no
//! query; a statement that was done before its journal row was written must not run twice.

use cutover_sql::ident::{qualified, quote_literal};
use cutover_sql::statement::{Name, Outside};
use tokio_postgres::{Client, SimpleQueryRow};

use super::error::{StepError, classify};
use crate::session::rows;

/// What the database shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// No trace of an earlier try: run the statement.
    Nothing,
    /// The statement was done before its journal row could say so.
    Done {
        /// In words.
        what: String,
    },
    /// Remains of an earlier try: clear them, then run the statement.
    Remains {
        /// In words.
        what: String,
        /// The statements that clear them, each on its own.
        clear: Vec<String>,
    },
    /// It was left in the middle and goes on with another statement.
    Resume {
        /// In words.
        what: String,
        /// The statement.
        with: String,
    },
}

/// What is to be remembered of the database before the statement runs for the first time.
///
/// # Errors
/// The server's error.
pub async fn look(client: &Client, outside: &Outside) -> Result<String, StepError> {
    match outside {
        Outside::CreateIndexConcurrently { table, .. } => {
            let indexes = indexes(client, table).await?;
            Ok(indexes.iter().map(|i| i.oid.clone()).collect::<Vec<_>>().join(","))
        }
        Outside::CreateDatabase { name } => exists(client, "pg_database", "datname", name).await,
        Outside::CreateTablespace { name } => exists(client, "pg_tablespace", "spcname", name).await,
        Outside::Subscription { name, .. } => exists(client, "pg_subscription", "subname", name).await,
        Outside::DropIndexConcurrently { .. }
        | Outside::ReindexConcurrently { .. }
        | Outside::Reindex { .. }
        | Outside::DetachPartitionConcurrently { .. }
        | Outside::Vacuum
        | Outside::DropDatabase { .. }
        | Outside::AlterDatabaseTablespace
        | Outside::DropTablespace { .. }
        | Outside::AlterSystem
        | Outside::Cluster
        | Outside::Discard => Ok(String::new()),
    }
}

/// What is there now. `evidence` is what [`look`] saw before the first try; `begun` tells whether
/// there was one.
///
/// # Errors
/// The server's error, or something in the way that is not ours to remove.
pub async fn inspect(
    client: &Client,
    outside: &Outside,
    evidence: &str,
    begun: bool,
) -> Result<Found, StepError> {
    match outside {
        Outside::CreateIndexConcurrently { index, table, .. } => {
            created_index(client, index.as_deref(), table, evidence, begun).await
        }
        Outside::ReindexConcurrently { target, name } if begun => {
            reindex_remains(client, target, name.as_ref()).await
        }
        Outside::DetachPartitionConcurrently { parent, partition, .. } if begun => {
            detached(client, parent, partition).await
        }
        Outside::DropIndexConcurrently { index, .. } if begun => {
            let gone = !is_relation(client, index).await?;
            Ok(done_if(gone, || format!("the index {} is gone already", show(index))))
        }
        Outside::DropDatabase { name } if begun => {
            let left = exists(client, "pg_database", "datname", name).await?;
            Ok(done_if(left.is_empty(), || format!("the database {name} is gone already")))
        }
        Outside::DropTablespace { name } if begun => {
            let left = exists(client, "pg_tablespace", "spcname", name).await?;
            Ok(done_if(left.is_empty(), || format!("the tablespace {name} is gone already")))
        }
        Outside::CreateDatabase { name } | Outside::CreateTablespace { name } if begun => {
            let there = !look(client, outside).await?.is_empty();
            Ok(done_if(there && evidence.is_empty(), || format!("{name} is there already")))
        }
        Outside::Subscription { name, drop } if begun => {
            let there = !look(client, outside).await?.is_empty();
            let changed = there == evidence.is_empty() && there != *drop;
            Ok(done_if(changed, || format!("the subscription {name} is as it should be already")))
        }
        Outside::ReindexConcurrently { .. }
        | Outside::DetachPartitionConcurrently { .. }
        | Outside::DropIndexConcurrently { .. }
        | Outside::DropDatabase { .. }
        | Outside::DropTablespace { .. }
        | Outside::CreateDatabase { .. }
        | Outside::CreateTablespace { .. }
        | Outside::Subscription { .. }
        // these can run again as often as need be
        | Outside::Reindex { .. }
        | Outside::Vacuum
        | Outside::AlterDatabaseTablespace
        | Outside::AlterSystem
        | Outside::Cluster
        | Outside::Discard => Ok(Found::Nothing),
    }
}

fn done_if(done: bool, what: impl FnOnce() -> String) -> Found {
    if done { Found::Done { what: what() } } else { Found::Nothing }
}

struct Index {
    oid: String,
    name: String,
    qualified: String,
    valid: bool,
    builder: Option<String>,
}

/// The indexes of a table, with who is building them right now.
async fn indexes(client: &Client, table: &Name) -> Result<Vec<Index>, StepError> {
    let sql = format!(
        "SELECT i.indexrelid::oid, c.relname, quote_ident(n.nspname) || '.' || quote_ident(c.relname), i.indisvalid, \
         (SELECT min(p.pid) FROM pg_catalog.pg_stat_progress_create_index p \
          WHERE p.relid = i.indrelid AND p.index_relid = i.indexrelid AND p.pid <> pg_backend_pid()) \
         FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE i.indrelid = {} ORDER BY 1",
        regclass(table)
    );
    let found = query(client, &sql).await?;
    Ok(found
        .iter()
        .map(|row| {
            let text = |i: usize| row.get(i).unwrap_or_default().to_owned();
            Index {
                oid: text(0),
                name: text(1),
                qualified: text(2),
                valid: row.get(3) == Some("t"),
                builder: row.get(4).map(str::to_owned),
            }
        })
        .collect())
}

/// An invalid index of that name is dropped, on the first try too: somebody's failed build would
/// make this one fail, or be skipped by IF NOT EXISTS. A valid one counts as ours only when it was
/// not there before.
async fn created_index(
    client: &Client,
    name: Option<&str>,
    table: &Name,
    evidence: &str,
    begun: bool,
) -> Result<Found, StepError> {
    let before: Vec<&str> = evidence.split(',').collect();
    let indexes = indexes(client, table).await?;
    let is_new = |index: &&Index| begun && !before.contains(&index.oid.as_str());
    let candidate = match name {
        Some(name) => indexes.iter().find(|i| i.name == name),
        None => indexes.iter().find(is_new),
    };
    let Some(index) = candidate else { return Ok(Found::Nothing) };
    if let Some(pid) = &index.builder {
        return Err(StepError::InTheWay(format!(
            "the server process {pid} is still building the index {}",
            index.qualified
        )));
    }
    if !index.valid {
        return Ok(Found::Remains {
            what: format!("dropped the invalid index {} that an interrupted build left", index.qualified),
            clear: vec![format!("DROP INDEX CONCURRENTLY IF EXISTS {}", index.qualified)],
        });
    }
    Ok(done_if(is_new(&index), || format!("the index {} is built already", index.qualified)))
}

/// REINDEX CONCURRENTLY that dies leaves indexes named `..._ccnew` or `..._ccold`
/// (<https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY>).
async fn reindex_remains(client: &Client, target: &str, name: Option<&Name>) -> Result<Found, StepError> {
    let within = match (target, name) {
        ("INDEX", Some(name)) => format!(
            "AND i.indrelid IN (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = {})",
            regclass(name)
        ),
        ("TABLE", Some(name)) => format!("AND i.indrelid = {}", regclass(name)),
        _ => String::new(),
    };
    let sql = format!(
        "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_index i \
         JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid \
         JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' {within} ORDER BY 1"
    );
    let left: Vec<String> =
        query(client, &sql).await?.iter().filter_map(|r| r.get(0).map(str::to_owned)).collect();
    if left.is_empty() {
        return Ok(Found::Nothing);
    }
    Ok(Found::Remains {
        what: format!("dropped what an interrupted REINDEX left: {}", left.join(", ")),
        clear: left.iter().map(|i| format!("DROP INDEX CONCURRENTLY IF EXISTS {i}")).collect(),
    })
}

/// DETACH CONCURRENTLY that dies between its two transactions leaves the partition pending, and
/// only FINALIZE can go on (<https://www.postgresql.org/docs/current/sql-altertable.html>).
async fn detached(client: &Client, parent: &Name, partition: &Name) -> Result<Found, StepError> {
    let sql = format!(
        "SELECT inhdetachpending FROM pg_catalog.pg_inherits WHERE inhrelid = {} AND inhparent = {}",
        regclass(partition),
        regclass(parent)
    );
    let rows = query(client, &sql).await?;
    Ok(match rows.first().and_then(|r| r.get(0)) {
        None => Found::Done { what: format!("the partition {} is detached already", show(partition)) },
        Some("t") => Found::Resume {
            what: format!("finishing the interrupted DETACH of {}", show(partition)),
            with: format!("ALTER TABLE {} DETACH PARTITION {} FINALIZE", show(parent), show(partition)),
        },
        Some(_) => Found::Nothing,
    })
}

async fn is_relation(client: &Client, name: &Name) -> Result<bool, StepError> {
    let found = query(client, &format!("SELECT {} IS NOT NULL", regclass(name))).await?;
    Ok(found.first().is_some_and(|r| r.get(0) == Some("t")))
}

/// `yes` when a row of that name is in a system catalog, else nothing.
async fn exists(client: &Client, catalog: &str, column: &str, name: &str) -> Result<String, StepError> {
    let sql = format!("SELECT FROM pg_catalog.{catalog} WHERE {column} = {}", quote_literal(name));
    Ok(if query(client, &sql).await?.is_empty() { String::new() } else { "yes".into() })
}

fn show(name: &Name) -> String {
    match &name.schema {
        Some(schema) => qualified(&[schema, &name.name]),
        None => qualified(&[&name.name]),
    }
}

fn regclass(name: &Name) -> String {
    format!("pg_catalog.to_regclass({})", quote_literal(&show(name)))
}

async fn query(client: &Client, sql: &str) -> Result<Vec<SimpleQueryRow>, StepError> {
    rows(client, sql, "looking at what an interrupted run left").await.map_err(|error| match error {
        crate::session::SessionError::Query { source, .. } => classify(&source),
        other => StepError::Session(other),
    })
}
