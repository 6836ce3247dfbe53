//! Places in a text: byte ranges, lines and columns.

/// A range of bytes of a text, from `start` up to and without `end`.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Hash, Default, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` to `end`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Number of bytes.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers nothing.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The part of `text` that it covers; empty when the text has no such part.
    pub fn text(self, text: &str) -> &str {
        text.get(self.start..self.end).unwrap_or("")
    }

    /// The same range, `by` bytes further on.
    pub fn shift(self, by: usize) -> Self {
        Self { start: self.start + by, end: self.end + by }
    }
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// The place of a byte in a text. An offset past the end is the end.
pub fn place(text: &str, offset: usize) -> Place {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    Place {
        line: before.iter().filter(|b| **b == b'\n').count() + 1,
        column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
    }
}

/// The line around a byte, without its line end.
pub fn line_around(text: &str, offset: usize) -> &str {
    let offset = offset.min(text.len());
    let bytes = text.as_bytes();
    let start = bytes[..offset].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let end = bytes[offset..].iter().position(|b| *b == b'\n').map_or(text.len(), |at| offset + at);
    Span::new(start, end).text(text).trim_end_matches('\r')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_may_end_in_crlf() {
        let text = "a\r\nßx\r\n";
        assert_eq!(place(text, 5), Place { line: 2, column: 2 });
        assert_eq!(line_around(text, 5), "ßx");
        assert_eq!(place(text, 999).line, 3);
    }
}
