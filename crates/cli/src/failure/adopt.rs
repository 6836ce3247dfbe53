//! The errors of taking over a history.

use cutover_engine::adopt::alembic::{AlembicError, HostError, ProjectError};

use super::Failure;

/// How much of a traceback is shown: its end says most.
const SHOWN: usize = 12;

impl From<AlembicError> for Failure {
    fn from(error: AlembicError) -> Self {
        let message = error.to_string();
        match error {
            AlembicError::Project(error) => {
                let help = match error {
                    ProjectError::None { .. } => "name the folder of alembic.ini: cutover adopt alembic DIR",
                    ProjectError::Missing { .. } => "name a folder that is there",
                };
                Self::usage("no-alembic", message).help(help)
            }
            AlembicError::Host(error) => of_host(error, message),
            AlembicError::Schema(error) => error.into(),
            AlembicError::Session(error) => error.into(),
            AlembicError::Door(_) | AlembicError::File(_) => Self::new("scratch", message),
            AlembicError::Elsewhere { printed, .. } => noted(Self::new("connects-elsewhere", message), &printed)
                .help("env.py ran no migrations, or connects by other means than SQLAlchemy, psycopg or asyncpg; the scratch server's address can be given to it: --variable NAME={url}"),
            AlembicError::History(error) => (*error).into(),
            AlembicError::Unknown { .. } => Self::usage("unknown-revision", message).help("--skip and --run take Alembic's ids: alembic history"),
            AlembicError::Empty { .. } => Self::usage("no-revisions", message).help("is this the right alembic.ini, and the right --section?"),
        }
    }
}

fn of_host(error: HostError, message: String) -> Failure {
    match error {
        HostError::Start { .. } => Failure::new("python", message)
            .help("name the Python that has the project's Alembic: --python .venv/bin/python"),
        HostError::Ended { said, .. } => noted(Failure::new("python", message), &said)
            .help("--python names a Python 3 that has the project's Alembic"),
        HostError::Garbled { .. } => Failure::new("python", message),
        HostError::Several { names, chosen, .. } => several(&names, chosen.as_deref(), message),
        HostError::Alembic { traceback, message: said } => {
            let failure = noted(Failure::new("alembic", message), &traceback);
            if said.contains("No module named") {
                failure.help(
                    "name the Python that has everything that the project imports: --python .venv/bin/python",
                )
            } else {
                failure.help("what env.py needs can be given: -x KEY=VALUE, --variable NAME=VALUE; an application that it asks for, --before CODE")
            }
        }
    }
}

fn several(names: &[String], chosen: Option<&str>, message: String) -> Failure {
    let failure = Failure::usage("several-databases", message);
    let failure = match chosen {
        Some(chosen) => failure.note(format!("none of them is \"{chosen}\"")),
        None => failure,
    };
    names.iter().fold(
        failure.help("take over one at a time, each into a folder of its own"),
        |failure, name| {
            let name = if name.is_empty() { "''" } else { name };
            failure.help(format!("cutover adopt alembic DIR --engine {name} --into FOLDER"))
        },
    )
}

fn noted(failure: Failure, text: &str) -> Failure {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(SHOWN)..].iter().fold(failure, |failure, line| failure.note(*line))
}
