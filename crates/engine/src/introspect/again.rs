//! Reading one database again and again in one session: the server parses and plans each query once and not each time, which
//! is most of what a reading costs (<https://www.postgresql.org/docs/current/sql-prepare.html>).

use cutover_core::catalog::Catalog;
use tokio_postgres::Client;

use super::query::{self, Query};
use super::{IntrospectError, answers};

/// After so many readings the queries are planned again: a plan for a small catalog may be slow on a large one.
const WORN: u32 = 32;

/// The queries as a session has them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    readings: u32,
}

impl Reader {
    /// Reads the whole schema in a transaction that [`super::begin`] or [`super::settle`] has begun. It is always to be used
    /// in the same session.
    ///
    /// # Errors
    /// When a query fails.
    pub async fn whole(&mut self, client: &Client, version: u32) -> Result<Catalog, IntrospectError> {
        let queries = query::all(version);
        if self.readings.is_multiple_of(WORN) {
            self.prepare(client, &queries).await?;
        }
        self.readings += 1;
        let batch: Vec<String> = (0..queries.len()).map(|at| format!("EXECUTE {}", name(at))).collect();
        answers(client, version, &queries, &batch.join(";")).await
    }

    /// Has the session keep the queries. What is prepared stays when the transaction is rolled back.
    async fn prepare(&self, client: &Client, queries: &[Query]) -> Result<(), IntrospectError> {
        let old =
            |at: usize| if self.readings > 0 { format!("DEALLOCATE {};", name(at)) } else { String::new() };
        let one = |(at, query): (usize, &Query)| format!("{}PREPARE {} AS {}", old(at), name(at), query.sql);
        let batch: Vec<String> = queries.iter().enumerate().map(one).collect();
        let what = "the catalog";
        let done = client.batch_execute(&batch.join(";\n")).await;
        done.map_err(|source| IntrospectError::Query { what, source })
    }
}

fn name(at: usize) -> String {
    format!("cutover_catalog_{at}")
}
