//! `cutover adopt`: taking over the history that a team has already.

pub mod alembic;
mod report;
pub mod sql;

use crate::context::Context;

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

/// What can be taken over.
#[derive(Debug, clap::Subcommand)]
enum Command {
    Sql(sql::Args),
    Alembic(alembic::Args),
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    match &args.command {
        Command::Sql(args) => sql::run(context, args).await,
        Command::Alembic(args) => alembic::run(context, args).await,
    }
}
