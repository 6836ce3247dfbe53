//! Copies a directory tree fast, and gives the copy to another user on the way.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::owner::Owner;

/// Copies everything below `from` into `to`, which must exist. Files are shared out among the
/// processors; where the file system can, a file is a reference to the same blocks.
///
/// # Errors
/// The first error of the system.
pub fn tree(from: &Path, to: &Path, owner: &Owner) -> io::Result<()> {
    let mut files = Vec::new();
    folders(from, to, owner, &mut files)?;
    // in blocks, so that two threads seldom want the same directory
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let blocks = Mutex::new(files.chunks(32));
    let work = || -> io::Result<()> {
        while let Some(block) = blocks.lock().ok().and_then(|mut b| b.next()) {
            for (from, to) in block {
                std::fs::copy(from, to)?;
                owner.take(to)?;
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let mut result = work();
        for other in others {
            result = result.and(other.join().unwrap_or_else(|_| Err(io::ErrorKind::Other.into())));
        }
        result
    })
}

fn folders(from: &Path, to: &Path, owner: &Owner, files: &mut Vec<(PathBuf, PathBuf)>) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&to)?;
            std::fs::set_permissions(&to, entry.metadata()?.permissions())?;
            owner.take(&to)?;
            folders(&entry.path(), &to, owner, files)?;
        } else {
            files.push((entry.path(), to));
        }
    }
    Ok(())
}
