//! `cutover man`.

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit;
use crate::failure::Failure;
use crate::output::Report;

/// Print the manual page
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover man | man -l -\n  cutover man > /usr/local/share/man/man1/cutover.1"
)]
pub struct Args {}

/// Runs the command: the page of `cutover`, with every command's page after it.
pub fn run(_: &Args) -> super::Result {
    let mut out = Vec::new();
    let mut command = Cli::command();
    command.build();
    let failed = |e: std::io::Error| Failure::new("man", e.to_string());
    clap_mangen::Man::new(command.clone()).render(&mut out).map_err(failed)?;
    for sub in command.get_subcommands().filter(|c| !c.is_hide_set() && c.get_name() != "help") {
        let man = clap_mangen::Man::new(sub.clone());
        man.render_description_section(&mut out).map_err(failed)?;
        man.render_options_section(&mut out).map_err(failed)?;
    }
    Ok((Report::raw(String::from_utf8_lossy(&out)), exit::DONE))
}
