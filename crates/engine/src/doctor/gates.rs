//! Gates that can never open: their query is wrong, or they wait for something that this history never makes.

use cutover_core::plan::{self, Direction, StepKind};
use cutover_core::report::{Conclusion, Weight};
use cutover_core::revision::graph::Index;
use cutover_core::rollout::gate::{Gate, Used};
use cutover_sql::ident::quote_literal;

use super::survey::Survey;
use crate::gate;
use crate::schema::Bench;
use crate::session::rows;

/// Asks the gates of a revision where the revisions before it are applied, and nothing else was ever done.
pub async fn ask(survey: &Survey, index: Index, bench: &Bench) -> Vec<Conclusion> {
    let revision = survey.history.revision(index);
    let lines = revision.gates.iter().zip(&revision.header.requires);
    let mut gates: Vec<(Gate, usize)> = lines.map(|(gate, it)| (gate.clone(), it.span.start)).collect();
    let document = survey.documents.get(&index);
    let steps = document.and_then(|it| plan::steps(&revision.text, it, Direction::Upgrade).ok());
    for step in steps.unwrap_or_default() {
        if let StepKind::Deploy { when: Some(gate), .. } = step.kind {
            gates.push((gate, step.span.start));
        }
    }
    let mut found = Vec::new();
    for (gate, offset) in gates {
        found.extend(one(survey, (index, offset), &gate, bench).await);
    }
    found
}

async fn one(survey: &Survey, at: (Index, usize), gate: &Gate, bench: &Bench) -> Option<Conclusion> {
    let (id, line) =
        ("gate-never-opens", cutover_sql::span::line_around(&survey.history.revision(at.0).text, at.1));
    let about = |weight, text: String| survey.about(at.0, at.1, id, weight, text).because(line.trim());
    match gate {
        Gate::Unused { what, name, .. } => {
            if is_there(bench, *what, name).await? {
                return None;
            }
            let text = format!(
                "waits for {} {name} to be unused, and there is none when its turn comes",
                what.as_str()
            );
            Some(about(Weight::Error, text).next("correct the name"))
        }
        Gate::NoRows { .. } => match gate::evaluate(gate, &bench.session).await {
            Ok(verdict) if verdict.open => None,
            Ok(verdict) => {
                let text =
                    "its query gives rows on a database that nobody has used yet: the gate may never open";
                let mut found = about(Weight::Warning, text.into());
                found.evidence.extend(verdict.evidence);
                Some(found.next("see whether the rows that the history itself writes are meant"))
            }
            Err(error) => {
                Some(about(Weight::Error, format!("can never open: {error}")).next("correct the query"))
            }
        },
        // what it looks at may be another repository's, and is not here
        Gate::AppliedElsewhere { .. } => match gate::evaluate(gate, &bench.session).await {
            Ok(_) => None,
            Err(error) => {
                let text = format!(
                    "opens only in a database where another repository makes what it asks for: {error}"
                );
                Some(about(Weight::Note, text))
            }
        },
        Gate::ReplicasCaughtUp | Gate::Window(_) => None,
    }
}

/// Whether an object is there; nothing when the question itself fails.
async fn is_there(bench: &Bench, what: Used, name: &str) -> Option<bool> {
    let text = quote_literal(name);
    let query = match what {
        Used::Table | Used::Index => format!("SELECT to_regclass({text})"),
        Used::Function => {
            let bare = quote_literal(name.split('(').next().unwrap_or(name));
            format!(
                "SELECT p.oid FROM pg_proc p WHERE to_regproc({bare}) = p.oid OR to_regprocedure({text}) = p.oid LIMIT 1"
            )
        }
        Used::Column => {
            let mut parts = cutover_sql::ident::split_qualified(name)?;
            let column = quote_literal(&parts.pop()?);
            let table = quote_literal(&cutover_sql::ident::qualified(&parts));
            format!(
                "SELECT attnum FROM pg_attribute WHERE attrelid = to_regclass({table}) AND attname = {column} AND NOT attisdropped"
            )
        }
    };
    let found = rows(bench.session.client(), &query, "looking for what a gate watches").await.ok()?;
    Some(found.first().is_some_and(|row| row.get(0).is_some()))
}
