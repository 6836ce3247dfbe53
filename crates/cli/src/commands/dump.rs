//! `cutover dump`.

use cutover_core::catalog::Catalog;
use cutover_core::diff;
use cutover_engine::schema::Workshop;
use serde_json::json;

use crate::changes;
use crate::context::Context;
use crate::exit;
use crate::output::Report;
use crate::sides::Side;

/// Print a schema as SQL, always in the same order
///
/// It is meant for a file that is kept beside the code and reviewed. Loading it gives the same schema. Without
/// an argument it is the history's.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover dump > schema.sql\n  cutover dump --at 0004\n  cutover dump prod --privileges"
)]
pub struct Args {
    /// A URL, an environment of cutover.toml, migrations, models, or SQL
    #[arg(default_value = "migrations", value_name = "SCHEMA")]
    schema: String,
    /// The history up to this revision
    #[arg(long, value_name = "TARGET", conflicts_with = "schema")]
    at: Option<String>,
    /// With privileges
    #[arg(long)]
    privileges: bool,
    /// With owners
    #[arg(long)]
    owners: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config().ok();
    let side = match &args.at {
        Some(target) => Side::Migrations(target.clone()),
        None => Side::parse(&args.schema, config.as_ref())?,
    };
    let workshop = Workshop::new(None)?;
    let catalog = side.wanted(context, config.as_ref(), &workshop).await?.catalog();
    let options = diff::Options { grants: args.privileges, owners: args.owners, plain: true };
    let actions = diff::plan(&Catalog::empty(&catalog), &catalog, &options);
    let script = changes::script(&actions);
    // bodies may name what comes later
    let text =
        if script.is_empty() { script } else { format!("SET check_function_bodies = off;\n\n{script}") };
    Ok((Report::new(text.clone(), &json!({ "sql": text })), exit::DONE))
}
