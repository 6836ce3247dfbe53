//! The house rules that a machine can check, each with the whole list of what breaks it.

#![expect(clippy::unwrap_used, reason = "a test may end at once")]

use xtask::{files, root};

/// Checks every file of an ending and fails with the list of those for which `check` has a word.
fn every(folder: &str, ending: &str, check: impl Fn(&str, &str) -> Option<String>) {
    let wrong: Vec<String> = files(&root().join(folder), ending)
        .unwrap()
        .into_iter()
        .filter_map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.display().to_string();
            check(&name, &text).map(|what| format!("{name}: {what}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    every("crates", "rs", |_, text| (!text.starts_with("//!")).then(|| "does not open with //!".into()));
}

#[test]
fn no_file_is_a_hub() {
    every("crates", "rs", |_, text| {
        let lines = text.lines().count();
        (lines > 800).then(|| format!("has {lines} lines"))
    });
}

#[test]
fn only_the_command_line_knows_the_terminal() {
    for folder in ["crates/sql/src", "crates/core/src", "crates/lint/src", "crates/engine/src"] {
        every(folder, "rs", |_, text| {
            ["std::process::exit", "println!", "eprintln!", "anstream", "indicatif", "clap::"]
                .into_iter()
                .find(|word| text.contains(word))
                .map(|word| format!("uses {word}"))
        });
    }
}

#[test]
fn the_pure_crates_do_no_input_or_output() {
    for folder in ["crates/sql/src", "crates/core/src"] {
        every(folder, "rs", |_, text| {
            ["std::fs", "std::env", "std::net", "SystemTime", "Instant", "tokio"]
                .into_iter()
                .find(|word| text.contains(word))
                .map(|word| format!("uses {word}"))
        });
    }
}

#[test]
fn every_command_is_in_the_docs() {
    let json = std::fs::read_to_string(root().join("docs/json.md")).unwrap();
    let commands = root().join("crates/cli/src/commands");
    // a folder has the parts of a command
    for path in files(&commands, "rs").unwrap().iter().filter(|path| path.parent() == Some(&commands)) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !matches!(name.as_str(), "mod" | "rows") {
            assert!(json.contains(&format!("`{name}")), "docs/json.md does not mention {name}");
        }
    }
}

#[test]
fn every_error_code_is_in_the_docs() {
    let json = std::fs::read_to_string(root().join("docs/json.md")).unwrap();
    let mut missing = Vec::new();
    for path in files(&root().join("crates/cli/src"), "rs").unwrap() {
        let text = std::fs::read_to_string(&path).unwrap();
        for maker in ["Failure::new(", "Failure::usage(", "Self::new(", "Self::usage(", "failure("] {
            for rest in text.split(maker).skip(1) {
                let code = rest.trim_start().strip_prefix('"').and_then(|r| r.split('"').next());
                missing.extend(code.filter(|c| !json.contains(&format!("`{c}`"))).map(str::to_owned));
            }
        }
    }
    missing.retain(|code| code != "bug");
    assert!(missing.is_empty(), "docs/json.md lacks these error codes: {missing:?}");
}

#[test]
fn the_pages_of_the_rules_are_those_of_their_files() {
    let pages = xtask::pages::pages().unwrap();
    let wrong: Vec<String> = pages
        .iter()
        .filter(|(path, text)| std::fs::read_to_string(root().join(path)).unwrap_or_default() != *text)
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "cargo run -p xtask pages would change {wrong:?}");
    let there = files(&root().join("docs/rules"), "md").unwrap().len();
    assert_eq!(there, pages.len(), "docs/rules has a page of a rule that is gone");
}

#[test]
fn the_pages_of_the_recipes_are_what_they_say() {
    let pages = xtask::recipes::pages();
    let wrong: Vec<String> = pages
        .iter()
        .filter(|(path, text)| std::fs::read_to_string(root().join(path)).unwrap_or_default() != *text)
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(wrong.is_empty(), "cargo run -p xtask pages would change {wrong:?}");
    let there = files(&root().join(xtask::recipes::FOLDER), "md").unwrap().len();
    assert_eq!(there, pages.len(), "docs/recipes has a page of a recipe that is gone");
}

#[test]
fn the_crates_of_development_are_for_tests_only() {
    for layer in ["sql", "core", "lint", "engine", "cli"] {
        let path = root().join(format!("crates/{layer}/Cargo.toml"));
        let text = std::fs::read_to_string(path).unwrap();
        let shipped = text.split("[dev-dependencies]").next().unwrap_or_default();
        for name in ["cutover-testkit", "cutover-workload"] {
            assert!(!shipped.contains(name), "crates/{layer} uses {name} outside of its tests");
        }
    }
}
