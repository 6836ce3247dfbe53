//! `cutover baseline`. Its file is in `file`, what is said of it in `told`.

mod file;
mod told;

use cutover_core::diff::Options;
use cutover_core::report::ranked;
use cutover_core::revision::target::Target;
use cutover_engine::baseline::{self, Baseline, BaselineError, Wanted};
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::schema::{SchemaError, Workshop};
use cutover_engine::session::Session;

use crate::changes;
use crate::context::{Context, Database};
use crate::exit;
use crate::failure::Failure;
use crate::new_files::{Made, NewFiles};
use crate::output::count;

/// Write the schema of a live database as the first revision
///
/// The file is loaded into a scratch database and compared with the live one before it is written. The live database
/// is only read; with --stamp its ledger says afterwards that the revision is applied, and nothing is run.
/// Where there are revisions already, "reconcile" writes what differs, and "squash" makes one of several.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover baseline --against prod\n  cutover baseline --against \"$PROD_URL\" --rows country --rows app.role --privileges --owners\n  cutover baseline --against prod --stamp"
)]
pub struct Args {
    /// The database: a URL or an environment; without it, the one that every command works on
    #[arg(long, value_name = "URL|ENV")]
    against: Option<String>,
    /// The id, instead of the first one of the naming scheme
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What the revision is called
    #[arg(long, short, value_name = "TEXT", default_value = "Baseline")]
    message: String,
    /// Write into the ledger of the database that the revision is applied
    #[arg(long)]
    stamp: bool,
    /// Take the rows of a table along, and where its sequences are
    #[arg(long, value_name = "TABLE")]
    rows: Vec<String>,
    /// Take privileges along
    #[arg(long)]
    privileges: bool,
    /// Take owners along
    #[arg(long)]
    owners: bool,
    /// Take the tables along in which other tools write what they have run
    #[arg(long)]
    keep_version_tables: bool,
    /// Write a downgrade, which drops everything, instead of "irreversible"
    #[arg(long)]
    with_downgrade: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    refuse_revisions(&history)?;
    let database = context.database_at(&config, args.against.as_deref()).await?;
    let session = context.session(&database).await?;
    refuse_ledger(&session).await?;
    if args.stamp {
        session.check_writable()?;
    }
    let options = Options { grants: args.privileges, owners: args.owners, plain: true };
    let wanted = Wanted {
        ignore: &config.ignore,
        rows: &args.rows,
        options: options.clone(),
        keeps_others: args.keep_version_tables,
    };
    let draft = baseline::draft(&session, &wanted).await?;
    let mut files = NewFiles::new(&config, &history);
    let id = files.add(file::file(args, &draft, &session))?;
    prove(context, &config, &history, files.made(), &draft, &options, &session).await?;
    let written = files.write()?;
    if args.stamp {
        stamp(context, &config, &database, &session, &id).await?;
    }
    let found = ranked(told::conclude(args, &draft));
    Ok((told::report(args, &draft, &written[0], &found, &session), exit::DONE))
}

fn refuse_revisions(history: &History) -> Result<(), Failure> {
    let many = history.graph().len();
    if many == 0 {
        return Ok(());
    }
    let is = if many == 1 { "is" } else { "are" };
    let what = format!("there {is} {} already, and a baseline is the first", count(many, "revision"));
    Err(Failure::usage("not-the-first", what)
        .help(
            "to write what the database has and they have not: cutover reconcile --against ENV --to history",
        )
        .help("to make one revision of several: cutover squash base:ID"))
}

async fn refuse_ledger(session: &Session) -> Result<(), Failure> {
    let state = session.state().await?;
    let ids: Vec<&str> = state.applied.keys().map(String::as_str).collect();
    let Some(last) = ids.last() else { return Ok(()) };
    let what = format!("the database has a ledger with {}, up to {last}", count(ids.len(), "revision"));
    Err(Failure::new("foreign-revision", what)
        .help("get the files: most often they are on another branch of the repository")
        .help("or, if they are gone for good, take them out of the ledger: cutover stamp --purge base"))
}

/// The file is run on a scratch database, and what is there then has to be what is live.
async fn prove(
    context: &Context,
    config: &Config,
    history: &History,
    made: &[Made],
    draft: &Baseline,
    options: &Options,
    session: &Session,
) -> Result<(), Failure> {
    let with = history.with(made.iter().map(|file| (file.path.clone(), file.text.clone())))?;
    let workshop = Workshop::new(Some(session.facts.version / 10_000))?;
    let settings = context.settings(config, None);
    let index = with.graph().find(&made[0].id).unwrap_or_default();
    let left = baseline::prove(draft, &with, index, &settings, options, &workshop).await.map_err(|error| {
        let is_of_a_statement = matches!(error, SchemaError::Execute(_));
        let failure = Failure::from(error);
        let failure = Failure { message: format!("the schema does not load: {}", failure.message), ..failure };
        let failure = match workshop.major().filter(|major| *major != session.facts.version / 10_000) {
            Some(scratch) => {
                let live = session.facts.version / 10_000;
                let version = format!("the database is PostgreSQL {live}, and the scratch server {scratch}");
                failure.note(version).help(format!(
                    "set CUTOVER_PG_BIN to the bin folder of a PostgreSQL {live}"
                ))
            }
            None => failure,
        };
        match is_of_a_statement {
            // the file that the place is in was never written
            true => Failure { code: "does-not-load", places: Vec::new(), help: failure.help[1..].to_vec(), ..failure }
                .note("nothing was written")
                .help("what the statement needs may be named by \"ignore\" in cutover.toml, or missing on the scratch server"),
            false => failure,
        }
    })?;
    if left.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "not-the-same",
        "the revision does not give the schema of the database, so nothing was written",
    )
    .note(changes::tree(&left).trim_end())
    .note("- is in the database, + is what the revision gives")
    .help("name what differs in \"ignore\" of cutover.toml, or report it with the schema"))
}

async fn stamp(
    context: &Context,
    config: &Config,
    database: &Database,
    session: &Session,
    id: &str,
) -> Result<(), Failure> {
    // the file is there by now
    let history = context.history(config)?;
    let target = Target::parse(id)?;
    let settings = context.settings(config, Some(database));
    context.stamp(&history, &target, &settings, session, false).await?;
    Ok(())
}

impl From<BaselineError> for Failure {
    fn from(error: BaselineError) -> Self {
        let message = error.to_string();
        match error {
            BaselineError::Schema(error) => error.into(),
            BaselineError::Seed(error) => error.into(),
            BaselineError::Empty => Self::new("nothing-there", message)
                .help("look at the URL, and at \"ignore\" in cutover.toml; for a new project: cutover new \"first tables\""),
            BaselineError::NoTable(_) => Self::usage("no-such-table", message)
                .help("write the name as in SQL, with the schema where there are several: --rows app.role"),
        }
    }
}
