//! Up, down and up again: whether a revision comes back, on a scratch database.

use std::collections::BTreeMap;

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Change, Options};
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_sql::ident::{qualified, quote_literal};
use tokio_postgres::Client;

use super::{Bench, SchemaError, replay};
use crate::history::History;
use crate::session::{Settings, rows};

/// What became of one revision.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It comes back.
    Passed,
    /// It says that it cannot be undone, and why.
    Irreversible(String),
    /// It does not come back.
    Failed(Vec<Fault>),
}

/// What is not as it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// When it was seen.
    pub when: When,
    /// What of the schema.
    pub changes: Vec<Change>,
    /// Tables whose rows are others, with how many there were and are.
    pub rows: Vec<(String, u64, u64)>,
}

/// Where on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After the downgrade, compared with before the upgrade.
    Down,
    /// After the second upgrade, compared with after the first.
    UpAgain,
}

/// A schema and a fingerprint of each table's rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    /// The schema.
    pub catalog: Catalog,
    /// The rows.
    pub rows: Rows,
}

/// How many rows each table has, and a fingerprint of them.
pub(crate) type Rows = BTreeMap<String, (u64, String)>;

/// Takes a revision up, down and up again. The database is at the revisions before it, and with it
/// afterwards.
///
/// # Errors
/// When a statement fails.
pub async fn revision(
    history: &History,
    index: Index,
    settings: &Settings,
    bench: &Bench,
) -> Result<Verdict, SchemaError> {
    let go = async |direction| replay::exactly(history, direction, &[index], settings, &bench.session).await;
    if let Some(why) = &history.revision(index).header.irreversible {
        go(Direction::Upgrade).await?;
        return Ok(Verdict::Irreversible(why.value.clone()));
    }
    let before = moment(bench).await?;
    go(Direction::Upgrade).await?;
    let after = moment(bench).await?;
    go(Direction::Downgrade).await?;
    let mut faults = Vec::new();
    faults.extend(compare(&before, &moment(bench).await?, When::Down));
    go(Direction::Upgrade).await?;
    faults.extend(compare(&after, &moment(bench).await?, When::UpAgain));
    if keeps_rows(history, index) {
        faults.iter_mut().for_each(|fault| fault.rows.clear());
        faults.retain(|fault| !fault.changes.is_empty());
    }
    Ok(if faults.is_empty() { Verdict::Passed } else { Verdict::Failed(faults) })
}

/// Whether the file says, with a reason, that its way back leaves rows as they are: a backfill whose values hurt nobody.
pub(crate) fn keeps_rows(history: &History, index: Index) -> bool {
    let said = ["empty-downgrade", "downgrade-loses-data"];
    history.revision(index).header.allows.iter().any(|allow| said.contains(&allow.value.0.as_str()))
}

/// What is not as it should be.
pub(crate) fn compare(expected: &Moment, found: &Moment, when: When) -> Option<Fault> {
    let (changes, rows) = differences(expected, found);
    (!changes.is_empty() || !rows.is_empty()).then_some(Fault { when, changes, rows })
}

/// What differs: of the schema, and tables whose rows are others, with how many there should be and are.
pub(crate) fn differences(expected: &Moment, found: &Moment) -> (Vec<Change>, Vec<(String, u64, u64)>) {
    let options = Options { grants: true, owners: true, plain: true };
    // from what should be to what is: "+" is what is left over
    let changes = diff::changes(&expected.catalog, &found.catalog, &options);
    let names = expected.rows.keys().filter(|name| found.rows.contains_key(*name));
    let rows: Vec<(String, u64, u64)> = names
        .filter(|name| expected.rows[*name] != found.rows[*name])
        .map(|name| (name.clone(), expected.rows[name].0, found.rows[name].0))
        .collect();
    (changes, rows)
}

/// What is in a database now.
///
/// # Errors
/// When it cannot be read.
pub(crate) async fn moment(bench: &Bench) -> Result<Moment, SchemaError> {
    let catalog = bench.catalog().await?;
    Ok(Moment { rows: fingerprints(bench.session.client()).await?, catalog })
}

const TABLES: &str = "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
    WHERE c.relkind = 'r' AND c.oid >= 16384 AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'cutover')";

/// How many rows each table has, and a sum over their hashes that is the same in any order, of rows and of columns: one that
/// a downgrade brings back is the last. Times are
/// left out: a default of now() is another one the next time.
pub(crate) async fn fingerprints(client: &Client) -> Result<Rows, SchemaError> {
    fingerprints_without(client, &BTreeMap::new()).await
}

/// The same without some columns, by table as SQL has it: those whose values are others each time.
pub(crate) async fn fingerprints_without(
    client: &Client,
    without: &BTreeMap<String, Vec<String>>,
) -> Result<Rows, SchemaError> {
    let what = "reading the rows of a table";
    let mut found = BTreeMap::new();
    let tables = rows(client, TABLES, what).await?;
    let names: Vec<String> = tables
        .iter()
        .map(|row| qualified(&[row.get(0).unwrap_or_default(), row.get(1).unwrap_or_default()]))
        .collect();
    if names.is_empty() {
        return Ok(found);
    }
    let queries: Vec<String> = names
        .iter()
        .map(|name| {
            let left_out = without.get(name).into_iter().flatten();
            let left_out: Vec<String> = left_out.map(|column| format!(" - {}", quote_literal(column))).collect();
            let row = format!("(to_jsonb(t){})", left_out.concat());
            let text = r"regexp_replace(ROW::text, '\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d(:\d\d)?)?', '', 'g')";
            let text = text.replacen("ROW", &row, 1);
            format!("SELECT count(*), coalesce(sum(hashtextextended({text}, 0)), 0) FROM ONLY {name} t")
        })
        .collect();
    let results = rows(client, &queries.join(";"), what).await?;
    for (name, row) in names.into_iter().zip(results) {
        let count = row.get(0).and_then(|text| text.parse().ok()).unwrap_or_default();
        found.insert(name, (count, row.get(1).unwrap_or_default().to_owned()));
    }
    Ok(found)
}
