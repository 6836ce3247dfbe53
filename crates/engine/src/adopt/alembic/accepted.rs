//! Findings that a revision of Alembic's accepts: `# --@ allow RULE "why"` on a line of its own in the Python.

use std::path::Path;

use cutover_sql::document::{Spanned, read_header};

/// What a file accepts. A line that says it wrongly accepts nothing, so that the finding stays.
pub(super) fn accepted(python: &Path) -> Vec<Spanned<(String, String)>> {
    // a file that cannot be read here is Alembic's to complain of
    let text = std::fs::read_to_string(python).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix('#'));
    let lines = lines.map(str::trim).filter(|line| line.starts_with("--@ allow "));
    lines.filter_map(|line| read_header(line).ok()).flat_map(|header| header.allows).collect()
}
