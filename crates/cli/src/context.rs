//! What a command works with: the project, the database, and where to print.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cutover_core::effect::policy::Policy;
use cutover_core::plan::Direction;
use cutover_core::revision::Graph;
use cutover_core::revision::target::Target;
use cutover_engine::adopt::alembic::charge;
use cutover_engine::config::{Config, Source};
use cutover_engine::connect::ConnParams;
use cutover_engine::event::Event;
use cutover_engine::execute::{self, Gates, Request, Stamped, understood};
use cutover_engine::gate::Asking;
use cutover_engine::history::History;
use cutover_engine::ledger::State;
use cutover_engine::server::{Attached, DATABASE, Embedded, EmbeddedError, Lookup};
use cutover_engine::session::{Session, Settings};

use crate::args::{Format, Global};
use crate::failure::Failure;
use crate::in_charge;
use crate::output::{self, Report};
use crate::ui::Ui;

/// The surroundings of one command.
#[derive(Debug)]
pub struct Context {
    global: Global,
    command: &'static str,
    /// Shows what goes on.
    pub ui: Ui,
}

/// The database that a command works on.
#[derive(Debug)]
pub struct Database {
    /// How to reach it.
    pub params: ConnParams,
    /// The environment that it was chosen by.
    pub environment: Option<String>,
    /// The private server, held for as long as the command needs it.
    pub embedded: Option<Attached>,
    /// How gates are asked.
    pub asking: Asking,
}

/// A project and its database, opened together.
#[derive(Debug)]
pub struct Opened {
    /// The revisions.
    pub history: History,
    /// The database.
    pub database: Database,
    /// A session on it.
    pub session: Session,
    /// What its ledger says.
    pub state: State,
}

/// Whether a text says where a database is, and is no name of an environment.
pub fn is_url(text: &str) -> bool {
    text.contains("://") || text.contains('=')
}

fn no_such_database(config: &Config, name: &str) -> Failure {
    let known: Vec<&str> = config.environments.keys().map(String::as_str).collect();
    let failure = Failure::usage("no-such-database", format!("\"{name}\" is no URL and no environment"));
    if known.is_empty() {
        failure.help("write postgresql://USER@HOST/DATABASE, or add the environment to cutover.toml")
    } else {
        failure.help(format!("the environments are: {}", known.join(", ")))
    }
}

impl Context {
    /// For one command.
    pub fn new(global: &Global, command: &'static str) -> Self {
        let quiet = global.quiet || global.format == Format::Json;
        Self { global: global.clone(), command, ui: Ui::new(quiet) }
    }

    /// Reads the configuration.
    pub fn config(&self) -> Result<Config, Failure> {
        let mut config = self.config_as_it_is()?;
        in_charge::prepare(self, &mut config)?;
        Ok(config)
    }

    /// Reads the configuration; where Alembic is in charge it does not point at anything that was recorded.
    pub fn config_as_it_is(&self) -> Result<Config, Failure> {
        Ok(match &self.global.config {
            Some(path) => Config::read(&absolute(path))?,
            None => Config::find(&here()?)?,
        })
    }

    /// The command's name.
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// Tells of names in a target or range that another revision replaces by now.
    pub fn note_replaced(&self, graph: &Graph, target: &str) {
        for name in target.split([':', '@', '+', '-']).filter(|name| graph.find(name).is_none()) {
            if let Some(by) = graph.replacement(name) {
                self.say(&format!("note: {name} is a part of {} by now, which is meant", graph.id(by)));
            }
        }
    }

    /// Whether results are printed for programs.
    pub fn is_json(&self) -> bool {
        self.global.format == Format::Json
    }

    /// Whether the command line names a database.
    pub fn names_database(&self) -> bool {
        self.global.url.is_some() || self.global.env.is_some()
    }

    /// Asks for yes or no at the terminal. Nothing when there is nobody to answer.
    pub fn ask(&self, question: &str) -> Option<bool> {
        if self.global.format == Format::Json { None } else { self.ui.ask(question) }
    }

    /// Reads the revisions.
    pub fn history(&self, config: &Config) -> Result<History, Failure> {
        Ok(History::read(&config.migrations)?)
    }

    /// Writes into the ledger that revisions count as applied; nothing of them runs.
    ///
    /// # Errors
    /// When the target means nothing here or the ledger cannot be written.
    pub async fn stamp(
        &self,
        history: &History,
        target: &Target,
        settings: &Settings,
        session: &Session,
        purge: bool,
    ) -> Result<Stamped, Failure> {
        let by = whoami();
        let request = Request {
            exactly: None,
            gates: Gates::Obeyed,
            history,
            direction: Direction::Upgrade,
            target,
            by: &by,
            settings,
            url: "",
        };
        Ok(execute::stamp(request, purge, session, &|event| self.event(event)).await?)
    }

    /// Reads the revisions and the ledger at the same time. What is wrong with a file is told
    /// without waiting for the database.
    pub async fn open(&self, config: &Config) -> Result<Opened, Failure> {
        let folder = config.migrations.clone();
        let reading = blocking(move || History::read(&folder));
        let connecting = async {
            let database = self.database(config).await?;
            let session = self.session(&database).await?;
            let state = session.state().await?;
            Ok::<_, Failure>((database, session, state))
        };
        tokio::pin!(reading, connecting);
        let (history, connected) = tokio::select! {
            history = &mut reading => (history??, connecting.await),
            connected = &mut connecting => (reading.await??, connected),
        };
        let (database, session, state) = connected?;
        let mut state = understood(&history, state);
        if let Some(kept) = config.alembic.as_ref().and_then(|_| charge::kept(&config.migrations)) {
            state.applied = charge::applied(&kept, &history, &session).await?;
        }
        Ok(Opened { history, database, session, state })
    }

    /// Finds the database, and starts the private server when nothing else is configured.
    pub async fn database(&self, config: &Config) -> Result<Database, Failure> {
        self.database_of(config, self.global.url.as_deref(), self.global.env.as_deref()).await
    }

    /// The database of a URL or an environment.
    pub async fn database_of(
        &self,
        config: &Config,
        url: Option<&str>,
        env: Option<&str>,
    ) -> Result<Database, Failure> {
        let variables = |name: &str| std::env::var(name).ok();
        let source = config.source(url, env, &variables)?;
        let (text, environment) = match source {
            Source::Flag(url) | Source::DatabaseUrl(url) => (url, env.map(str::to_owned)),
            Source::Environment { name, url } => (url, Some(name)),
            Source::PgVariables => (String::new(), None),
            Source::Embedded => return self.embedded(config).await,
        };
        let mut params = ConnParams::parse(&text, &variables)?;
        self.name_session(&mut params);
        let asking = config.asking(environment.as_deref(), &variables)?;
        Ok(Database { params, environment, embedded: None, asking })
    }

    /// The database that `--against` names, a URL or an environment; without it the command's own.
    pub async fn database_at(&self, config: &Config, place: Option<&str>) -> Result<Database, Failure> {
        match place {
            None => self.database(config).await,
            Some(name) if config.environments.contains_key(name) => {
                self.database_of(config, None, Some(name)).await
            }
            Some(url) if is_url(url) => self.database_of(config, Some(url), None).await,
            Some(other) => Err(no_such_database(config, other)),
        }
    }

    /// The parameters of the database that `--against` or `--url` names, where there is no configuration. Nothing where
    /// none is named, or only an environment.
    pub fn params_without_config(&self, place: Option<&str>) -> Result<Option<ConnParams>, Failure> {
        let Some(text) = place.or(self.global.url.as_deref()) else { return Ok(None) };
        let mut params = ConnParams::parse(text, &|name| std::env::var(name).ok())?;
        self.name_session(&mut params);
        Ok(Some(params))
    }

    async fn embedded(&self, config: &Config) -> Result<Database, Failure> {
        let server = private_server(config);
        let attached = blocking(move || server.attach_for_command()).await?.map_err(server_failure)?;
        let url = attached.url(DATABASE);
        // the private server is not to be reached by a PGPASSWORD or PGSSLMODE of another one
        let mut params = ConnParams::parse(&url, &|_| None)?;
        self.name_session(&mut params);
        Ok(Database { params, environment: None, embedded: Some(attached), asking: Asking::default() })
    }

    fn name_session(&self, params: &mut ConnParams) {
        if params.application_name == "cutover" {
            params.application_name = format!("cutover {} {}", self.command, env!("CARGO_PKG_VERSION"));
        }
    }

    /// Settings of the chosen environment.
    pub fn settings(&self, config: &Config, database: Option<&Database>) -> Settings {
        let environment = database.and_then(|d| d.environment.as_deref()).or(self.global.env.as_deref());
        config.settings(environment)
    }

    /// What the chosen environment accepts of a plan.
    pub fn policy(&self, config: &Config, database: &Database) -> Policy {
        let environment = database.environment.as_deref().or(self.global.env.as_deref());
        config.policy(environment)
    }

    /// Opens a session on the database.
    pub async fn session(&self, database: &Database) -> Result<Session, Failure> {
        let mut session = Session::open(&database.params).await?;
        session.asking = database.asking.clone();
        Ok(session)
    }

    /// Prints a report on standard output.
    pub fn print(&self, report: &Report) {
        self.ui.finish();
        if report.raw {
            print_all(&report.text);
            return;
        }
        match self.global.format {
            Format::Text => print_all(&report.text),
            Format::Json => print_all(&format!("{:#}\n", report.document(self.command))),
        }
    }

    /// Prints a failure: for people on standard error, for programs on standard output.
    pub fn print_failure(&self, failure: &Failure) {
        self.ui.finish();
        match self.global.format {
            Format::Text => anstream::eprint!("{}", failure.text()),
            Format::Json => print_all(&format!("{:#}\n", failure.json(self.command))),
        }
    }

    /// Tells people, and only people, of something on the way.
    pub fn say(&self, line: &str) {
        self.ui.say(line);
    }

    /// Passes an event on to whoever watches.
    pub fn event(&self, event: Event) {
        self.ui.show(&event);
    }
}

/// A reader that goes away early (`| head`) is no error.
fn print_all(text: &str) {
    use std::io::Write as _;
    let text = match text.contains('\x1b') && !output::is_coloured() {
        true => Cow::Owned(anstream::adapter::strip_str(text).to_string()),
        false => Cow::Borrowed(text),
    };
    // one write for all of it
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Does work that blocks beside the runtime.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|e| Failure::new("bug", format!("a task was lost: {e}")))
}

/// The private server of a project.
pub fn private_server(config: &Config) -> Embedded {
    Embedded::open(&config.root.join(".cutover"), Lookup::from_env())
}

/// A failure of the private server.
pub fn server_failure(error: EmbeddedError) -> Failure {
    let help = match &error {
        EmbeddedError::Binaries(_) => {
            "install PostgreSQL's server (Debian: apt-get install postgresql), or set CUTOVER_PG_BIN to its bin folder, or give --url"
        }
        EmbeddedError::Version { .. } => "install that version, or move the data directory away",
        EmbeddedError::Busy { .. } => "wait for the other command, or end it",
        EmbeddedError::OtherPort { .. } => "cutover server stop",
        EmbeddedError::Barred { .. } => {
            "move the project to a folder that other users can enter, or give --url"
        }
        EmbeddedError::Owner(_) | EmbeddedError::Cluster(_) | EmbeddedError::Admin(_) => {
            "the server's log is in .cutover; \"cutover server status\" shows where"
        }
    };
    Failure::new("private-server", error.to_string()).help(help)
}

/// The current folder.
pub fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|e| Failure::new("no-folder", format!("the current folder cannot be read: {e}")))
}

/// The current folder, asked for once: nothing here changes it.
pub fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(|| std::env::current_dir().ok()).as_deref()
}

/// A path from the root.
pub fn absolute(path: &Path) -> PathBuf {
    let from_root = folder().map_or_else(|| path.to_owned(), |folder| folder.join(path));
    std::path::absolute(&from_root).unwrap_or(from_root)
}

/// Who runs this: a person at a machine.
pub fn whoami() -> String {
    cutover_engine::who::who(&|name| std::env::var(name).ok())
}
