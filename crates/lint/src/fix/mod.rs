//! What is written in place of what was found, and how it comes into the text.

pub(crate) mod constraint_name;
pub(crate) mod gradual;
pub(crate) mod key;
pub(crate) mod merge;
pub(crate) mod not_null;
pub(crate) mod not_valid;
pub(crate) mod safe;

use crate::finding::{Edit, Finding};

/// The text with the fixes of findings applied, and how many of them. Where two want the same place the first wins;
/// the other's turn comes when the text is looked at again. `all` takes those, too, that need a second thought.
pub fn apply(text: &str, findings: &[&Finding], all: bool) -> (String, usize) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut applied = 0;
    for finding in findings.iter().filter(|finding| finding.allowed.is_none()) {
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.safe || all) else { continue };
        if fix.edits.iter().any(|edit| taken.iter().any(|other| meets(edit, other))) {
            continue;
        }
        taken.extend(&fix.edits);
        applied += 1;
    }
    taken.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for edit in taken {
        out.push_str(text.get(at..edit.span.start).unwrap_or(""));
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    (out, applied)
}

/// Whether two edits are of the same place; two that put something in at one place are, too.
fn meets(a: &Edit, b: &Edit) -> bool {
    a.span.start == b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Fix, Level};
    use cutover_sql::span::Span;

    fn finding(start: usize, end: usize, text: &str) -> Finding {
        let edits = vec![Edit { span: Span::new(start, end), text: text.into() }];
        let fix = Some(Fix { title: String::new(), edits, safe: true });
        let span = Span::new(start, end);
        Finding {
            rule: "x",
            level: Level::Note,
            source: 0,
            span,
            message: String::new(),
            help: None,
            fix,
            allowed: None,
        }
    }

    #[test]
    fn edits_are_applied_in_order_and_never_over_each_other() {
        let (a, b, c) = (finding(4, 5, "B"), finding(0, 1, "A"), finding(4, 4, "no"));
        assert_eq!(apply("a bc d", &[&a, &b, &c], false), ("A bcBd".into(), 2));
    }
}
