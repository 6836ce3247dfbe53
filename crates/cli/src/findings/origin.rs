//! Where a finding belongs that is in the record of another tool's revision: in the file that was recorded.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cutover_lint::{Finding, Source};

use super::{Where, place, relative};

/// The files that records were made of.
#[derive(Debug, Default)]
pub struct Origins {
    /// By the name of the record.
    files: BTreeMap<String, Origin>,
}

#[derive(Debug)]
struct Origin {
    path: String,
    /// Lines of `def upgrade` and `def downgrade`, from 1.
    up: usize,
    down: usize,
}

impl Origins {
    /// Of records and the Python that they were made of.
    pub fn new(recorded: &BTreeMap<PathBuf, PathBuf>) -> Self {
        let origin =
            |(record, python): (&PathBuf, &PathBuf)| (record.display().to_string(), Origin::of(python));
        Self { files: recorded.iter().map(origin).collect() }
    }

    /// The file that a text was recorded of.
    pub fn of(&self, source: &Source) -> Option<&str> {
        self.files.get(&source.name).map(|origin| origin.path.as_str())
    }

    /// The path of a finding, and its place there: of a record, the function that was recorded.
    pub fn place(&self, source: &Source, finding: &Finding) -> (String, Where) {
        let at = place(source, finding);
        let Some(origin) = self.files.get(&source.name) else { return (relative(&source.name), at) };
        let is_down = source.text[..finding.span.start.min(source.text.len())].contains("\n--@ downgrade\n");
        let line = if is_down { origin.down } else { origin.up };
        (origin.path.clone(), Where { line, column: 1, end_line: line, end_column: 1 })
    }
}

impl Origin {
    /// One that is gone meanwhile is still named.
    fn of(python: &Path) -> Self {
        let text = std::fs::read_to_string(python).unwrap_or_default();
        let line = |word: &str| text.lines().position(|line| line.starts_with(word)).map_or(1, |at| at + 1);
        Self {
            path: relative(&python.display().to_string()),
            up: line("def upgrade"),
            down: line("def downgrade"),
        }
    }
}
