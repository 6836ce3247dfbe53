//! Reports: what a command found or did, for people and for programs.

pub use cutover_core::report::count;
use serde::Serialize;
use serde_json::Value;

/// The version of the JSON shape; fields may be added within one.
pub const JSON_FORMAT: u32 = 1;

/// A result in both of its forms.
#[derive(Debug, Default)]
pub struct Report {
    /// For people; may be empty.
    pub text: String,
    /// For programs: an object.
    pub json: Value,
    /// Printed as it is in both formats: SQL scripts, completions.
    pub raw: bool,
}

impl Report {
    /// A text and the data behind it.
    pub fn new(text: impl Into<String>, data: &impl Serialize) -> Self {
        // plain data of ours always serializes; where it did not, the text still stands
        Self { text: text.into(), json: serde_json::to_value(data).unwrap_or_default(), raw: false }
    }

    /// A text that is itself the result.
    pub fn raw(text: impl Into<String>) -> Self {
        Self { text: text.into(), json: Value::Null, raw: true }
    }

    /// The JSON document of a command that succeeded.
    pub fn document(&self, command: &str) -> Value {
        let mut document = serde_json::json!({ "format": JSON_FORMAT, "command": command, "ok": true });
        if let (Value::Object(all), Value::Object(own)) = (&mut document, &self.json) {
            all.extend(own.clone());
        }
        document
    }
}

/// Whether standard output gets colours.
pub fn is_coloured() -> bool {
    anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never
}

/// Whether standard error gets colours.
pub fn errors_are_coloured() -> bool {
    anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never
}

/// Rows of text as a table: columns as wide as they need, two blanks between.
pub fn table(rows: &[Vec<String>]) -> String {
    use unicode_width::UnicodeWidthStr;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| rows.iter().filter_map(|r| r.get(c)).map(|cell| cell.width()).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(cell.width()) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Milliseconds as people read them: `0.8 ms`, `41 ms`, `3.2 s`, `4 min 5 s`.
pub fn millis(ms: f64) -> String {
    match ms {
        ms if ms < 10.0 => format!("{ms:.1} ms"),
        ms if ms < 1000.0 => format!("{ms:.0} ms"),
        ms if ms < 60_000.0 => format!("{:.1} s", ms / 1000.0),
        ms => format!("{:.0} min {:.0} s", (ms / 60_000.0).floor(), (ms % 60_000.0) / 1000.0),
    }
}
