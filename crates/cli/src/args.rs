//! The command line: what every command shares, and the list of commands.

use std::path::PathBuf;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand, ValueEnum};

use crate::commands;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold());

/// Change the schema of a live PostgreSQL database without downtime and without guessing.
#[derive(Debug, Parser)]
#[command(
    name = "cutover",
    version,
    styles = STYLES,
    max_term_width = 100,
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 something to look at.\n\
                  Without a URL, commands work on a private PostgreSQL in .cutover/."
)]
pub struct Cli {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command understands.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The database: a URL or key=value pairs, as for psql
    #[arg(long, global = true, value_name = "URL", conflicts_with = "env")]
    pub url: Option<String>,
    /// An environment of cutover.toml
    #[arg(long, global = true, value_name = "NAME", env = "CUTOVER_ENV")]
    pub env: Option<String>,
    /// Use this cutover.toml instead of looking for one
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How to print results
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Print only results and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

/// How to print results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs; the shape is documented in docs/json.md.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    Init(commands::init::Args),
    New(commands::new::Args),
    Baseline(commands::baseline::Args),
    Upgrade(commands::upgrade::Args),
    Downgrade(commands::downgrade::Args),
    Backfill(commands::backfill::Args),
    Current(commands::current::Args),
    History(commands::history::Args),
    Heads(commands::heads::Args),
    Branches(commands::branches::Args),
    Show(commands::show::Args),
    Merge(commands::merge::Args),
    Squash(commands::squash::Args),
    Reconcile(commands::reconcile::Args),
    Stamp(commands::stamp::Args),
    Edit(commands::edit::Args),
    Status(commands::status::Args),
    Diff(commands::diff::Args),
    Check(commands::check::Args),
    Dump(commands::dump::Args),
    Test(commands::test::Args),
    Lint(commands::lint::Args),
    Explain(commands::explain::Args),
    Doctor(commands::doctor::Args),
    Adopt(commands::adopt::Args),
    Rollout(commands::rollout::Args),
    Ack(commands::ack::Args),
    Gate(commands::gate::Args),
    Server(commands::server::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}

impl Command {
    /// The name, for JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Init(_) => "init",
            Self::New(_) => "new",
            Self::Baseline(_) => "baseline",
            Self::Upgrade(_) => "upgrade",
            Self::Downgrade(_) => "downgrade",
            Self::Backfill(_) => "backfill",
            Self::Current(_) => "current",
            Self::History(_) => "history",
            Self::Heads(_) => "heads",
            Self::Branches(_) => "branches",
            Self::Show(_) => "show",
            Self::Merge(_) => "merge",
            Self::Squash(_) => "squash",
            Self::Reconcile(_) => "reconcile",
            Self::Stamp(_) => "stamp",
            Self::Edit(_) => "edit",
            Self::Status(_) => "status",
            Self::Diff(_) => "diff",
            Self::Check(_) => "check",
            Self::Dump(_) => "dump",
            Self::Test(_) => "test",
            Self::Lint(_) => "lint",
            Self::Explain(_) => "explain",
            Self::Doctor(_) => "doctor",
            Self::Adopt(_) => "adopt",
            Self::Rollout(_) => "rollout",
            Self::Ack(_) => "ack",
            Self::Gate(_) => "gate",
            Self::Server(_) => "server",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }
}
