//! What needs a column beside the indexes and constraints of its table.

use super::{Refusal, Target, shape};
use crate::catalog::{Id, Kind, Part};

/// Refuses a column that views, functions, triggers, policies or other columns are made from.
///
/// # Errors
/// With the list of them.
pub fn none(target: &Target<'_>, id: &Id, column: &str) -> Result<(), Refusal> {
    let of_column = |part: &Part| matches!(part, Part::Column(name) if **name == *column);
    let mut found: Vec<String> = Vec::new();
    let on_it = target.catalog.dependencies().iter().filter(|d| d.to.id == *id && of_column(&d.to.part));
    for from in on_it.map(|dependency| &dependency.from) {
        let text = match from.id.kind {
            Kind::Constraint | Kind::Index | Kind::Sequence => continue,
            Kind::Table if from.id == *id => match from.part.column() {
                Some(other) if **other != *column => {
                    format!("the generated column {}", shape::named(id, other))
                }
                _ => continue,
            },
            _ => from.id.to_string(),
        };
        if !found.contains(&text) {
            found.push(text);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(format!("{} is used by {}", shape::named(id, column), found.join(", "))).help(
        "change or drop that first, and make it anew afterwards; it would stand in the way of the last step",
    ))
}

/// The expression of a check's definition: `CHECK ((a > 0)) NO INHERIT`.
pub fn check(definition: &str) -> &str {
    let inside = definition.strip_prefix("CHECK ").unwrap_or(definition);
    inside.strip_suffix(" NO INHERIT").unwrap_or(inside)
}
