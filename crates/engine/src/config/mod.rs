//! `cutover.toml`: found from any folder below it, read closely, and joined with the environment.
//!
//! `sections` has its keys, `reader` reads values and finds lines, `error` says what is wrong.

mod error;
mod reader;
mod sections;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutover_core::catalog::Pattern;
use cutover_core::effect::policy::Policy;
use cutover_core::revision::naming::Naming;

use crate::connect::ConnParams;
use crate::gate::{Asking, Replica};
use crate::sample::Allowed;
use crate::session::Settings;

pub use error::ConfigError;
use reader::Reader;

/// Name of the file.
pub const FILE_NAME: &str = "cutover.toml";

/// A project's configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The folder that `cutover.toml` stands in.
    pub root: PathBuf,
    /// The folder of the revisions.
    pub migrations: PathBuf,
    /// Alembic, where it stays in charge of the history.
    pub alembic: Option<InCharge>,
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

/// `migrations = { alembic = "alembic.ini" }`: another tool is in charge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InCharge {
    /// Its configuration.
    pub ini: PathBuf,
    /// The interpreter, if it was chosen.
    pub python: Option<String>,
    /// Python that runs before `env.py` does.
    pub before: Option<String>,
    /// The section of `alembic.ini`, if it is not the usual one.
    pub section: Option<String>,
    /// Of several databases that one `env.py` serves, the one that is meant.
    pub engine: Option<String>,
    /// SQL that runs before the first revision.
    pub prepare: Option<PathBuf>,
    /// `-x` arguments for `env.py`.
    pub x: Vec<String>,
    /// Variables of the environment, `NAME=VALUE`.
    pub variables: Vec<String>,
    /// Revisions that are not run.
    pub skip: Vec<String>,
    /// What was recorded of which of its files, once it was: not in `cutover.toml`.
    pub recorded: BTreeMap<PathBuf, PathBuf>,
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

#[cfg(test)]
mod tests;
