//! `cutover server`.

use std::os::unix::process::CommandExt as _;
use std::process::Command as Process;

use clap::Subcommand;
use cutover_engine::config::Config;
use cutover_engine::connect::{ConnParams, SslMode};
use cutover_engine::server::{Binaries, DATABASE, Lookup, StartedBy, Status};
use serde_json::json;

use crate::context::{Context, blocking, private_server, server_failure};
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::{Report, table};

/// The private PostgreSQL of this project: start, stop, status, url, psql
///
/// Commands start it for as long as they need it. "start" keeps it running until "stop".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover server start\n  cutover server start --port 5433\n  psql \"$(cutover server url)\"\n  cutover server psql -- -c '\\d'"
)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start it and keep it running
    Start {
        /// Also listen on this TCP port of localhost
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
    /// Stop it
    Stop,
    /// Show whether it runs, and where its files are
    Status,
    /// Print its URL, as psql takes it
    Url,
    /// Open psql on it (or on --url, --env)
    Psql {
        /// Arguments for psql
        #[arg(last = true, value_name = "ARGS")]
        args: Vec<String>,
    },
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let server = private_server(&config);
    match &args.action {
        Action::Start { port } => {
            let status = {
                let (server, port) = (server.clone(), *port);
                blocking(move || server.start(port)).await?.map_err(server_failure)?
            };
            Ok((report(&status), exit::DONE))
        }
        Action::Stop => {
            let stopped = server.stop().map_err(server_failure)?;
            let text = if stopped { "stopped\n" } else { "it does not run\n" };
            Ok((Report::new(text, &json!({ "stopped": stopped })), exit::DONE))
        }
        Action::Status => Ok((report(&server.status().map_err(server_failure)?), exit::DONE)),
        Action::Url => {
            let url = server.url(DATABASE).map_err(server_failure)?;
            if !server.status().map_err(server_failure)?.running {
                context.say("note: the server is stopped: cutover server start");
            }
            Ok((Report::new(format!("{url}\n"), &json!({ "url": url })), exit::DONE))
        }
        Action::Psql { args } => psql(context, &config, args).await,
    }
}

/// Psql stays a child of ours, so that the private server lives exactly as long.
async fn psql(context: &Context, config: &Config, args: &[String]) -> super::Result {
    let database = context.database(config).await?;
    let found = Binaries::find(&Lookup::from_env()).ok().filter(|b| b.has_tool("psql"));
    let program = found.map_or_else(|| "psql".into(), |b| b.tool("psql"));
    let mut process = Process::new(&program);
    process.args(args);
    environment(&mut process, &database.params);
    let status = process
        .status()
        .map_err(|e| Failure::new("no-psql", format!("{} cannot be started: {e}", program.display())))?;
    let code = status.code().and_then(|c| u8::try_from(c).ok()).unwrap_or(exit::FAILED);
    Ok((Report::raw(""), code))
}

/// Connection settings for libpq, in the environment: arguments can be read by everybody.
fn environment(process: &mut Process, params: &ConnParams) {
    process.arg0("psql").env("PGDATABASE", &params.database).env("PGUSER", &params.user);
    let hosts: Vec<String> = params.hosts.iter().map(|(host, _)| host.to_string()).collect();
    let ports: Vec<String> = params.hosts.iter().map(|(_, port)| port.to_string()).collect();
    process.env("PGHOST", hosts.join(",")).env("PGPORT", ports.join(","));
    if params.ssl_mode != SslMode::Prefer {
        process.env("PGSSLMODE", params.ssl_mode.as_str());
    }
    if let Some(root) = &params.ssl_root_cert {
        process.env("PGSSLROOTCERT", root);
    }
    if let Some(password) = &params.password {
        process.env("PGPASSWORD", password.reveal());
    }
}

fn report(status: &Status) -> Report {
    let state = match (status.running, status.started_by) {
        (false, _) => "stopped".to_owned(),
        (true, Some(StartedBy::User)) => "running until \"cutover server stop\"".to_owned(),
        (true, _) => "running for a command".to_owned(),
    };
    let mut rows = vec![vec!["server".to_owned(), state]];
    let mut row = |name: &str, value: String| rows.push(vec![name.to_owned(), value]);
    if let Some(pid) = status.pid {
        row("process", pid.to_string());
    }
    row("version", status.version.clone().map_or("not made yet".into(), |v| format!("PostgreSQL {v}")));
    row("data", shown(&status.data_dir));
    row("socket", shown(&status.socket_dir));
    row("port", status.port.map_or("none (unix socket only)".into(), |p| p.to_string()));
    row("log", shown(&status.log));
    row("url", status.url.clone());
    let data = json!({
        "running": status.running,
        "pid": status.pid,
        "version": status.version,
        "data_dir": status.data_dir,
        "socket_dir": status.socket_dir,
        "port": status.port,
        "log": status.log,
        "url": status.url,
        "kept": status.started_by == Some(StartedBy::User),
    });
    Report::new(table(&rows), &data)
}
