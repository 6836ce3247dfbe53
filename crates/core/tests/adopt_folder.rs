//! A folder in which most things are wrong, and everything that is concluded of it.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use std::path::PathBuf;

use cutover_core::adopt::folder::{Folder, Source, read};
use cutover_core::report::Conclusion;

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/adopt").join(name)
}

/// Files of a folder in one text: `=== path` and what is in it.
fn sources(text: &str) -> Vec<Source> {
    let one = |part: &str| {
        let (path, text) = part.split_once('\n').unwrap();
        Source { path: path.to_owned(), text: text.to_owned() }
    };
    text.strip_prefix("=== ").unwrap().split("\n=== ").map(|part| one(&format!("{part}\n"))).collect()
}

fn shown(folder: &Folder) -> String {
    let mut out = format!("{:?}\n", folder.layout);
    for it in &folder.changes {
        let number = it.number.as_deref().unwrap_or("-");
        let back = it.back.as_ref().map(|it| format!(" < {}:{}", it.path, it.line)).unwrap_or_default();
        let how = if it.forward.is_transactional { "" } else { ", not in one transaction" };
        out += &format!("{number} {} ({}){back}{how}\n", it.name, it.message);
    }
    for it in &folder.conclusions {
        out += &conclusion(it);
    }
    out
}

fn conclusion(it: &Conclusion) -> String {
    let line = it.place.as_ref().map(|it| format!(":{}", it.line)).unwrap_or_default();
    let mut out = format!("\n{:?} {} {}{line}\n  {}\n", it.weight, it.id, it.about, it.text);
    it.evidence.iter().flat_map(|it| it.lines()).for_each(|line| out += &format!("    {line}\n"));
    it.next.iter().for_each(|next| out += &format!("  next: {next}\n"));
    out
}

/// Compares with the file of that name; `CUTOVER_WRITE_EXPECTED=1` writes it.
fn check(name: &str) {
    let text = std::fs::read_to_string(fixture(&format!("{name}.txt"))).unwrap();
    let found = shown(&read(sources(&text)));
    let expected = fixture(&format!("{name}.expected"));
    if std::env::var_os("CUTOVER_WRITE_EXPECTED").is_some() {
        std::fs::write(&expected, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&expected).unwrap();
    assert!(found == expected, "fixtures/adopt/{name}.expected differs; what was found:\n{found}");
}

#[test]
fn everything_that_is_wrong_with_a_folder_is_told() {
    check("nasty");
}

#[test]
fn the_files_of_tools_are_read_by_their_rules() {
    for name in ["flyway", "dbmate", "goose", "golang_migrate", "sqitch", "unordered"] {
        check(name);
    }
}

/// What is taken out of a text leaves its lines where they are.
#[test]
fn a_part_has_the_lines_of_its_file() {
    let text = std::fs::read_to_string(fixture("nasty.txt")).unwrap();
    let all = sources(&text);
    let folder = read(all.clone());
    for change in &folder.changes {
        let source = all.iter().find(|it| it.path == change.forward.path).unwrap();
        let lines = |text: &str| text.matches('\n').count();
        assert_eq!(lines(&change.forward.sql), lines(&source.text), "{}", source.path);
    }
    let first = folder.changes.iter().find(|it| it.name == "001_users").unwrap();
    assert!(!first.forward.sql.contains("BEGIN") && !first.forward.sql.contains("COMMIT"));
    assert_eq!(
        first.forward.sql.lines().nth(2),
        Some("CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);")
    );
}
