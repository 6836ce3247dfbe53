//! The example whose schema comes from SQLAlchemy: it agrees with its history, and each of 40 edits of its models is
//! the one change that it should be. Needs a Python with SQLAlchemy: `CUTOVER_TEST_PYTHON`.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up is a failed test")]

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use cutover_testkit::Project;
use serde_json::Value;

const CUTOVER: &str = env!("CARGO_BIN_EXE_cutover");

/// A copy of the example, read with the test's Python.
fn project(python: &str) -> Project {
    let project = Project::new(CUTOVER, None);
    let example = cutover_testkit::repository().join("examples/shop");
    for folder in ["shop", "migrations"] {
        for entry in std::fs::read_dir(example.join(folder)).unwrap().flatten() {
            if entry.path().is_file() {
                let name = Path::new(folder).join(entry.file_name());
                project.write(name.to_str().unwrap(), &std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
    let models =
        format!("models = {{ sqlalchemy = \"shop.models:Base.metadata\", python = \"{python}\" }}\n");
    project.write("cutover.toml", &models);
    project
}

/// The Python, or a word on how to get one.
fn python() -> Option<String> {
    let python = std::env::var("CUTOVER_TEST_PYTHON").ok().filter(|it| !it.is_empty());
    if python.is_none() {
        let _ =
            std::io::stderr().write_all(b"left out: CUTOVER_TEST_PYTHON names no Python with SQLAlchemy\n");
    }
    python
}

/// A difference in lines: `+ new`, `- gone`, `~ changed: what`, `> old -> new`.
fn lines(diff: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let renames = diff["renames"].as_array().unwrap().iter();
    let mut lines: Vec<String> =
        renames.map(|it| format!("> {} -> {}", text(&it["from"]), text(&it["to"]))).collect();
    for change in diff["changes"].as_array().unwrap() {
        let object = text(&change["object"]);
        lines.push(match text(&change["change"]).as_str() {
            "created" => format!("+ {object}"),
            "dropped" => format!("- {object}"),
            _ => {
                let parts = change["differences"].as_array().unwrap().iter();
                let names: Vec<String> = parts.map(|it| text(&it["attribute"])).collect();
                format!("~ {object}: {}", names.join(", "))
            }
        });
    }
    lines
}

#[test]
fn the_example_agrees_with_its_models_and_comes_back() {
    let Some(python) = python() else { return };
    let project = project(&python);
    assert_eq!(project.ok(&["diff", "migrations", "models"]), "no differences\n");
    assert!(project.ok(&["test"]).contains(" 0 failed"));
    assert!(project.ok(&["new", "nothing", "--autogenerate"]).contains("nothing to do"));
}

#[test]
fn each_edit_of_the_models_is_one_change() {
    let Some(python) = python() else { return };
    let example = cutover_testkit::repository().join("examples/shop");
    let edits: toml::Table = std::fs::read_to_string(example.join("edits.toml")).unwrap().parse().unwrap();
    let edits = edits["edit"].as_array().unwrap();
    assert!(edits.len() >= 40, "{} edits", edits.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(edit) = edits.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(problem) = is_as_expected(&python, edit) {
                        wrong.lock().unwrap().push(problem);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_as_expected(python: &str, edit: &toml::Value) -> Result<(), String> {
    let text = |key: &str| edit.get(key).and_then(toml::Value::as_str);
    let (title, old, new) = (text("title").unwrap(), text("old").unwrap(), text("new").unwrap());
    let project = project(python);
    let models = std::fs::read_to_string(project.folder().join("shop/models.py")).unwrap();
    if models.matches(old).count() != 1 {
        return Err(format!("{title}: its old text is not in the models once"));
    }
    project.write("shop/models.py", &models.replace(old, new));
    let mut arguments = vec!["diff", "migrations", "models"];
    arguments.extend(text("rename").iter().flat_map(|wish| ["--rename", wish]));
    let (diff, _) = project.json(&arguments);
    let expected: Vec<String> =
        edit["expected"].as_array().unwrap().iter().map(|it| it.as_str().unwrap().to_owned()).collect();
    let found = lines(&diff);
    if found == expected { Ok(()) } else { Err(format!("{title}: {found:?}, not {expected:?}")) }
}
