//! The files of cases: what is there, what is done, and on which servers.
//!
//! A file begins with `-- setup`, SQL that makes the tables of all its cases. A case is `-- case: what it shows`,
//! statements that prepare it, and behind `-- statement` the one that is observed. On lines of their own may stand
//! `-- versions: 17-` (`-16`, `15-16`), `-- needs: an extension` and `-- alone`, for what cannot be in a transaction.
//! In the setup `-- versions:` is for the next line.

use std::path::Path;

/// Every server.
const ALL: (u32, u32) = (0, u32::MAX);

/// The cases of a file.
pub struct Area {
    /// The file's name.
    pub name: String,
    /// SQL that makes the tables, line by line, and the servers that each is for.
    setup: Vec<((u32, u32), String)>,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug, Default)]
pub struct Case {
    /// The file's name.
    pub area: String,
    /// What it shows, in words.
    pub name: String,
    /// SQL that is run and committed before.
    pub prepare: String,
    /// What is observed.
    pub statement: String,
    /// The oldest and the newest server that can run it.
    pub versions: (u32, u32),
    /// Extensions that it needs.
    pub needs: Vec<String>,
    /// Whether it cannot be in a transaction.
    pub is_alone: bool,
}

impl Area {
    /// Reads those cases whose area and name have a text that `CUTOVER_CASE` says.
    pub fn all() -> Vec<Self> {
        let mut areas = Self::every();
        let wanted = std::env::var("CUTOVER_CASE").unwrap_or_default();
        for area in &mut areas {
            area.cases.retain(|case| format!("{}: {}", case.area, case.name).contains(&wanted));
        }
        areas.retain(|area| !area.cases.is_empty());
        areas
    }

    /// Reads all files.
    pub fn every() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/witness/cases");
        let mut files: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|path| Self::read(path)).collect()
    }

    /// SQL that makes the tables on a server.
    pub fn setup(&self, major: u32) -> String {
        let lines = self.setup.iter().filter(|((first, last), _)| (*first..=*last).contains(&major));
        lines.map(|(_, line)| format!("{line}\n")).collect()
    }

    fn read(path: &Path) -> Self {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let mut area = Self { name: name.clone(), setup: Vec::new(), cases: Vec::new() };
        let mut in_statement = false;
        let mut next = ALL;
        for line in std::fs::read_to_string(path).unwrap().lines() {
            if let Some(what) = line.strip_prefix("-- case:") {
                let (area_name, what) = (name.clone(), what.trim().to_owned());
                let case = Case { area: area_name, name: what, versions: ALL, ..Case::default() };
                area.cases.push(case);
                in_statement = false;
                continue;
            }
            let Some(case) = area.cases.last_mut() else {
                match line.strip_prefix("-- versions:") {
                    Some(versions) => next = range(versions.trim()),
                    None => area.setup.push((std::mem::replace(&mut next, ALL), line.to_owned())),
                }
                continue;
            };
            if let Some(versions) = line.strip_prefix("-- versions:") {
                case.versions = range(versions.trim());
            } else if let Some(needs) = line.strip_prefix("-- needs:") {
                case.needs.extend(needs.split_whitespace().map(str::to_owned));
            } else if line.trim_end() == "-- alone" {
                case.is_alone = true;
            } else if line.trim_end() == "-- statement" {
                in_statement = true;
            } else {
                let part = if in_statement { &mut case.statement } else { &mut case.prepare };
                part.push_str(line);
                part.push('\n');
            }
        }
        for case in &mut area.cases {
            case.prepare = case.prepare.trim().to_owned();
            case.statement = case.statement.trim().trim_end_matches(';').to_owned();
            assert!(!case.statement.is_empty(), "{name}: {}: no statement", case.name);
        }
        area
    }
}

/// `17-` (or `17+`), `-16` and `15-16`.
fn range(versions: &str) -> (u32, u32) {
    let versions = versions.replace('+', "-");
    let (first, last) = versions.split_once('-').unwrap_or((&versions, &versions));
    (first.parse().unwrap_or(0), last.parse().unwrap_or(u32::MAX))
}
