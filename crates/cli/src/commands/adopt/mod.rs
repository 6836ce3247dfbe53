//! `cutover adopt`: taking over the history that a team has already.

pub mod alembic;
mod report;
pub mod sql;

use std::path::PathBuf;

use serde_json::Value;

use crate::context::Context;
use crate::failure::{Failure, shown};

/// Take over the history that a team already has, and find out what a live database has had of it
///
/// Nothing is written to the live database unless you say --stamp, and no file of yours is edited. For a database
/// without a history, use "baseline".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover adopt sql db/sql --against prod --report adopted.md\n  cutover adopt sql db/sql\n  cutover adopt alembic backend --against prod"
)]
pub struct Args {
    /// What is taken over
    #[command(subcommand)]
    command: Command,
}

/// What both have in common.
#[derive(Debug, clap::Args)]
pub struct Shared {
    /// The live database that had the history: a URL, or an environment of cutover.toml; it is only read
    #[arg(long, value_name = "URL|ENV")]
    pub against: Option<String>,
    /// Write the revisions there, instead of the folder that cutover.toml names
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
    /// Write into the live database's ledger that it has the revisions which it has had, when the proof holds
    #[arg(long, requires = "against")]
    pub stamp: bool,
    /// Write everything that was found, with its evidence: Markdown, or JSON where it ends in .json
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

impl Shared {
    /// Writes the report, where one is wanted.
    fn write_report(&self, markdown: impl FnOnce() -> String, data: &Value) -> Result<(), Failure> {
        let Some(path) = &self.report else { return Ok(()) };
        let text = match path.extension().is_some_and(|it| it == "json") {
            true => format!("{data:#}\n"),
            false => markdown(),
        };
        std::fs::write(path, text)
            .map_err(|e| Failure::new("cannot-write", format!("{} cannot be written: {e}", shown(path))))
    }
}

/// What can be taken over.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Sql(sql::Args),
    Alembic(Box<alembic::Args>),
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    match &args.command {
        Command::Sql(args) => sql::run(context, args).await,
        Command::Alembic(args) => alembic::run(context, args).await,
    }
}
