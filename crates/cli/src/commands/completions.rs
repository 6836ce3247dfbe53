//! `cutover completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::exit;
use crate::output::Report;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover completions bash > ~/.local/share/bash-completion/completions/cutover\n  cutover completions zsh > ~/.zfunc/_cutover"
)]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs the command.
pub fn run(args: &Args) -> super::Result {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "cutover", &mut out);
    Ok((Report::raw(String::from_utf8_lossy(&out)), exit::DONE))
}
