//! JUnit XML, a test case for each file that was looked at: <https://github.com/testmoapp/junitxml>.

use super::{Findings, relative};

/// The document.
pub fn junit(findings: &Findings<'_>) -> String {
    let files = findings.looked_at.iter().filter(|it| **it).count();
    let is_failure = |level| findings.fail.is_some_and(|fail| level >= fail);
    let failed = (0..findings.sources.len())
        .filter(|index| findings.open().any(|finding| finding.source == *index && is_failure(finding.level)))
        .count();
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"cutover lint\" tests=\"{files}\" failures=\"{failed}\">\n"
    );
    for (index, source) in findings.sources.iter().enumerate().filter(|(index, _)| findings.looked_at[*index])
    {
        let name = findings.origins.of(source).map_or_else(|| relative(&source.name), str::to_owned);
        let name = escape(&name);
        xml += &format!("  <testcase classname=\"lint\" name=\"{name}\">");
        for finding in findings.open().filter(|finding| finding.source == index) {
            let (path, at) = findings.origins.place(source, finding);
            let text = format!("{path}:{}:{} {}", at.line, at.column, finding.message);
            if is_failure(finding.level) {
                xml += &format!("<failure type=\"{}\">{}</failure>", finding.rule, escape(&text));
            } else {
                xml += &format!("<system-out>{}: {}</system-out>", finding.rule, escape(&text));
            }
        }
        xml += "</testcase>\n";
    }
    xml + "</testsuite>\n"
}

/// Characters that XML 1.0 has no place for become question marks.
fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    text.chars().map(|c| if c.is_control() && !matches!(c, '\n' | '\t' | '\r') { '?' } else { c }).collect()
}
