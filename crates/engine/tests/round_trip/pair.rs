//! A pair of schemas in a file: what is there, its rows, what is wanted, and what that may cost.

use std::path::Path;

/// A pair.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// Folder and name of the file, for messages.
    pub name: String,
    /// The oldest server that can load it.
    pub server: u32,
    /// What not every build of the server has: an extension, or `icu`.
    pub needs: Vec<String>,
    /// Objects that may be made anew: `view public.v`.
    pub may_replace: Vec<String>,
    /// Columns and tables whose rows may go: `public.t.c`.
    pub may_lose: Vec<String>,
    /// Renames, as the option `--rename` takes them.
    pub renames: Vec<String>,
    /// What is there.
    pub from: String,
    /// Rows of it.
    pub rows: String,
    /// What is wanted.
    pub to: String,
}

impl Pair {
    /// Reads a file.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let folder = path.parent().and_then(Path::file_name).unwrap().to_string_lossy();
        let name = format!("{folder}/{}", path.file_stem().unwrap().to_string_lossy());
        Self::parse(name, &text)
    }

    fn parse(name: String, text: &str) -> Self {
        let mut pair = Self { name, server: 12, ..Self::default() };
        let mut section = String::new();
        for line in text.lines() {
            if let Some(word) = line.strip_prefix("--@ ") {
                let (word, rest) = word.split_once(' ').unwrap_or((word, ""));
                match (word, rest.strip_prefix("replace "), rest.strip_prefix("lose ")) {
                    ("from" | "rows" | "to", ..) => section = word.to_owned(),
                    ("server", ..) => pair.server = rest.trim().parse().unwrap(),
                    ("needs", ..) => pair.needs.push(rest.trim().to_owned()),
                    ("rename", ..) => pair.renames.push(rest.trim().to_owned()),
                    ("may", Some(what), _) => pair.may_replace.push(what.trim().to_owned()),
                    ("may", _, Some(what)) => pair.may_lose.push(what.trim().to_owned()),
                    _ => panic!("{}: an unknown directive: {line}", pair.name),
                }
                continue;
            }
            let part = match section.as_str() {
                "from" => &mut pair.from,
                "rows" => &mut pair.rows,
                "to" => &mut pair.to,
                _ => continue,
            };
            part.push_str(line);
            part.push('\n');
        }
        pair
    }
}
