//! A Code Quality report of GitLab: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use std::collections::HashMap;

use cutover_lint::Level;
use cutover_sql::checksum;
use serde_json::{Value, json};

use super::Findings;

/// The document: a list.
pub fn gitlab(findings: &Findings<'_>) -> String {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let list: Vec<Value> = findings
        .open()
        .map(|finding| {
            let source = &findings.sources[finding.source];
            let (path, at) = findings.origins.place(source, finding);
            let severity = match finding.level {
                Level::Error => "critical",
                Level::Warning => "minor",
                Level::Note => "info",
            };
            // the same finding keeps its fingerprint when lines move
            let statement = finding.span.text(&source.text);
            let key = format!("{}\0{path}\0{statement}", finding.rule);
            let again = seen.entry(key.clone()).or_insert(0_usize);
            let fingerprint = checksum::content_hash(format!("{key}\0{again}").as_bytes());
            *again += 1;
            json!({
                "description": finding.message,
                "check_name": finding.rule,
                "fingerprint": fingerprint,
                "severity": severity,
                "location": { "path": path, "lines": { "begin": at.line, "end": at.end_line } },
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(list))
}
