//! The rules' pages, which are the comments of their files: each has the same headings, its example gives the rule,
//! and its safe form gives nothing.
//!
//! A block of SQL is the upgrade section of a revision; with a line `--@ downgrade` it is both sections. A first line
//! `-- plain` makes it plain SQL, lines `-- file NAME` make it whole files, and `-- before` and `-- revision` divide what
//! was there from what is looked at.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::collections::BTreeSet;
use std::path::Path;

use cutover_lint::{Area, Options, RULES, Rule, Settings, Source, lint};

const HEADINGS: [&str; 4] = ["Why", "Example", "Safe form", "When to allow it"];

/// The comment of a rule's file, without its signs.
fn page(rule: &Rule) -> String {
    let name = format!("src/rules/{}.rs", rule.id.replace('-', "_"));
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap_or_default();
    let lines = text.lines().map_while(|line| line.strip_prefix("//!"));
    lines.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The part of a page under a heading.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let start = page.find(&format!("\n## {heading}\n")).map_or(page.len(), |at| at + heading.len() + 5);
    let rest = &page[start..];
    rest[..rest.find("\n## ").unwrap_or(rest.len())].trim()
}

/// The blocks of SQL in a part of a page.
fn blocks(part: &str) -> Vec<&str> {
    let opened = part.split("```sql\n").skip(1);
    opened.map(|block| block.split("```").next().unwrap_or(block)).collect()
}

/// The texts of a block, of which the last ones are looked at.
fn sources(block: &str) -> Vec<Source> {
    if let Some((before, block)) =
        block.strip_prefix("-- before\n").and_then(|it| it.split_once("-- revision\n"))
    {
        let before = format!(
            "--@ revision 0000\n--@ revises base\n--@ irreversible \"what was there\"\n\n-- Before.\n\n--@ upgrade\n{before}"
        );
        let mut all = vec![Source::read("0000_before.sql", before, false)];
        let parent = "--@ revises 0000";
        let after = |it: Source| Source::read(it.name, it.text.replace("--@ revises base", parent), false);
        all.extend(sources(block).into_iter().map(after));
        return all;
    }
    if let Some(plain) = block.strip_prefix("-- plain\n") {
        return vec![Source::read("example.sql", plain.into(), false)];
    }
    if block.starts_with("-- file ") {
        let files = block.split("-- file ").skip(1).map(|file| file.split_once('\n').unwrap());
        return files.map(|(name, text)| Source::read(name.trim(), text.into(), false)).collect();
    }
    let way_back = if block.contains("--@ downgrade") { "" } else { "--@ irreversible \"an example\"\n" };
    let text =
        format!("--@ revision 0001\n--@ revises base\n{way_back}\n-- An example.\n\n--@ upgrade\n{block}");
    vec![Source::read("0001_example.sql", text, false)]
}

/// What a block gives: the rules, and the findings as text. `known` is what only the caller can know.
fn found(block: &str, rule: &Rule, major: u32, known: bool) -> (BTreeSet<&'static str>, String) {
    let sources = sources(block);
    let names = |id: &str| match known && rule.id == id {
        true => sources.iter().map(|source| source.name.clone()).collect(),
        false => Vec::new(),
    };
    let settings = Settings { misnamed: names("file-name-style"), edited: names("edited-after-applied") };
    let on = BTreeSet::from([rule.id.to_owned()]);
    let options = Options { major, on, settings, ..Options::default() };
    let looked_at: Vec<bool> = sources.iter().map(|source| source.name != "0000_before.sql").collect();
    let findings = lint(&sources, &looked_at, &options);
    let open = || findings.iter().filter(|finding| finding.allowed.is_none());
    let text = open().map(|finding| format!("\n      {}: {}", finding.rule, finding.message)).collect();
    (open().map(|finding| finding.rule).collect(), text)
}

/// The version of the server on which an example gives its rule: some are about newer ones.
fn version(rule: &Rule, example: &str) -> Option<u32> {
    [15, 18].into_iter().find(|major| found(example, rule, *major, true).0.contains(rule.id))
}

#[test]
fn every_rule_is_registered_once_and_in_order() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let names = files.map(|path| path.file_stem().unwrap().to_string_lossy().replace('_', "-"));
    let files: BTreeSet<String> = names.filter(|name| name != "mod").collect();
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|a, b| a < b), "the registry is not in the order of the ids: {ids:?}");
    assert_eq!(files, ids.iter().map(|id| (*id).to_owned()).collect());
}

#[test]
fn every_page_has_its_headings() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let page = page(rule);
        // those that only an upgrade reports have no example that a file could give
        let demanded: &[&str] =
            if rule.is_of_environment() { &["Why", "When to allow it"] } else { &HEADINGS };
        let headings: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let first = page.split("\n\n").next().unwrap_or_default();
        if headings != demanded {
            wrong.push(format!("{}: the headings are {headings:?}", rule.id));
        } else if first.is_empty() || !first.ends_with('.') || first.starts_with('#') {
            wrong.push(format!("{}: the first line is no sentence", rule.id));
        }
        for heading in demanded.iter().filter(|heading| section(&page, heading).is_empty()) {
            wrong.push(format!("{}: nothing under {heading}", rule.id));
        }
        if let Some(long) = page.lines().find(|line| line.chars().count() > 130) {
            wrong.push(format!("{}: a line is too long: {long}", rule.id));
        }
        if rule.title.is_empty() || rule.title.ends_with('.') {
            wrong.push(format!("{}: the title is \"{}\"", rule.id, rule.title));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_example_gives_its_rule() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let page = page(rule);
        let examples = blocks(section(&page, "Example"));
        if examples.is_empty() && !rule.is_of_environment() {
            wrong.push(format!("{}: there is no example", rule.id));
        }
        for example in examples.iter().filter(|example| version(rule, example).is_none()) {
            wrong.push(format!("{}: the example gives{}", rule.id, found(example, rule, 15, true).1));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_safe_form_gives_anything() {
    let mut wrong = Vec::new();
    for rule in RULES {
        let page = page(rule);
        let major = blocks(section(&page, "Example")).first().and_then(|it| version(rule, it)).unwrap_or(15);
        for safe in blocks(section(&page, "Safe form")) {
            let (rules, text) = found(safe, rule, major, false);
            if !rules.is_empty() {
                wrong.push(format!("{}: the safe form gives{text}", rule.id));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn design_is_off_unless_asked_for() {
    for rule in RULES {
        assert_eq!(rule.is_on(), rule.area != Area::Design, "{}", rule.id);
    }
}
