//! The command line of Cutover: arguments in, texts and exit codes out. The only crate that
//! prints.

#![expect(clippy::print_stderr, reason = "this crate is where printing belongs")]

mod args;
mod autogenerate;
mod backfill_view;
mod changes;
mod commands;
mod conclusions;
mod context;
mod effects;
mod exit;
mod failure;
mod findings;
mod in_charge;
mod new_files;
mod orders;
mod output;
mod plan_view;
mod rehearsed;
mod renames;
mod sampled;
mod sides;
mod ui;
mod waiting;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;

/// Trees are many small things that are made on one thread and dropped on another. It is the C library's allocator as
/// well, for PostgreSQL's parser.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help and versions through the same door, with their own exit code 0
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { exit::DONE });
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return ExitCode::from(exit::FAILED);
        }
    };
    let code = runtime.block_on(async {
        tokio::select! {
            code = commands::run(&cli) => code,
            () = interrupted() => exit::INTERRUPTED,
        }
    });
    // background connections need no farewell
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Ends when the user or the system asks us to: the run is then dropped like one that was killed,
/// but private servers are stopped in order.
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut term), Ok(mut int)) = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    eprintln!("interrupted; what was committed is recorded, and the same command goes on from there");
}
