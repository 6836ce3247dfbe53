//! The way from each source to what is wanted, as one list of statements, each behind what keeps it from databases that do
//! not need it.

use cutover_core::catalog::{Catalog, Thing, roles};
use cutover_core::diff::Rename;
use cutover_core::reconcile::{
    Guard, Merged, Piece, Probe, choose, in_turn, is_of_rights, natural, once, pieces, write,
};
use cutover_sql::ident::{qualified, quote_ident};

use super::back::way_back;
use super::{Around, ReconcileError, Reconciled, Source, Wish, copy, trial};

/// The way from each source to what is wanted, as one.
///
/// # Errors
/// When a statement fails on a copy, or databases cannot be told apart.
pub async fn draft(
    sources: &[&Source],
    wanted: &Wish<'_>,
    around: &Around<'_>,
) -> Result<Reconciled, ReconcileError> {
    let lists: Vec<Vec<Piece>> =
        sources.iter().map(|source| rights_last(swapped(own_pieces(source), wanted.catalog))).collect();
    let probes = probes(sources);
    let (merged, up) = match written(sources, wanted, once(&lists), &probes, around).await {
        // a database may need its own order
        Err(ReconcileError::Fails { .. } | ReconcileError::Unguardable(_)) => {
            written(sources, wanted, in_turn(&lists), &probes, around).await?
        }
        other => other?,
    };
    let (down, irreversible) = match sources.iter().find(|source| source.live.is_none()) {
        Some(history) => way_back(history, sources, wanted, around).await?,
        None => (String::new(), None),
    };
    let mut steps: Vec<(String, Vec<bool>)> =
        merged.iter().map(|(piece, needs)| (piece.title.clone(), needs.clone())).collect();
    // several statements may do one thing
    steps.dedup();
    Ok(Reconciled { up, down, irreversible, steps })
}

/// The statements of a source. A column with another name is looked at by itself, and not by its whole table.
fn own_pieces(source: &Source) -> Vec<Piece> {
    let mut list = pieces(&source.actions);
    for rename in &source.renames {
        let Rename::Column { of, from, .. } = rename else { continue };
        let statements = rename.statements();
        for piece in list.iter_mut().filter(|piece| of.kind.is_relation() && statements.contains(&piece.sql))
        {
            piece.thing = Thing::column(of, from);
        }
    }
    list
}

/// What rows can stand against, of any of the databases, once each.
fn probes(sources: &[&Source]) -> Vec<Probe> {
    let mut all: Vec<Probe> = Vec::new();
    let of =
        |source: &&Source| cutover_core::reconcile::probes(&source.renamed, &source.goal, &source.actions);
    for probe in sources.iter().flat_map(of) {
        if !all.iter().any(|it| it.thing == probe.thing && it.text == probe.text) {
            all.push(probe);
        }
    }
    all
}

/// Privileges at the end: nothing needs them, and what they are on is there then everywhere.
fn rights_last(list: Vec<Piece>) -> Vec<Piece> {
    let (rights, rest): (Vec<Piece>, Vec<Piece>) =
        list.into_iter().partition(|piece| is_of_rights(&piece.sql));
    [rest, rights].concat()
}

/// Tries a merged list on a copy of each source, and writes it with its guards.
async fn written(
    sources: &[&Source],
    wanted: &Wish<'_>,
    merged: Merged,
    probes: &[Probe],
    around: &Around<'_>,
) -> Result<(Merged, String), ReconcileError> {
    let mut seen: Vec<Vec<(cutover_core::reconcile::Seen, bool)>> = vec![Vec::new(); merged.len()];
    for (at, source) in sources.iter().enumerate() {
        let bench = copy(source, wanted, around).await?;
        bench.make_roles(&roles(&source.goal, &wanted.compared.options())).await?;
        let found = trial::run(&bench, source, &merged, at, around.settings).await?;
        for (place, one) in seen.iter_mut().zip(found) {
            place.push(one);
        }
    }
    let (mut up, mut asked) = (String::new(), Vec::new());
    for ((piece, needs), seen) in merged.iter().zip(&seen) {
        for probe in probes.iter().filter(|it| it.stands_before(piece)) {
            if !asked.contains(&probe) {
                asked.push(probe);
                up += &cutover_core::reconcile::stop(probe);
            }
        }
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
        let quoted = quote_ident(&aside).into_owned();
        let drop = format!("DROP INDEX CONCURRENTLY IF EXISTS {}", qualified(&[&*id.namespace, &aside]));
        last.push(Piece { sql: drop, title: format!("drop the old {id}"), loss: None, ..piece.clone() });
        piece.sql = format!("ALTER INDEX {} RENAME TO {quoted}", id.path());
        piece.title = format!("{id} steps aside");
    }
    for piece in &mut last {
        let mut aside = piece.thing.id.clone();
        aside.name = format!("{ASIDE}{}", aside.name).into();
        piece.thing = Thing::whole(&aside);
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
fn block(piece: &Piece, guard: &Guard, needs: &[bool], sources: &[&Source]) -> String {
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

/// Whether a statement is one that a revision has to write as it is: nothing can be put around it.
pub(super) fn is_alone(sql: &str) -> bool {
    sql.contains(" CONCURRENTLY ") && natural(sql).is_some()
}
