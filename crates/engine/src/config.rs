//! `cutover.toml`: found from any folder below it, read closely, and joined with the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutover_core::catalog::Pattern;
use cutover_core::effect::policy::{LockPolicy, LossPolicy, Policy, RewritePolicy};
use cutover_core::revision::naming::{Naming, NamingError};
use cutover_sql::document::read_bytes;
use cutover_sql::duration;
use cutover_sql::nearest::nearest;
use toml::{Table, Value};

use crate::connect::{ConnParams, ParamsError};
use crate::gate::{Asking, Replica};
use crate::sample::Allowed;
use crate::session::Settings;

/// Name of the file.
pub const FILE_NAME: &str = "cutover.toml";

/// A project's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that `cutover.toml` stands in.
    pub root: PathBuf,
    /// The folder of the revisions.
    pub migrations: PathBuf,
    /// How new revisions are named.
    pub naming: Naming,
    /// Whether the file says how.
    pub says_naming: bool,
    /// Where the wanted schema is, besides the revisions.
    pub models: Vec<ModelSource>,
    /// Objects that are somebody else's business.
    pub ignore: Vec<Pattern>,
    /// How files are looked at.
    pub lint: Lint,
    /// What holds where an environment says nothing.
    pub defaults: Environment,
    /// The named environments.
    pub environments: BTreeMap<String, Environment>,
}

/// One environment, as far as the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// Where its database is, before `${VARIABLES}` are filled in.
    pub url: Option<String>,
    /// How long one lock is waited for.
    pub lock_timeout: Option<Duration>,
    /// How long a step is tried again because of locks.
    pub lock_retry: Option<Duration>,
    /// How long one statement may take.
    pub statement_timeout: Option<Duration>,
    /// How long a transaction may sit idle.
    pub idle_in_transaction_timeout: Option<Duration>,
    /// How long another runner is waited for.
    pub wait: Option<Duration>,
    /// The pinned search path.
    pub search_path: Option<String>,
    /// What is accepted of a plan.
    pub policy: Option<Policy>,
    /// What may be copied from its database into a scratch database.
    pub trace: Option<Allowed>,
    /// The replicas that serve reads: a name and a URL, before `${VARIABLES}` are filled in.
    pub replicas: Option<Vec<(String, String)>>,
    /// How far a replica may be behind to have caught up.
    pub replica_lag: Option<Duration>,
    /// How long a query of a gate may take.
    pub gate_timeout: Option<Duration>,
}

/// How files are looked at: `[lint]`. Rules and levels are names here; who knows the rules checks them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lint {
    /// The level from which on a finding is a failure.
    pub fail: Option<String>,
    /// Major version of the servers that the revisions will run on.
    pub server: Option<u32>,
    /// Whether the design rules are on.
    pub design: bool,
    /// Rules with the level that they have here, or `off`.
    pub rules: BTreeMap<String, String>,
}

/// A source of the wanted schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelSource {
    /// A file or folder of SQL.
    Sql(PathBuf),
    /// A program that prints DDL.
    Command(String),
    /// `module:attribute` of an SQLAlchemy `MetaData`, and the Python to run it with.
    Sqlalchemy {
        /// `app.models:Base.metadata`.
        metadata: String,
        /// The interpreter, if it was chosen.
        python: Option<String>,
    },
    /// The configuration of drizzle-kit.
    Drizzle(PathBuf),
    /// The settings module of a Django project, and the Python to run it with.
    Django {
        /// `app.settings`.
        settings: String,
        /// The interpreter, if it was chosen.
        python: Option<String>,
    },
}

/// Where a connection's URL came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `--url`.
    Flag(String),
    /// An environment of `cutover.toml`.
    Environment {
        /// Its name.
        name: String,
        /// Its URL, filled in.
        url: String,
    },
    /// `DATABASE_URL`.
    DatabaseUrl(String),
    /// `PGHOST`, `PGSERVICE` and their like.
    PgVariables,
    /// Nothing is configured: the private server.
    Embedded,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// No file in this folder or above it.
    #[error("there is no {FILE_NAME} in {} or any folder above it", from.display())]
    Missing {
        /// Where the search began.
        from: PathBuf,
    },
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("{}:{line}: {message}", path.display())]
    Toml {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The parser's words.
        message: String,
    },
    /// A key that does not exist.
    #[error("{}:{line}: there is no key \"{key}\" {place}", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// In which table.
        place: String,
        /// The key that looks most like it.
        nearest: Option<String>,
        /// All keys that can stand there.
        known: Vec<&'static str>,
    },
    /// A value that makes no sense.
    #[error("{}:{line}: {key} {what}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// What is wrong.
        what: String,
    },
    /// An environment that the file does not have.
    #[error("there is no environment \"{name}\" in {}", path.display())]
    NoEnvironment {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// A variable in a URL that is not set.
    #[error("the url of environment \"{name}\" uses ${{{variable}}}, which is not set")]
    Variable {
        /// The environment.
        name: String,
        /// The variable.
        variable: String,
    },
    /// The URL of a replica.
    #[error("{}: the url of replica \"{name}\" cannot be read: {error}", path.display())]
    Replica {
        /// The file.
        path: PathBuf,
        /// The replica.
        name: String,
        /// What is wrong.
        error: ParamsError,
    },
    /// An environment without a URL.
    #[error("the environment \"{name}\" has no url")]
    NoUrl {
        /// The environment.
        name: String,
    },
}

const TOP: [&str; 18] = [
    "trace",
    "replicas",
    "replica_lag",
    "gate_timeout",
    "policy",
    "migrations",
    "lint",
    "ignore",
    "models",
    "naming",
    "env",
    "lock_timeout",
    "lock_retry",
    "statement_timeout",
    "idle_in_transaction_timeout",
    "wait",
    "search_path",
    "url",
];
const LINT: [&str; 4] = ["fail", "server", "design", "rules"];
const MODELS: [&str; 6] = ["sql", "command", "sqlalchemy", "django", "python", "drizzle"];
const ENVIRONMENT: [&str; 12] = [
    "trace",
    "replicas",
    "replica_lag",
    "gate_timeout",
    "policy",
    "url",
    "lock_timeout",
    "lock_retry",
    "statement_timeout",
    "idle_in_transaction_timeout",
    "wait",
    "search_path",
];

impl Config {
    /// Finds and reads the file, from `from` upwards.
    ///
    /// # Errors
    /// [`ConfigError`] when there is none, or with the line that is wrong.
    pub fn find(from: &Path) -> Result<Self, ConfigError> {
        let missing = || ConfigError::Missing { from: from.to_owned() };
        let path = from
            .ancestors()
            .map(|folder| folder.join(FILE_NAME))
            .find(|path| path.is_file())
            .ok_or_else(missing)?;
        Self::read(&path)
    }

    /// Reads one file.
    ///
    /// # Errors
    /// As [`Config::find`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        Reader { path, text: &text }.config()
    }

    /// Decides where the database is: `--url`, `--env`, `DATABASE_URL`, `PGHOST` and its like,
    /// `[env.default]`, and when nothing is said, the private server.
    ///
    /// # Errors
    /// When an environment is named that does not exist, or its URL cannot be filled in.
    pub fn source(
        &self,
        url: Option<&str>,
        env: Option<&str>,
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Source, ConfigError> {
        if let Some(url) = url {
            return Ok(Source::Flag(url.to_owned()));
        }
        if let Some(name) = env {
            return self.named(name, variables);
        }
        if let Some(url) = variables("DATABASE_URL").filter(|u| !u.is_empty()) {
            return Ok(Source::DatabaseUrl(url));
        }
        let says_where = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"];
        if says_where.iter().any(|name| variables(name).is_some_and(|v| !v.is_empty())) {
            return Ok(Source::PgVariables);
        }
        if self.environments.get("default").is_some_and(|e| e.url.is_some()) {
            return self.named("default", variables);
        }
        match &self.defaults.url {
            Some(url) => {
                Ok(Source::Environment { name: "default".into(), url: fill("default", url, variables)? })
            }
            None => Ok(Source::Embedded),
        }
    }

    fn named(&self, name: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<Source, ConfigError> {
        let environment = self.environments.get(name).ok_or_else(|| ConfigError::NoEnvironment {
            path: self.root.join(FILE_NAME),
            name: name.to_owned(),
            known: self.environments.keys().cloned().collect(),
        })?;
        let url = environment.url.as_ref().ok_or_else(|| ConfigError::NoUrl { name: name.to_owned() })?;
        Ok(Source::Environment { name: name.to_owned(), url: fill(name, url, variables)? })
    }

    /// What an environment accepts of a plan.
    pub fn policy(&self, environment: Option<&str>) -> Policy {
        let own = environment.and_then(|name| self.environments.get(name)).and_then(|it| it.policy);
        own.or(self.defaults.policy).unwrap_or_default()
    }

    /// What may be copied from the database of an environment; nothing where nobody said so.
    pub fn trace(&self, environment: Option<&str>) -> Allowed {
        let own = environment.and_then(|name| self.environments.get(name)).and_then(|it| it.trace);
        own.or(self.defaults.trace).unwrap_or_default()
    }

    /// How gates are asked in an environment. A URL gets what it does not say from `variables`, as libpq's would.
    ///
    /// # Errors
    /// When the URL of a replica cannot be filled in or read.
    pub fn asking(
        &self,
        environment: Option<&str>,
        variables: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Asking, ConfigError> {
        let own = environment.and_then(|name| self.environments.get(name));
        let mut asking = Asking { search_path: self.settings(environment).search_path, ..Asking::default() };
        for layer in std::iter::once(&self.defaults).chain(own) {
            asking.replica_lag = layer.replica_lag.unwrap_or(asking.replica_lag);
            asking.timeout = layer.gate_timeout.unwrap_or(asking.timeout);
            let Some(replicas) = &layer.replicas else { continue };
            let read =
                |(name, url): &(String, String)| {
                    let filled = fill(environment.unwrap_or("default"), url, variables)?;
                    let params = ConnParams::parse(&filled, variables).map_err(|error| {
                        ConfigError::Replica { path: self.root.join(FILE_NAME), name: name.clone(), error }
                    })?;
                    Ok(Replica { name: name.clone(), params })
                };
            asking.replicas = Some(replicas.iter().map(read).collect::<Result<_, ConfigError>>()?);
        }
        Ok(asking)
    }

    /// The settings of an environment over the defaults.
    pub fn settings(&self, environment: Option<&str>) -> Settings {
        let own = environment.and_then(|name| self.environments.get(name));
        let layers: Vec<&Environment> = std::iter::once(&self.defaults).chain(own).collect();
        let mut settings = Settings::default();
        for layer in layers {
            let set = |place: &mut Duration, value: Option<Duration>| *place = value.unwrap_or(*place);
            set(&mut settings.lock_timeout, layer.lock_timeout);
            set(&mut settings.lock_retry, layer.lock_retry);
            set(&mut settings.statement_timeout, layer.statement_timeout);
            set(&mut settings.idle_in_transaction_timeout, layer.idle_in_transaction_timeout);
            set(&mut settings.wait, layer.wait);
            if let Some(path) = &layer.search_path {
                settings.search_path.clone_from(path);
            }
        }
        settings
    }
}

fn fill(name: &str, url: &str, variables: &dyn Fn(&str) -> Option<String>) -> Result<String, ConfigError> {
    let mut out = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((variable, after)) = after.split_once('}') else { break };
        let value = variables(variable)
            .ok_or_else(|| ConfigError::Variable { name: name.to_owned(), variable: variable.to_owned() })?;
        out.push_str(before);
        out.push_str(&value);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// Reads one file, with its text at hand for line numbers.
struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn config(&self) -> Result<Config, ConfigError> {
        let table: Table = self.text.parse().map_err(|error: toml::de::Error| ConfigError::Toml {
            path: self.path.to_owned(),
            line: error.span().map_or(1, |s| cutover_sql::span::place(self.text, s.start).line),
            message: error.message().to_owned(),
        })?;
        self.known(&table, &TOP, "", "at the top of the file")?;
        let root = self.path.parent().unwrap_or(Path::new(".")).to_owned();
        let naming = match self.string(&table, "", "naming")? {
            Some(scheme) => {
                Naming::parse(&scheme).map_err(|e: NamingError| self.value("", "naming", &e.to_string()))?
            }
            None => Naming::default(),
        };
        let mut environments = BTreeMap::new();
        match table.get("env") {
            None => {}
            Some(Value::Table(named)) => {
                for (name, value) in named {
                    let Value::Table(inner) = value else {
                        return Err(self.value(
                            "",
                            "env",
                            &format!("has \"{name}\", which is not a table: write [env.{name}]"),
                        ));
                    };
                    let section = format!("env.{name}");
                    self.known(inner, &ENVIRONMENT, &section, &format!("in [{section}]"))?;
                    environments.insert(name.clone(), self.environment(inner, &section)?);
                }
            }
            Some(_) => return Err(self.value("", "env", "is not a table: write [env.NAME]")),
        }
        Ok(Config {
            migrations: root
                .join(self.string(&table, "", "migrations")?.unwrap_or_else(|| "migrations".into())),
            naming,
            models: self.models(&table, &root)?,
            says_naming: table.contains_key("naming"),
            ignore: self.ignore(&table)?,
            lint: self.lint(&table)?,
            defaults: self.environment(&table, "")?,
            environments,
            root,
        })
    }

    /// `models = { sqlalchemy = "..." }`, or a list of such tables.
    fn models(&self, table: &Table, root: &Path) -> Result<Vec<ModelSource>, ConfigError> {
        let wrong = || {
            self.value("", "models", "is not a table: write { sqlalchemy = \"app.models:Base.metadata\" }")
        };
        let entries: Vec<&Table> = match table.get("models") {
            None => return Ok(Vec::new()),
            Some(Value::Table(one)) => vec![one],
            Some(Value::Array(many)) => {
                many.iter().map(|entry| entry.as_table().ok_or_else(wrong)).collect::<Result<_, _>>()?
            }
            Some(_) => return Err(wrong()),
        };
        let mut sources = Vec::new();
        for entry in entries {
            self.known(entry, &MODELS, "models", "in models")?;
            let text = |key: &str| self.string(entry, "models", key);
            if let Some(path) = text("sql")? {
                sources.push(ModelSource::Sql(root.join(path)));
            }
            if let Some(command) = text("command")? {
                sources.push(ModelSource::Command(command));
            }
            if let Some(metadata) = text("sqlalchemy")? {
                sources.push(ModelSource::Sqlalchemy { metadata, python: text("python")? });
            }
            if let Some(path) = text("drizzle")? {
                sources.push(ModelSource::Drizzle(root.join(path)));
            }
            if let Some(settings) = text("django")? {
                sources.push(ModelSource::Django { settings, python: text("python")? });
            }
        }
        Ok(sources)
    }

    /// `ignore = ["schema partman", "table public.events_*"]`.
    fn ignore(&self, table: &Table) -> Result<Vec<Pattern>, ConfigError> {
        let wrong =
            || self.value("", "ignore", "is not a list of patterns: write [\"table public.events_*\"]");
        let Some(value) = table.get("ignore") else { return Ok(Vec::new()) };
        let texts = value.as_array().ok_or_else(wrong)?.iter().map(|it| it.as_str().ok_or_else(wrong));
        let parse = |text: Result<&str, ConfigError>| {
            Pattern::parse(text?).map_err(|error| self.value("", "ignore", &error.to_string()))
        };
        texts.map(parse).collect()
    }

    /// `policy = { lock = "short", rewrite = "small tables", data_loss = "never" }`.
    fn policy(&self, table: &Table, section: &str) -> Result<Option<Policy>, ConfigError> {
        let inner = match table.get("policy") {
            None => return Ok(None),
            Some(Value::Table(inner)) => inner,
            Some(_) => {
                let what = "is not a table: write { lock = \"short\", rewrite = \"small tables\", data_loss = \"never\" }";
                return Err(self.value(section, "policy", what));
            }
        };
        let mut policy = Policy::default();
        for (key, value) in inner {
            let text = value.as_str().unwrap_or_default();
            let wrong = |words: &str| {
                self.value(section, "policy", &format!("has {key} = {value}; {key} is one of {words}"))
            };
            match (key.as_str(), text) {
                ("lock", "any") => policy.lock = LockPolicy::Any,
                ("lock", "short") => policy.lock = LockPolicy::Short,
                ("lock", "none") => policy.lock = LockPolicy::None,
                ("lock", _) => return Err(wrong("any, short, none")),
                ("rewrite", "any") => policy.rewrite = RewritePolicy::Any,
                ("rewrite", "small tables") => policy.rewrite = RewritePolicy::SmallTables,
                ("rewrite", "never") => policy.rewrite = RewritePolicy::Never,
                ("rewrite", _) => return Err(wrong("any, small tables, never")),
                ("data_loss", "any") => policy.data_loss = LossPolicy::Any,
                ("data_loss", "never") => policy.data_loss = LossPolicy::Never,
                ("data_loss", _) => return Err(wrong("any, never")),
                (other, _) => {
                    let what = format!("has no key {other}: there are lock, rewrite and data_loss");
                    return Err(self.value(section, "policy", &what));
                }
            }
        }
        Ok(Some(policy))
    }

    fn lint(&self, table: &Table) -> Result<Lint, ConfigError> {
        let table = match table.get("lint") {
            None => return Ok(Lint::default()),
            Some(Value::Table(inner)) => inner,
            Some(_) => return Err(self.value("", "lint", "is not a table: write [lint]")),
        };
        self.known(table, &LINT, "lint", "in [lint]")?;
        let server = match table.get("server") {
            None => None,
            Some(value) => {
                let major =
                    value.as_integer().and_then(|n| u32::try_from(n).ok()).filter(|n| (12..=18).contains(n));
                let wrong = || self.value("lint", "server", "is not a major version from 12 to 18");
                Some(major.ok_or_else(wrong)?)
            }
        };
        let design = match table.get("design") {
            None => false,
            Some(value) => {
                value.as_bool().ok_or_else(|| self.value("lint", "design", "is neither true nor false"))?
            }
        };
        let mut rules = BTreeMap::new();
        match table.get("rules") {
            None => {}
            Some(Value::Table(inner)) => {
                for (rule, level) in inner {
                    let level =
                        level.as_str().ok_or_else(|| self.value("lint", rule, "is not a level in quotes"))?;
                    rules.insert(rule.clone(), level.to_owned());
                }
            }
            Some(_) => {
                return Err(self.value("lint", "rules", "is not a table: write { rule-id = \"off\" }"));
            }
        }
        Ok(Lint { fail: self.string(table, "lint", "fail")?, server, design, rules })
    }

    /// `trace = { statistics = true, rows = "64MB" }`.
    fn trace(&self, table: &Table, section: &str) -> Result<Option<Allowed>, ConfigError> {
        let form = "write { statistics = true, rows = \"64MB\" }";
        let inner = match table.get("trace") {
            None => return Ok(None),
            Some(Value::Table(inner)) => inner,
            Some(_) => return Err(self.value(section, "trace", &format!("is not a table: {form}"))),
        };
        let mut allowed = Allowed::default();
        for (key, value) in inner {
            match (key.as_str(), value) {
                ("statistics", Value::Boolean(value)) => allowed.statistics = *value,
                ("rows", Value::Boolean(false)) => allowed.rows = None,
                ("rows", Value::String(size)) if read_bytes(size).is_some() => {
                    allowed.rows = read_bytes(size)
                }
                _ => return Err(self.value(section, "trace", &format!("has {key} = {value}: {form}"))),
            }
        }
        Ok(Some(allowed))
    }

    fn environment(&self, table: &Table, section: &str) -> Result<Environment, ConfigError> {
        Ok(Environment {
            policy: self.policy(table, section)?,
            trace: self.trace(table, section)?,
            url: self.string(table, section, "url")?,
            lock_timeout: self.time(table, section, "lock_timeout")?,
            lock_retry: self.time(table, section, "lock_retry")?,
            statement_timeout: self.time(table, section, "statement_timeout")?,
            idle_in_transaction_timeout: self.time(table, section, "idle_in_transaction_timeout")?,
            wait: self.time(table, section, "wait")?,
            search_path: self.string(table, section, "search_path")?,
            replicas: self.replicas(table, section)?,
            replica_lag: self.time(table, section, "replica_lag")?,
            gate_timeout: self.time(table, section, "gate_timeout")?,
        })
    }

    /// `replicas = ["postgresql://...", { name = "reports", url = "postgresql://..." }]`; an empty list says that there are none.
    fn replicas(&self, table: &Table, section: &str) -> Result<Option<Vec<(String, String)>>, ConfigError> {
        let wrong = |what: &str| self.value(section, "replicas", what);
        let form = "is not a list of URLs, or of { name = \"...\", url = \"...\" }";
        let Some(value) = table.get("replicas") else { return Ok(None) };
        let mut found: Vec<(String, String)> = Vec::new();
        for (at, item) in value.as_array().ok_or_else(|| wrong(form))?.iter().enumerate() {
            let (name, url) = match item {
                Value::String(url) => (format!("replica {}", at + 1), url.clone()),
                Value::Table(inner) => {
                    let text = |key: &str| inner.get(key).and_then(Value::as_str).map(str::to_owned);
                    if let Some(key) = inner.keys().find(|key| !["name", "url"].contains(&key.as_str())) {
                        return Err(wrong(&format!(
                            "has an entry with the key {key}: there are name and url"
                        )));
                    }
                    let url = text("url").ok_or_else(|| wrong("has an entry without a url in quotes"))?;
                    (text("name").unwrap_or_else(|| format!("replica {}", at + 1)), url)
                }
                _ => return Err(wrong(form)),
            };
            // evidence is kept by name
            if name == "primary" || found.iter().any(|(other, _)| *other == name) {
                return Err(wrong(&format!("has two nodes of the name \"{name}\"")));
            }
            found.push((name, url));
        }
        Ok(Some(found))
    }

    fn known(
        &self,
        table: &Table,
        known: &[&'static str],
        section: &str,
        place: &str,
    ) -> Result<(), ConfigError> {
        match table.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => Err(ConfigError::UnknownKey {
                path: self.path.to_owned(),
                line: self.line_of(section, key),
                key: key.clone(),
                place: place.to_owned(),
                nearest: nearest(key, known.iter().copied()).map(str::to_owned),
                known: known.to_vec(),
            }),
        }
    }

    fn string(&self, table: &Table, section: &str, key: &str) -> Result<Option<String>, ConfigError> {
        match table.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.value(section, key, "must be a text in quotes")),
        }
    }

    fn time(&self, table: &Table, section: &str, key: &str) -> Result<Option<Duration>, ConfigError> {
        let what = "must be a time such as \"500ms\", \"2s\", \"5m\" or \"0\"";
        match self.string(table, section, key)? {
            None => Ok(None),
            Some(text) => match duration::parse(&text) {
                Some(time) => Ok(Some(time)),
                None => Err(self.value(section, key, what)),
            },
        }
    }

    fn value(&self, section: &str, key: &str, what: &str) -> ConfigError {
        ConfigError::Value {
            path: self.path.to_owned(),
            line: self.line_of(section, key),
            key: key.to_owned(),
            what: what.to_owned(),
        }
    }

    /// The line of a key: the first that begins with it in its section.
    fn line_of(&self, section: &str, key: &str) -> usize {
        let mut current = String::new();
        for (number, line) in self.text.lines().enumerate() {
            let line = line.trim();
            if let Some(head) = line.strip_prefix('[') {
                current = head.trim_end_matches(']').trim().to_owned();
                if current == format!("{section}.{key}").trim_start_matches('.') {
                    return number + 1;
                }
            }
            let begins = line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', '.']));
            if current == section && begins {
                return number + 1;
            }
        }
        1
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may end at once")]

    use super::*;

    fn read(text: &str) -> Result<Config, String> {
        let path = Path::new("/p/cutover.toml");
        Reader { path, text }.config().map_err(|e| e.to_string())
    }

    #[test]
    fn an_environment_is_over_the_defaults() {
        let config = read("lock_timeout = '1s'\nwait = '3s'\n[env.prod]\nurl = 'postgresql://${HOST}/x'\nlock_timeout = '200ms'\n").unwrap();
        let settings = config.settings(Some("prod"));
        assert_eq!(settings.lock_timeout, Duration::from_millis(200));
        assert_eq!(settings.wait, Duration::from_secs(3));
        let variables = |name: &str| (name == "HOST").then(|| "db".to_owned());
        let source = config.source(None, Some("prod"), &variables).unwrap();
        assert_eq!(source, Source::Environment { name: "prod".into(), url: "postgresql://db/x".into() });
    }

    #[test]
    fn wrong_keys_and_values_are_named_with_their_line() {
        assert_eq!(
            read("migrations = 'm'\n\nnamng = 'x'\n").unwrap_err(),
            "/p/cutover.toml:3: there is no key \"namng\" at the top of the file"
        );
        assert_eq!(
            read("[env.prod]\nurl = 'x'\nlock_timout = '1s'\n").unwrap_err(),
            "/p/cutover.toml:3: there is no key \"lock_timout\" in [env.prod]"
        );
        assert!(
            read("lock_timeout = '1 parsec'\n")
                .unwrap_err()
                .contains("cutover.toml:1: lock_timeout must be a time")
        );
        assert!(read("a = \n").unwrap_err().starts_with("/p/cutover.toml:1:"));
    }

    #[test]
    fn replicas_have_names_and_urls() {
        let text = "replicas = []\n[env.prod]\nurl = 'postgresql:///x'\nreplica_lag = '3s'\n\
            replicas = ['postgresql://a/x', { name = 'reports', url = 'postgresql://${B}/x' }]\n";
        let config = read(text).unwrap();
        let variables = |name: &str| (name == "B").then(|| "b".to_owned());
        let asking = config.asking(Some("prod"), &variables).unwrap();
        let names: Vec<String> = asking.replicas.unwrap().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["replica 1", "reports"]);
        assert_eq!(asking.replica_lag, Duration::from_secs(3));
        assert_eq!(config.asking(None, &variables).unwrap().replicas, Some(Vec::new()));
        assert!(config.asking(Some("prod"), &|_| None).unwrap_err().to_string().contains("${B}"));
        for (text, wanted) in [
            ("replicas = 'x'\n", "/p/cutover.toml:1: replicas is not a list of URLs"),
            (
                "[env.a]\n\nreplicas = [{ nam = 'x' }]\n",
                "/p/cutover.toml:3: replicas has an entry with the key nam",
            ),
            ("replicas = [{ name = 'x' }]\n", "without a url"),
            (
                "replicas = [{ name = 'x', url = 'a' }, { name = 'x', url = 'b' }]\n",
                "two nodes of the name \"x\"",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(wanted), "{error}");
        }
    }

    #[test]
    fn without_anything_it_is_the_private_server() {
        let config = read("").unwrap();
        assert_eq!(config.source(None, None, &|_| None).unwrap(), Source::Embedded);
        let database_url = |name: &str| (name == "DATABASE_URL").then(|| "postgresql:///x".to_owned());
        assert_eq!(
            config.source(None, None, &database_url).unwrap(),
            Source::DatabaseUrl("postgresql:///x".into())
        );
    }
}
