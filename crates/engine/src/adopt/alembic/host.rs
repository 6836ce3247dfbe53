//! The project's own Alembic, in its own Python: one process for the whole chain, one revision and direction at a time.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use super::journal::Phase;
use super::project::Project;
use super::proxy::{Door, USER};
pub use super::said::{ContextTable, Raised, RaisedAt, Ran, Script, Sign, Started};

/// What leads connections to the scratch server.
pub(super) const LEAD: &str = include_str!("lead.py");

const PROGRAM: &str = concat!(include_str!("lead.py"), "\n\n", include_str!("host.py"));

/// How much of what the project printed is kept for an error.
const KEPT: usize = 4000;

/// Why the project's Alembic does not work.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The interpreter cannot be started.
    #[error("{python} cannot be started: {source}")]
    Start {
        /// The interpreter.
        python: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// It went away.
    #[error("{python} ended in the middle")]
    Ended {
        /// The interpreter.
        python: String,
        /// The last that it printed.
        said: String,
    },
    /// An answer that is none.
    #[error("{python} answered with something else than was asked for: {line}")]
    Garbled {
        /// The interpreter.
        python: String,
        /// What it said.
        line: String,
    },
    /// Alembic does not start: its configuration, or a revision file that does not load.
    #[error("the project's Alembic does not start: {message}")]
    Alembic {
        /// The error.
        message: String,
        /// The traceback.
        traceback: String,
    },
    /// `env.py` runs the migrations of several databases, and none of them was chosen, or one that is not there.
    #[error("{project} brings several databases where they are to be, each with a history of its own: {}", names.join(", "))]
    Several {
        /// The configuration.
        project: String,
        /// What `env.py` calls them.
        names: Vec<String>,
        /// The one that was chosen.
        chosen: Option<String>,
    },
}

/// What there is besides the project.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// `-x` arguments for `env.py`.
    pub x: Vec<String>,
    /// Environment variables; `{url}`, `{host}`, `{port}`, `{user}`, `{password}` and `{database}` are the scratch server's.
    pub variables: Vec<(String, String)>,
    /// The section of `alembic.ini`.
    pub section: String,
    /// Python that runs before `env.py` does: what makes the application that it asks for.
    pub before: Option<String>,
    /// Whether revisions may start programs and connect to other machines.
    pub outside: bool,
    /// Of several databases that one `env.py` serves, the one whose history is meant.
    pub engine: Option<String>,
    /// SQL that runs before the first revision: what a database has to have by then.
    pub prepare: Option<PathBuf>,
}

/// The running process.
#[derive(Debug)]
pub(super) struct Host {
    python: String,
    /// The configuration, and the database that was chosen.
    project: (String, Option<String>),
    child: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    printed: Arc<Mutex<Vec<u8>>>,
}

impl Host {
    /// Starts it and reads the revisions. Every connection of the project goes through the door.
    pub async fn start(
        project: &Project,
        around: &Surroundings,
        door: &Door,
        database: &str,
    ) -> Result<(Self, Started), HostError> {
        let python = project.python.clone();
        let start = |source| HostError::Start { python: python.clone(), source };
        let mut command = Command::new(&project.python);
        // not in the project's folder: what is imported first would be looked for there, and found where it has a types.py
        command.args(["-c", PROGRAM]).current_dir("/").kill_on_drop(true);
        if let Some(paths) = std::env::var_os("PYTHONPATH") {
            let whole: Vec<PathBuf> = std::env::split_paths(&paths).map(|it| project.root.join(it)).collect();
            command.env("PYTHONPATH", std::env::join_paths(whole).unwrap_or(paths));
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // what is printed comes at once, and no .pyc files are left beside the user's
        command.env("PYTHONUNBUFFERED", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        let mut child = command.spawn().map_err(start)?;
        let (Some(orders), Some(out), Some(err)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(HostError::Ended { python, said: String::new() });
        };
        let printed = Arc::new(Mutex::new(Vec::new()));
        let kept = printed.clone();
        tokio::spawn(async move {
            let (mut err, mut bytes) = (err, [0; 4096]);
            while let Ok(count @ 1..) = err.read(&mut bytes).await {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&bytes[..count]);
                let extra = kept.len().saturating_sub(KEPT);
                kept.drain(..extra);
            }
        });
        let project_of = (project.name(), around.engine.clone());
        let answers = BufReader::new(out).lines();
        let mut host = Self { python, project: project_of, child, orders, answers, printed };
        let target = json!({
            "host": "127.0.0.1", "port": door.port, "user": USER, "password": door.password, "database": database,
            "outside": around.outside,
        });
        let section = if around.section.is_empty() { "alembic" } else { &around.section };
        let said = host
            .ask(&json!({
                "do": "start", "target": target, "ini": project.ini, "toml": project.toml, "root": project.root,
                "x": around.x, "variables": around.variables, "section": section, "before": around.before,
                "engine": around.engine,
            }))
            .await?;
        match said["at"].as_str() {
            Some("started") => {
                Ok((serde_json::from_value(said.clone()).map_err(|_| host.garbled(&said))?, host))
                    .map(|(started, host)| (host, started))
            }
            _ => {
                let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
                let message = format!("{}: {}", text("kind"), text("message"));
                Err(HostError::Alembic { message, traceback: text("traceback") })
            }
        }
    }

    /// Runs one revision in one direction. What its own function does is told apart in the door's journal.
    pub async fn step(
        &mut self,
        id: &str,
        is_up: bool,
        door: &Door,
    ) -> Result<Result<Ran, Raised>, HostError> {
        let what = if is_up { "upgrade" } else { "downgrade" };
        let mut said = self.ask(&json!({ "do": what, "id": id })).await?;
        loop {
            let phase = match said["at"].as_str() {
                Some("begin") => Phase::Revision,
                Some("end") => Phase::Around,
                Some("done") => {
                    return Ok(Ok(serde_json::from_value(said.clone()).map_err(|_| self.garbled(&said))?));
                }
                Some("failed") => {
                    return Ok(Err(serde_json::from_value(said.clone()).map_err(|_| self.garbled(&said))?));
                }
                Some("several") => {
                    let (project, chosen) = self.project.clone();
                    let names = serde_json::from_value(said["names"].clone()).unwrap_or_default();
                    return Err(HostError::Several { project, names, chosen });
                }
                _ => return Err(self.garbled(&said)),
            };
            door.journal().phase = phase;
            said = self.ask(&json!({ "do": "go on" })).await?;
        }
    }

    async fn ask(&mut self, order: &Value) -> Result<Value, HostError> {
        let line = format!("{order}\n");
        if self.orders.write_all(line.as_bytes()).await.is_err() {
            return Err(self.ended().await);
        }
        match self.answers.next_line().await {
            Ok(Some(line)) => serde_json::from_str(&line)
                .map_err(|_| HostError::Garbled { python: self.python.clone(), line }),
            Ok(None) | Err(_) => Err(self.ended().await),
        }
    }

    async fn ended(&mut self) -> HostError {
        // what it printed last comes after its end
        let _ = self.child.wait().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        HostError::Ended { python: self.python.clone(), said: self.printed() }
    }

    /// The last that the project printed.
    pub fn printed(&self) -> String {
        let printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&printed).trim().to_owned()
    }

    fn garbled(&self, said: &Value) -> HostError {
        HostError::Garbled { python: self.python.clone(), line: said.to_string() }
    }
}
