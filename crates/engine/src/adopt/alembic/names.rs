//! Alembic's ids as Cutover's: the same wherever they can be a name in a target.

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::revision::naming::slug;
use cutover_core::revision::target::is_name;

use super::host::Script;

/// Each id of Alembic's with that of its revision here.
pub type Names = BTreeMap<String, String>;

/// Gives every revision a name; those that cannot stay as they are get one that looks alike and that no other has.
pub(super) fn names(scripts: &[Script]) -> Names {
    let mut taken: BTreeSet<String> =
        scripts.iter().map(|it| it.id.clone()).filter(|it| is_name(it)).collect();
    let mut names = Names::new();
    for script in scripts {
        let name = if is_name(&script.id) {
            script.id.clone()
        } else {
            let alike: String =
                script.id.chars().map(|c| if c.is_alphanumeric() || c == '.' { c } else { '_' }).collect();
            let alike = if is_name(&alike) { alike } else { format!("r_{alike}") };
            let numbered = (2..).map(|number| format!("{alike}_{number}"));
            let free = std::iter::once(alike.clone()).chain(numbered).find(|it| !taken.contains(it));
            free.unwrap_or(alike)
        };
        taken.insert(name.clone());
        names.insert(script.id.clone(), name);
    }
    names
}

/// What a docstring says, without what Alembic's template writes below it: the message first. And when it was made.
pub(super) fn prose(script: &Script) -> (String, Option<String>) {
    let mut created = None;
    let mut lines: Vec<&str> = Vec::new();
    for line in script.doc.lines() {
        let line = line.trim_end();
        let of_template = ["Revision ID:", "Revises:", "Create Date:", "Depends on:", "Branch labels:"];
        match of_template.iter().find(|it| line.trim_start().starts_with(**it)) {
            Some(label) => {
                if *label == "Create Date:" {
                    created = line.split_once(':').map(|(_, date)| date.trim().to_owned());
                }
            }
            None => lines.push(line),
        }
    }
    let text = lines.join("\n").trim().to_owned();
    (if text.is_empty() { script.id.clone() } else { text }, created.filter(|it| !it.is_empty()))
}

/// The file of a revision: its id and a few words.
pub(super) fn file_name(id: &str, prose: &str) -> String {
    match slug(prose.lines().next().unwrap_or_default()) {
        words if words.is_empty() || words == id => format!("{id}.sql"),
        words => format!("{id}_{words}.sql"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(id: &str) -> Script {
        Script { id: id.into(), ..Script::default() }
    }

    #[test]
    fn ids_that_cannot_be_names_get_one_that_nobody_has() {
        let ids = ["a-b", "a_b", "head", "2024/05", "ok.1"];
        let names = names(&ids.map(script));
        let found: Vec<&str> = ids.iter().map(|id| names[*id].as_str()).collect();
        assert_eq!(found, ["a_b_2", "a_b", "r_head", "2024_05", "ok.1"]);
    }

    #[test]
    fn the_template_of_a_docstring_is_not_prose() {
        let doc =
            "Add users\n\nWhy: logins.\n\nRevision ID: ab12\nRevises: \nCreate Date: 2024-05-01 10:00:00.1\n";
        let (text, created) = prose(&Script { doc: doc.into(), ..script("ab12") });
        assert_eq!(text, "Add users\n\nWhy: logins.");
        assert_eq!(created.as_deref(), Some("2024-05-01 10:00:00.1"));
        assert_eq!(file_name("ab12", &text), "ab12_add_users.sql");
    }
}
