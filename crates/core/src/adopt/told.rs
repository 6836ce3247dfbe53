//! What a tool's own table in the live database says was applied, beside what the catalog shows.
//!
//! Rows come in as data; that the table is Flyway's or another one's is known to who reads it.

use serde::Serialize;

/// What a tool's table says of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "says")]
pub enum Said {
    /// It was applied.
    Applied {
        /// When, where it says so.
        at: Option<String>,
    },
    /// It was begun, and failed.
    Failed,
    /// It was applied, and undone.
    Undone,
    /// The table does not have it.
    Nothing,
}

impl Said {
    /// In a word, for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Applied { .. } => "applied",
            Self::Failed => "failed",
            Self::Undone => "undone",
            Self::Nothing => "not there",
        }
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What the tool calls the change.
    pub called: String,
    /// As a person would name it.
    pub shown: String,
    /// What it says of it.
    pub said: Said,
}

/// What a tool's table says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The table, as SQL writes it.
    pub table: String,
    /// The tool.
    pub tool: String,
    /// Its rows, the newest last.
    pub rows: Vec<Row>,
    /// Everything up to this version counts as applied, too.
    pub up_to: Option<String>,
}

impl Told {
    /// What it says of a change that the tool calls so.
    pub fn of(&self, called: &str) -> Said {
        if let Some(row) = self.rows.iter().rev().find(|it| it.called == called) {
            return row.said.clone();
        }
        let is_below = self.up_to.as_ref().and_then(|to| Some(parts(called)? <= parts(to)?));
        if is_below == Some(true) { Said::Applied { at: None } } else { Said::Nothing }
    }

    /// What it says was applied, and that no change is called.
    pub fn unknown(&self, called: &[&str]) -> Vec<&Row> {
        let is_applied = |row: &&Row| matches!(self.of(&row.called), Said::Applied { .. } | Said::Failed);
        let mut found: Vec<&Row> = Vec::new();
        for row in self.rows.iter().filter(is_applied) {
            if !called.contains(&row.called.as_str()) && !found.iter().any(|it| it.called == row.called) {
                found.push(row);
            }
        }
        found
    }
}

/// A version as it is compared: `01_2` and `1.2` are the same one.
pub fn version(text: &str) -> String {
    let part = |part: &str| match part.trim_start_matches('0') {
        "" => "0".to_owned(),
        part => part.to_owned(),
    };
    let mut parts: Vec<String> = text.split(['.', '_', '-']).map(part).collect();
    while parts.len() > 1 && parts.last().is_some_and(|it| it == "0") {
        parts.pop();
    }
    parts.join(".")
}

fn parts(text: &str) -> Option<Vec<u64>> {
    text.split('.').map(|it| it.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(called: &str, said: Said) -> Row {
        Row { called: called.into(), shown: called.into(), said }
    }

    #[test]
    fn the_newest_row_counts_and_a_version_stands_for_those_below() {
        let done = Said::Applied { at: None };
        let rows = vec![row("1.2", done.clone()), row("1.2", Said::Undone), row("9", done.clone())];
        let told = Told { rows, up_to: Some("1.10".into()), ..Told::default() };
        assert_eq!(told.of("1.2"), Said::Undone);
        assert_eq!((told.of("1.9"), told.of("1.11")), (done, Said::Nothing));
        let unknown: Vec<&str> = told.unknown(&["1.2"]).iter().map(|it| it.called.as_str()).collect();
        assert_eq!(unknown, ["9"]);
    }

    #[test]
    fn a_version_is_written_in_several_ways() {
        for text in ["1.2", "01_2", "1.2.0", "001-002"] {
            assert_eq!(version(text), "1.2");
        }
        assert_eq!(version("20240105103000"), "20240105103000");
        assert_eq!(version("0000"), "0");
    }
}
