//! Findings for programs.

use serde_json::{Value, json};

use super::{Findings, place};

/// The fields of the document.
pub fn json(findings: &Findings<'_>) -> Value {
    let found: Vec<Value> = findings
        .found
        .iter()
        .map(|finding| {
            let source = &findings.sources[finding.source];
            let (file, at) = findings.origins.place(source, finding);
            let recorded = findings.origins.of(source).map(|_| {
                let at = place(source, finding);
                json!({ "file": source.name, "line": at.line, "column": at.column, "sql": finding.span.text(&source.text) })
            });
            let fix = finding.fix.as_ref().map(|fix| {
                let edits: Vec<Value> = fix
                    .edits
                    .iter()
                    .map(|edit| json!({ "start": edit.span.start, "end": edit.span.end, "text": edit.text }))
                    .collect();
                json!({ "title": fix.title, "safe": fix.safe, "edits": edits })
            });
            json!({
                "rule": finding.rule,
                "level": finding.level,
                "file": file,
                "line": at.line,
                "column": at.column,
                "end_line": at.end_line,
                "end_column": at.end_column,
                "message": finding.message,
                "help": finding.help,
                "fix": fix,
                "allowed": finding.allowed,
                "recorded": recorded,
            })
        })
        .collect();
    let files = findings.looked_at.iter().filter(|it| **it).count();
    json!({ "findings": found, "files": files, "fixed": findings.fixed, "failed": findings.is_failure() })
}
