//! Lines and columns of a text that is asked for many places.

use cutover_sql::span::{Place, Span};

/// Where each line of a text begins.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Of a text.
    pub fn new(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self { starts: std::iter::once(0).chain(ends).collect() }
    }

    /// The place of a byte.
    pub fn place(&self, text: &str, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts[line - 1];
        let before = text.get(start..offset.min(text.len())).unwrap_or("");
        Place { line, column: before.chars().count() + 1 }
    }

    /// The text of a line, from 1, without its end.
    pub fn line<'t>(&self, text: &'t str, line: usize) -> &'t str {
        let Some(start) = line.checked_sub(1).and_then(|at| self.starts.get(at)) else { return "" };
        let end = self.starts.get(line).map_or(text.len(), |next| next - 1);
        text.get(*start..end).unwrap_or("").trim_end_matches('\r')
    }

    /// Where the line of a byte begins.
    pub fn start_of(&self, offset: usize) -> usize {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        self.starts[line - 1]
    }

    /// The lines of a span, with the end of the last.
    pub fn whole(&self, text: &str, span: Span) -> Span {
        let last = self.starts.partition_point(|start| *start < span.end.max(span.start + 1));
        Span::new(self.start_of(span.start), self.starts.get(last).copied().unwrap_or(text.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Lines, Span};

    #[test]
    fn places_count_lines_and_characters() {
        let text = "a\nbü c\r\n";
        let lines = Lines::new(text);
        assert_eq!((lines.place(text, 0).line, lines.place(text, 0).column), (1, 1));
        assert_eq!((lines.place(text, 6).line, lines.place(text, 6).column), (2, 4));
        assert_eq!(lines.line(text, 2), "bü c");
        assert_eq!(lines.line(text, 9), "");
        assert_eq!(lines.whole(text, Span::new(3, 5)), Span::new(2, text.len()));
    }
}
