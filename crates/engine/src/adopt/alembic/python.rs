//! Revisions whose Python goes on running: a step `--@ run`, with the Python beside the revision and a small program that calls
//! its functions on the database of the step.

use serde_json::json;

use super::host::{LEAD, Surroundings};
use super::project::Project;
use super::write::Commands;

/// The program that is written beside the revisions, once.
pub const RUNNER: (&str, &str) = ("alembic_run.py", include_str!("run.py"));

/// The same, with every connection led to the scratch database: for the proof.
const LED: &str = "alembic_led.py";

/// What there is besides the text of such a revision.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// The name of its Python, beside its text.
    pub file: String,
    /// Where that comes from.
    pub from: String,
    search_path: Option<String>,
    engine: Option<String>,
}

impl Kept {
    /// Of the revision in a file.
    pub fn new(file: &str, from: &str, search_path: Option<&str>, around: &Surroundings) -> Self {
        Self {
            file: file.strip_suffix(".sql").unwrap_or(file).to_owned() + ".py",
            from: from.to_owned(),
            search_path: search_path.map(str::to_owned),
            engine: around.engine.clone(),
        }
    }

    /// The commands, wherever there is a Python.
    pub fn commands(&self) -> Commands {
        self.with(&format!("${{CUTOVER_PYTHON:-python3}} {}", RUNNER.0))
    }

    /// The commands on a scratch database: with the project's own Python, in its surroundings.
    pub fn proven_by(&self, project: &Project, around: &Surroundings) -> Commands {
        let said = json!({
            "root": project.root, "variables": around.variables, "before": around.before, "outside": around.outside,
        });
        self.with(&format!("{} {LED} {}", quoted(&project.python), quoted(&said.to_string())))
    }

    fn with(&self, program: &str) -> Commands {
        let one = |direction| format!("{program} {}", self.words(direction));
        Commands { up: one("upgrade"), down: one("downgrade") }
    }

    /// The files that the commands need.
    ///
    /// # Errors
    /// When the Python cannot be read.
    pub fn files(&self) -> std::io::Result<Vec<(String, Vec<u8>)>> {
        let led = format!("{LEAD}{}", include_str!("led.py"));
        Ok(vec![
            (RUNNER.0.to_owned(), RUNNER.1.as_bytes().to_vec()),
            (LED.to_owned(), led.into_bytes()),
            (self.file.clone(), std::fs::read(&self.from)?),
        ])
    }

    fn words(&self, direction: &str) -> String {
        let mut words = format!("{} {direction}", quoted(&self.file));
        for (name, value) in [("--search-path", &self.search_path), ("--engine", &self.engine)] {
            words += &value.as_ref().map(|value| format!(" {name} {}", quoted(value))).unwrap_or_default();
        }
        words
    }
}

/// A word for the shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
