//! What Cutover said before, held against what PostgreSQL did.

use std::collections::BTreeMap;

use cutover_core::effect::{Effects, Known, effects};
use cutover_engine::trace::{self, Observed};
use cutover_sql::span::Span;
use cutover_sql::statement;

use super::case::Case;

/// What is expected of a case on a server, from the text of its file alone.
pub fn predicted(setup: &str, case: &Case, major: u32) -> Effects {
    let mut known = Known::new(major);
    // the test's server says so
    known.utc = true;
    known.apply_text(setup);
    known.apply_text(&case.prepare);
    known.complete = true;
    let text = &case.statement;
    let (mut statements, errors) = statement::parse_what_can(text, Span::new(0, text.len()));
    assert!(errors.is_empty() && statements.len() == 1, "{}: {}: {errors:?}", case.area, case.name);
    let node = statements.remove(0).1;
    effects(&known, &node)
}

/// Says where what was seen is not what was expected.
///
/// # Errors
/// What differs, in words.
pub fn compare(said: &Effects, case: &Case, observed: &Observed) -> Result<(), String> {
    let wrong = trace::differences(said, observed, &BTreeMap::new(), !case.is_alone);
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n    ")) }
}
