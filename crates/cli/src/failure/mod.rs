//! Failures as people and programs see them: what, where, why, and what to do next.

mod adopt;
mod from;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use cutover_sql::span::{Span, line_around, place};
use cutover_sql::utf8::NotUtf8;
use serde_json::json;

use crate::context::folder;
use crate::exit;
use crate::output::JSON_FORMAT;

const RED: Style = AnsiColor::Red.on_default().bold();
const BLUE: Style = AnsiColor::Blue.on_default().bold();
const GREEN: Style = AnsiColor::Green.on_default().bold();

/// Why a command failed.
#[derive(Clone, Debug)]
pub struct Failure {
    /// A stable name for programs, such as `unknown-revision`.
    pub code: &'static str,
    /// One sentence.
    pub message: String,
    /// Places in files that it is about.
    pub places: Vec<Place>,
    /// What else is known.
    pub notes: Vec<String>,
    /// What to do next.
    pub help: Vec<String>,
    /// The exit code.
    pub exit: u8,
}

/// A place in a file.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Line, from 1; `None` for the file as a whole.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line's text.
    pub source: String,
    /// How many characters the caret underlines.
    pub width: usize,
    /// What is the matter there, if the message does not say it.
    pub label: String,
}

impl Place {
    /// A span of a text.
    pub fn new(path: &Path, text: &str, span: Span) -> Self {
        let at = place(text, span.start);
        let source = line_around(text, span.start).to_owned();
        let left = (source.chars().count() + 1).saturating_sub(at.column);
        let width = span.text(text).lines().next().map_or(1, |l| l.chars().count());
        Self {
            path: path.to_owned(),
            line: Some(at.line),
            column: at.column,
            width: width.clamp(1, left.max(1)),
            source,
            label: String::new(),
        }
    }

    /// A file as a whole.
    pub fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            line: None,
            column: 1,
            source: String::new(),
            width: 1,
            label: String::new(),
        }
    }

    /// With a word on what is the matter there.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    fn render(&self, out: &mut String) {
        let path = shown(&self.path);
        let Some(line) = self.line else {
            let _ = writeln!(out, "{BLUE}  -->{BLUE:#} {path}");
            return;
        };
        let _ = writeln!(out, "{BLUE}  -->{BLUE:#} {path}:{line}:{}", self.column);
        let number = line.to_string();
        let pad = " ".repeat(number.len());
        // tabs keep their width when the caret's line has them, too
        let indent: String =
            self.source.chars().take(self.column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let carets = "^".repeat(self.width);
        let _ = writeln!(out, "{BLUE}{pad} |{BLUE:#}");
        let _ = writeln!(out, "{BLUE}{number} |{BLUE:#} {}", self.source);
        let label = if self.label.is_empty() { String::new() } else { format!(" {}", self.label) };
        let _ = writeln!(out, "{BLUE}{pad} |{BLUE:#} {indent}{RED}{carets}{RED:#}{label}");
    }
}

/// A path as it is best read: from the current folder where it is below it.
pub fn shown(path: &Path) -> String {
    let short = folder().and_then(|folder| path.strip_prefix(folder).ok());
    short.unwrap_or(path).display().to_string()
}

impl Failure {
    /// A failure of the world: exit code 1.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            places: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            exit: exit::FAILED,
        }
    }

    /// A command that makes no sense: exit code 2.
    pub fn usage(code: &'static str, message: impl Into<String>) -> Self {
        Self { exit: exit::USAGE, ..Self::new(code, message) }
    }

    /// A file that is no text.
    pub fn not_utf8(path: &Path, error: &NotUtf8) -> Self {
        Self::usage("not-utf8", format!("{} is not UTF-8: {error}", shown(path)))
            .at(Place { line: Some(error.line), ..Place::file(path) })
            .help(error.help())
    }

    /// With a place.
    pub fn at(mut self, place: Place) -> Self {
        self.places.push(place);
        self
    }

    /// With something else that is known.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// With what to do next.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = format!("{RED}error{RED:#}: {}\n", self.message);
        self.places.iter().for_each(|place| place.render(&mut out));
        for note in &self.notes {
            let _ = writeln!(out, "  {BLUE}={BLUE:#} {}", note.replace('\n', "\n    "));
        }
        for help in &self.help {
            let _ = writeln!(out, "  {GREEN}help{GREEN:#}: {}", help.replace('\n', "\n        "));
        }
        out
    }

    /// For programs.
    pub fn json(&self, command: &str) -> serde_json::Value {
        let places: Vec<_> = self
            .places
            .iter()
            .map(|p| json!({ "file": p.path, "line": p.line, "column": p.column, "label": p.label }))
            .collect();
        json!({
            "format": JSON_FORMAT,
            "command": command,
            "ok": false,
            "error": {
                "code": self.code,
                "message": self.message,
                "places": places,
                "notes": self.notes,
                "help": self.help,
            },
        })
    }
}
