//! What is wrong with a project: each check in a file of its own, all of them here.
//!
//! `survey` reads a project as far as it can be read; the checks look at that. `replay` needs a scratch database, `edited`
//! the ledger of a live one. `alembic` looks at somebody else's project. Nothing is written anywhere.

pub mod alembic;
mod broken;
mod concurrent;
mod downgrades;
mod edited;
mod gates;
mod heads;
mod makers;
mod models;
mod names;
mod nothing;
mod outside;
mod replay;
mod roles;
mod survey;

use std::io::ErrorKind;

use cutover_core::report::{Conclusion, ranked};

use crate::config::Config;
use crate::history::HistoryError;
use crate::ledger::State;
use crate::schema::{SchemaError, Workshop};
use crate::session::Settings;

use survey::Survey;

/// What is looked at besides the files.
#[derive(Debug)]
pub struct Options<'a> {
    /// The ledger of a database.
    pub state: Option<&'a State>,
    /// What a replay runs under; nothing is replayed without.
    pub replay: Option<&'a Settings>,
}

/// What was found, and what was not looked at.
#[derive(Debug, Default)]
pub struct Examined {
    /// The worst first.
    pub conclusions: Vec<Conclusion>,
    /// What was left out, with the reason.
    pub left_out: Vec<String>,
}

/// Why a project cannot be examined.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// Its folder cannot be read.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The scratch database failed in a way that is not the project's.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

/// Everything that is wrong with a Cutover project.
///
/// # Errors
/// When the folder of the revisions cannot be read, or a scratch database stops working.
pub async fn examine(config: &Config, options: &Options<'_>) -> Result<Examined, DoctorError> {
    let mut survey = match Survey::read(&config.root, &config.migrations) {
        Err(HistoryError::Folder { source, .. }) if source.kind() == ErrorKind::NotFound => {
            let conclusions = vec![broken::no_folder(&config.root, &config.migrations)];
            return Ok(Examined { conclusions, left_out: Vec::new() });
        }
        read => read?,
    };
    let mut found = std::mem::take(&mut survey.found);
    let mut left_out = Vec::new();
    found.extend(heads::check(&survey.history));
    found.extend(names::check(&survey));
    found.extend(nothing::check(&survey));
    found.extend(concurrent::check(&survey));
    found.extend(downgrades::check(&survey));
    found.extend(outside::check(&survey));
    found.extend(roles::check(&survey));
    found.extend(models::check(config));
    match options.state {
        Some(state) => found.extend(edited::check(&survey, state)),
        None => left_out.push("files edited after they were applied: name a database, --against".into()),
    }
    match options.replay.map(|settings| (settings, Workshop::new(None))) {
        Some((settings, Ok(workshop))) => found.extend(replay::check(&survey, settings, &workshop).await?),
        Some((_, Err(error))) => left_out.push(format!("the replay: {error}")),
        None => left_out.push("the replay: --fast".into()),
    }
    Ok(Examined { conclusions: ranked(found), left_out })
}
