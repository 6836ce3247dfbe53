//! Advisory file locks with a time limit. The kernel gives them up with the process, so none is stale.

use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::fcntl::{Flock, FlockArg};

const PAUSE: Duration = Duration::from_millis(2);

/// A held lock; dropped with the value.
pub type Lock = Flock<File>;

/// Waits for a lock on a file, which is created when it is not there.
///
/// # Errors
/// The system's error, or `TimedOut` when somebody else holds the lock for longer than `limit`.
pub fn wait(path: &Path, arg: FlockArg, limit: Duration) -> std::io::Result<Lock> {
    let until = Instant::now() + limit;
    loop {
        if let Some(lock) = attempt(path, arg)? {
            return Ok(lock);
        }
        if Instant::now() > until {
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(PAUSE);
    }
}

/// Takes a lock when nobody holds it.
///
/// # Errors
/// The system's error.
pub fn attempt(path: &Path, arg: FlockArg) -> std::io::Result<Option<Lock>> {
    let arg = match arg {
        FlockArg::LockShared | FlockArg::LockSharedNonblock => FlockArg::LockSharedNonblock,
        _ => FlockArg::LockExclusiveNonblock,
    };
    let file = OpenOptions::new().create(true).append(true).read(true).open(path)?;
    match Flock::lock(file, arg) {
        Ok(lock) => Ok(Some(lock)),
        Err((_, nix::errno::Errno::EWOULDBLOCK | nix::errno::Errno::EINTR)) => Ok(None),
        Err((_, errno)) => Err(errno.into()),
    }
}
