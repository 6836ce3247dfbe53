//! Goes through a merged list on a copy of one database: looks at each statement's turn what is there, and runs those that this
//! database needs.

use cutover_core::reconcile::{Piece, Seen, look, look_around};

use super::draft::is_alone;
use super::{ReconcileError, Source};
use crate::schema::{Bench, SchemaError};
use crate::session::{Settings, message, rows};

/// What was seen at each statement's turn, and whether the source needs it.
pub(super) async fn run(
    bench: &Bench,
    source: &Source,
    merged: &[(Piece, Vec<bool>)],
    number: usize,
    settings: &Settings,
) -> Result<Vec<(Seen, bool)>, ReconcileError> {
    // what is seen hangs on the search_path, which a run pins
    bench.run(&settings.pin(bench.session.facts.version)).await?;
    bench.run("SET check_function_bodies = off; SET lock_timeout = 0").await?;
    let mut found = Vec::new();
    for (piece, needs) in merged {
        let is_everybodys = needs.iter().all(|needs| *needs);
        let seen = if is_everybodys { Seen::default() } else { see(bench, piece).await? };
        if needs[number] {
            statement(bench, source, piece).await?;
        }
        found.push((seen, needs[number]));
    }
    Ok(found)
}

async fn statement(bench: &Bench, source: &Source, piece: &Piece) -> Result<(), ReconcileError> {
    // as it will be run: alone where it has to be, else in a transaction
    let sql = if is_alone(&piece.sql) { piece.sql.clone() } else { format!("BEGIN; {}; COMMIT", piece.sql) };
    let done = bench.session.client().batch_execute(&sql).await;
    done.map_err(|error| ReconcileError::Fails {
        name: source.name.clone(),
        sql: piece.sql.clone(),
        error: message(&error),
    })
}

async fn see(bench: &Bench, piece: &Piece) -> Result<Seen, SchemaError> {
    let of = |expression: Option<String>| expression.unwrap_or_else(|| "NULL".into());
    let sql = format!("SELECT {}, {}", of(look(&piece.thing)), of(look_around(&piece.thing.id)));
    let read = rows(bench.session.client(), &sql, "looking at what is there").await?;
    let text = |at: usize| read.first().and_then(|row| row.get(at)).map(str::to_owned);
    Ok(Seen { own: text(0), around: text(1) })
}
