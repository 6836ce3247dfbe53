//! The keys of `cutover.toml` and what each means: a new one stands in a list here and is read below.

use std::collections::BTreeMap;
use std::path::Path;

use cutover_core::catalog::Pattern;
use cutover_core::effect::policy::{LockPolicy, LossPolicy, Policy, RewritePolicy};
use cutover_core::revision::naming::{Naming, NamingError};
use cutover_sql::document::read_bytes;
use toml::{Table, Value};

use super::reader::Reader;
use super::{Config, ConfigError, Environment, InCharge, Lint, ModelSource};
use crate::sample::Allowed;

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
const ALEMBIC: [&str; 9] =
    ["alembic", "python", "before", "section", "engine", "prepare", "x", "variables", "skip"];
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

impl Reader<'_> {
    pub fn config(&self) -> Result<Config, ConfigError> {
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
            migrations: match table.get("migrations") {
                Some(Value::Table(_)) => root.join("migrations"),
                _ => root.join(self.string(&table, "", "migrations")?.unwrap_or_else(|| "migrations".into())),
            },
            alembic: self.in_charge(&table, &root)?,
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

    /// `migrations = { alembic = "alembic.ini" }`.
    fn in_charge(&self, table: &Table, root: &Path) -> Result<Option<InCharge>, ConfigError> {
        let Some(Value::Table(entry)) = table.get("migrations") else { return Ok(None) };
        self.known(entry, &ALEMBIC, "migrations", "in migrations")?;
        let wrong = |key| self.value("migrations", key, "must be a list of texts");
        let list = |key: &'static str| match entry.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => {
                all.iter().map(|it| it.as_str().map(str::to_owned).ok_or_else(|| wrong(key))).collect()
            }
            Some(_) => Err(wrong(key)),
        };
        let ini = self.string(entry, "migrations", "alembic")?.unwrap_or_else(|| "alembic.ini".into());
        let text = |key: &str| self.string(entry, "migrations", key);
        Ok(Some(InCharge {
            ini: root.join(ini),
            python: text("python")?,
            before: text("before")?,
            section: text("section")?,
            engine: text("engine")?,
            prepare: text("prepare")?.map(|file| root.join(file)),
            x: list("x")?,
            variables: list("variables")?,
            skip: list("skip")?,
            recorded: BTreeMap::new(),
        }))
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
}
