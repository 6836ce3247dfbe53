//! Workflow commands of GitHub Actions:
//! <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions#setting-an-error-message>.

use cutover_lint::Level;

use super::Findings;

/// One line a finding.
pub fn github(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for finding in findings.open() {
        let source = &findings.sources[finding.source];
        let (path, at) = findings.origins.place(source, finding);
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let message = match &finding.help {
            Some(help) => format!("{}\nInstead: {help}", finding.message),
            None => finding.message.clone(),
        };
        // columns only count where a finding stays on one line
        let columns = match at.line == at.end_line && at.end_column > at.column {
            true => format!(",col={},endColumn={}", at.column, at.end_column),
            false => String::new(),
        };
        out += &format!(
            "::{command} file={},line={},endLine={}{columns},title={}::{}\n",
            property(&path),
            at.line,
            at.end_line,
            property(finding.rule),
            data(&message)
        );
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
