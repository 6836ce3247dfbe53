//! What `diff` and `dump` are told to look at: a database, the history, SQL files, the models.

use std::path::PathBuf;

use cutover_core::catalog::Catalog;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_engine::config::Config;
use cutover_engine::connect::ConnParams;
use cutover_engine::schema::{self, Wanted, Workshop};

use crate::context::{Context, absolute};
use crate::failure::Failure;

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// A database by its URL.
    Url(String),
    /// An environment of `cutover.toml`.
    Environment(String),
    /// The history, up to a target.
    Migrations(String),
    /// The models of `cutover.toml`.
    Models,
    /// A file of SQL, or a folder of them.
    Sql(PathBuf),
}

impl Side {
    /// Reads what was given.
    ///
    /// # Errors
    /// When it is nothing that is known, with the forms that are.
    pub fn parse(text: &str, config: Option<&Config>) -> Result<Self, Failure> {
        if text.contains("://") || text.contains('=') {
            return Ok(Self::Url(text.to_owned()));
        }
        if text == "models" {
            return Ok(Self::Models);
        }
        if text == "migrations" {
            return Ok(Self::Migrations("heads".into()));
        }
        if let Some(target) = text.strip_prefix("migrations@") {
            return Ok(Self::Migrations(target.to_owned()));
        }
        if config.is_some_and(|config| config.environments.contains_key(text)) {
            return Ok(Self::Environment(text.to_owned()));
        }
        let path = absolute(text.as_ref());
        if path.exists() {
            return Ok(Self::Sql(path));
        }
        Err(Failure::usage("no-such-schema", format!("\"{text}\" is no database, no environment and no file"))
            .help("write a URL, an environment of cutover.toml, migrations, migrations@ID, models, or a file or folder of SQL"))
    }

    /// Reads the schema.
    ///
    /// # Errors
    /// When it cannot be reached, replayed or loaded.
    pub async fn wanted(
        &self,
        context: &Context,
        config: Option<&Config>,
        workshop: &Workshop,
    ) -> Result<Wanted, Failure> {
        let whole = match self {
            Self::Url(url) => {
                let params = ConnParams::parse(url, &|name| std::env::var(name).ok())?;
                schema::of_database(&params).await?
            }
            Self::Environment(name) => {
                let config = needed(context, config)?;
                let database = context.database_of(config, None, Some(name)).await?;
                schema::of_database(&database.params).await?
            }
            Self::Migrations(target) => {
                let config = needed(context, config)?;
                let history = context.history(config)?;
                let target = Target::parse(target)?;
                let settings = context.settings(config, None);
                let revisions = history.graph().needs(target.resolve(history.graph(), &Applied::new())?);
                let revisions: Vec<Index> = revisions.into_iter().collect();
                workshop.schema_of(&history, &revisions, &settings).await?
            }
            Self::Models => {
                let config = needed(context, config)?;
                let history = Self::Migrations("heads".into());
                let base = Box::pin(history.wanted(context, Some(config), workshop)).await?;
                return Ok(workshop.models(config, &base.catalog()).await?);
            }
            Self::Sql(path) => {
                let loaded = workshop.load(path).await?;
                return Ok(match config {
                    Some(config) => loaded.without(&config.ignore),
                    None => loaded,
                });
            }
        };
        Ok(Wanted::whole(match config {
            Some(config) => whole.without(&config.ignore),
            None => whole,
        }))
    }
}

/// The configuration, which some sides cannot do without.
fn needed<'a>(context: &Context, config: Option<&'a Config>) -> Result<&'a Config, Failure> {
    config.ok_or_else(|| {
        context.config().err().unwrap_or_else(|| Failure::new("bug", "the configuration was not read"))
    })
}

/// What was not compared, as notes.
pub fn not_compared<'a>(catalogs: impl IntoIterator<Item = &'a Catalog>) -> Vec<String> {
    let mut notes: Vec<String> =
        catalogs.into_iter().flat_map(|it| it.not_compared.values().cloned()).collect();
    notes.sort();
    notes.dedup();
    notes
}
