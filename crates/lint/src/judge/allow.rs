//! `--@ allow rule "why"`: findings that somebody accepts, with their reason.

use cutover_sql::span::Span;

use crate::finding::{Edit, Finding, Fix};
use crate::judge::Options;
use crate::registry::{RULES, rule};
use crate::rule::Findings;
use crate::source::{Allow, Source};

/// Marks what a source accepts, and reports what it accepts for nothing.
pub(crate) fn apply(index: usize, source: &Source, options: &Options, found: &mut Vec<Finding>) {
    if source.allows.is_empty() {
        return;
    }
    let mut used = vec![false; source.allows.len()];
    for finding in found.iter_mut().filter(|finding| finding.source == index) {
        let accepted = source.allows.iter().enumerate().find(|(_, allow)| {
            allow.rule == finding.rule
                && (allow.everywhere || covered(source, allow.span).is_some_and(|it| meets(it, finding.span)))
        });
        if let Some((at, allow)) = accepted {
            finding.allowed = Some(allow.reason.clone());
            used[at] = true;
        }
    }
    for (at, allow) in source.allows.iter().enumerate() {
        let (id, message) = match rule(&allow.rule) {
            None => ("unknown-rule-allowed", format!("there is no rule \"{}\"", allow.rule)),
            Some(rule) if !used[at] && !rule.is_of_environment() && options.has(rule) => {
                ("unused-allow", format!("{} finds nothing here", allow.rule))
            }
            Some(_) => continue,
        };
        if let Some(rule) = RULES.iter().find(|rule| rule.id == id).filter(|rule| options.has(rule)) {
            let mut findings = Findings { rule, source: index, found };
            let nearest = cutover_sql::nearest::nearest(&allow.rule, RULES.iter().map(|rule| rule.id));
            let help = match nearest.filter(|_| id == "unknown-rule-allowed") {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "remove the line".into(),
            };
            findings.report(allow.span, message).help(help).fix(without(source, allow, id));
        }
    }
}

/// The text without a line that accepts nothing.
fn without(source: &Source, allow: &Allow, id: &str) -> Option<Fix> {
    if id != "unused-allow" {
        return None;
    }
    let span = source.lines.whole(&source.text, allow.span);
    let edits = vec![Edit { span, text: String::new() }];
    Some(Fix { title: "remove the line".into(), edits, safe: true })
}

/// The statement that a line stands above.
fn covered(source: &Source, allow: Span) -> Option<Span> {
    source
        .items
        .iter()
        .map(|item| item.statement.span)
        .find(|span| span.start >= allow.end || (span.start <= allow.start && allow.end <= span.end))
}

fn meets(statement: Span, finding: Span) -> bool {
    finding.start < statement.end.max(statement.start + 1) && finding.end >= statement.start
}
