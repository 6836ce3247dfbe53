//! One data directory and its server process. The only code that starts servers.
//!
//! Knows nothing of projects, templates or databases.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::binaries::{Binaries, BinariesError};
use super::owner::{Owner, OwnerError};
use super::postmaster::{self, PidFile};
use super::watchdog::{self, Hold, Task};
use super::{SOCKET_PORT, SUPERUSER, initdb, settings, url};

const PAUSE: Duration = Duration::from_millis(1);

/// Longest path of a unix socket: `sun_path` less its final zero.
const LONGEST_SOCKET: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// What a server is to be like.
#[derive(Clone, Debug)]
pub struct ClusterOptions {
    /// Its data directory.
    pub data_dir: PathBuf,
    /// Directory of its unix socket, made with mode 0700 when it is not there.
    pub socket_dir: PathBuf,
    /// File that its messages are added to.
    pub log: PathBuf,
    /// Address and port for TCP; none means that it listens on the socket only.
    pub listen: Option<(String, u16)>,
    /// Settings on its command line, after those that `durable` decides. The last one counts.
    pub settings: Vec<(String, String)>,
    /// Text of `pg_hba.conf`, written before the start; none leaves the file alone.
    pub hba: Option<String>,
    /// Whether it must survive a crash. If not, it runs without fsync and is stopped by SIGQUIT.
    pub durable: bool,
    /// How long the start may take; recovery after a crash is part of it.
    pub start_limit: Duration,
}

impl ClusterOptions {
    /// A throw-away server in `dir`, with `data`, `socket` and `server.log` in it.
    pub fn in_dir(dir: &Path) -> Self {
        Self {
            data_dir: dir.join("data"),
            socket_dir: dir.join("socket"),
            log: dir.join("server.log"),
            listen: None,
            settings: Vec::new(),
            hba: None,
            durable: false,
            start_limit: Duration::from_secs(60),
        }
    }

    /// The port, which is also in the socket's name.
    pub fn port(&self) -> u16 {
        self.listen.as_ref().map_or(SOCKET_PORT, |(_, port)| *port)
    }
}

/// How long a server lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Life {
    /// As long as the value, or the process.
    Process,
    /// As long as somebody else says: other processes, or the user.
    Beyond,
}

/// How to stop a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// Cut all connections, write down everything, end (SIGINT).
    Fast,
    /// Leave everything as a crash would (SIGQUIT).
    Immediate,
    /// As the kernel would for want of memory (SIGKILL to the postmaster).
    Kill,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The programs.
    #[error(transparent)]
    Binaries(#[from] BinariesError),
    /// The user.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// A file or directory.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// What we wanted.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// `initdb` failed.
    #[error("initdb could not make {}:\n{output}", data_dir.display())]
    InitDb {
        /// The data directory.
        data_dir: PathBuf,
        /// The last lines it printed.
        output: String,
    },
    /// The program does not run.
    #[error("{} does not run: {source}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Another server has this data directory.
    #[error("process {pid} already serves {}", data_dir.display())]
    AlreadyRunning {
        /// Its process.
        pid: i32,
        /// The data directory.
        data_dir: PathBuf,
    },
    /// No unix socket can have such a long name.
    #[error("{} is too long for the directory of a unix socket", path.display())]
    SocketPath {
        /// The directory.
        path: PathBuf,
    },
    /// It ended before it took connections.
    #[error("the server on {} ended at once ({status}):\n{log}", data_dir.display())]
    Ended {
        /// The data directory.
        data_dir: PathBuf,
        /// Its exit status.
        status: ExitStatus,
        /// The last lines of its log.
        log: String,
    },
    /// It does not take connections.
    #[error("the server on {} takes no connections after {} s:\n{log}", data_dir.display(), limit.as_secs())]
    NotReady {
        /// The data directory.
        data_dir: PathBuf,
        /// How long we waited.
        limit: Duration,
        /// The last lines of its log.
        log: String,
    },
    /// It does not end.
    #[error("process {pid} does not end after {} s", limit.as_secs())]
    NotStopped {
        /// Its process.
        pid: i32,
        /// How long we waited.
        limit: Duration,
    },
}

impl ClusterError {
    /// Makes one from an error of the system: `.map_err(ClusterError::file("creating", path))`.
    pub fn file<'a>(what: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> Self + 'a {
        move |source| Self::File { what, path: path.to_owned(), source }
    }
}

/// A server. Dropping the value stops it, unless it is detached or shared.
#[derive(Debug)]
pub struct Cluster {
    binaries: Binaries,
    options: ClusterOptions,
    life: Life,
    owner: Owner,
    child: Option<Child>,
    hold: Option<Hold>,
}

impl Cluster {
    /// Makes the data directory, whose parents are made too.
    ///
    /// # Errors
    /// When a directory cannot be made or `initdb` fails.
    pub fn init(binaries: &Binaries, options: &ClusterOptions) -> Result<(), ClusterError> {
        let owner = Owner::for_dir(&options.data_dir)?;
        make_dir(&options.data_dir, 0o700, &owner)?;
        initdb::run(binaries, &owner, &options.data_dir, options.durable, None)
    }

    /// Starts the server of an existing data directory and waits until it takes connections. It
    /// ends with the value, and also when this process is killed.
    ///
    /// # Errors
    /// Whatever keeps it from starting, with the last lines of its log.
    pub fn start(binaries: &Binaries, options: ClusterOptions) -> Result<Self, ClusterError> {
        let task = Task {
            data_dir: options.data_dir.clone(),
            pipe: None,
            keep: None,
            durable: options.durable,
            remove: None,
        };
        let hold = Hold::start(&task)
            .map_err(ClusterError::file("starting /bin/sh to watch over", &options.data_dir))?;
        Self::start_held(binaries, options, Life::Process, Some(hold))
    }

    /// The same with a watchdog that is there already, or with none.
    pub(super) fn start_held(
        binaries: &Binaries,
        options: ClusterOptions,
        life: Life,
        hold: Option<Hold>,
    ) -> Result<Self, ClusterError> {
        let owner = Owner::for_dir(&options.data_dir)?;
        let binaries = binaries.clone();
        let mut cluster = Self { binaries, options, life, owner, child: None, hold };
        cluster.start_again()?;
        Ok(cluster)
    }

    /// Starts it again after [`Cluster::stop`].
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub fn start_again(&mut self) -> Result<(), ClusterError> {
        self.prepare()?;
        let until = Instant::now() + self.options.start_limit;
        loop {
            match self.launch(until) {
                // the last processes of a killed server still have its memory
                Err(ClusterError::Ended { log, .. })
                    if log.contains("pre-existing shared memory block") && Instant::now() < until =>
                {
                    std::thread::sleep(Duration::from_millis(50));
                }
                other => return other,
            }
        }
    }

    /// The process id of the postmaster, while it runs.
    pub fn pid(&self) -> Option<i32> {
        self.child.as_ref().and_then(|child| i32::try_from(child.id()).ok())
    }

    /// What it was started with. Changes count from the next start.
    pub fn options_mut(&mut self) -> &mut ClusterOptions {
        &mut self.options
    }

    /// What it was started with.
    pub fn options(&self) -> &ClusterOptions {
        &self.options
    }

    /// The programs it was started from.
    pub fn binaries(&self) -> &Binaries {
        &self.binaries
    }

    /// Whether its process still runs.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// URL of a database, for psql and for us, through the socket.
    pub fn url(&self, database: &str) -> String {
        url::socket_url(database, &self.options.socket_dir, self.options.port(), SUPERUSER)
    }

    /// Stops it and waits for its end. A fast stop that takes a minute becomes an immediate one.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self, how: Stop) -> Result<(), ClusterError> {
        let Some(mut child) = self.child.take() else { return Ok(()) };
        let pid = i32::try_from(child.id()).unwrap_or(0);
        let result = stop_process(pid, how, || matches!(child.try_wait(), Ok(None)));
        match (&result, &self.hold) {
            (Ok(()), Some(hold)) => hold.gone(),
            (Err(_), _) => self.child = Some(child),
            (Ok(()), None) => {}
        }
        result
    }

    /// Takes a server apart that lives beyond this value.
    pub(super) fn into_parts(mut self) -> (Option<Child>, Option<Hold>) {
        self.life = Life::Beyond;
        (self.child.take(), self.hold.take())
    }

    fn prepare(&mut self) -> Result<(), ClusterError> {
        let ClusterOptions { data_dir, socket_dir, hba, .. } = &self.options;
        if let Some(PidFile { pid, .. }) = postmaster::running(data_dir) {
            return Err(ClusterError::AlreadyRunning { pid, data_dir: data_dir.clone() });
        }
        if socket_dir.as_os_str().len() + "/.s.PGSQL.65535".len() > LONGEST_SOCKET {
            return Err(ClusterError::SocketPath { path: socket_dir.clone() });
        }
        make_dir(socket_dir, 0o700, &self.owner)?;
        postmaster::remove_stale(data_dir, socket_dir, self.options.port());
        if let Some(text) = hba {
            let path = data_dir.join("pg_hba.conf");
            std::fs::write(&path, text).map_err(ClusterError::file("writing", &path))?;
            self.owner.take(&path).map_err(ClusterError::file("giving away", &path))?;
        }
        Ok(())
    }

    fn launch(&mut self, until: Instant) -> Result<(), ClusterError> {
        let path = &self.options.log;
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
        let log = log.map_err(ClusterError::file("opening the log", path))?;
        let begin = log.metadata().map(|m| m.len()).unwrap_or(0);
        let mut command = self.command(&log).map_err(ClusterError::file("opening the log", path))?;
        let program = self.binaries.tool("postgres");
        let child = command.spawn().map_err(|source| ClusterError::Spawn { program, source })?;
        self.child = Some(child);
        let result = self.wait_ready(until, begin);
        match (&result, &self.hold) {
            (Ok(()), Some(hold)) => hold.ready(),
            (Err(_), _) => self.stop(Stop::Immediate).unwrap_or(()),
            (Ok(()), None) => {}
        }
        result
    }

    fn command(&self, log: &File) -> std::io::Result<Command> {
        let options = &self.options;
        let mut command = Command::new(self.binaries.tool("postgres"));
        command.arg("-D").arg(&options.data_dir);
        let major = self.binaries.major().unwrap_or(0);
        let base = if options.durable { settings::durable() } else { settings::scratch(major) };
        let address = options.listen.as_ref().map_or("", |(address, _)| address.as_str());
        let ours = [
            ("listen_addresses".to_owned(), address.to_owned()),
            ("port".to_owned(), options.port().to_string()),
            ("unix_socket_directories".to_owned(), quoted(&options.socket_dir)),
        ];
        for (name, value) in base.iter().chain(&ours).chain(&options.settings) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        environment(&mut command);
        self.owner.apply(&mut command);
        command.current_dir("/").stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
        watchdog::own_session(&mut command);
        if let Some(hold) = &self.hold {
            watchdog::announce(&mut command, hold.fd());
        }
        Ok(command)
    }

    fn wait_ready(&mut self, until: Instant, log_begin: u64) -> Result<(), ClusterError> {
        let pid = self.pid();
        let data_dir = self.options.data_dir.clone();
        loop {
            if PidFile::read(&data_dir).is_some_and(|file| file.ready && Some(file.pid) == pid) {
                return Ok(());
            }
            let log = || log_tail(&self.options.log, log_begin);
            if let Some(Ok(Some(status))) = self.child.as_mut().map(Child::try_wait) {
                return Err(ClusterError::Ended { data_dir, status, log: log() });
            }
            if Instant::now() > until {
                return Err(ClusterError::NotReady { data_dir, limit: self.options.start_limit, log: log() });
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        match self.life {
            Life::Process => {}
            Life::Beyond => return,
        }
        let how = if self.options.durable { Stop::Fast } else { Stop::Immediate };
        let _ = self.stop(how);
        if let Some(hold) = self.hold.take() {
            hold.finish();
        }
    }
}

/// Stops a server that is no child of ours.
///
/// # Errors
/// When it does not end.
pub fn stop_found(data_dir: &Path, server: &PidFile, how: Stop) -> Result<(), ClusterError> {
    // the process and not its file, which goes first
    stop_process(server.pid, how, || postmaster::serves(server.pid, data_dir))
}

fn stop_process(pid: i32, how: Stop, mut lives: impl FnMut() -> bool) -> Result<(), ClusterError> {
    let rounds = match how {
        Stop::Fast => &[(Signal::SIGINT, 60), (Signal::SIGQUIT, 10), (Signal::SIGKILL, 5)][..],
        Stop::Immediate => &[(Signal::SIGQUIT, 10), (Signal::SIGKILL, 5)],
        Stop::Kill => &[(Signal::SIGKILL, 5)],
    };
    for (signal, seconds) in rounds {
        if lives() {
            postmaster::signal(pid, *signal);
        }
        let until = Instant::now() + Duration::from_secs(*seconds);
        while Instant::now() < until {
            if !lives() {
                return Ok(());
            }
            std::thread::sleep(PAUSE);
        }
    }
    let limit = Duration::from_secs(rounds.iter().map(|(_, s)| s).sum());
    Err(ClusterError::NotStopped { pid, limit })
}

/// Takes what would change a server's defaults out of a command's environment.
pub(super) fn environment(command: &mut Command) {
    // PGPORT, PGDATA, PGOPTIONS, PGTZ, PGDATESTYLE, PGCLIENTENCODING, …
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PG") {
            command.env_remove(name);
        }
    }
    // macOS's postmaster refuses to start without a locale; messages in English for our errors
    command.env("LC_ALL", "C").env_remove("TZ");
}

/// Makes a directory with its parents; the last one gets the mode and belongs to the server's user.
pub(super) fn make_dir(path: &Path, mode: u32, owner: &Owner) -> Result<(), ClusterError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(ClusterError::file("creating", parent))?;
    }
    match std::fs::DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        other => other.map_err(ClusterError::file("creating", path))?,
    }
    owner.take(path).map_err(ClusterError::file("giving away", path))
}

/// A path in a list of paths: in double quotes, as `unix_socket_directories` wants it.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('"', "\"\""))
}

/// The last lines of what was added to a log after `begin`.
pub(super) fn log_tail(path: &Path, begin: u64) -> String {
    let mut bytes = Vec::new();
    if let Ok(mut file) = File::open(path) {
        let from = file.metadata().map_or(begin, |m| begin.max(m.len().saturating_sub(16_384)));
        let _ = file.seek(SeekFrom::Start(from)).and_then(|_| file.read_to_end(&mut bytes));
    }
    last_lines(&String::from_utf8_lossy(&bytes), 15)
}

/// The last `count` lines of a text.
pub(super) fn last_lines(text: &str, count: usize) -> String {
    let lines: Vec<_> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}
