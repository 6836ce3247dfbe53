//! A plan, shown before anything runs.

use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_engine::execute::{Prepared, step_title};
use cutover_engine::history::History;
use serde::Serialize;

use crate::failure::shown;
use crate::output::Report;

#[derive(Serialize)]
struct Plan<'a> {
    direction: &'static str,
    revisions: Vec<Revision<'a>>,
}

#[derive(Serialize)]
struct Revision<'a> {
    id: &'a str,
    message: &'a str,
    file: String,
    steps: Vec<Step<'a>>,
}

#[derive(Serialize)]
struct Step<'a> {
    ordinal: u32,
    kind: &'static str,
    title: String,
    statements: Vec<Statement<'a>>,
}

#[derive(Serialize)]
struct Statement<'a> {
    line: usize,
    sql: &'a str,
}

/// Every revision, step and statement of a plan.
pub fn report(history: &History, prepared: &[Prepared], direction: Direction) -> Report {
    let plan = Plan {
        direction: direction.as_str(),
        revisions: prepared.iter().map(|one| revision(history, one.index, one)).collect(),
    };
    Report::new(text(&plan), &plan)
}

fn revision<'a>(history: &'a History, index: Index, one: &Prepared) -> Revision<'a> {
    let (node, file) = (history.graph().node(index), history.revision(index));
    let steps = one
        .steps
        .iter()
        .map(|step| Step {
            ordinal: step.ordinal,
            kind: step.kind.as_str(),
            title: step_title(step),
            statements: step
                .statements
                .iter()
                .map(|s| Statement { line: s.line, sql: s.span.text(&file.text) })
                .collect(),
        })
        .collect();
    Revision { id: &node.id, message: &node.message, file: shown(&file.path), steps }
}

fn text(plan: &Plan<'_>) -> String {
    if plan.revisions.is_empty() {
        return "nothing to do\n".into();
    }
    let mut out = String::new();
    for revision in &plan.revisions {
        out.push_str(&format!("{} {} {}\n", plan.direction, revision.id, revision.message));
        for step in &revision.steps {
            let how = match step.kind {
                "transaction" => "one transaction".to_owned(),
                "alone" => "on its own, outside a transaction".to_owned(),
                _ => step.title.clone(),
            };
            out.push_str(&format!("  step {} of {}: {how}\n", step.ordinal, revision.steps.len()));
            for statement in &step.statements {
                out.push_str(&format!("    -- {}:{}\n", revision.file, statement.line));
                for line in statement.sql.lines() {
                    out.push_str(&format!("    {line}\n"));
                }
            }
        }
        out.push('\n');
    }
    out
}
