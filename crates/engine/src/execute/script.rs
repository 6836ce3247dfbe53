//! The same run as a script for psql: the same statements, the same ledger rows.

use std::fmt::Write as _;

use cutover_core::plan::{Direction, Step, StepKind};
use cutover_core::revision::graph::Index;
use cutover_core::rollout::gate::Gate;
use cutover_sql::document::Expect;
use cutover_sql::ident::quote_literal;

use super::adopt;
use super::journal::used_up;
use super::prepare::{PrepareError, Prepared, entry_of, prepare};
use super::runner::title;
use crate::history::History;
use crate::ledger::acknowledgement::GATES;
use crate::ledger::{LOCK_CLASS, LOCK_OBJECT, Writer, format};
use crate::session::Settings;

/// Why a run cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// A file cannot become steps.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// External programs have no place in a script.
    #[error("revision {id} runs an external program (\"{command}\"), which a script for psql cannot")]
    Command {
        /// The revision.
        id: String,
        /// The command line.
        command: String,
    },
}

/// Prints the revisions at `indices`, in their order. Pure: no database is asked, so the script
/// says what it expects to find and stops where it finds something else.
///
/// # Errors
/// [`ScriptError`] for what a script cannot do.
pub fn script(
    history: &History,
    indices: &[Index],
    direction: Direction,
    target: &str,
    settings: &Settings,
) -> Result<String, ScriptError> {
    let prepared = prepare(history, indices, direction)?;
    let mut out = preamble(direction, target, settings);
    out += &adopt::script(history, &Writer::for_script());
    for one in &prepared {
        revision(&mut out, history, one, direction, settings)?;
    }
    let writer = Writer::for_script();
    let _ = write!(
        out,
        "\n{};\n{};\nSELECT pg_advisory_unlock({LOCK_CLASS}, {LOCK_OBJECT}) \\g /dev/null\n",
        writer.finish_run(true),
        Settings::release(),
    );
    Ok(out)
}

fn preamble(direction: Direction, target: &str, settings: &Settings) -> String {
    let mut out = String::new();
    let _ = write!(
        out,
        "-- {} {target}\n-- Run it with: psql -X -f THIS_FILE URL\n\n\\set ON_ERROR_STOP on\n\\set QUIET on\n",
        direction.as_str(),
    );
    let _ = write!(
        out,
        "DO $cutover$ BEGIN\n  IF NOT pg_try_advisory_lock({LOCK_CLASS}, {LOCK_OBJECT}) THEN\n    RAISE EXCEPTION 'another run of Cutover is at work on this database';\n  END IF;\nEND $cutover$;\n\n"
    );
    let _ = write!(
        out,
        "SELECT to_regclass('cutover.ledger') IS NULL AS cutover_is_new \\gset\n\\if :cutover_is_new\nBEGIN;\n{}\nCOMMIT;\n\\endif\n\n",
        format::migrate(0).trim_end(),
    );
    for from in 1..format::FORMAT {
        let _ = write!(
            out,
            "SELECT format = {from} AS cutover_is_old FROM cutover.ledger \\gset\n\\if :cutover_is_old\nBEGIN;\n{}\nCOMMIT;\n\\endif\n\n",
            format::step(from).trim_end(),
        );
    }
    let _ = writeln!(out, "{};", pinned(settings));
    let run = Writer::start_run(direction.as_str(), target, "psql");
    let _ = write!(
        out,
        "WITH run AS ({run})\nSELECT set_config('cutover.run', id::text, false) AS cutover_run FROM run \\gset\n"
    );
    out
}

fn revision(
    out: &mut String,
    history: &History,
    one: &Prepared,
    direction: Direction,
    settings: &Settings,
) -> Result<(), ScriptError> {
    let node = history.graph().node(one.index);
    let _ = write!(
        out,
        "\n-- {} {}: {}\n\\echo {} {}\n",
        direction.as_str(),
        node.id,
        node.message,
        direction.as_str(),
        node.id
    );
    gates(out, &node.id, &one.gates);
    for each in &one.steps {
        if let StepKind::Run { command } = &each.kind {
            return Err(ScriptError::Command { id: node.id.clone(), command: command.clone() });
        }
        step(out, history, one, each, direction, settings);
    }
    Ok(())
}

fn step(
    out: &mut String,
    history: &History,
    one: &Prepared,
    step: &Step,
    direction: Direction,
    settings: &Settings,
) {
    let writer = Writer::for_script();
    let entry = entry_of(history, one);
    let text = &history.revision(one.index).text;
    let of = one.steps.len();
    let last = step.ordinal as usize == of;
    let _ = writeln!(out, "\n-- step {} of {of}: {}", step.ordinal, title(step).replace('\n', " "));
    match &step.kind {
        // in a script a backfill is one statement: there is nobody to look at the server between batches, and a
        // loop with COMMIT would need a cursor that a script that is stopped and started again could trust
        StepKind::Transaction | StepKind::Backfill { .. } => {
            out.push_str("BEGIN;\n");
            overrides(out, one);
            statements(out, text, step);
            // so that the ledger's rows are the session's own, and the next step finds it as this one did
            if step.acts_as() {
                let _ = writeln!(out, "{};", Settings::own_role().replace("; ", ";\n"));
            }
            if step.changes_session() {
                let _ = writeln!(
                    out,
                    "RESET ALL;\n{};\nSELECT set_config('cutover.run', :'cutover_run', false) AS cutover_run \\gset",
                    pinned(settings)
                );
            }
            let _ = writeln!(out, "{};", writer.whole_step(entry.id, direction, step, of));
            if last {
                close(out, one, &writer.close(entry, direction, of), entry.id);
            }
            out.push_str("COMMIT;\n");
        }
        StepKind::Guard { text: must, expect } => {
            let query = step.statements.first().map(|s| s.span.text(text)).unwrap_or_default();
            guard(out, query, must, expect);
            let _ = writeln!(out, "BEGIN;\n{};", writer.whole_step(entry.id, direction, step, of));
            if last {
                close(out, one, &writer.close(entry, direction, of), entry.id);
            }
            out.push_str("COMMIT;\n");
        }
        StepKind::Alone(_) => {
            let _ = writeln!(out, "{};", writer.begin_step(entry.id, direction, step, of, ""));
            statements(out, text, step);
            let _ = writeln!(out, "BEGIN;\n{};", writer.end_step(entry.id, step));
            if last {
                close(out, one, &writer.close(entry, direction, of.max(2)), entry.id);
            }
            out.push_str("COMMIT;\n");
        }
        StepKind::Deploy { text: what, .. } => {
            unless_said(out, entry.id, direction, step.ordinal, &format!("waits for a deploy: {what}"));
            let _ = writeln!(out, "BEGIN;\n{};", writer.whole_step(entry.id, direction, step, of));
            if last {
                close(out, one, &writer.close(entry, direction, of), entry.id);
            }
            out.push_str("COMMIT;\n");
        }
        // `revision` has refused it
        StepKind::Run { .. } => {}
    }
}

fn close(out: &mut String, one: &Prepared, sql: &str, id: &str) {
    let _ = writeln!(out, "{sql};");
    if let Some(sql) = used_up(one, id) {
        let _ = writeln!(out, "{sql};");
    }
}

/// Stops the script where something is waited for that nobody has acknowledged.
fn unless_said(out: &mut String, id: &str, direction: Direction, ordinal: u32, what: &str) {
    let message = quote_literal(&format!("revision {id} {what}"));
    let hint = quote_literal(&format!("when it is so: cutover ack {id} --by NAME --note TEXT"));
    let _ = write!(
        out,
        "DO $cutover_wait$ BEGIN\n  IF NOT EXISTS (SELECT FROM cutover.acknowledgement WHERE revision = {} AND direction = '{}' AND ordinal = {ordinal} AND open) THEN\n    RAISE EXCEPTION USING MESSAGE = {message}, HINT = {hint};\n  END IF;\nEND $cutover_wait$;\n",
        quote_literal(id),
        direction.as_str(),
    );
}

/// A script has no evidence but what it can ask there and then; every other gate has to be passed over by a person.
fn gates(out: &mut String, id: &str, gates: &[Gate]) {
    for gate in gates {
        let ask = match gate {
            Gate::NoRows { query } => format!("EXISTS (\n{query}\n)"),
            Gate::AppliedElsewhere { query } => {
                format!("NOT coalesce((\n{query}\n)::text NOT IN ('f', 'false'), false)")
            }
            Gate::Unused { .. } | Gate::ReplicasCaughtUp | Gate::Window(_) => "true".to_owned(),
        };
        let message = quote_literal(&format!("revision {id} requires: {gate}"));
        let _ = write!(
            out,
            "DO $cutover_gate$ BEGIN\n  IF NOT EXISTS (SELECT FROM cutover.acknowledgement WHERE revision = {} AND direction = 'upgrade' AND ordinal = {GATES} AND open) AND {ask} THEN\n    RAISE EXCEPTION USING MESSAGE = {message};\n  END IF;\nEND $cutover_gate$;\n",
            quote_literal(id),
        );
    }
}

/// The pinned settings, those that every supported server has.
fn pinned(settings: &Settings) -> String {
    settings.pin(130_000).replace("; ", ";\n")
}

fn overrides(out: &mut String, one: &Prepared) {
    for (name, value) in
        [("lock_timeout", one.lock_timeout_ms), ("statement_timeout", one.statement_timeout_ms)]
    {
        if let Some(ms) = value {
            let _ = writeln!(out, "SET LOCAL {name} = {ms};");
        }
    }
}

fn statements(out: &mut String, text: &str, step: &Step) {
    for statement in &step.statements {
        let _ = writeln!(out, "{}\n;", statement.span.text(text));
        if let Some(data) = statement.copy_data {
            // psql reads the data from the line after the semicolon
            let data = data.text(text);
            let newline = if data.is_empty() || data.ends_with('\n') { "" } else { "\n" };
            let _ = writeln!(out, "{data}{newline}\\.");
        }
    }
}

fn guard(out: &mut String, query: &str, must: &str, expect: &Expect) {
    let fails = match expect {
        Expect::NoRows => format!("EXISTS (\n{query}\n)"),
        Expect::Rows => format!("NOT EXISTS (\n{query}\n)"),
        Expect::Value(value) => format!("(\n{query}\n)::text IS DISTINCT FROM {}", quote_literal(value)),
    };
    let _ = write!(
        out,
        "DO $cutover_guard$ BEGIN\n  IF {fails} THEN\n    RAISE EXCEPTION USING MESSAGE = {};\n  END IF;\nEND $cutover_guard$;\n",
        quote_literal(&format!("the guard \"{must}\" does not hold")),
    );
}
