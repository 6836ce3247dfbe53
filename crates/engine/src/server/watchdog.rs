//! Ends a server when the processes that use it are gone, however they went.
//!
//! A watchdog is a `/bin/sh` in a session of its own that reads from a pipe. The other end is held
//! by the processes that use the server and by nobody else (it closes on exec), so the kernel ends
//! the pipe with the last of them, also after SIGKILL. The shell then stops the server and removes
//! what was to be thrown away. A shell and not ourselves, because a library does not know how its
//! program is called; and no `PR_SET_PDEATHSIG`, which is Linux only and fires when the *thread*
//! that started the server ends.
//!
//! For a server that several commands share, the pipe has a name: who opens it for writing is one
//! of its users. The watchdog closes the door (renames the pipe) before it acts and reads once
//! more: who came in before has written a line and is heard, so the door opens again; who comes
//! later finds no door, waits until the server is gone and starts another.
//!
//! Lines on the pipe: `pid N` (the server's process, written by itself before its program begins),
//! `ready` (from now on `postmaster.pid` must name that process), `gone` (it was stopped), `join`.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::fd::{AsRawFd as _, OwnedFd, RawFd};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::stat::Mode;

use super::postmaster::PidFile;

const SCRIPT: &str = include_str!("watchdog.sh");

/// What a watchdog watches and does.
#[derive(Clone, Debug)]
pub struct Task {
    /// Data directory of the server.
    pub data_dir: PathBuf,
    /// Path of a pipe that several processes may join; one process only without it.
    pub pipe: Option<PathBuf>,
    /// While this file exists the server is left alone.
    pub keep: Option<PathBuf>,
    /// Whether the server may write down what it has (SIGINT), or is not worth it (SIGQUIT).
    pub durable: bool,
    /// Directory to remove when the server is gone; its parent too when that leaves it empty.
    pub remove: Option<PathBuf>,
}

/// Our hold on a server: while it lives, the watchdog waits.
#[derive(Debug)]
pub struct Hold {
    pipe: File,
    /// Of the process that started the watchdog.
    child: Option<Child>,
}

/// What came of joining a server's users.
#[derive(Debug)]
pub enum Join {
    /// We are one of them.
    Joined(Hold),
    /// The last one left a moment ago: the server is about to end.
    Closing,
    /// The watchdog was killed; the server needs another.
    NoWatchdog,
}

impl Hold {
    /// Starts a watchdog. With a named pipe, the caller holds the lock that keeps others from doing
    /// the same.
    ///
    /// # Errors
    /// The system's error: no pipe, no `/bin/sh`.
    pub fn start(task: &Task) -> std::io::Result<Self> {
        let (read, write) = match &task.pipe {
            None => {
                let (read, write) = std::io::pipe()?;
                (OwnedFd::from(read), File::from(OwnedFd::from(write)))
            }
            Some(path) => named_pipe(path)?,
        };
        let text = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "cutover-watchdog"])
            .arg(&task.data_dir)
            .arg(text(&task.pipe))
            .arg(text(&task.keep))
            .arg(if task.durable { "INT" } else { "QUIT" })
            .arg(text(&task.remove))
            .current_dir("/")
            .stdin(read)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        own_session(&mut command);
        let child = command.spawn()?;
        Ok(Self { pipe: write, child: Some(child) })
    }

    /// Joins the users of a server.
    ///
    /// # Errors
    /// The system's error.
    pub fn join(path: &Path) -> std::io::Result<Join> {
        let mut pipe = match writer(path) {
            Ok(pipe) => pipe,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Join::Closing),
            Err(error) if error.raw_os_error() == Some(libc::ENXIO) => return Ok(Join::NoWatchdog),
            Err(error) => return Err(error),
        };
        match pipe.write_all(b"join\n") {
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(Join::NoWatchdog),
            other => other?,
        }
        let same = |meta: std::fs::Metadata| pipe.metadata().is_ok_and(|own| own.ino() == meta.ino());
        if path.metadata().is_ok_and(same) {
            Ok(Join::Joined(Self { pipe, child: None }))
        } else {
            Ok(Join::Closing)
        }
    }

    /// The pipe's number, for [`announce`] in a child that has not begun its program.
    pub fn fd(&self) -> RawFd {
        self.pipe.as_raw_fd()
    }

    /// Tells which server to end, when it is one that was found running.
    pub fn adopt(&self, server: &PidFile) {
        self.tell(&format!("pid {}\nready\n", server.pid));
    }

    /// Tells that the server takes connections.
    pub fn ready(&self) {
        self.tell("ready\n");
    }

    /// Tells that the server was stopped.
    pub fn gone(&self) {
        self.tell("gone\n");
    }

    fn tell(&self, line: &str) {
        // a watchdog that was killed hears nothing, and there is nobody to complain to
        let _ = (&self.pipe).write_all(line.as_bytes());
    }

    /// Lets go, and waits for our watchdog to do what is left to do; only for one that nobody else
    /// can have joined.
    pub fn finish(self) {
        drop(self.pipe);
        if let Some(mut child) = self.child {
            let _ = child.wait();
        }
    }
}

fn named_pipe(path: &Path) -> std::io::Result<(OwnedFd, File)> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    nix::unistd::mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
    // without O_NONBLOCK each end would wait for the other to be opened
    let read = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let write = writer(path)?;
    fcntl(&read, FcntlArg::F_SETFL(OFlag::empty()))?;
    Ok((read.into(), write))
}

fn writer(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(path)
}

/// Puts a command into a session of its own: no Ctrl-C of a terminal, no SIGHUP at its end.
pub fn own_session(command: &mut Command) {
    // SAFETY: setsid is async-signal-safe and touches no memory
    unsafe {
        command.pre_exec(|| {
            libc::setsid();
            Ok(())
        });
    }
}

/// Makes a command write its process id to a watchdog's pipe before its program begins, so that
/// there is no moment at which a server runs that the watchdog has not heard of.
pub fn announce(command: &mut Command, pipe: RawFd) {
    // SAFETY: getpid and write are async-signal-safe; no memory is allocated, no lock is taken
    unsafe {
        command.pre_exec(move || {
            let mut line = *b"pid           \n";
            let mut rest = libc::getpid().unsigned_abs();
            let mut at = line.len() - 1;
            while rest > 0 {
                at -= 1;
                line[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
                rest /= 10;
            }
            libc::write(pipe, line.as_ptr().cast(), line.len());
            Ok(())
        });
    }
}
