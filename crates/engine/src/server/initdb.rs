//! Makes a data directory with `initdb`.

use std::path::Path;
use std::process::{Command, Stdio};

use super::binaries::Binaries;
use super::cluster::ClusterError;
use super::owner::Owner;
use super::watchdog::{self, Hold};
use super::{SUPERUSER, cluster};

/// Runs `initdb` on a directory that does not exist or is empty; its parent must let `owner` in.
///
/// UTF-8 everywhere, and the locale `C.UTF-8` where there is one: the order of texts is that of
/// their code points on every machine, and upper and lower case are known beyond ASCII.
///
/// A watchdog that is given ends it too.
///
/// # Errors
/// [`ClusterError::InitDb`] with what it said.
pub fn run(
    binaries: &Binaries,
    owner: &Owner,
    data_dir: &Path,
    durable: bool,
    hold: Option<&Hold>,
) -> Result<(), ClusterError> {
    let major = binaries.major()?;
    let mut command = Command::new(binaries.tool("initdb"));
    command.arg("-D").arg(data_dir);
    command.args(["-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]);
    command.args(locale(major));
    if !durable {
        // one megabyte for each file of the log in place of sixteen
        command.args(["--no-sync", "--wal-segsize=1"]);
        if major >= 18 {
            command.arg("--no-data-checksums");
        }
    }
    cluster::environment(&mut command);
    owner.apply(&mut command);
    watchdog::own_session(&mut command);
    if let Some(hold) = hold {
        watchdog::announce(&mut command, hold.fd());
    }
    let failed = |output: String| ClusterError::InitDb { data_dir: data_dir.to_owned(), output };
    let output = command.current_dir("/").stdin(Stdio::null()).output().map_err(|e| failed(e.to_string()))?;
    if let Some(hold) = hold {
        hold.gone();
    }
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    Err(failed(cluster::last_lines(&String::from_utf8_lossy(&text), 10)))
}

fn locale(major: u32) -> &'static [&'static str] {
    if major >= 17 {
        &["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    } else if system_has(c"C.UTF-8") {
        &["--locale=C.UTF-8"]
    } else {
        &["--locale=C"]
    }
}

fn system_has(name: &std::ffi::CStr) -> bool {
    // SAFETY: the name is a C string, the base is null, and what comes back is freed at once
    unsafe {
        let locale =
            libc::newlocale(libc::LC_CTYPE_MASK | libc::LC_COLLATE_MASK, name.as_ptr(), std::ptr::null_mut());
        if locale.is_null() {
            return false;
        }
        libc::freelocale(locale);
    }
    true
}
