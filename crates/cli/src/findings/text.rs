//! Findings for people: what, where with the line and a caret, why, and what to write instead.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use cutover_lint::{Finding, Level, Source};

use super::{Findings, place, relative};
use crate::output::count;

const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const CYAN: Style = AnsiColor::Cyan.on_default().bold();
const BLUE: Style = AnsiColor::Blue.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();

/// All of them, and how many there are.
pub fn text(findings: &Findings<'_>) -> String {
    let mut out = String::new();
    for finding in findings.open() {
        one(&mut out, &findings.sources[finding.source], finding);
    }
    let accepted: Vec<&Finding> = findings.found.iter().filter(|finding| finding.allowed.is_some()).collect();
    for finding in &accepted {
        let source = &findings.sources[finding.source];
        let line = place(source, finding).line;
        let reason = finding.allowed.as_deref().unwrap_or_default();
        let _ = writeln!(out, "allowed: {}:{line} {}: {reason}", relative(&source.name), finding.rule);
    }
    summary(&mut out, findings);
    out
}

fn one(out: &mut String, source: &Source, finding: &Finding) {
    let style = match finding.level {
        Level::Error => RED,
        Level::Warning => YELLOW,
        Level::Note => CYAN,
    };
    let at = place(source, finding);
    let _ =
        writeln!(out, "{style}{}[{}]{style:#}: {}", finding.level.as_str(), finding.rule, finding.message);
    let _ = writeln!(out, "{BLUE}  -->{BLUE:#} {}:{}:{}", relative(&source.name), at.line, at.column);
    let number = at.line.to_string();
    let pad = " ".repeat(number.len());
    // a line of a megabyte is not shown
    let line: String = source.lines.line(&source.text, at.line).chars().take(240).collect();
    let indent: String =
        line.chars().take(at.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let end = if at.end_line == at.line { at.end_column } else { line.chars().count() + 1 };
    let width = end.saturating_sub(at.column).clamp(1, 240_usize.saturating_sub(at.column - 1).max(1));
    if at.column <= line.chars().count() + 1 {
        let _ = writeln!(out, "{BLUE}{pad} |{BLUE:#}");
        let _ = writeln!(out, "{BLUE}{number} |{BLUE:#} {line}");
        let _ = writeln!(out, "{BLUE}{pad} |{BLUE:#} {indent}{style}{}{style:#}", "^".repeat(width));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  {GREEN}help{GREEN:#}: {}", help.replace('\n', "\n        "));
    }
    if let Some(fix) = &finding.fix {
        let flag = if fix.safe { "--fix" } else { "--fix-all" };
        let _ = writeln!(out, "  {GREEN}fix{GREEN:#}: {} ({flag})", fix.title);
    }
    out.push('\n');
}

fn summary(out: &mut String, findings: &Findings<'_>) {
    let number = |level| findings.open().filter(|finding| finding.level == level).count();
    let looked_at = findings.looked_at.iter().filter(|it| **it).count();
    let fixed = if findings.fixed == 0 { String::new() } else { format!(", {} fixed", findings.fixed) };
    let levels = [Level::Error, Level::Warning, Level::Note];
    let counted: Vec<String> = levels
        .into_iter()
        .filter(|level| number(*level) > 0)
        .map(|level| count(number(level), level.as_str()))
        .collect();
    let found = if counted.is_empty() { "nothing found".to_owned() } else { counted.join(", ") };
    let _ = writeln!(out, "{} looked at: {found}{fixed}", count(looked_at, "file"));
}
