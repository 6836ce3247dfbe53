//! One revision that brings databases whose schemas differ to the same one. Each is only read; what it is becomes a
//! scratch database, on which its own statements are tried one by one (`trial`) and the finished file as a whole (`prove`).

mod prove;
mod trial;

use std::collections::BTreeMap;
use std::sync::Arc;

use cutover_core::catalog::{Catalog, Pattern, roles};
use cutover_core::diff::{self, Action, Change, Options};
use cutover_core::object::ops::Loss;
use cutover_core::reconcile::{
    Guard, Merged, Piece, Unguardable, choose, in_turn, natural, once, pieces, write,
};
use cutover_core::revision::graph::Index;
use cutover_sql::ident::{qualified, quote_literal};

use crate::baseline::comparable;
use crate::history::History;
use crate::schema::{Bench, SchemaError, Workshop};
use crate::session::{Session, SessionError, Settings, rows};

pub use prove::{Left, prove};

/// Why there is no such revision.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    /// A schema cannot be read or loaded.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// A query of ours failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What a database is cannot be told.
    #[error(transparent)]
    Unguardable(#[from] Unguardable),
    /// A statement that fails on a copy of a database.
    #[error("\"{sql}\" fails on a copy of {name}: {error}")]
    Fails {
        /// The database, as the user calls it.
        name: String,
        /// The statement.
        sql: String,
        /// What the server says.
        error: String,
    },
}

/// A database, or the history, as it is before the revision.
#[derive(Debug)]
pub struct Source {
    /// What the user calls it.
    pub name: String,
    /// What is there; nothing for the history.
    pub live: Option<Catalog>,
    /// Revisions that run there before.
    pub pending: Vec<Index>,
    /// What is there when these have run.
    pub catalog: Arc<Catalog>,
}

/// The revision, and what it does where.
#[derive(Debug)]
pub struct Reconciled {
    /// The section of the upgrade.
    pub up: String,
    /// The section of the downgrade.
    pub down: String,
    /// Why there is no way back: something that databases had before would go with it.
    pub irreversible: Option<String>,
    /// What is done, each in words, and for each source whether it is done there.
    pub steps: Vec<(String, Vec<bool>)>,
}

/// A database that has a schema, as it will be when its pending revisions have run.
///
/// # Errors
/// When it does not load, or a pending revision fails on it.
pub async fn source(
    name: String,
    live: Option<Catalog>,
    pending: Vec<Index>,
    wanted: &Wish<'_>,
    around: &Around<'_>,
) -> Result<Source, ReconcileError> {
    // the version of an extension is the server's
    let live = live.map(|live| comparable(live.without(wanted.ignore), wanted.catalog));
    let mut source = Source { name, live, pending, catalog: Arc::new(Catalog::default()) };
    let bench = copy(&source, around).await?;
    source.catalog = match (&source.live, source.pending.is_empty()) {
        // it is what it is, and not what a scratch server makes of it
        (Some(live), true) => Arc::new(live.clone()),
        _ => Arc::new(bench.catalog().await?.without(wanted.ignore)),
    };
    Ok(source)
}

/// The schema that all come to.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// What is wanted.
    pub catalog: &'a Catalog,
    /// What is somebody else's business.
    pub ignore: &'a [Pattern],
}

/// What everything here needs.
#[derive(Clone, Copy, Debug)]
pub struct Around<'a> {
    /// The revisions.
    pub history: &'a History,
    /// Settings of sessions.
    pub settings: &'a Settings,
    /// Where scratch databases are made.
    pub workshop: &'a Workshop,
}

/// A copy of a database, with the revisions that are pending there.
async fn copy(source: &Source, around: &Around<'_>) -> Result<Bench, SchemaError> {
    let bench = match &source.live {
        Some(live) => around.workshop.build(live).await?,
        None => around.workshop.bench(None).await?,
    };
    bench.run("RESET ALL").await?;
    bench.apply(around.history, &source.pending, around.settings).await?;
    Ok(bench)
}

/// The way from each source to what is wanted, as one.
///
/// # Errors
/// When a statement fails on a copy, or databases cannot be told apart.
pub async fn draft(
    sources: &[Source],
    wanted: &Catalog,
    around: &Around<'_>,
) -> Result<Reconciled, ReconcileError> {
    let options = Options::default();
    let lists: Vec<Vec<Piece>> = sources
        .iter()
        .map(|source| swapped(pieces(&diff::plan(&source.catalog, wanted, &options)), wanted))
        .collect();
    let (merged, up) = match written(sources, wanted, once(&lists), around).await {
        // a database may need its own order
        Err(ReconcileError::Fails { .. } | ReconcileError::Unguardable(_)) => {
            written(sources, wanted, in_turn(&lists), around).await?
        }
        other => other?,
    };
    let history_is =
        sources.iter().find(|source| source.live.is_none()).map(|source| Arc::clone(&source.catalog));
    let (down, irreversible) = match history_is {
        Some(before) => way_back(wanted, &before, sources),
        None => (String::new(), None),
    };
    let mut steps: Vec<(String, Vec<bool>)> =
        merged.iter().map(|(piece, needs)| (piece.title.clone(), needs.clone())).collect();
    // several statements may do one thing
    steps.dedup();
    Ok(Reconciled { up, down, irreversible, steps })
}

/// Tries a merged list on a copy of each source, and writes it with its guards.
async fn written(
    sources: &[Source],
    wanted: &Catalog,
    merged: Merged,
    around: &Around<'_>,
) -> Result<(Merged, String), ReconcileError> {
    let mut seen: Vec<Vec<(cutover_core::reconcile::Seen, bool)>> = vec![Vec::new(); merged.len()];
    for (at, source) in sources.iter().enumerate() {
        let bench = copy(source, around).await?;
        bench.make_roles(&roles(wanted, &Options::default())).await?;
        let found = trial::run(&bench, source, &merged, at, around.settings).await?;
        for (place, one) in seen.iter_mut().zip(found) {
            place.push(one);
        }
    }
    let mut up = String::new();
    for ((piece, needs), seen) in merged.iter().zip(&seen) {
        let guard = choose(piece, seen)?;
        up += &block(piece, &guard, needs, sources);
    }
    Ok((merged, up))
}

/// How the name of an index begins that is about to be replaced.
const ASIDE: &str = "cutover_old_";

/// An index of a name that is wanted for another one steps aside, so that it serves until the new one is there: a drop
/// without a lock that others wait for cannot be put behind a look. Renaming takes SHARE UPDATE EXCLUSIVE
/// (<https://www.postgresql.org/docs/current/sql-alterindex.html>).
fn swapped(mut list: Vec<Piece>, wanted: &Catalog) -> Vec<Piece> {
    let mut last = Vec::new();
    for piece in &mut list {
        let id = &piece.thing.id;
        if !piece.sql.starts_with("DROP INDEX CONCURRENTLY ") || wanted.get(id).is_none() {
            continue;
        }
        let mut aside = format!("{ASIDE}{}", id.name);
        // a longer name is cut by the server
        while aside.len() > 63 {
            aside.pop();
        }
        let quoted = cutover_sql::ident::quote_ident(&aside).into_owned();
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", qualified(&[&*id.namespace, &aside]));
        last.push(Piece { sql: drop, title: format!("drop the old {id}"), loss: None, ..piece.clone() });
        piece.sql = format!("ALTER INDEX {} RENAME TO {quoted}", id.path());
        piece.title = format!("{id} steps aside");
    }
    for piece in &mut last {
        let mut aside = piece.thing.id.clone();
        aside.name = format!("{ASIDE}{}", aside.name).into();
        piece.thing = cutover_core::catalog::Thing::whole(&aside);
    }
    list.extend(last);
    list
}

fn title(piece: &Piece) -> String {
    if piece.sql.contains(" VALIDATE CONSTRAINT ") {
        format!("{}: validate", piece.title)
    } else {
        piece.title.clone()
    }
}

/// A statement in a transaction of its own: its lock is held for as long as it takes, and no longer.
fn block(piece: &Piece, guard: &Guard, needs: &[bool], sources: &[Source]) -> String {
    let names = |wanted: bool| -> String {
        let those = sources.iter().zip(needs).filter(|(_, needs)| **needs == wanted);
        those.map(|(source, _)| source.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let everywhere = needs.iter().all(|needs| *needs);
    let place = if everywhere {
        String::new()
    } else {
        format!(" (for {}; nothing to do in {})", names(true), names(false))
    };
    let title = format!("{}{place}", title(piece)).replace(['\n', '\r'], " ");
    let is_code = ["FUNCTION ", "PROCEDURE "].iter().any(|word| {
        piece.sql.starts_with(&format!("CREATE {word}"))
            || piece.sql.starts_with(&format!("CREATE OR REPLACE {word}"))
    });
    // bodies may name what comes later
    let start = if is_code { "SET LOCAL check_function_bodies = off;\n" } else { "" };
    format!("--@ sql\n-- {title}\n{start}{}\n", write(piece, guard))
}

/// The way back to what the history had. There is none where something goes with it that a database had before: what was
/// there before the revision came is not the revision's to drop.
fn way_back(wanted: &Catalog, before: &Catalog, sources: &[Source]) -> (String, Option<String>) {
    let down = diff::plan(wanted, before, &Options::default());
    let had = |action: &&Action| {
        action.loss == Some(Loss::Data)
            && sources.iter().filter_map(|source| source.live.as_ref()).any(|live| {
                live.definition(&action.thing.id).is_some_and(|it| match action.thing.part.column() {
                    Some(name) => it.columns().iter().any(|column| column.name == *name),
                    None => true,
                })
            })
    };
    if let Some(lost) = down.iter().find(had) {
        let why = format!("the way back would {}, which a database had before", lost.title);
        return (String::new(), Some(why.replace(['\n', '\r'], " ")));
    }
    let mut text = String::new();
    for action in &down {
        text += &format!("--@ sql\n{}\n", diff::script(std::slice::from_ref(action)));
    }
    if text.is_empty() {
        text = "-- nothing: the history has had this schema before\n".into();
    }
    (text, None)
}

/// What a database would lose, with about how many rows there are, by its own statistics.
///
/// # Errors
/// When it cannot be asked.
pub async fn losses(
    source: &Source,
    wanted: &Catalog,
    session: &Session,
) -> Result<Vec<(String, i64)>, SessionError> {
    let mut found = Vec::new();
    for action in diff::plan(&source.catalog, wanted, &Options::default()) {
        if action.loss.is_none() {
            continue;
        }
        let sql = format!(
            "SELECT greatest(c.reltuples, s.n_live_tup, 0)::int8 FROM pg_catalog.pg_class c \
             LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid WHERE c.oid = pg_catalog.to_regclass({})",
            quote_literal(&action.thing.id.path())
        );
        let read = rows(session.client(), &sql, "counting the rows at stake").await?;
        let many = read.first().and_then(|row| row.get(0)?.parse().ok()).unwrap_or(0);
        found.push((action.title, many));
    }
    Ok(found)
}

/// What differs at each source from what is wanted.
pub fn differences(sources: &[Source], wanted: &Catalog) -> BTreeMap<usize, Vec<Change>> {
    let options = Options { plain: true, ..Options::default() };
    let of = |(at, source): (usize, &Source)| (at, diff::changes(&source.catalog, wanted, &options));
    sources.iter().enumerate().map(of).collect()
}

/// Whether a statement is one that a revision has to write as it is: nothing can be put around it.
fn is_alone(sql: &str) -> bool {
    sql.contains(" CONCURRENTLY ") && natural(sql).is_some()
}
