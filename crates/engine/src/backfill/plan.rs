//! How a table is divided before the first batch: its end, and ranges for several workers.

use cutover_core::plan::backfill::key::{Key, Values};
use cutover_sql::document::BackfillOptions;
use tokio_postgres::Client;

use super::store::only_rows;
use super::subject::{Subject, Walk};
use crate::execute::{StepError, classify};

/// Ranges for each worker, so that one that is done can help with what is left.
const RANGES_PER_WORKER: u32 = 8;
/// Pages that are read to find out how keys are spread.
const SAMPLE_PAGES: f64 = 1000.0;
/// A table with no more rows than this is done in one transaction.
const ONE_BATCH: u64 = 1000;

/// Whether the whole table is no more than one batch. It reads no more rows than that.
///
/// # Errors
/// The server's.
pub async fn is_one_batch(
    client: &Client,
    subject: &Subject,
    options: &BackfillOptions,
) -> Result<bool, StepError> {
    let rows = options.batch.unwrap_or(ONE_BATCH).min(ONE_BATCH);
    let found = ask(client, &format!("SELECT 1 FROM {} OFFSET {rows} LIMIT 1", subject.sql)).await?;
    Ok(found.is_empty())
}

/// The ranges: behind which key each begins (the first at the first row), and where it ends. The end
/// of the last is the last key there is now: rows that come behind it are for the dual write.
///
/// # Errors
/// The server's.
pub async fn ranges(
    client: &Client,
    subject: &Subject,
    options: &BackfillOptions,
) -> Result<Vec<(Option<Values>, Values)>, StepError> {
    let workers = options.workers.unwrap_or(1);
    let parts = if workers > 1 { workers * RANGES_PER_WORKER } else { 1 };
    let mut ends = match &subject.walk {
        Walk::Key(key) => key_ends(client, subject, key, parts).await?,
        Walk::Blocks => {
            let pages = super::subject::pages(client, &subject.oid).await?.max(1);
            let each = pages.div_ceil(u64::from(parts)).max(1);
            let inner = (1..u64::from(parts)).map(|i| i * each).take_while(|end| *end < pages);
            inner.chain([pages]).map(|block| vec![block.to_string()]).collect()
        }
    };
    ends.dedup();
    let mut after = None;
    Ok(ends.into_iter().map(|upto| (after.replace(upto.clone()), upto)).collect())
}

async fn key_ends(
    client: &Client,
    subject: &Subject,
    key: &Key,
    parts: u32,
) -> Result<Vec<Values>, StepError> {
    let last = ask(client, &key.last(&subject.sql)).await?;
    let Some(last) = last.into_iter().next() else { return Ok(Vec::new()) };
    if parts < 2 {
        return Ok(vec![last]);
    }
    let percent = (100.0 * SAMPLE_PAGES / subject.pages.max(1) as f64).min(100.0);
    let sampled = ask(client, &key.dividers(&subject.sql, percent, parts)).await?;
    // the last key may have been sampled; the end is what it was when it was asked for
    Ok(sampled.into_iter().filter(|end| *end != last).chain([last.clone()]).collect())
}

/// Where the next batch ends, and whether that is the end of the range.
///
/// # Errors
/// The server's.
pub async fn next(
    client: &Client,
    subject: &Subject,
    after: Option<&Values>,
    upto: &Values,
    rows: u64,
) -> Result<(Values, bool), StepError> {
    match &subject.walk {
        Walk::Key(key) => {
            let sql = key.end_of_batch(&subject.sql, after, Some(upto), rows);
            let found = ask(client, &sql).await?.into_iter().next();
            Ok(found.map_or((upto.clone(), true), |end| (end.clone(), end == *upto)))
        }
        Walk::Blocks => {
            let blocks = (rows / subject.rows_per_page()).max(1);
            let (from, end) = (super::subject::block(after), super::subject::block(Some(upto)));
            let next = (from + blocks).min(end);
            Ok((vec![next.to_string()], next >= end))
        }
    }
}

/// Runs a query that gives keys as text, under settings that write every value so that it reads
/// back as the same. They are gone with the transaction.
async fn ask(client: &Client, query: &str) -> Result<Vec<Values>, StepError> {
    let sql = format!(
        "BEGIN READ ONLY; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; \
         SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; {query}; COMMIT"
    );
    let found = match client.simple_query(&sql).await {
        Ok(found) => found,
        Err(error) => {
            let failure = classify(&error);
            let _ = client.batch_execute("ROLLBACK").await;
            return Err(without_place(failure));
        }
    };
    Ok(only_rows(&found)
        .map(|row| (0..row.len()).map(|i| row.get(i).unwrap_or_default().to_owned()).collect())
        .collect())
}

/// A place in a query of ours is none in the file.
fn without_place(error: StepError) -> StepError {
    match error {
        StepError::Server(mut server) => {
            server.position = None;
            StepError::Server(server)
        }
        other => other,
    }
}
