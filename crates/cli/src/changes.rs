//! Changes between two schemas, for people: a tree with one object a line and what of it differs.

use std::fmt::Write as _;

pub use cutover_core::diff::script;
use cutover_core::diff::{Action, Change, How};
use serde_json::{Value, json};

/// The tree. `+` is what comes, `-` what goes, `~` what changes.
pub fn tree(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes {
        match &change.how {
            How::Created => writeln!(text, "+ {}", change.id),
            How::Dropped => writeln!(text, "- {}", change.id),
            How::Altered { differences } => {
                let lines: Vec<String> = differences.iter().map(|it| format!("    {}", it.words())).collect();
                writeln!(text, "~ {}\n{}", change.id, lines.join("\n"))
            }
        }
        .unwrap_or_default();
    }
    text
}

/// Changes and actions for programs.
pub fn json(changes: &[Change], actions: &[Action]) -> Value {
    let changes: Vec<Value> = changes
        .iter()
        .map(|change| {
            let mut value = json!({ "object": change.id.to_string(), "kind": change.id.kind });
            if let (Value::Object(map), Ok(Value::Object(how))) =
                (&mut value, serde_json::to_value(&change.how))
            {
                map.extend(how);
            }
            value
        })
        .collect();
    json!({ "changes": changes, "actions": actions })
}
