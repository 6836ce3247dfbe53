//! What revisions wait for, as a person reads it and as data.

use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_core::rollout::gate::Gate;
use cutover_engine::execute::{Cause, Waiting};
use cutover_engine::gate::Verdict;
use cutover_engine::history::History;
use serde_json::{Value, json};

/// The lines about a revision that waits.
pub fn text(history: &History, waiting: &Waiting) -> String {
    let node = history.graph().node(waiting.index);
    let revision = history.revision(waiting.index);
    let part = revision.rollout.as_ref().map(|r| format!(" ({} / {})", r.name, r.phase)).unwrap_or_default();
    let mut text = format!("waiting  {} {}{part}\n", node.id, node.message);
    for cause in &waiting.causes {
        text += &format!("    {}\n", line(cause));
        for seen in evidence(cause) {
            text += &format!("      {seen}\n");
        }
    }
    text += &format!("    {}\n", next(history, waiting.index, &waiting.causes));
    if !waiting.behind.is_empty() {
        let behind: Vec<&str> = waiting.behind.iter().map(|i| history.graph().id(*i)).collect();
        text += &format!("    behind it: {}\n", behind.join(", "));
    }
    text
}

/// What to do about it.
pub fn next(history: &History, index: Index, causes: &[Cause]) -> String {
    let id = history.graph().id(index);
    match causes {
        [Cause::Deploy { direction, .. }, ..] => {
            let owner = history.revision(index).header.owner.as_ref();
            let owner = owner.map(|o| format!(" by {}", o.value)).unwrap_or_default();
            let flag = if *direction == Direction::Downgrade { " --downgrade" } else { "" };
            format!("when it is deployed{owner}: cutover ack {id}{flag} --by NAME --note TEXT")
        }
        _ => format!("to look again: cutover gate {id}"),
    }
}

/// A cause in one line.
pub fn line(cause: &Cause) -> String {
    match cause {
        Cause::Gate { gate, verdict } => format!("gate: {gate}: {}", verdict.summary),
        Cause::Deploy { text, when: None, .. } => format!("deploy: {text}"),
        Cause::Deploy { text, when: Some((gate, verdict)), .. } => {
            format!("deploy: {text}, or {gate}: {}", verdict.summary)
        }
    }
}

/// What was seen, line by line.
pub fn evidence(cause: &Cause) -> &[String] {
    match cause {
        Cause::Gate { verdict, .. } | Cause::Deploy { when: Some((_, verdict)), .. } => &verdict.evidence,
        Cause::Deploy { when: None, .. } => &[],
    }
}

/// A revision that waits, as data.
pub fn data(history: &History, waiting: &Waiting) -> Value {
    let ids = |list: &[usize]| list.iter().map(|i| history.graph().id(*i).to_owned()).collect::<Vec<_>>();
    json!({
        "id": history.graph().id(waiting.index),
        "for": waiting.causes.iter().map(cause).collect::<Vec<_>>(),
        "behind": ids(&waiting.behind),
    })
}

/// A cause as data.
pub fn cause(cause: &Cause) -> Value {
    match cause {
        Cause::Gate { gate, verdict } => asked(gate, verdict),
        Cause::Deploy { ordinal, text, when, .. } => json!({
            "deploy": text, "step": ordinal,
            "when": when.as_ref().map(|(gate, verdict)| asked(gate, verdict)),
        }),
    }
}

/// A gate and what it answers, as data.
pub fn asked(gate: &Gate, verdict: &Verdict) -> Value {
    json!({
        "gate": gate.to_string(), "open": verdict.open, "summary": verdict.summary, "evidence": verdict.evidence,
        "until": verdict.until,
    })
}
