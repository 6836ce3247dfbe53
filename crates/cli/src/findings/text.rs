//! Findings for people: what, where with the line and a caret, why, and what to write instead.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use cutover_lint::{Finding, Level, Source, abreast};

use super::{Findings, place, relative};
use crate::output::count;

/// The colours, or none.
struct Styles {
    error: Style,
    warning: Style,
    note: Style,
    place: Style,
    help: Style,
}

impl Styles {
    fn new(coloured: bool) -> Self {
        let style = |colour: AnsiColor| match coloured {
            true => colour.on_default().bold(),
            false => Style::new(),
        };
        Self {
            error: style(AnsiColor::Red),
            warning: style(AnsiColor::Yellow),
            note: style(AnsiColor::Cyan),
            place: style(AnsiColor::Blue),
            help: style(AnsiColor::Green),
        }
    }

    fn of(&self, level: Level) -> Style {
        match level {
            Level::Error => self.error,
            Level::Warning => self.warning,
            Level::Note => self.note,
        }
    }
}

/// All of them, and how many there are.
pub fn text(findings: &Findings<'_>) -> String {
    let styles = Styles::new(findings.coloured);
    let open: Vec<&Finding> = findings.open().collect();
    let mut out = String::new();
    let pages = open.chunks(64);
    let page = |at: usize| open.chunks(64).nth(at).map(|page| some(findings, &styles, page));
    abreast::in_order(pages.len(), page, |_, text| out.push_str(&text.unwrap_or_default()));
    let accepted: Vec<&Finding> = findings.found.iter().filter(|finding| finding.allowed.is_some()).collect();
    for finding in &accepted {
        let source = &findings.sources[finding.source];
        let (path, at) = findings.origins.place(source, finding);
        let reason = finding.allowed.as_deref().unwrap_or_default();
        let _ = writeln!(out, "allowed: {path}:{} {}: {reason}", at.line, finding.rule);
    }
    summary(&mut out, findings);
    out
}

/// Some of them.
fn some(findings: &Findings<'_>, styles: &Styles, page: &[&Finding]) -> String {
    let mut out = String::new();
    // most follow others of the same file
    let mut path: Option<(usize, String)> = None;
    for finding in page {
        let source = &findings.sources[finding.source];
        if findings.origins.of(source).is_some() {
            let (path, at) = findings.origins.place(source, finding);
            let place = format!("{path}:{} (what it runs, as it was recorded)", at.line);
            one(&mut out, styles, source, &place, &Finding { fix: None, ..(*finding).clone() });
            continue;
        }
        if path.as_ref().is_none_or(|(of, _)| *of != finding.source) {
            path = Some((finding.source, relative(&source.name)));
        }
        let at = place(source, finding);
        let place = format!("{}:{}:{}", path.as_ref().map_or("", |(_, path)| path), at.line, at.column);
        one(&mut out, styles, source, &place, finding);
    }
    out
}

fn one(out: &mut String, styles: &Styles, source: &Source, shown: &str, finding: &Finding) {
    let (style, blue, green) = (styles.of(finding.level), styles.place, styles.help);
    let at = place(source, finding);
    let (level, rule, message) = (finding.level.as_str(), finding.rule, &finding.message);
    let _ = writeln!(out, "{style}{level}[{rule}]{style:#}: {message}");
    let _ = writeln!(out, "{blue}  -->{blue:#} {shown}");
    // a line of a megabyte is not shown
    let line = source.lines.line(&source.text, at.line);
    let line = line.char_indices().nth(240).map_or(line, |(end, _)| &line[..end]);
    let length = line.chars().count();
    let end = if at.end_line == at.line { at.end_column } else { length + 1 };
    let width = end.saturating_sub(at.column).clamp(1, 240_usize.saturating_sub(at.column - 1).max(1));
    if at.column <= length + 1 {
        let number = at.line.to_string();
        let pad = " ".repeat(number.len());
        let indent: String =
            line.chars().take(at.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let _ = writeln!(out, "{blue}{pad} |{blue:#}");
        let _ = writeln!(out, "{blue}{number} |{blue:#} {line}");
        let _ = writeln!(out, "{blue}{pad} |{blue:#} {indent}{style}{}{style:#}", "^".repeat(width));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "  {green}help{green:#}: {}", help.replace('\n', "\n        "));
    }
    if let Some(fix) = &finding.fix {
        let flag = if fix.safe { "--fix" } else { "--fix-all" };
        let _ = writeln!(out, "  {green}fix{green:#}: {} ({flag})", fix.title);
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
