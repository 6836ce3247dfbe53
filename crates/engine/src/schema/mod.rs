//! Schemas from wherever they are: a database, the history, SQL files. What is not in a database
//! is loaded into a scratch database and read back: PostgreSQL says what DDL means.

pub mod both_ways;
mod kept;
pub mod models;
pub mod rename;
pub mod replay;
pub(crate) mod roles;
mod sql;
pub mod tablespaces;
pub mod trial;
mod wanted;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use cutover_core::catalog::{Catalog, Name};
use cutover_core::diff::RenameError;
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;

use crate::config::Config;
use crate::connect::{self, ConnParams, ConnectError, ParamsError};
use crate::execute::ExecuteError;
use crate::history::History;
use crate::introspect::{self, IntrospectError};
use crate::server::{Binaries, BinariesError, LazyScratch, Lookup, Scratch, ScratchDatabase, ScratchError};
use crate::session::{Session, SessionError, Settings};

pub use sql::SqlError;
pub use wanted::Wanted;

/// Why there is no schema.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// No PostgreSQL to load it into.
    #[error("a scratch database is needed, and there is no PostgreSQL server here: {0}")]
    Binaries(#[from] BinariesError),
    /// No scratch server or database.
    #[error(transparent)]
    Scratch(#[from] ScratchError),
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A URL of ours that does not parse.
    #[error(transparent)]
    Params(#[from] ParamsError),
    /// A query of ours failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The schema could not be read.
    #[error(transparent)]
    Introspect(#[from] IntrospectError),
    /// The models could not be read.
    #[error(transparent)]
    Models(#[from] models::ModelsError),
    /// A revision could not be replayed.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// SQL that does not load.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// A rename that means nothing.
    #[error(transparent)]
    Rename(#[from] RenameError),
}

/// Where schemas are loaded: a scratch server that starts when it is needed.
#[derive(Debug)]
pub struct Workshop {
    scratch: LazyScratch,
}

/// A scratch database with a schema in it.
#[derive(Debug)]
pub struct Bench {
    /// A session on it.
    pub session: Session,
    params: ConnParams,
    _database: ScratchDatabase,
}

impl Workshop {
    /// One with the newest PostgreSQL that is installed, or with a major version where that is there.
    ///
    /// # Errors
    /// When there is none.
    pub fn new(major: Option<u32>) -> Result<Self, SchemaError> {
        let lookup = Lookup::from_env();
        let same = major.and_then(|major| Binaries::find_major(&lookup, major).ok());
        let binaries = same.map_or_else(|| Binaries::find(&lookup), Ok)?;
        Ok(Self::with(binaries))
    }

    /// One with these programs.
    pub fn with(binaries: Binaries) -> Self {
        Self { scratch: LazyScratch::new(binaries, cache_dir()) }
    }

    /// The major version of its server; nothing where its programs do not say.
    pub fn major(&self) -> Option<u32> {
        self.scratch.binaries().major().ok()
    }

    /// One on a server that runs already.
    pub fn on(server: Scratch) -> Self {
        Self { scratch: LazyScratch::started(server, cache_dir()) }
    }

    /// An empty database, or a copy of another.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn bench(&self, template: Option<&Bench>) -> Result<Bench, SchemaError> {
        let server = self.scratch.get()?;
        let database = server.create(template.map(|bench| bench._database.name())).await?;
        let params = ConnParams::parse(&database.url(), &|_| None)?;
        Ok(Bench { session: Session::open(&params).await?, params, _database: database })
    }

    /// The schema that the models want; they may use what is in `base`, the history's.
    ///
    /// # Errors
    /// When a source cannot be read or its DDL does not load.
    pub async fn models(&self, config: &Config, base: &Catalog) -> Result<Wanted, SchemaError> {
        models::wanted(self, config, base).await
    }

    /// What a file of SQL, or a folder of such files, says.
    ///
    /// # Errors
    /// The first statement that cannot be run, with its place.
    pub async fn load(&self, path: &Path) -> Result<Wanted, SchemaError> {
        let bench = self.bench(None).await?;
        let files = sql::files(path)?;
        sql::run(&files, bench.session.client()).await?;
        Ok(Wanted::whole(bench.catalog().await?).hinted(sql::hints(&files)))
    }
}

impl Bench {
    /// Applies revisions in this order.
    ///
    /// # Errors
    /// The first statement that fails.
    pub async fn apply(
        &self,
        history: &History,
        revisions: &[Index],
        settings: &Settings,
    ) -> Result<(), SchemaError> {
        replay::exactly(history, Direction::Upgrade, revisions, settings, &self.session).await
    }

    /// Runs a statement of ours.
    ///
    /// # Errors
    /// When the server refuses it.
    pub async fn run(&self, sql: &str) -> Result<(), SchemaError> {
        let what = "a generated statement";
        let done = self.session.client().batch_execute(sql).await;
        done.map_err(|source| SessionError::Query { what, source }.into())
    }

    /// Makes roles that are not on the server yet. They cannot log in, and end with it.
    ///
    /// # Errors
    /// When the server refuses one.
    pub async fn make_roles(&self, roles: &BTreeSet<Name>) -> Result<(), SchemaError> {
        Ok(roles::create(roles.iter().map(|name| &**name), &self.session).await?)
    }

    /// How to reach it.
    pub fn params(&self) -> &ConnParams {
        &self.params
    }

    /// One more session, under the settings that the database has by now.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn again(&self) -> Result<Session, SchemaError> {
        Ok(Session::open(&self.params).await?)
    }

    /// What is in it.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn catalog(&self) -> Result<Catalog, SchemaError> {
        Ok(introspect::read(self.session.client()).await?)
    }
}

/// Runs a file of SQL, or a folder of such files, as psql would.
///
/// # Errors
/// The first statement that cannot be run, with its place.
pub(crate) async fn run_file(path: &Path, client: &tokio_postgres::Client) -> Result<(), SchemaError> {
    Ok(sql::run(&sql::files(path)?, client).await?)
}

/// The schema of a live database. Nothing is written there.
///
/// # Errors
/// When it cannot be reached or read.
pub async fn of_database(params: &ConnParams) -> Result<Catalog, SchemaError> {
    let connected = connect::connect(params).await?;
    Ok(introspect::read(&connected.client).await?)
}

/// Where the data directories of scratch servers are kept between runs.
pub fn cache_dir() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("cutover")
}
