//! What revisions wait for, as a person reads it and as data.

use cutover_engine::execute::{Cause, Waiting};
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
    text += &match &waiting.causes[..] {
        [Cause::Deploy { .. }, ..] => {
            let owner =
                revision.header.owner.as_ref().map(|o| format!(", by {}", o.value)).unwrap_or_default();
            format!("    when it is deployed{owner}: cutover ack {} --by NAME --note TEXT\n", node.id)
        }
        _ => format!("    look again: cutover gate {}\n", node.id),
    };
    if !waiting.behind.is_empty() {
        let behind: Vec<&str> = waiting.behind.iter().map(|i| history.graph().id(*i)).collect();
        text += &format!("    behind it: {}\n", behind.join(", "));
    }
    text
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

fn evidence(cause: &Cause) -> &[String] {
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
        Cause::Gate { gate, verdict } => json!({
            "gate": gate.to_string(), "open": verdict.open, "summary": verdict.summary, "evidence": verdict.evidence,
        }),
        Cause::Deploy { ordinal, text, when } => json!({
            "deploy": text, "step": ordinal,
            "when": when.as_ref().map(|(gate, verdict)| json!({
                "gate": gate.to_string(), "open": verdict.open, "summary": verdict.summary, "evidence": verdict.evidence,
            })),
        }),
    }
}
