//! Findings as people and programs read them: one file a format.

mod github;
mod gitlab;
mod json;
mod junit;
mod origin;
mod sarif;
mod text;

use std::path::Path;

use clap::ValueEnum;
use cutover_lint::{Finding, Level, Source};

use crate::output::Report;
pub use origin::Origins;

/// How findings are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people: the line with a caret.
    Text,
    /// For programs; the shape is documented in docs/json.md.
    Json,
    /// SARIF 2.1.0, which code hosts and editors read.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// A Code Quality report of GitLab.
    Gitlab,
    /// JUnit XML, a test case for each file.
    Junit,
}

/// What there is to print.
pub struct Findings<'a> {
    /// The texts.
    pub sources: &'a [Source],
    /// Which of them were looked at.
    pub looked_at: &'a [bool],
    /// What was found in them, those that are accepted included.
    pub found: &'a [Finding],
    /// The level from which on a finding is a failure; none when nothing is.
    pub fail: Option<Level>,
    /// What records of another tool's revisions were made of.
    pub origins: &'a Origins,
    /// How many were mended.
    pub fixed: usize,
    /// Whether the text for people gets colours.
    pub coloured: bool,
}

impl Findings<'_> {
    /// Those that nobody has accepted.
    pub fn open(&self) -> impl Iterator<Item = &Finding> {
        self.found.iter().filter(|finding| finding.allowed.is_none())
    }

    /// Whether one of them is a failure.
    pub fn is_failure(&self) -> bool {
        self.fail.is_some_and(|fail| self.open().any(|finding| finding.level >= fail))
    }

    /// The report in a format; `both` when a text may be printed as JSON after all.
    pub fn report(&self, output: Output, both: bool) -> Report {
        match output {
            Output::Text if both => Report::new(text::text(self), &json::json(self)),
            Output::Text => Report::raw(text::text(self)),
            Output::Json => {
                let document = Report::new(String::new(), &json::json(self)).document("lint");
                Report::raw(format!("{document:#}\n"))
            }
            Output::Sarif => Report::raw(sarif::sarif(self)),
            Output::Github => Report::raw(github::github(self)),
            Output::Gitlab => Report::raw(gitlab::gitlab(self)),
            Output::Junit => Report::raw(junit::junit(self)),
        }
    }
}

/// Where a finding begins and ends: line and column, both from 1, the column in characters.
pub struct Where {
    /// Line of its beginning.
    pub line: usize,
    /// Column of its beginning.
    pub column: usize,
    /// Line of its end.
    pub end_line: usize,
    /// Column behind its end.
    pub end_column: usize,
}

/// The place of a finding.
pub fn place(source: &Source, finding: &Finding) -> Where {
    let begin = source.lines.place(&source.text, finding.span.start);
    let end = source.lines.place(&source.text, finding.span.end.max(finding.span.start));
    Where { line: begin.line, column: begin.column, end_line: end.line, end_column: end.column }
}

/// A path as reports want it: from the current folder, with slashes.
pub fn relative(name: &str) -> String {
    crate::failure::shown(Path::new(name)).replace('\\', "/")
}
