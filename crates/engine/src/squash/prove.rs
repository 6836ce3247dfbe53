//! The proof: the new history on a scratch database, beside the old one: after the revision, back, and at the end of both.

use std::collections::BTreeMap;

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Change};
use cutover_core::plan::Direction;
use cutover_core::report;
use cutover_core::revision::graph::Index;
use cutover_core::revision::stretch::Stretch;
use cutover_core::seed;

use super::Squash;
use super::result::everything;
use crate::history::History;
use crate::schema::{Bench, SchemaError, Workshop, replay, trial};
use crate::seed::places;
use crate::session::Settings;

/// What differs, and where on the way.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Where, in words: `after the upgrade`.
    pub when: &'static str,
    /// What of the schema: from what was to what is.
    pub changes: Vec<Change>,
    /// Tables with other rows, with how many there were and are, and sequences that are elsewhere.
    pub rows: Vec<String>,
}

/// Replays the new history up to its revision `index` in place of the stretch, back and up again, and then both histories to
/// their ends. Gives the first difference.
///
/// # Errors
/// When a statement fails.
pub async fn prove(
    squash: &Squash,
    stretch: &Stretch,
    old: &History,
    new: &History,
    index: Index,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Option<Difference>, SchemaError> {
    let bench = workshop.bench(None).await?;
    let same = |i: &Index| new.graph().find(old.graph().id(*i));
    let below: Vec<Index> = stretch.below.iter().filter_map(same).collect();
    bench.apply(new, &below, settings).await?;
    let start = rows(&bench, &BTreeMap::new()).await?;
    let without: BTreeMap<String, Vec<String>> = squash
        .draft
        .volatile
        .iter()
        .map(|(table, columns)| (table.clone(), columns.iter().map(|(name, _)| name.clone()).collect()))
        .collect();
    let wanted = rows(&squash.bench, &without).await?;
    bench.apply(new, &[index], settings).await?;
    let found = rows(&bench, &without).await?;
    if let Some(it) = compare("after the upgrade", &squash.after.catalog, &bench, &wanted, &found).await? {
        return Ok(Some(it));
    }
    if squash.irreversible.is_none() {
        replay::exactly(new, Direction::Downgrade, &[index], settings, &bench.session).await?;
        if let Some(it) = after_downgrade(squash, &bench, start).await? {
            return Ok(Some(it));
        }
        bench.apply(new, &[index], settings).await?;
    }
    let later = |history: &History, has: &[Index]| -> Vec<Index> {
        (0..history.graph().len()).filter(|i| !has.contains(i)).collect()
    };
    let done: Vec<Index> = stretch.below.iter().chain(&stretch.members).copied().collect();
    let rest = later(old, &done);
    squash.bench.apply(old, &rest, settings).await?;
    let done: Vec<Index> = below.iter().copied().chain([index]).collect();
    bench.apply(new, &later(new, &done), settings).await?;
    let end: Catalog = squash.bench.catalog().await?;
    let none = (BTreeMap::new(), BTreeMap::new());
    compare("at the end of both histories", &end, &bench, &none, &none).await
}

/// What was there before, or, where the steps are carried over, what the old ones come back to.
async fn after_downgrade(
    squash: &Squash,
    bench: &Bench,
    start: Fingerprints,
) -> Result<Option<Difference>, SchemaError> {
    let mut back = rows(bench, &BTreeMap::new()).await?;
    let (catalog, wanted) = match &squash.back {
        Some(old) => (old.catalog().await?, rows(old, &BTreeMap::new()).await?),
        None => (squash.before.catalog.clone(), start),
    };
    // a sequence that was there before does not go back: other databases are further
    back.1.clone_from(&wanted.1);
    compare("after the downgrade", &catalog, bench, &wanted, &back).await
}

type Fingerprints = (BTreeMap<String, (u64, String)>, BTreeMap<String, crate::seed::Place>);

/// Fingerprints of the rows, and where sequences are.
async fn rows(bench: &Bench, without: &BTreeMap<String, Vec<String>>) -> Result<Fingerprints, SchemaError> {
    let catalog = bench.catalog().await?;
    let sequences = places(&bench.session, &seed::all_sequences(&catalog)).await?;
    Ok((trial::fingerprints_without(bench.session.client(), without).await?, sequences))
}

async fn compare(
    when: &'static str,
    expected: &Catalog,
    bench: &Bench,
    wanted: &Fingerprints,
    found: &Fingerprints,
) -> Result<Option<Difference>, SchemaError> {
    let changes = diff::changes(expected, &bench.catalog().await?, &everything(true));
    let mut rows = Vec::new();
    for (table, (count, hash)) in &wanted.0 {
        if let Some((now, other)) = found.0.get(table).filter(|it| (it.0, &it.1) != (*count, hash)) {
            let what = if other == hash { "" } else { ", and they are others" };
            rows.push(format!("{table}: {} before, {now} now{what}", report::count(*count, "row")));
        }
    }
    for (sequence, place) in &wanted.1 {
        if let Some(now) = found.1.get(sequence).filter(|now| *now != place) {
            rows.push(format!("sequence {sequence}: {} before, {} now", place.0, now.0));
        }
    }
    Ok((!changes.is_empty() || !rows.is_empty()).then_some(Difference { when, changes, rows }))
}
