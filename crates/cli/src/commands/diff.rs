//! `cutover diff`.

use cutover_core::diff;
use cutover_engine::schema::Workshop;

use crate::changes;
use crate::context::Context;
use crate::exit;
use crate::output::Report;
use crate::sides::Side;

/// Compare two schemas, or write the SQL that makes one of the other
///
/// FROM is what is there, TO is what is wanted. Each is a URL, an environment of cutover.toml, migrations,
/// migrations@ID, models, or a file or folder of SQL. Nothing is changed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover diff prod migrations\n  cutover diff migrations@0004 migrations --sql\n  cutover diff old.sql new.sql --format json\n  cutover diff postgresql:///app schema.sql --exit-code"
)]
pub struct Args {
    /// What is there
    #[arg(value_name = "FROM")]
    from: String,
    /// What is wanted
    #[arg(value_name = "TO")]
    to: String,
    /// Print SQL
    #[arg(long)]
    sql: bool,
    /// How it is compared
    #[command(flatten)]
    pub how: How,
    /// Exit with 3 when they differ
    #[arg(long)]
    exit_code: bool,
}

/// How schemas are compared.
#[derive(Debug, Clone, clap::Args)]
pub struct How {
    /// Write the plain forms of statements, not those that lock for a moment only
    #[arg(long)]
    plain: bool,
    /// Compare privileges, too
    #[arg(long)]
    privileges: bool,
    /// Compare owners, too
    #[arg(long)]
    owners: bool,
}

impl How {
    /// As the comparison takes it.
    pub fn options(&self) -> diff::Options {
        diff::Options { grants: self.privileges, owners: self.owners, plain: self.plain }
    }
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config().ok();
    let (from, to) = (Side::parse(&args.from, config.as_ref())?, Side::parse(&args.to, config.as_ref())?);
    let workshop = Workshop::new(None)?;
    // both servers work at the same time
    let (from, to) = tokio::try_join!(
        from.catalog(context, config.as_ref(), &workshop),
        to.catalog(context, config.as_ref(), &workshop),
    )?;
    let options = args.how.options();
    let changes = diff::changes(&from, &to, &options);
    let actions = diff::plan(&from, &to, &options);
    let code = if args.exit_code && !changes.is_empty() { exit::ATTENTION } else { exit::DONE };
    let text = match (args.sql, changes.is_empty()) {
        (true, _) => changes::script(&actions),
        (false, true) => "no differences\n".into(),
        (false, false) => changes::tree(&changes),
    };
    Ok((Report::new(text, &changes::json(&changes, &actions)), code))
}
