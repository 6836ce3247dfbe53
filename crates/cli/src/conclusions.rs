//! What an examination came to, for people: on the terminal and as Markdown.

use cutover_core::report::{Conclusion, Weight};
use serde_json::Value;

fn word(weight: Weight) -> &'static str {
    match weight {
        Weight::Error => "error",
        Weight::Warning => "warning",
        Weight::Note => "note",
    }
}

fn place(one: &Conclusion) -> String {
    match &one.place {
        Some(place) if place.path == one.about => format!("{}:{}", place.path, place.line),
        Some(place) => format!("{} ({}:{})", one.about, place.path, place.line),
        None => one.about.clone(),
    }
}

/// For the terminal, in the order that is given.
pub fn text(all: &[Conclusion]) -> String {
    let mut out = String::new();
    for one in all {
        out += &format!("{}[{}] {}: {}\n", word(one.weight), one.id, place(one), one.text);
        for line in one.evidence.iter().flat_map(|evidence| evidence.lines()) {
            out += &format!("    {line}\n");
        }
        if let Some(next) = &one.next {
            out += &format!("    next: {next}\n");
        }
    }
    out
}

/// As a list in Markdown, in the order that is given.
pub fn markdown(all: &[Conclusion]) -> String {
    let mut out = String::new();
    for one in all {
        out += &format!("- **{}** `{}` {}: {}\n", word(one.weight), one.id, place(one), one.text);
        for evidence in &one.evidence {
            out += "\n  ```\n";
            evidence.lines().for_each(|line| out += &format!("  {line}\n"));
            out += "  ```\n";
        }
        if let Some(next) = &one.next {
            out += &format!("\n  Next: {next}\n");
        }
    }
    out
}

/// For programs.
pub fn data(all: &[Conclusion]) -> Value {
    // plain data of ours always serializes
    serde_json::to_value(all).unwrap_or_default()
}
