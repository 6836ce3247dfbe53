//! The commands, one file each.

pub mod ack;
pub mod adopt;
pub mod backfill;
pub mod baseline;
pub mod branches;
pub mod check;
pub mod completions;
pub mod current;
pub mod diff;
pub mod doctor;
pub mod downgrade;
pub mod dump;
pub mod edit;
pub mod explain;
pub mod gate;
pub mod heads;
pub mod history;
pub mod init;
pub mod lint;
pub mod man;
pub mod merge;
pub mod new;
pub mod reconcile;
pub mod rollout;
mod rows;
pub mod server;
pub mod show;
pub mod squash;
pub mod stamp;
pub mod status;
pub mod test;
pub mod upgrade;

use crate::args::{Cli, Command};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// What a command gives: a report to print and the exit code.
pub type Result = std::result::Result<(Report, u8), Failure>;

/// Runs a command, prints what it gives, and returns the exit code.
pub async fn run(cli: &Cli) -> u8 {
    let context = Context::new(&cli.global, cli.command.name());
    let result = match &cli.command {
        Command::Init(args) => init::run(&context, args),
        Command::New(args) => new::run(&context, args).await,
        Command::Baseline(args) => baseline::run(&context, args).await,
        Command::Upgrade(args) => upgrade::run(&context, args).await,
        Command::Downgrade(args) => downgrade::run(&context, args).await,
        Command::Backfill(args) => backfill::run(&context, args).await,
        Command::Current(args) => current::run(&context, args).await,
        Command::History(args) => history::run(&context, args).await,
        Command::Heads(args) => heads::run(&context, args),
        Command::Branches(args) => branches::run(&context, args),
        Command::Show(args) => show::run(&context, args).await,
        Command::Merge(args) => merge::run(&context, args),
        Command::Squash(args) => squash::run(&context, args).await,
        Command::Reconcile(args) => reconcile::run(&context, args).await,
        Command::Stamp(args) => stamp::run(&context, args).await,
        Command::Edit(args) => edit::run(&context, args),
        Command::Status(args) => status::run(&context, args).await,
        Command::Diff(args) => diff::run(&context, args).await,
        Command::Check(args) => check::run(&context, args).await,
        Command::Dump(args) => dump::run(&context, args).await,
        Command::Test(args) => test::run(&context, args).await,
        Command::Lint(args) => lint::run(&context, args),
        Command::Explain(args) => explain::run(&context, args).await,
        Command::Doctor(args) => doctor::run(&context, args).await,
        Command::Adopt(args) => adopt::run(&context, args).await,
        Command::Rollout(args) => rollout::run(&context, args).await,
        Command::Ack(args) => ack::run(&context, args).await,
        Command::Gate(args) => gate::run(&context, args).await,
        Command::Server(args) => server::run(&context, args).await,
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match result {
        Ok((report, code)) => {
            context.print(&report);
            code
        }
        Err(failure) => {
            context.print_failure(&failure);
            failure.exit
        }
    }
}
