//! A stretch of history as one revision, and the proof that the one does what the others did.
//!
//! `result` writes what it leads to as DDL, with the rows that it leaves behind, which `rows` finds. Where no result says what
//! it does to rows that were there before, `steps` carries it over as it stands. `prove` compares.

mod prove;
mod result;
mod rows;
mod steps;

use std::collections::BTreeMap;
use std::time::Duration;

use cutover_core::catalog::Catalog;
use cutover_core::diff;
use cutover_core::revision::RevisionError;
use cutover_core::revision::carried::{Look, Lost, Reason};
use cutover_core::revision::graph::Index;
use cutover_core::revision::stretch::Stretch;
use cutover_core::seed::Rows;
use cutover_sql::document::{self, Spanned};

use crate::history::History;
use crate::schema::{Bench, SchemaError, Workshop};
use crate::seed::{Place, SeedError};
use crate::session::{SessionError, Settings};

pub use prove::{Difference, prove};

/// Why there is no such revision.
#[derive(Debug, thiserror::Error)]
pub enum SquashError {
    /// A replay failed.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A query of ours failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// Rows that cannot be carried.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A file that cannot be read.
    #[error(transparent)]
    Revision(#[from] Box<RevisionError>),
    /// What the result does not say.
    #[error("{} of the revisions would be lost", if lost.len() == 1 { "something" } else { "some things" })]
    Lost {
        /// The revisions, with what each says that the result does not.
        lost: Vec<(Index, Lost)>,
    },
    /// Rows that were there before.
    #[error("{table} {why}")]
    Rows {
        /// The table, as SQL has it.
        table: String,
        /// What is the matter with its rows.
        why: String,
    },
    /// A rename that was not followed.
    #[error("{0} is renamed between them in a way that cannot be followed, and its rows would be lost")]
    Renamed(String),
}

/// What a stretch leads to.
#[derive(Debug)]
pub struct Squash {
    /// What the file says.
    pub draft: Draft,
    /// The steps, where they are carried over as they stand.
    pub carried: Option<Steps>,
    /// Why there is no way back: the first revision that says so, and its reason.
    pub irreversible: Option<(Index, String)>,
    /// What is left out, and of no matter for a new database: waits, guards, backfills.
    pub left_out: Vec<(Index, String)>,
    before: Moment,
    after: Moment,
    bench: Bench,
    /// What the old revisions' own way back leads to; nothing where it has to be what was there before.
    back: Option<Bench>,
}

/// The text of a revision, with what came along.
#[derive(Debug)]
pub struct Draft {
    /// The section of the upgrade.
    pub up: String,
    /// The section of the downgrade.
    pub down: String,
    /// How many rows of which tables come along.
    pub rows: Vec<(String, usize)>,
    /// Columns whose values are others each time, by table as SQL has it, and whether the file has a value all the same.
    pub volatile: BTreeMap<String, Vec<(String, bool)>>,
}

/// Steps of several revisions, as they stand.
#[derive(Debug)]
pub struct Steps {
    up: String,
    down: String,
    /// What no result says.
    pub why: Vec<(Index, Lost)>,
    /// Settings that all of them have.
    pub lock_timeout: Option<Spanned<Duration>>,
    /// The other one.
    pub statement_timeout: Option<Spanned<Duration>>,
}

/// A database at one time.
#[derive(Debug)]
struct Moment {
    catalog: Catalog,
    rows: Vec<Rows>,
    sequences: BTreeMap<String, Place>,
}

/// Replays a stretch and writes what it leads to, or its steps where no result says what they do.
///
/// # Errors
/// When a revision fails, or says what one revision could not.
pub async fn draft(
    history: &History,
    stretch: &Stretch,
    settings: &Settings,
    workshop: &Workshop,
) -> Result<Squash, SquashError> {
    let bench = workshop.bench(None).await?;
    bench.apply(history, &stretch.below, settings).await?;
    let before = rows::moment(&bench).await?;
    let looked = look(history, stretch, &before.catalog)?;
    bench.apply(history, &stretch.members, settings).await?;
    let after = rows::moment(&bench).await?;
    let volatile = rows::volatile(history, stretch, settings, workshop, &after).await?;
    let irreversible = stretch.members.iter().find_map(|index| {
        let why = history.revision(*index).header.irreversible.as_ref()?;
        Some((*index, why.value.clone()))
    });
    // other values each time are no difference, whoever writes them
    let others = volatile
        .iter()
        .map(|(table, columns)| (table.clone(), columns.iter().map(|name| (name.clone(), false)).collect()));
    let others: BTreeMap<String, Vec<(String, bool)>> = others.collect();
    let way = Way { before: &before, after: &after, volatile, user: bench.session.facts.user.clone() };
    let written = match looked.lost.is_empty() {
        true => result::result(stretch, &looked.renamed, way, workshop).await,
        false => Err(SquashError::Lost { lost: looked.lost }),
    };
    let (draft, carried, back) = match written {
        Ok(draft) => (draft, None, None),
        Err(error) if stretch.below.is_empty() => return Err(error),
        Err(error) => {
            let draft = steps::steps(history, stretch, why(error, stretch)?)?;
            let back = match irreversible.is_none() {
                true => Some(steps::back(history, stretch, settings, workshop).await?),
                false => None,
            };
            let text =
                Draft { up: draft.up.clone(), down: draft.down.clone(), rows: Vec::new(), volatile: others };
            (text, Some(draft), back)
        }
    };
    let left_out = if carried.is_some() { Vec::new() } else { looked.left_out };
    Ok(Squash { draft, carried, irreversible, left_out, before, after, bench, back })
}

/// Why a stretch is carried over as it stands, where that can be.
fn why(error: SquashError, stretch: &Stretch) -> Result<Vec<(Index, Lost)>, SquashError> {
    let of = |what: String, reason| vec![(stretch.last, Lost { line: 1, what, reason })];
    match error {
        SquashError::Lost { lost } if lost.iter().all(|(_, it)| it.reason.can_stand()) => Ok(lost),
        SquashError::Rows { .. } | SquashError::Renamed(_) => Ok(of(error.to_string(), Reason::Rows)),
        other => Err(other),
    }
}

/// A stretch, replayed.
struct Way<'a> {
    before: &'a Moment,
    after: &'a Moment,
    /// Columns whose values are others each time, by table.
    volatile: BTreeMap<String, Vec<String>>,
    /// The role of the scratch server.
    user: String,
}

/// What a stretch looks like, read.
struct Looked {
    /// What the files rename.
    renamed: Vec<diff::Wish>,
    /// What of them is left out of a result, and of no matter for a new database.
    left_out: Vec<(Index, String)>,
    /// What a result does not say.
    lost: Vec<(Index, Lost)>,
}

/// What the files rename, and what of them a result leaves out.
fn look(history: &History, stretch: &Stretch, before: &Catalog) -> Result<Looked, SquashError> {
    let relations = before.objects().iter().filter(|object| object.id.kind.is_relation());
    let names = relations.map(|object| object.id.name.to_string()).collect();
    let mut look = Look::new((!stretch.below.is_empty()).then_some(names));
    let (mut lost, mut left_out) = (Vec::new(), Vec::new());
    for index in &stretch.members {
        let revision = history.revision(*index);
        let (document, trees) =
            document::read_trees(&revision.text).map_err(|error| Box::new(RevisionError::from(error)))?;
        lost.extend(look.at(&revision.text, &document, &trees).into_iter().map(|it| (*index, it)));
        for block in &document.upgrade.blocks {
            if let Some(span) = block.directive.filter(|_| !matches!(block.kind, document::BlockKind::Sql)) {
                left_out.push((*index, span.text(&revision.text).trim().to_owned()));
            }
        }
        left_out.extend(
            revision.header.requires.iter().map(|gate| (*index, format!("--@ requires {}", gate.value))),
        );
    }
    Ok(Looked { renamed: look.renamed, left_out, lost })
}
