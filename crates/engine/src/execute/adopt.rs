//! Databases that have all of what a revision replaces: to everybody else their state says that they have the revision,
//! and the next run writes that down.

use cutover_core::revision::replaced::{Replaces, Standing};
use cutover_sql::checksum;
use cutover_sql::ident::quote_literal;

use super::error::ExecuteError;
use super::journal::open_run;
use super::request::Request;
use crate::history::History;
use crate::ledger::Writer;
use crate::ledger::read::State;
use crate::ledger::write::Entry;
use crate::session::{Session, SessionError};

/// The state of a database in the words of the files: where all that a revision replaces is applied, and nothing of it half
/// done, the revision is. What a run has to write for that is in [`State::adopted`].
#[must_use]
pub fn understood(history: &History, mut state: State) -> State {
    for index in 0..history.graph().len() {
        let node = history.graph().node(index);
        if node.replaces.is_empty() {
            continue;
        }
        let old: Vec<String> = node
            .replaces
            .all()
            .map(|(id, _)| id.to_owned())
            .filter(|id| state.applied.contains_key(id))
            .collect();
        let is_there = state.applied.contains_key(&node.id);
        if old.is_empty() || (!is_there && standing(&node.replaces, &state) != Standing::Whole) {
            continue;
        }
        let rows: Vec<_> = old.iter().filter_map(|id| state.applied.remove(id)).collect();
        let last = rows.into_iter().max_by(|a, b| a.applied_at.cmp(&b.applied_at));
        if let Some(mut row) = last.filter(|_| !is_there) {
            let revision = history.revision(index);
            row.id.clone_from(&node.id);
            row.message.clone_from(&node.message);
            row.checksum = checksum::normal(&revision.text);
            row.content_hash.clone_from(&revision.content_hash);
            row.how = "stamp".into();
            state.applied.insert(node.id.clone(), row);
        }
        state.adopted.insert(node.id.clone(), old);
    }
    state
}

/// What a database has of what a revision replaces. One that is half done, either way, is not there.
fn standing(replaces: &Replaces, state: &State) -> Standing {
    let is_open = |id: &str| state.open.iter().any(|step| step.revision == id);
    let found = replaces.standing(&|id| state.applied.contains_key(id) && !is_open(id));
    let begun = replaces.all().any(|(id, _)| is_open(id));
    match found {
        Standing::Nothing if begun => {
            let missing = replaces.ids.iter().map(|id| id.id.clone()).collect();
            Standing::Inside { applied: Vec::new(), missing }
        }
        other => other,
    }
}

/// The first revision that replaces some of what a database has, and some of what it has not.
pub fn inside(history: &History, state: &State) -> Option<ExecuteError> {
    history.graph().nodes().iter().filter(|node| !node.replaces.is_empty()).find_map(|node| {
        match standing(&node.replaces, state) {
            Standing::Inside { applied, missing } => Some(ExecuteError::Inside {
                id: node.id.clone(),
                last: node.replaces.ids.last().map(|id| id.id.clone()).unwrap_or_default(),
                applied,
                missing,
            }),
            Standing::Nothing | Standing::Whole => None,
        }
    })
}

/// Writes into the ledger what [`understood`] has found, in one transaction.
pub(super) async fn adopt(
    session: &Session,
    request: Request<'_>,
    state: &State,
) -> Result<(), ExecuteError> {
    if state.adopted.is_empty() {
        return Ok(());
    }
    let ids: Vec<&str> = state.adopted.keys().map(String::as_str).collect();
    let run = open_run(session, request, "adopt", &ids.join(", "), state).await?;
    let writer = Writer::for_run(run, request.by);
    let mut sql = vec!["BEGIN".to_owned()];
    for (id, old) in &state.adopted {
        sql.extend(statements(request.history, &writer, id, old, "true"));
    }
    sql.push(writer.finish_run(true));
    sql.push("COMMIT".into());
    if let Err(source) = session.client().batch_execute(&sql.join(";\n")).await {
        let _ = session.client().batch_execute("ROLLBACK").await;
        return Err(SessionError::Query { what: "writing down what was replaced", source }.into());
    }
    Ok(())
}

/// The rows of one revision in place of those that it replaces, under a condition in SQL.
fn statements(history: &History, writer: &Writer, id: &str, old: &[String], condition: &str) -> Vec<String> {
    let Some(index) = history.graph().find(id) else { return Vec::new() };
    let revision = history.revision(index);
    let entry = Entry {
        id,
        message: &history.graph().node(index).message,
        checksum: &checksum::normal(&revision.text),
        content_hash: &revision.content_hash,
    };
    writer.adopt(entry, old, condition)
}

/// The same for a script, which does not know what the database has: it is looked at when it runs.
pub(super) fn script(history: &History, writer: &Writer) -> String {
    let mut out = String::new();
    for node in history.graph().nodes().iter().filter(|node| !node.replaces.is_empty()) {
        let old: Vec<String> = node.replaces.all().map(|(id, _)| id.to_owned()).collect();
        let whole: Vec<String> = node.replaces.ids.iter().map(|id| has(&node.replaces, &id.id, 0)).collect();
        out += &format!("\n-- {} replaces {}\nBEGIN;\n", node.id, old.join(", "));
        for sql in statements(history, writer, &node.id, &old, &whole.join(" AND ")) {
            out += &format!("{sql};\n");
        }
        let message = format!("revision {} replaces others, and only some of them are applied here", node.id);
        let hint = format!(
            "check out the files from before it replaced them, and upgrade to {} first",
            node.replaces.ids.last().map(|id| id.id.as_str()).unwrap_or_default()
        );
        out += &format!(
            "DO $cutover_inside$ BEGIN\n  IF EXISTS (SELECT FROM cutover.revision WHERE id IN ({})) THEN\n    RAISE EXCEPTION USING MESSAGE = {}, HINT = {};\n  END IF;\nEND $cutover_inside$;\nCOMMIT;\n",
            list(&old),
            quote_literal(&message),
            quote_literal(&hint),
        );
    }
    out
}

/// Whether an id is applied, or all that it replaced, in SQL.
fn has(replaces: &Replaces, id: &str, depth: usize) -> String {
    let own = format!("EXISTS (SELECT FROM cutover.revision WHERE id = {})", quote_literal(id));
    match replaces.stands_for(id).filter(|_| depth < 9) {
        None => own,
        Some(before) => {
            let all: Vec<String> = before.iter().map(|old| has(replaces, old, depth + 1)).collect();
            format!("({own} OR ({}))", all.join(" AND "))
        }
    }
}

fn list(ids: &[String]) -> String {
    ids.iter().map(|id| quote_literal(id)).collect::<Vec<_>>().join(", ")
}
