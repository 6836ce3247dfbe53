//! A step that is an external program, given the database's URL in its environment.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use super::error::StepError;
use crate::event::{Event, Sink};

/// What the program finds in its environment.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// `DATABASE_URL`, with the password.
    pub url: &'a str,
    /// `CUTOVER_REVISION`.
    pub revision: &'a str,
    /// `CUTOVER_DIRECTION`.
    pub direction: &'a str,
    /// The working directory: the project's folder.
    pub folder: &'a Path,
}

/// Runs `sh -c COMMAND` and passes its lines on.
///
/// # Errors
/// [`StepError::Command`] when it cannot start or does not exit with 0.
pub async fn run(command: &str, around: Surroundings<'_>, events: Sink<'_>) -> Result<(), StepError> {
    let failed = |how: String| StepError::Command { command: command.to_owned(), how };
    let mut child = Command::new("/bin/sh")
        // one stream for both, so that the lines keep their order
        .args(["-c", "exec 2>&1; eval \"$1\"", "sh", command])
        .env("DATABASE_URL", around.url)
        .env("CUTOVER_REVISION", around.revision)
        .env("CUTOVER_DIRECTION", around.direction)
        .current_dir(around.folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| failed(format!("could not be started: {e}")))?;
    if let Some(output) = child.stdout.take() {
        let mut lines = BufReader::new(output).split(b'\n');
        while let Ok(Some(line)) = lines.next_segment().await {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            events(Event::CommandOutput { line });
        }
    }
    let status = child.wait().await.map_err(|e| failed(format!("was lost: {e}")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("ended with {status}"))) }
}
