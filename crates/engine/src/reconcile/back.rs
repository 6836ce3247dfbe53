//! The way back, to what the history had.

use std::sync::Arc;

use cutover_core::catalog::Catalog;
use cutover_core::diff::{self, Action};
use cutover_core::object::ops::Loss;
use cutover_core::reconcile::{Privileges, goal};

use super::{Around, ReconcileError, Source, Wish};
use crate::schema::rename::Settled;

/// What the history comes back to: what it had, and with the privileges that it has by then. Who lives by them, nobody knows.
pub(super) fn before(history: &Source) -> Catalog {
    goal(&history.catalog, &history.goal, Privileges::Granted)
}

/// The way back. There is none where something goes with it that a database had before: what was
/// there before the revision came is not the revision's to drop.
pub(super) async fn way_back(
    history: &Source,
    sources: &[&Source],
    wanted: &Wish<'_>,
    around: &Around<'_>,
) -> Result<(String, Option<String>), ReconcileError> {
    let settled = Settled {
        from: history.renamed.clone(),
        to: Arc::clone(&history.goal),
        renames: history.renames.clone(),
        open: Vec::new(),
    };
    let options = wanted.compared.online();
    let down = around.workshop.way_back(&settled, &before(history), &options).await?;
    let had = |action: &&Action| {
        action.loss == Some(Loss::Data)
            && sources
                .iter()
                .filter(|source| source.live.is_some())
                .any(|source| had(&source.renamed, action))
    };
    if let Some(lost) = down.iter().find(had) {
        let why = format!("the way back would {}, which a database had before", lost.title);
        return Ok((String::new(), Some(why.replace(['\n', '\r'], " "))));
    }
    let mut text = String::new();
    for action in &down {
        text += &format!("--@ sql\n{}\n", diff::script(std::slice::from_ref(action)));
    }
    if text.is_empty() {
        text = "-- nothing: the history has had this schema before\n".into();
    }
    Ok((text, None))
}

/// Whether a database has what an action drops.
fn had(live: &Catalog, action: &Action) -> bool {
    live.definition(&action.thing.id).is_some_and(|it| match action.thing.part.column() {
        Some(name) => it.columns().iter().any(|column| column.name == *name),
        None => true,
    })
}
