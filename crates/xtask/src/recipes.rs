//! The pages of the recipes, made from what each says of itself and from the rollout that its example writes.

use std::fmt::Write as _;
use std::path::PathBuf;

use cutover_core::rollout::recipe::{ALL, Argument, Form, Recipe};

use crate::root;

/// Where they are.
pub const FOLDER: &str = "docs/recipes";

/// All pages by file name, the list first.
pub fn pages() -> Vec<(PathBuf, String)> {
    let folder = PathBuf::from(FOLDER);
    let mut list = String::from(
        "# The recipes\n\nMade from what the recipes say of themselves by `cargo run -p xtask pages`.\n\n\
         `cutover rollout new RECIPE ...` writes the revisions of a whole rollout: read them, change them, then\n\
         `cutover upgrade`.\n\n| recipe | what it does |\n| --- | --- |\n",
    );
    for recipe in ALL {
        let _ = writeln!(list, "| [{0}]({0}.md) | {1} |", recipe.name, recipe.summary);
    }
    let mut pages = vec![(folder.join("README.md"), list)];
    pages.extend(ALL.iter().map(|recipe| (folder.join(format!("{}.md", recipe.name)), page(recipe))));
    pages
}

fn page(recipe: &Recipe) -> String {
    let mut out = format!(
        "# {}\n\n{}.\n\n    cutover rollout new {}\n\n{}\n\n## What it takes\n\n| | |\n| --- | --- |\n",
        recipe.name,
        recipe.summary,
        recipe.example,
        recipe.about.trim()
    );
    for argument in recipe.arguments {
        let _ = writeln!(out, "| `{}` | {} |", written(argument).replace('|', "\\|"), argument.help);
    }
    out.push_str("| `--name NAME` | what the rollout is called |\n| `--owner TEAM` | who answers for its revisions |\n");
    if let Ok(text) = std::fs::read_to_string(root().join(FOLDER).join(format!("{}.sql", recipe.name))) {
        let _ = write!(
            out,
            "\n## What it writes\n\n[An example]({}.sql), all revisions in one file:\n\n{}",
            recipe.name,
            steps(&text)
        );
    }
    out.push_str("\n[All recipes](README.md)\n");
    out
}

fn written(argument: &Argument) -> String {
    match argument.form {
        Form::Place => argument.value.to_owned(),
        Form::Places => format!("{}...", argument.value),
        Form::Option | Form::Needed => format!("--{} {}", argument.name, argument.value),
        Form::Many => format!("--{} {} ...", argument.name, argument.value),
        Form::Flag => format!("--{}", argument.name),
    }
}

/// The revisions of an example: phase and title of each.
fn steps(text: &str) -> String {
    let mut out = String::from("| phase | revision |\n| --- | --- |\n");
    let mut phase = "";
    let mut wants_title = false;
    for line in text.lines() {
        if let Some(rollout) = line.strip_prefix("--@ rollout ") {
            phase = rollout.rsplit(" / ").next().unwrap_or_default();
            wants_title = true;
        } else if wants_title && let Some(title) = line.strip_prefix("-- ") {
            let _ = writeln!(out, "| {phase} | {} |", title.replace('|', "\\|"));
            wants_title = false;
        }
    }
    out
}
