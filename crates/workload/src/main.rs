//! Plays a scenario: a server, its rows, clients on a clock, and a rollout that goes through under them. Prints what
//! was measured, and ends with 1 when a request failed, an answer was wrong or a write is lost.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use cutover_engine::server::{Binaries, Lookup};
use cutover_workload::play::Play;
use cutover_workload::report::Report;
use cutover_workload::rollout::{self, Pace};
use cutover_workload::scenario::Scenario;
use cutover_workload::stage::Stage;
use cutover_workload::traffic::Options;

/// Play a rollout under load and print what was measured
#[derive(Debug, Parser)]
struct Args {
    /// The scenario: a file, or a folder with workload.toml in it
    scenario: PathBuf,
    /// Requests a second
    #[arg(long, default_value_t = 400)]
    rate: u32,
    /// Connections
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Rows at the beginning, instead of the scenario's own number
    #[arg(long)]
    rows: Option<i64>,
    /// How many requests in a thousand go to the same twenty rows
    #[arg(long, default_value_t = 20)]
    hot: u32,
    /// Seconds that the clients go on after each step
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Undo everything up to this many steps instead of going to the end
    #[arg(long)]
    undo_after: Option<usize>,
    /// The program; the one beside this one unless given
    #[arg(long)]
    cutover: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match play(&args) {
        Ok(report) => {
            let data = || serde_json::to_string_pretty(&report).unwrap_or_default() + "\n";
            let text = if args.json { data() } else { report.text() };
            let _ = std::io::stdout().write_all(text.as_bytes());
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            cutover_testkit::note(&error);
            ExitCode::from(2)
        }
    }
}

fn play(args: &Args) -> Result<Report, String> {
    let is_folder = args.scenario.is_dir();
    let file = if is_folder { args.scenario.join("workload.toml") } else { args.scenario.clone() };
    let mut scenario = Scenario::read(&file)?;
    scenario.rows = args.rows.unwrap_or(scenario.rows);
    let binaries = Binaries::find(&Lookup::from_env()).map_err(|e| e.to_string())?;
    let (major, minor) = binaries.version().map_err(|e| e.to_string())?;
    let server = format!("PostgreSQL {major}.{minor}");
    let stage = Stage::start(&binaries, &program(args)?);
    let database = stage.fill(&scenario, file.parent().unwrap_or(Path::new(".")));
    let options = Options { rate: args.rate, connections: args.connections, hot: args.hot };
    let dwell = Duration::from_secs_f64(args.seconds);
    let pace = Pace { dwell, patience: dwell };
    let mut play = Play::begin(&stage, &scenario, database, options, None);
    play.rest("no migration", dwell * 3);
    let steps = rollout::open(&stage, &play.database.url());
    let count = args.undo_after.unwrap_or(steps.len()).min(steps.len());
    for step in &steps[..count] {
        rollout::up(&mut play, step, pace);
    }
    if args.undo_after.is_some() {
        rollout::down(&mut play, &scenario.rollout.base, pace);
    }
    play.rest("no migration", dwell * 3);
    let played = play.end();
    let lost = played.lost(&scenario, args.undo_after.is_some());
    Ok(Report::new(&scenario.name, scenario.rows, args.rate, server, &played, lost))
}

fn program(args: &Args) -> Result<PathBuf, String> {
    let beside = || {
        let own = std::env::current_exe().map_err(|e| e.to_string())?;
        Ok::<_, String>(own.parent().unwrap_or(Path::new(".")).join("cutover"))
    };
    let program = args.cutover.clone().map_or_else(beside, Ok)?;
    program.canonicalize().map_err(|e| format!("{}: {e}; build it first", program.display()))
}
