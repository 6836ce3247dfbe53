//! The private server of a project, in its `.cutover/pg`: what a user gets who names no database.
//!
//! It is started either *for a command*, and then ends with the last command that uses it, or by
//! the user, and then runs until they stop it. Files in the folder:
//!
//! - `data`, `run` (socket), `server.log`;
//! - `start.lock`: held while a server is being looked for, started or stopped by order;
//! - `users.lock`: each command holds it shared; who gets it alone is the last and stops the server;
//! - `users.pipe`: a link to the pipe of the server's watchdog, for commands that do not get that far;
//! - `keep`: there as long as the server is the user's.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use nix::fcntl::FlockArg;

use super::admin::{Admin, AdminError, Target};
use super::binaries::{Binaries, BinariesError, Lookup};
use super::cluster::{self, Cluster, ClusterError, ClusterOptions, Life, Stop};
use super::home::Home;
use super::lock::{self, Lock};
use super::owner::{Owner, OwnerError};
use super::postmaster::{self, PidFile};
use super::watchdog::{Hold, Join, Task};
use super::{SOCKET_PORT, SUPERUSER, initdb, url};

/// The database that a project works on.
pub const DATABASE: &str = "app";

/// How long other commands are waited for: one may be stopping a server that has much to write.
const LIMIT: Duration = Duration::from_secs(90);

/// How long a server may look as if it were about to end before we take it over.
const CLOSING: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(2);

/// Why the embedded server cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// No server programs.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// Nobody to run it as.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// It does not start or stop.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// The database could not be made.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// The data were written by another major version than those installed.
    #[error("{} was made by PostgreSQL {made_by}: {source}", data_dir.display())]
    Version {
        /// The data directory.
        data_dir: PathBuf,
        /// Its version.
        made_by: String,
        /// What is installed.
        source: BinariesError,
    },
    /// Another command has been starting or stopping the server for too long.
    #[error("another command has held {} for more than {} s", path.display(), LIMIT.as_secs())]
    Busy {
        /// The lock file.
        path: PathBuf,
    },
    /// It runs, and not on the port that was asked for.
    #[error("the server already runs, {}; stop it first", port_text(*running))]
    OtherPort {
        /// Its TCP port.
        running: Option<u16>,
    },
    /// The user that the server runs as cannot reach the folder.
    #[error("{user}, as whom the server runs, cannot enter {}", dir.display())]
    Barred {
        /// That user.
        user: String,
        /// The directory.
        dir: PathBuf,
    },
}

fn port_text(port: Option<u16>) -> String {
    port.map_or_else(|| "without a TCP port".into(), |port| format!("on port {port}"))
}

/// For whom a server was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartedBy {
    /// For a command; it ends with the last one that uses it.
    Command,
    /// By the user; it ends when they stop it.
    User,
}

/// What can be said of the embedded server without starting it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whether it runs.
    pub running: bool,
    /// Its process.
    pub pid: Option<i32>,
    /// Major version of the data directory, such as `15`; none before the first start.
    pub version: Option<String>,
    /// The data directory.
    pub data_dir: PathBuf,
    /// Whether that is outside of the project, because the server's user cannot go there.
    pub elsewhere: bool,
    /// Directory of the unix socket.
    pub socket_dir: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// TCP port, if it listens on one.
    pub port: Option<u16>,
    /// URL of the project's database.
    pub url: String,
    /// For whom it was started, while it runs.
    pub started_by: Option<StartedBy>,
}

/// The server of one project.
#[derive(Clone, Debug)]
pub struct Embedded {
    folder: PathBuf,
    lookup: Lookup,
}

/// A command's use of the server. Dropping the last one stops a server that was started for commands.
#[derive(Debug)]
pub struct Attached {
    home: Home,
    status: Status,
    users: Lock,
    hold: Option<Hold>,
    child: Option<Child>,
    started: bool,
}

impl Embedded {
    /// The server of the project whose `.cutover` this is. Does nothing yet.
    pub fn open(folder: &Path, lookup: Lookup) -> Self {
        Self { folder: folder.to_owned(), lookup }
    }

    /// What there is, without changing anything.
    ///
    /// # Errors
    /// When there is no user that the server could run as.
    pub fn status(&self) -> Result<Status, EmbeddedError> {
        Ok(status(&Home::locate(&self.folder)?))
    }

    /// URL of a database on the server, whether it runs or not.
    ///
    /// # Errors
    /// As [`Embedded::status`].
    pub fn url(&self, database: &str) -> Result<String, EmbeddedError> {
        let status = self.status()?;
        let port = status.port.unwrap_or(SOCKET_PORT);
        Ok(url::socket_url(database, &status.socket_dir, port, SUPERUSER))
    }

    /// Starts the server for the user, to run until [`Embedded::stop`]. One that runs for commands
    /// becomes the user's. `port` is for TCP on localhost.
    ///
    /// # Errors
    /// When it cannot be started, or runs on another port.
    pub fn start(&self, port: Option<u16>) -> Result<Status, EmbeddedError> {
        let attached = self.attach(Some(port))?;
        Ok(attached.status.clone())
    }

    /// Uses the server for a command: the one that runs, or else one that is started now.
    /// Blocks for as long as that takes.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn attach_for_command(&self) -> Result<Attached, EmbeddedError> {
        self.attach(None)
    }

    /// Stops the server, whoever uses it. Tells whether there was one.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&self) -> Result<bool, EmbeddedError> {
        let home = Home::locate(&self.folder)?;
        if !home.dir.is_dir() {
            return Ok(false);
        }
        let _start = hold_lock(&home.file("start.lock"), FlockArg::LockExclusive)?;
        let _ = std::fs::remove_file(home.file("keep"));
        let Some(server) = postmaster::running(&home.data_dir()) else { return Ok(false) };
        cluster::stop_found(&home.data_dir(), &server, Stop::Fast)?;
        home.remove_socket_dir();
        Ok(true)
    }

    /// `for_user` is the port that the user asked for when the server is to be theirs.
    fn attach(&self, for_user: Option<Option<u16>>) -> Result<Attached, EmbeddedError> {
        let home = Home::create(&self.folder)?;
        let _start = hold_lock(&home.file("start.lock"), FlockArg::LockExclusive)?;
        let users = hold_lock(&home.file("users.lock"), FlockArg::LockShared)?;
        let (hold, child, started) = match join(&home)? {
            Some(hold) => (hold, None, false),
            None => {
                let (hold, child) = self.launch(&home, for_user)?;
                (hold, child, true)
            }
        };
        let mut attached = Attached { status: status(&home), home, users, hold, child, started };
        if let Some(port) = for_user {
            attached.give_to_user(port)?;
        }
        ensure_database(&attached, for_user.is_some())?;
        Ok(attached)
    }

    fn launch(
        &self,
        home: &Home,
        for_user: Option<Option<u16>>,
    ) -> Result<(Option<Hold>, Option<Child>), EmbeddedError> {
        let hold = match for_user {
            Some(_) => None,
            None => Some(watch(home)?),
        };
        let binaries = self.binaries(home)?;
        if !home.data_dir().exists() {
            init(home, &binaries, hold.as_ref())?;
        }
        home.make_socket_dir(&Owner::for_dir(&home.data_dir())?)?;
        rotate(&home.log());
        let options = ClusterOptions {
            data_dir: home.data_dir(),
            socket_dir: home.socket_dir(),
            log: home.log(),
            listen: for_user.flatten().map(|port| ("localhost".to_owned(), port)),
            settings: Vec::new(),
            hba: None,
            durable: true,
            start_limit: Duration::from_secs(300),
        };
        let cluster = Cluster::start_held(&binaries, options, Life::Beyond, hold)?;
        let (child, hold) = cluster.into_parts();
        Ok((hold, child))
    }

    /// The programs: those that fit the data when there are some.
    fn binaries(&self, home: &Home) -> Result<Binaries, EmbeddedError> {
        let Some(made_by) = version(&home.data_dir()) else { return Ok(Binaries::find(&self.lookup)?) };
        let major: u32 = made_by.parse().unwrap_or(0);
        if let Ok(first) = Binaries::find(&self.lookup)
            && first.major().is_ok_and(|found| found == major)
        {
            return Ok(first);
        }
        Binaries::find_major(&self.lookup, major).map_err(|source| EmbeddedError::Version {
            data_dir: home.data_dir(),
            made_by,
            source,
        })
    }
}

impl Attached {
    /// The server as it is now.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// Whether this command started the server.
    pub fn started(&self) -> bool {
        self.started
    }

    /// URL of a database.
    pub fn url(&self, database: &str) -> String {
        let port = self.status.port.unwrap_or(SOCKET_PORT);
        url::socket_url(database, &self.status.socket_dir, port, SUPERUSER)
    }

    /// While we are a user of the server nobody else stops it, so the note comes in time.
    fn give_to_user(&mut self, port: Option<u16>) -> Result<(), EmbeddedError> {
        if port.is_some() && port != self.status.port {
            return Err(EmbeddedError::OtherPort { running: self.status.port });
        }
        let keep = self.home.file("keep");
        std::fs::write(&keep, "").map_err(ClusterError::file("writing", &keep))?;
        self.status.started_by = Some(StartedBy::User);
        Ok(())
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        let Some(hold) = self.hold.take() else { return };
        if self.home.file("keep").exists() || self.users.relock(FlockArg::LockExclusiveNonblock).is_err() {
            return;
        }
        // the last one
        let data_dir = self.home.data_dir();
        let stopped = match postmaster::running(&data_dir) {
            Some(server) => cluster::stop_found(&data_dir, &server, Stop::Fast).is_ok(),
            None => true,
        };
        if stopped {
            hold.gone();
            if let Some(mut child) = self.child.take() {
                let _ = child.wait();
            }
            hold.finish();
            self.home.remove_pipes();
            self.home.remove_socket_dir();
        }
    }
}

/// Becomes a user of a running server. The outer value is `None` when none runs, the inner one when
/// it is the user's.
fn join(home: &Home) -> Result<Option<Option<Hold>>, EmbeddedError> {
    let begin = Instant::now();
    while let Some(server) = postmaster::running(&home.data_dir()) {
        if home.file("keep").exists() {
            wait_ready(home)?;
            return Ok(Some(None));
        }
        let pipe = home.pipe_link();
        match Hold::join(&pipe).map_err(ClusterError::file("opening", &pipe))? {
            Join::Joined(hold) => {
                wait_ready(home)?;
                return Ok(Some(Some(hold)));
            }
            Join::Closing if begin.elapsed() < CLOSING || (!server.ready && begin.elapsed() < LIMIT) => {
                std::thread::sleep(PAUSE);
            }
            Join::Closing | Join::NoWatchdog => {
                let hold = watch(home)?;
                hold.adopt(&server);
                return Ok(Some(Some(hold)));
            }
        }
    }
    Ok(None)
}

/// Starts a watchdog whose pipe other commands can join; the caller holds `start.lock`.
fn watch(home: &Home) -> Result<Hold, EmbeddedError> {
    let pipe = home.new_pipe();
    let task = Task {
        data_dir: home.data_dir(),
        pipe: Some(pipe.clone()),
        keep: Some(home.file("keep")),
        durable: true,
        remove: None,
    };
    let hold = Hold::start(&task).map_err(ClusterError::file("starting /bin/sh to watch over", &home.dir))?;
    let link = home.pipe_link();
    std::os::unix::fs::symlink(&pipe, &link).map_err(ClusterError::file("creating", &link))?;
    Ok(hold)
}

fn wait_ready(home: &Home) -> Result<(), EmbeddedError> {
    let begin = Instant::now();
    while !postmaster::running(&home.data_dir()).is_some_and(|server| server.ready) {
        if begin.elapsed() > LIMIT {
            let log = cluster::log_tail(&home.log(), 0);
            return Err(ClusterError::NotReady { data_dir: home.data_dir(), limit: LIMIT, log }.into());
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Makes the data directory under another name first, so that it is never half there.
fn init(home: &Home, binaries: &Binaries, hold: Option<&Hold>) -> Result<(), EmbeddedError> {
    let owner = Owner::for_new()?;
    home.remove_half_made();
    let _ = std::fs::remove_file(home.file("database"));
    let dir = tempfile::Builder::new().prefix("making-").tempdir_in(&home.dir);
    let dir = dir.map_err(ClusterError::file("creating a directory in", &home.dir))?;
    owner.take(dir.path()).map_err(ClusterError::file("giving away", dir.path()))?;
    initdb::run(binaries, &owner, dir.path(), true, hold)?;
    let data_dir = home.data_dir();
    std::fs::rename(dir.keep(), &data_dir).map_err(ClusterError::file("creating", &data_dir))?;
    Ok(())
}

/// Makes the project's database after the first start. Later the server is asked only when the user
/// starts it: a command would pay for a connection each time.
fn ensure_database(attached: &Attached, ask: bool) -> Result<(), EmbeddedError> {
    let note = attached.home.file("database");
    if note.exists() && !ask {
        return Ok(());
    }
    let target = Target {
        socket_dir: attached.status.socket_dir.clone(),
        port: attached.status.port.unwrap_or(SOCKET_PORT),
        database: "postgres".into(),
    };
    let admin = Admin::open(target)?;
    if !admin.run_blocking(format!("SELECT 1 FROM pg_database WHERE datname = '{DATABASE}'"))? {
        admin.run_blocking(format!("CREATE DATABASE {DATABASE}"))?;
    }
    std::fs::write(&note, DATABASE).map_err(ClusterError::file("writing", &note))?;
    Ok(())
}

fn status(home: &Home) -> Status {
    let data_dir = home.data_dir();
    let server = postmaster::running(&data_dir);
    let tcp = server.as_ref().filter(|s| !s.listen.is_empty()).map(|s| s.port);
    let socket_dir = home.socket_dir();
    let started_by =
        |_: &PidFile| if home.file("keep").exists() { StartedBy::User } else { StartedBy::Command };
    Status {
        running: server.is_some(),
        pid: server.as_ref().map(|s| s.pid),
        version: version(&data_dir),
        elsewhere: home.elsewhere,
        log: home.log(),
        port: tcp,
        url: url::socket_url(DATABASE, &socket_dir, tcp.unwrap_or(SOCKET_PORT), SUPERUSER),
        started_by: server.as_ref().map(started_by),
        socket_dir,
        data_dir,
    }
}

fn version(data_dir: &Path) -> Option<String> {
    std::fs::read_to_string(data_dir.join("PG_VERSION")).ok().map(|text| text.trim().to_owned())
}

fn hold_lock(path: &Path, arg: FlockArg) -> Result<Lock, EmbeddedError> {
    lock::wait(path, arg, LIMIT).map_err(|source| match source.kind() {
        std::io::ErrorKind::TimedOut => EmbeddedError::Busy { path: path.to_owned() },
        _ => ClusterError::file("locking", path)(source).into(),
    })
}

/// Keeps a log from growing for ever: one older part of 10 MB.
fn rotate(log: &Path) {
    if log.metadata().is_ok_and(|meta| meta.len() > 10_000_000) {
        let _ = std::fs::rename(log, log.with_extension("log.1"));
    }
}
