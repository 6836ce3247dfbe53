//! `cutover init`.

use std::path::{Path, PathBuf};

use cutover_core::revision::naming::Naming;
use cutover_engine::config::FILE_NAME;
use serde_json::json;

use crate::context::{Context, absolute, here};
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::Report;

/// Start a project: writes cutover.toml and an empty folder for revisions
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  cutover init\n  cutover init backend --naming 'v{number:3}_{slug}'")]
pub struct Args {
    /// The project's folder
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// The folder of the revisions, below the project's
    #[arg(long, default_value = "migrations", value_name = "FOLDER")]
    migrations: PathBuf,
    /// How revisions are named: {number:4}, {date}, {time}, {hash:8}, then _{slug}
    #[arg(long, default_value = "{number:4}_{slug}", value_name = "SCHEME")]
    naming: String,
}

/// Runs the command.
pub fn run(_: &Context, args: &Args) -> super::Result {
    Naming::parse(&args.naming).map_err(|e| Failure::usage("naming", e.to_string()))?;
    let folder = absolute(&here()?.join(&args.folder));
    let config = folder.join(FILE_NAME);
    if config.exists() {
        return Err(Failure::usage("exists", format!("{} is there already", shown(&config)))
            .help("edit it, or choose another folder"));
    }
    let migrations = folder.join(&args.migrations);
    std::fs::create_dir_all(&migrations).map_err(|e| cannot(&migrations, &e))?;
    let text =
        TEMPLATE.replace("MIGRATIONS", &args.migrations.to_string_lossy()).replace("NAMING", &args.naming);
    std::fs::write(&config, text).map_err(|e| cannot(&config, &e))?;
    ignore_private_folder(&folder)?;
    let text =
        format!("wrote {} and {}/\nnext: cutover new \"first tables\"\n", shown(&config), shown(&migrations));
    Ok((Report::new(text, &json!({ "config": config, "migrations": migrations })), exit::DONE))
}

/// `.cutover/` holds the private server's data, which no repository should carry.
fn ignore_private_folder(folder: &Path) -> Result<(), Failure> {
    let private = folder.join(".cutover");
    std::fs::create_dir_all(&private).map_err(|e| cannot(&private, &e))?;
    let ignore = private.join(".gitignore");
    std::fs::write(&ignore, "*\n").map_err(|e| cannot(&ignore, &e))
}

fn cannot(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new("cannot-write", format!("{} cannot be written: {error}", shown(path)))
}

const TEMPLATE: &str = r#"# Cutover's configuration; docs/configuration.md lists every key.
migrations = "MIGRATIONS"
naming = "NAMING"

# Without a database here, commands work on a private PostgreSQL in .cutover/.
# Use others by name: cutover upgrade --env prod
#
# [env.prod]
# url = "${PROD_DATABASE_URL}"
# lock_timeout = "500ms"
"#;
