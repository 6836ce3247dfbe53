//! How fast a server is, measured on it: counting, reading its tables, sorting their columns.
//!
//! Everything is read only, of samples of a few megabytes, each in a transaction of its own that waits for nobody and is
//! ended by a timeout. What cannot be measured is left to the constants of `cutover_core::report`.

use std::time::{Duration, Instant};

use cutover_core::effect::{Known, Rel};
use cutover_core::report::{Built, Sizes, Speeds};
use cutover_sql::ident::quote_ident;
use tokio_postgres::Client;

use crate::session::{Session, SessionError};

/// What to measure.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    tables: Vec<Rel>,
    sorts: Vec<(Rel, Vec<String>)>,
}

impl Questions {
    /// How fast a table is read.
    pub fn table(&mut self, table: &Rel) {
        if !self.tables.contains(table) {
            self.tables.push(table.clone());
        }
    }

    /// How fast the columns of an index are sorted, if they are columns of a table that is there.
    pub fn sort(&mut self, known: &Known, index: &Built) {
        let ask = (index.table.clone(), index.columns.clone());
        let has = |name: &String| known.get(&ask.0).is_some_and(|it| it.column(name).is_some());
        if !ask.1.is_empty()
            && !known.is_new_relation(&ask.0)
            && ask.1.iter().all(has)
            && !self.sorts.contains(&ask)
        {
            self.sorts.push(ask);
        }
    }
}

/// How long the machine that the constants are from counts, in milliseconds. It was busy then, as a live server is.
const COUNTED: f64 = 75.0;

const COUNT: &str = "SELECT count(*) FROM pg_catalog.generate_series(1, 200000) AS g WHERE (g.g::int8 * 7919) % 100003 < 50000";

/// Bytes of a table that are read to see how fast that goes.
const SAMPLE: f64 = 8e6;

/// Tables and sorts that are tried at most, and for how long; the rest is worked out.
const AT_MOST: usize = 12;
const LONGEST: Duration = Duration::from_secs(2);

/// ACCESS SHARE for the time of a sample; nothing in it can be written, nobody is waited for, nothing takes long.
const GENTLE: &str = "BEGIN READ ONLY; SET LOCAL lock_timeout = '100ms'; SET LOCAL statement_timeout = '1s'; \
    SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB'";

/// Measures it; what fails, or takes too long, is not known then.
///
/// # Errors
/// When the connection is lost.
pub async fn speeds(session: &Session, ask: &Questions, sizes: &Sizes) -> Result<Speeds, SessionError> {
    let client = session.client();
    if ask.tables.is_empty() {
        return Ok(Speeds::default());
    }
    let began = Instant::now();
    let counted = mean(client, COUNT).await?;
    let mut speeds = Speeds::new(counted.map_or(1.0, |(ms, _)| COUNTED / ms));
    for table in ask.tables.iter().take(AT_MOST) {
        let Some(size) = sizes.get(table).filter(|size| size.bytes > 0 && began.elapsed() < LONGEST) else {
            continue;
        };
        let share = (SAMPLE / size.bytes as f64).min(1.0);
        let sql = format!("SELECT count(*) FROM {}", sample(table, share));
        if let Some((ms, _)) = mean(client, &sql).await? {
            speeds.scan(table.clone(), ms / share);
        }
    }
    for (table, columns) in ask.sorts.iter().take(AT_MOST) {
        let Some(size) = sizes.get(table).filter(|size| size.bytes > 0 && began.elapsed() < LONGEST) else {
            continue;
        };
        let share = (SAMPLE / size.bytes as f64).min(1.0);
        let list = columns.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ");
        let from = sample(table, share);
        let plain = format!("SELECT count(*) FROM (SELECT {list} FROM {from} OFFSET 0) AS s");
        let sorted =
            format!("SELECT count(*) FROM (SELECT {list} FROM {from} ORDER BY {list} OFFSET 0) AS s");
        if let (Some((read, _)), Some((both, rows))) =
            (mean(client, &plain).await?, mean(client, &sorted).await?)
        {
            speeds.sort(table.clone(), columns.clone(), rows, (both - read).max(0.05 * both));
        }
    }
    Ok(speeds)
}

fn sample(table: &Rel, share: f64) -> String {
    let name = format!("{}.{}", quote_ident(&table.schema), quote_ident(&table.name));
    if share < 1.0 { format!("{name} TABLESAMPLE SYSTEM ({:.6})", share * 100.0) } else { name }
}

/// The mean of a few tries, as whatever else the server has to do now is in the way of the plan as well. What takes long
/// is tried once.
async fn mean(client: &Client, sql: &str) -> Result<Option<(f64, f64)>, SessionError> {
    let (mut times, mut numbers, mut tries) = (0.0, 0.0, 0.0);
    while tries < 4.0 {
        let Some((ms, number)) = timed(client, sql).await? else { break };
        times += ms;
        numbers += number;
        tries += 1.0;
        if ms > 100.0 {
            break;
        }
    }
    Ok((tries > 0.0).then(|| (times / tries, numbers / tries)))
}

/// How long a query takes, and the number that it gives; nothing when it fails.
async fn timed(client: &Client, sql: &str) -> Result<Option<(f64, f64)>, SessionError> {
    let failed = |source| SessionError::Query { what: "measuring the server", source };
    client.batch_execute(GENTLE).await.map_err(failed)?;
    let began = Instant::now();
    let found = client.query_typed(sql, &[]).await;
    let ms = began.elapsed().as_secs_f64() * 1000.0;
    client.batch_execute("ROLLBACK").await.map_err(failed)?;
    let number = found.ok().and_then(|rows| rows.first()?.try_get::<_, i64>(0).ok());
    Ok(number.map(|number| (ms, number as f64)))
}
