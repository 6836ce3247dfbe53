//! A throw-away server and its databases: for replaying, comparing and testing.
//!
//! Nothing of it is left when it is dropped, when the process panics and when it is killed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::admin::{Admin, AdminError, Target};
use super::binaries::Binaries;
use super::cluster::{self, Cluster, ClusterError, ClusterOptions, Life, Stop};
use super::owner::{Owner, OwnerError};
use super::place::{Place, Room};
use super::watchdog::{Hold, Task};
use super::{copy, template};

/// Why there is no scratch server or database.
#[derive(Debug, thiserror::Error)]
pub enum ScratchError {
    /// The server.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The user it would run as.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// A database could not be made.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// No temporary directory.
    #[error("no directory for a throw-away server: {0}")]
    Place(std::io::Error),
    /// It would be stopped under somebody's hands.
    #[error("a throw-away server that is used elsewhere, too, cannot be copied")]
    Shared,
}

/// A running throw-away server. Clones are the same server; it ends with the last clone and the
/// last of its databases.
#[derive(Clone, Debug)]
pub struct Scratch(Arc<Inner>);

/// The order of the fields is the order in which they are dropped: the server ends, the watchdog
/// removes the directory.
#[derive(Debug)]
struct Inner {
    cluster: Cluster,
    admin: Admin,
    created: AtomicU64,
    major: u32,
    _room: Room,
}

/// A database on a scratch server, dropped with the value.
#[derive(Debug)]
pub struct ScratchDatabase {
    server: Scratch,
    name: String,
}

impl Scratch {
    /// Starts a server on a copy of the template in `cache_dir`, which is made first when it is not
    /// there. Blocks for as long as that takes (about 60 ms; 600 ms with the template).
    ///
    /// # Errors
    /// When no directory can be made or the server does not start.
    pub fn start(binaries: &Binaries, cache_dir: &Path) -> Result<Self, ScratchError> {
        Self::start_with(binaries, cache_dir, &Place::from_env(), |_| {})
    }

    /// The same in a given place, and with options changed.
    ///
    /// # Errors
    /// When no directory can be made or the server does not start.
    pub fn start_with(
        binaries: &Binaries,
        cache_dir: &Path,
        place: &Place,
        change: impl FnOnce(&mut ClusterOptions),
    ) -> Result<Self, ScratchError> {
        Self::filled(binaries, place, change, |owner, data_dir, hold| {
            template::instantiate(binaries, owner, cache_dir, data_dir, hold)
        })
    }

    /// A second server with all that this one has: databases, roles, what is in unlogged tables. This one is stopped for as
    /// long as it takes to copy its files, which ends every session on it.
    ///
    /// # Errors
    /// When there are clones or databases of it, no directory can be made, or one of the two does not start.
    pub fn twin(&mut self) -> Result<Self, ScratchError> {
        let inner = Arc::get_mut(&mut self.0).ok_or(ScratchError::Shared)?;
        let (binaries, from) = (inner.cluster.binaries().clone(), inner.cluster.options().data_dir.clone());
        // written down as a whole: one that is cut off loses unlogged tables
        inner.cluster.stop(Stop::Fast)?;
        let copied = Self::filled(
            &binaries,
            &Place::from_env(),
            |_| {},
            |owner, data_dir, _| {
                copy::tree(&from, data_dir, owner).map_err(ClusterError::file("copying the server", &from))
            },
        );
        inner.cluster.start_again()?;
        copied
    }

    /// Starts a server on a data directory that `fill` makes.
    fn filled(
        binaries: &Binaries,
        place: &Place,
        change: impl FnOnce(&mut ClusterOptions),
        fill: impl FnOnce(&Owner, &Path, &Hold) -> Result<(), ClusterError>,
    ) -> Result<Self, ScratchError> {
        let owner = Owner::for_new()?;
        place.sweep();
        let room = place.room(&owner).map_err(ScratchError::Place)?;
        let mut options = ClusterOptions::in_dir(room.path());
        change(&mut options);
        let data_dir = options.data_dir.clone();
        let remove = Some(room.path().to_owned());
        let task =
            Task { data_dir: data_dir.clone(), pipe: None, keep: None, durable: options.durable, remove };
        let hold = Hold::start(&task).map_err(ScratchError::Place)?;
        cluster::make_dir(&data_dir, 0o700, &owner)?;
        fill(&owner, &data_dir, &hold)?;
        let major = major(&data_dir);
        let cluster = Cluster::start_held(binaries, options, Life::Process, Some(hold))?;
        let target = Target {
            socket_dir: cluster.options().socket_dir.clone(),
            port: cluster.options().port(),
            database: "postgres".into(),
        };
        let admin = Admin::open(target)?;
        Ok(Self(Arc::new(Inner { cluster, admin, created: AtomicU64::new(0), major, _room: room })))
    }

    /// Makes a database: empty, or a copy of `template`, which nobody may be connected to.
    ///
    /// # Errors
    /// The server's.
    pub async fn create(&self, template: Option<&str>) -> Result<ScratchDatabase, ScratchError> {
        let (database, sql) = self.prepare(template);
        self.0.admin.run(sql).await?;
        Ok(database)
    }

    /// The same for code that is not async; the thread waits.
    ///
    /// # Errors
    /// The server's.
    pub fn create_blocking(&self, template: Option<&str>) -> Result<ScratchDatabase, ScratchError> {
        let (database, sql) = self.prepare(template);
        self.0.admin.run_blocking(sql)?;
        Ok(database)
    }

    /// The server.
    pub fn cluster(&self) -> &Cluster {
        &self.0.cluster
    }

    /// Its major version.
    pub fn major(&self) -> u32 {
        self.0.major
    }

    /// URL of a database on it.
    pub fn url(&self, database: &str) -> String {
        self.0.cluster.url(database)
    }

    fn prepare(&self, template: Option<&str>) -> (ScratchDatabase, String) {
        let number = self.0.created.fetch_add(1, Ordering::Relaxed) + 1;
        let name = format!("scratch_{number}");
        let template = cutover_sql::ident::quote_ident(template.unwrap_or("template0"));
        // since 15 the default goes through the log, which is slower than copying the files
        let strategy = if self.0.major >= 15 { " STRATEGY file_copy" } else { "" };
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}{strategy}");
        (ScratchDatabase { server: self.clone(), name }, sql)
    }
}

impl ScratchDatabase {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its URL.
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }

    /// The server that it is on.
    pub fn server(&self) -> &Scratch {
        &self.server
    }
}

impl Drop for ScratchDatabase {
    fn drop(&mut self) {
        // when this is the last use of the server, the database goes with it
        if Arc::strong_count(&self.server.0) > 1 {
            let force = if self.server.0.major >= 13 { " WITH (FORCE)" } else { "" };
            self.server.0.admin.run_later(format!("DROP DATABASE IF EXISTS {}{force}", self.name));
        }
    }
}

/// From the data directory: the program need not be asked.
fn major(data_dir: &Path) -> u32 {
    let text = std::fs::read_to_string(data_dir.join("PG_VERSION")).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
}

/// A scratch server that starts when it is first needed and is kept for the next time.
#[derive(Debug)]
pub struct LazyScratch {
    binaries: Binaries,
    cache_dir: PathBuf,
    server: Mutex<Option<Scratch>>,
}

impl LazyScratch {
    /// Remembers how to start one.
    pub fn new(binaries: Binaries, cache_dir: PathBuf) -> Self {
        Self { binaries, cache_dir, server: Mutex::new(None) }
    }

    /// The programs that it runs with.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// One that runs already.
    pub fn started(server: Scratch, cache_dir: PathBuf) -> Self {
        let binaries = server.cluster().binaries().clone();
        Self { binaries, cache_dir, server: Mutex::new(Some(server)) }
    }

    /// The server, started now if it was not.
    ///
    /// # Errors
    /// As [`Scratch::start`]; the next call tries again.
    pub fn get(&self) -> Result<Scratch, ScratchError> {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(server) = &*server {
            return Ok(server.clone());
        }
        Ok(server.insert(Scratch::start(&self.binaries, &self.cache_dir)?).clone())
    }
}
