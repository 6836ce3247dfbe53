//! The cases of `fixtures/lint`, read and run.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use cutover_lint::{Options, Source, lint};

/// One case of a file.
#[derive(Default)]
pub struct Case {
    pub file: String,
    pub name: String,
    pub before: String,
    pub revisions: Vec<String>,
    pub plain: Option<String>,
    pub server: u32,
    pub expect: BTreeSet<String>,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/lint").join(name)
}

/// The cases of a folder that `CUTOVER_CASE` wants.
pub fn cases(name: &str) -> Vec<Case> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let wanted = std::env::var("CUTOVER_CASE").unwrap_or_default();
    let mut cases: Vec<Case> = files.iter().flat_map(|path| read(path)).collect();
    cases.retain(|case| format!("{}: {}", case.file, case.name).contains(&wanted));
    cases
}

#[derive(Clone, Copy)]
enum Part {
    None,
    Before,
    Revision,
    Plain,
}

fn read(path: &Path) -> Vec<Case> {
    let file = path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut cases: Vec<Case> = Vec::new();
    let mut part = Part::None;
    for line in std::fs::read_to_string(path).unwrap().lines() {
        if let Some(name) = line.strip_prefix("-- case:") {
            cases.push(Case { file: file.clone(), name: name.trim().into(), server: 15, ..Case::default() });
            part = Part::None;
            continue;
        }
        let Some(case) = cases.last_mut() else { continue };
        if let Some(rules) = line.strip_prefix("-- expect:") {
            case.expect = rules.split(',').map(|rule| rule.trim().to_owned()).collect();
        } else if let Some(server) = line.strip_prefix("-- server:") {
            case.server = server.trim().parse().unwrap();
        } else {
            part = take(case, part, line.trim_end());
        }
    }
    cases
}

/// A line of a case; gives the part that the next one belongs to.
fn take(case: &mut Case, part: Part, line: &str) -> Part {
    match line {
        "-- before" => return Part::Before,
        "-- revision" => {
            case.revisions.push(String::new());
            return Part::Revision;
        }
        "-- plain" => {
            case.plain = Some(String::new());
            return Part::Plain;
        }
        _ => {}
    }
    let text = match part {
        Part::None => return part,
        Part::Before => &mut case.before,
        Part::Revision => case.revisions.last_mut().unwrap(),
        Part::Plain => case.plain.as_mut().unwrap(),
    };
    text.push_str(line);
    text.push('\n');
    part
}

/// A revision file around statements; there is no way back, so that only what goes up is judged.
pub fn revision(at: usize, sql: &str) -> String {
    let parent = if at == 0 { "base".to_owned() } else { format!("{at:04}") };
    format!(
        "--@ revision {:04}\n--@ revises {parent}\n--@ irreversible \"a case\"\n\n-- A case.\n\n--@ upgrade\n{sql}",
        at + 1
    )
}

/// The texts of a case, and which of them are looked at.
pub fn sources(case: &Case) -> (Vec<Source>, Vec<bool>) {
    let mut sources = vec![Source::read("0001_before.sql", revision(0, &case.before), false)];
    let mut looked_at = vec![false];
    for (at, sql) in case.revisions.iter().enumerate() {
        sources.push(Source::read(format!("{:04}_case.sql", at + 2), revision(at + 1, sql), false));
        looked_at.push(true);
    }
    if let Some(sql) = &case.plain {
        sources.push(Source::read("case.sql", sql.clone(), false));
        looked_at.push(true);
    }
    (sources, looked_at)
}

/// The rules that a case gives, and its findings as text.
pub fn found(case: &Case, options: Options) -> (BTreeSet<String>, String) {
    let (sources, looked_at) = sources(case);
    let findings = lint(&sources, &looked_at, &Options { major: case.server, ..options });
    let mut text = String::new();
    for finding in findings.iter().filter(|finding| finding.allowed.is_none()) {
        let _ = writeln!(text, "      {}: {}", finding.rule, finding.message);
    }
    (findings.into_iter().filter(|f| f.allowed.is_none()).map(|f| f.rule.to_owned()).collect(), text)
}

/// Runs the cases of a folder; each gives exactly the rules that it names.
pub fn judge(name: &str, options: &Options) {
    let (mut wrong, mut total) = (Vec::new(), 0);
    for case in cases(name) {
        total += 1;
        let (rules, text) = found(&case, options.clone());
        if rules != case.expect {
            wrong.push(format!(
                "{}: {}\n    expected {:?}\n    found    {rules:?}\n{text}",
                case.file, case.name, case.expect
            ));
        }
    }
    assert!(wrong.is_empty(), "{} of {total} {name} cases are wrong\n\n{}", wrong.len(), wrong.join("\n"));
}
