//! Actions as the text of a script: what `dump`, `diff --sql` and generated revisions have in them.

use std::fmt::Write as _;

use super::Action;

/// The statements as a script: each action with a line of comment above it.
pub fn script(actions: &[Action]) -> String {
    let mut text = String::new();
    for action in actions {
        let _ = writeln!(text, "-- {}", action.title);
        for sql in &action.statements {
            let _ = writeln!(text, "{sql};");
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    if !text.is_empty() {
        text.push('\n');
    }
    text
}
