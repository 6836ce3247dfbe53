//! SARIF 2.1.0: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::collections::BTreeSet;

use cutover_lint::{Finding, Level, rule};
use serde_json::{Value, json};

use super::Findings;

/// The document.
pub fn sarif(findings: &Findings<'_>) -> String {
    let used: BTreeSet<&str> = findings.found.iter().map(|finding| finding.rule).collect();
    let rules: Vec<Value> = used.into_iter().filter_map(rule).map(rule_json).collect();
    let results: Vec<Value> = findings.found.iter().map(|finding| result(findings, finding)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "cutover",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{document:#}\n")
}

fn rule_json(rule: &cutover_lint::Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.title },
        "defaultConfiguration": { "level": rule.level.as_str() },
        "properties": { "tags": [rule.area.title()] },
    })
}

fn result(findings: &Findings<'_>, finding: &Finding) -> Value {
    let source = &findings.sources[finding.source];
    let (uri, at) = findings.origins.place(source, finding);
    let level = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    let text = match &finding.help {
        Some(help) => format!("{} Instead: {help}", sentence(&finding.message)),
        None => sentence(&finding.message),
    };
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri },
            "region": {
                "startLine": at.line,
                "startColumn": at.column,
                "endLine": at.end_line,
                "endColumn": at.end_column,
            },
        }}],
    });
    if let Some(reason) = &finding.allowed {
        result["suppressions"] = json!([{ "kind": "inSource", "justification": reason }]);
    }
    // what was recorded is not what is to be mended
    if let Some(fix) = finding.fix.as_ref().filter(|_| findings.origins.of(source).is_none()) {
        let replacements: Vec<Value> = fix
            .edits
            .iter()
            .map(|edit| {
                let begin = source.lines.place(&source.text, edit.span.start);
                let end = source.lines.place(&source.text, edit.span.end);
                json!({
                    "deletedRegion": {
                        "startLine": begin.line, "startColumn": begin.column,
                        "endLine": end.line, "endColumn": end.column,
                    },
                    "insertedContent": { "text": edit.text },
                })
            })
            .collect();
        result["fixes"] = json!([{
            "description": { "text": fix.title },
            "artifactChanges": [{ "artifactLocation": { "uri": uri }, "replacements": replacements }],
        }]);
    }
    result
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
