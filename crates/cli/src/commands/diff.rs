//! `cutover diff`.

use cutover_core::diff::{self, Candidate};
use cutover_engine::schema::Workshop;
use cutover_engine::schema::rename::Answer;
use serde_json::json;

use crate::changes;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::output::Report;
use crate::renames;
use crate::sides::{self, Side};

/// Compare two schemas, or write the SQL that makes one of the other
///
/// FROM is what is there, TO is what is wanted. Each is a URL, an environment of cutover.toml, migrations,
/// migrations@ID, models, or a file or folder of SQL. Nothing is changed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover diff prod migrations\n  cutover diff migrations@0004 migrations --sql\n  cutover diff old.sql new.sql --format json\n  cutover diff postgresql:///app schema.sql --exit-code\n  cutover diff prod schema.sql --sql --expect 2f1a9c0d3b5e7788 | psql ..."
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
    /// What was renamed
    #[command(flatten)]
    renames: renames::Renames,
    /// Refuse when FROM is not the schema with this fingerprint, which an earlier plan was made for
    #[arg(long, value_name = "FINGERPRINT")]
    expect: Option<String>,
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
        from.wanted(context, config.as_ref(), &workshop),
        to.wanted(context, config.as_ref(), &workshop),
    )?;
    let made_for = from.catalog().fingerprint();
    if let Some(expected) = args.expect.as_ref().filter(|expected| **expected != made_for) {
        let what = format!("the schema is not the one that was expected: it is {made_for}, not {expected}");
        return Err(Failure::new("another-schema", what).help(
            "somebody has changed it since the plan was made: look at the plan again without --expect",
        ));
    }
    let options = args.how.options();
    let told = args.renames.told()?;
    let mut ask = |it: &Candidate| if args.sql { renames::ask(context, it) } else { Answer::Unknown };
    let settled = workshop.settle(from.catalog(), &to, &told, &options, &mut ask).await?;
    let changes = diff::changes(&settled.from, &settled.to, &options);
    let actions = settled.up(&options);
    let is_same = changes.is_empty() && settled.renames.is_empty();
    let not_compared = sides::not_compared([&*settled.from, &*settled.to]);
    not_compared.iter().for_each(|what| context.say(&format!("not compared: {what}")));
    if !settled.open.is_empty() {
        context.say(renames::notes(&settled.open).trim_end());
    }
    let code = if args.exit_code && !is_same { exit::ATTENTION } else { exit::DONE };
    let text = match (args.sql, is_same) {
        (true, true) => String::new(),
        (true, false) => format!("-- made for the schema {made_for}\n\n{}", changes::script(&actions)),
        (false, true) => "no differences\n".into(),
        (false, false) => renames::lines(&settled.renames) + &changes::tree(&changes),
    };
    let mut data = changes::json(&changes, &actions);
    data["made_for"] = json!(made_for);
    data["renames"] = renames::json(&settled.renames);
    data["not_compared"] = json!(not_compared);
    data["rename_candidates"] = settled.open.iter().map(|it| it.rename.wish()).collect();
    Ok((Report::new(text, &data), code))
}
