//! The pages of the linter's rules, made from the documentation at the top of each rule's file.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::{files, root};

/// One rule as its file says it.
#[derive(Clone, Debug)]
pub struct RulePage {
    /// The id.
    pub id: String,
    /// `error`, `warning` or `note`.
    pub level: String,
    /// What the documentation is ordered by.
    pub area: String,
    /// The title.
    pub title: String,
    /// The documentation.
    pub text: String,
}

/// All pages by file name, the list of the rules first.
///
/// # Errors
/// When a file cannot be read, or does not say what a rule's file has to say.
pub fn pages() -> Result<Vec<(PathBuf, String)>, String> {
    let mut rules = Vec::new();
    for path in files(&root().join("crates/lint/src/rules"), "rs").map_err(|e| e.to_string())? {
        if path.file_name().is_some_and(|name| name != "mod.rs") {
            let source = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
            rules.push(page(&source).ok_or_else(|| format!("{} is no rule", path.display()))?);
        }
    }
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let folder = PathBuf::from("docs/rules");
    let mut pages = vec![(folder.join("README.md"), list(&rules))];
    for rule in &rules {
        let text = format!(
            "# {}\n\n{} ({}, {})\n\n{}\n\n[All rules](README.md)\n",
            rule.id,
            rule.title,
            rule.level,
            area(&rule.area),
            rule.text.trim()
        );
        pages.push((folder.join(format!("{}.md", rule.id)), text));
    }
    Ok(pages)
}

fn page(source: &str) -> Option<RulePage> {
    let doc: Vec<&str> = source
        .lines()
        .map_while(|line| line.strip_prefix("//!"))
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    let field = |name: &str| {
        let rest = source.split_once(&format!("{name}: "))?.1;
        rest.split([',', '\n']).next().map(|value| value.trim().to_owned())
    };
    let quoted = |name: &str| {
        let rest = source.split_once(&format!("{name}: \""))?.1;
        rest.split('"').next().map(str::to_owned)
    };
    Some(RulePage {
        id: quoted("    id")?,
        level: field("    level")?.strip_prefix("Level::")?.to_lowercase(),
        area: field("    area")?.strip_prefix("Area::")?.to_owned(),
        title: quoted("    title")
            .or_else(|| source.split_once("title:\n")?.1.split('"').nth(1).map(str::to_owned))?,
        text: doc.join("\n"),
    })
}

fn area(name: &str) -> &str {
    match name {
        "Locks" => "locks and time",
        "Together" => "several statements",
        "Code" => "what running code sees",
        "History" => "revisions and their history",
        "Text" => "the text",
        _ => "design, off unless asked for",
    }
}

fn list(rules: &[RulePage]) -> String {
    let mut out = String::from(
        "# The rules\n\nMade from the documentation in the rules' files by `cargo run -p xtask pages`.\n",
    );
    for (name, title) in [
        ("Locks", "Locks and time"),
        ("Together", "Several statements"),
        ("Code", "What running code sees"),
        ("History", "Revisions and their history"),
        ("Text", "The text"),
        ("Design", "Design, off unless asked for"),
    ] {
        let _ = write!(out, "\n## {title}\n\n| rule | level | what it finds |\n| --- | --- | --- |\n");
        for rule in rules.iter().filter(|rule| rule.area == name) {
            let _ = writeln!(
                out,
                "| [{0}]({0}.md) | {1} | {2} |",
                rule.id,
                rule.level,
                rule.title.replace('|', "\\|")
            );
        }
    }
    out
}
