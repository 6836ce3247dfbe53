//! `cutover rollout`: changes that are carried through several deploys.

pub mod new;
pub mod status;

use crate::context::Context;

/// Write a rollout, and see where rollouts stand
///
/// A rollout is one change carried through expand, dual write, backfill, validate, cut over and contract, as revisions
/// that share its name. docs/rollouts.md explains it from the beginning.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover rollout new rename-column users.name full_name --owner backend\n  cutover rollout status\n  cutover rollout status retire-join-table --markdown"
)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    command: Command,
}

/// What can be done with rollouts.
#[derive(Debug, clap::Subcommand)]
enum Command {
    New(new::Args),
    Status(status::Args),
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    match &args.command {
        Command::New(args) => new::run(context, args).await,
        Command::Status(args) => status::run(context, args).await,
    }
}
