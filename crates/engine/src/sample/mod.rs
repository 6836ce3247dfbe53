//! Copies statistics and some rows of a live database into a scratch database that has its schema, so that what is tried
//! there takes a time that means something.
//!
//! Of the live database it only reads, in short transactions that wait for nobody. It copies nothing that it was not
//! allowed to, and knows nothing of revisions.

mod keys;
mod rows;
mod settings;
mod statistics;
mod tables;

use std::collections::BTreeMap;

use cutover_core::effect::Rel;
use serde::Serialize;

use crate::connect::{self, ConnParams, ConnectError, Connected};
use crate::session::{Session, SessionError};

pub use keys::Edge;

/// What may be copied; nothing, if nobody said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// The planner's statistics. They have values of the columns in them.
    pub statistics: bool,
    /// Rows, up to so many bytes in all.
    pub rows: Option<u64>,
}

impl Allowed {
    /// Whether anything may be.
    pub fn anything(self) -> bool {
        self.statistics || self.rows.is_some()
    }
}

/// What was copied.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Copied {
    /// The tables with rows.
    pub tables: Vec<CopiedTable>,
    /// The tables with the planner's numbers of their size.
    pub sizes: Vec<Rel>,
    /// Columns with the planner's statistics of their values.
    pub columns: usize,
    /// Settings that decide how long work takes, as the live server has them.
    pub settings: Vec<(String, String)>,
    /// Tables of which nothing was copied, and why.
    pub left_out: Vec<(Rel, String)>,
    /// Partitions, and the table that each was copied with.
    #[serde(skip)]
    roots: BTreeMap<Rel, Rel>,
}

/// A table of which rows were copied.
#[derive(Clone, Debug, Serialize)]
pub struct CopiedTable {
    /// It.
    pub table: Rel,
    /// How many rows it has now.
    pub rows: u64,
    /// Of so many, as the live server's planner estimates them.
    pub of_rows: f64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Whether these are all of its rows.
    pub whole: bool,
    /// Rows that were taken out again, as what they refer to is not there.
    pub orphans: u64,
}

impl Copied {
    /// What was copied of a table; of a partition, what was copied of the whole.
    pub fn of(&self, table: &Rel) -> Option<&CopiedTable> {
        let table = self.roots.get(table).unwrap_or(table);
        self.tables.iter().find(|it| it.table == *table)
    }
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum SampleError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A query failed.
    #[error(transparent)]
    Query(#[from] SessionError),
}

/// What to copy.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The tables that are of interest; those that they refer to come along as far as they must.
    pub tables: &'a [Rel],
    /// The foreign keys that rows have to follow: those that are there, and those that will be added.
    pub edges: &'a [Edge],
    /// What may be copied.
    pub allowed: Allowed,
}

/// Copies it from a live database into a scratch database, which has to have the schema already. What a table had in the
/// scratch database goes when rows are copied.
///
/// # Errors
/// When a connection cannot be had, or is lost. A table that cannot be read, or whose rows do not fit, is told as left
/// out.
pub async fn copy(from: &ConnParams, to: &Session, wanted: Wanted<'_>) -> Result<Copied, SampleError> {
    let mut live = Live::open(from).await?;
    let mut copied = Copied::default();
    let here = tables::read(to.client()).await?;
    let there = tables::read(live.client()).await?;
    let both = Both::new(&here, &there);
    copied.roots = both.roots();
    copied.settings = settings::take(live.client(), to.client()).await?;
    if let Some(limit) = wanted.allowed.rows {
        rows::copy(&mut live, to, &both, wanted, limit, &mut copied).await?;
    }
    if wanted.allowed.statistics {
        statistics::copy(&live, to, &both, wanted.tables, &mut copied).await?;
    }
    Ok(copied)
}

/// The live database. A copy that is cut off ends its connection, and the next table gets another.
struct Live {
    params: ConnParams,
    connected: Connected,
}

/// Whatever a role may write, this session does not; it waits for nobody, and for nothing long.
const GENTLE: &str = "SET default_transaction_read_only = on; SET lock_timeout = '200ms'; \
    SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'";

impl Live {
    async fn open(params: &ConnParams) -> Result<Self, SampleError> {
        let connected = connect::connect(params).await?;
        let failed = |source| SessionError::Query { what: "preparing to copy", source };
        connected.client.batch_execute(GENTLE).await.map_err(failed)?;
        Ok(Self { params: params.clone(), connected })
    }

    async fn again(&mut self) -> Result<(), SampleError> {
        *self = Self::open(&self.params).await?;
        Ok(())
    }

    fn client(&self) -> &tokio_postgres::Client {
        &self.connected.client
    }
}

/// The tables of both databases.
struct Both<'t> {
    here: BTreeMap<&'t Rel, &'t tables::Table>,
    there: BTreeMap<&'t Rel, &'t tables::Table>,
}

impl<'t> Both<'t> {
    fn new(here: &'t [tables::Table], there: &'t [tables::Table]) -> Self {
        let by_name = |tables: &'t [tables::Table]| tables.iter().map(|table| (&table.name, table)).collect();
        Self { here: by_name(here), there: by_name(there) }
    }

    /// The partitions with the tables that they are parts of, in the end.
    fn roots(&self) -> BTreeMap<Rel, Rel> {
        let parts = self.here.keys().filter_map(|name| Some((*name, self.get(name)?.here)));
        parts
            .filter(|(name, root)| root.name != **name)
            .map(|(name, root)| (name.clone(), root.name.clone()))
            .collect()
    }

    /// A table that both have, with the columns of both. A partition is copied with what it is a part of.
    fn get(&self, table: &Rel) -> Option<Pair<'t>> {
        let mut here = *self.here.get(table)?;
        while let Some(root) = here.part_of.as_ref().and_then(|root| self.here.get(root)) {
            here = root;
        }
        let there = *self.there.get(&here.name)?;
        let mut columns: Vec<&tables::Column> = here.columns.iter().filter(|it| !it.generated).collect();
        columns.retain(|column| there.columns.iter().any(|it| it.name == column.name && !it.generated));
        Some(Pair { here, there, columns })
    }
}

/// A table in both databases.
struct Pair<'t> {
    here: &'t tables::Table,
    there: &'t tables::Table,
    /// What both have of it, as it is here.
    columns: Vec<&'t tables::Column>,
}
