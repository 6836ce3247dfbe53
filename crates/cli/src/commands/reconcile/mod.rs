//! `cutover reconcile`: what is wanted, and trying what is written. `read` looks at the databases, the revision's file is in
//! `file`, what is said of it in `told`.

mod file;
mod read;
mod told;

use clap::ValueEnum;
use cutover_core::catalog::Catalog;
use cutover_core::diff::Change;
use cutover_core::reconcile::{Compared, Privileges, says_privileges, with_rights_of};
use cutover_core::report::ranked;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::reconcile::{self, Around, Left, ReconcileError, Source, Wish};
use cutover_engine::schema::Workshop;

use crate::changes;
use crate::context::Context;
use crate::exit;
use crate::failure::Failure;
use crate::new_files::{Made, NewFiles};
use crate::renames;
use read::Read;

/// Write one revision that brings databases which differ to the same schema
///
/// Each database is read, and nothing is written there. The revision does at each what is missing there, behind a look
/// at what is there, and at the history what that lacks. It is tried on a copy of each before it is written. To only see
/// what differs, use "check" and "diff".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover reconcile --against prod\n  cutover reconcile --against prod --against staging --to history\n  cutover reconcile --against \"$PROD_URL\" --to models --rename users.name=full_name\n  cutover reconcile --against prod --privileges exact --owners --allow-destructive"
)]
pub struct Args {
    /// A database: a URL or an environment; several may be named
    #[arg(long, value_name = "URL|ENV", required = true)]
    against: Vec<String>,
    /// The schema that all come to; without it the models', where there are some
    #[arg(long, value_enum)]
    to: Option<To>,
    /// The id, instead of the next one of the naming scheme
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What the revision is called
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// What becomes of privileges
    #[arg(long, value_enum, default_value_t = Rights::Grant)]
    privileges: Rights,
    /// Give objects to the owners that the history says, too
    #[arg(long)]
    owners: bool,
    /// What has another name in some of the databases
    #[command(flatten)]
    renames: renames::Renames,
    /// Write what drops tables and columns, or narrows types, too
    #[arg(long)]
    allow_destructive: bool,
}

/// What becomes of privileges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rights {
    /// What is missing is granted; what a database has besides is told, and stays
    Grant,
    /// What a database has besides is revoked, too
    Exact,
    /// They are not compared
    Ignore,
}

/// The schema that all come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum To {
    /// What the models want.
    Models,
    /// What the revisions lead to.
    History,
}

impl To {
    fn words(self) -> &'static str {
        match self {
            Self::Models => "the models",
            Self::History => "the history",
        }
    }
}

/// The parts that every step here needs.
struct Work<'a> {
    context: &'a Context,
    config: &'a Config,
    args: &'a Args,
    wish: Wish<'a>,
    around: Around<'a>,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let parents = Target::parse("head")?.resolve(history.graph(), &Applied::new())?;
    let to = args.to.unwrap_or(if config.models.is_empty() { To::History } else { To::Models });
    let settings = context.settings(&config, None);
    let workshop = Workshop::new(major(context, &config, &args.against[0]).await?)?;
    let around = Around { history: &history, settings: &settings, workshop: &workshop };
    let wanted = wanted(&config, args, to, &around).await?;
    let wish = Wish { catalog: &wanted, ignore: &config.ignore, compared: args.compared() };
    let work = Work { context, config: &config, args, wish, around };
    let (read, nobody) = work.read_all().await?;
    if let Some(wish) = nobody {
        return Err(cutover_core::diff::RenameError::NoOld(wish).into());
    }
    refuse_losses(args, &read)?;
    let found = ranked(told::conclude(&read));
    let does_stop = read[..read.len() - 1].iter().any(Read::stops);
    let sources: Vec<&Source> = read.iter().map(|it| &it.source).collect();
    let differences: Vec<Vec<Change>> =
        sources.iter().map(|source| reconcile::differences(source, wish.compared)).collect();
    if sources.iter().all(|source| source.actions.is_empty()) {
        return Ok((told::nothing(to, &read, &found), exit::DONE));
    }
    let draft = reconcile::draft(&sources, &wish, &around).await?;
    let mut files = NewFiles::new(&config, &history);
    let ids = parents.iter().map(|index| history.graph().id(*index).to_owned()).collect();
    let id = files.add(file::file(args, to, &read, &differences, &draft, ids))?;
    prove(&sources, &work, files.made(), &id).await?;
    let written = files.write()?;
    let report = told::report(to, &read, &differences, &draft, &written[0], &found);
    Ok((report, if does_stop { exit::ATTENTION } else { exit::DONE }))
}

impl Args {
    fn compared(&self) -> Compared {
        let privileges = match self.privileges {
            Rights::Grant => Privileges::Granted,
            Rights::Exact => Privileges::Exact,
            Rights::Ignore => Privileges::Ignored,
        };
        Compared { privileges, owners: self.owners }
    }
}

/// What all come to. Models of a program say nothing of privileges and owners: there the history's are meant.
async fn wanted(config: &Config, args: &Args, to: To, around: &Around<'_>) -> Result<Catalog, Failure> {
    let all: Vec<Index> = (0..around.history.graph().len()).collect();
    let replayed = around.workshop.schema_of(around.history, &all, around.settings).await?;
    let replayed = replayed.without(&config.ignore);
    let wanted = match to {
        To::History => replayed,
        To::Models => {
            let models = around.workshop.models(config, &replayed).await?.catalog();
            let models = models.as_ref().clone().without(&config.ignore);
            if says_privileges(&models) { models } else { with_rights_of(&models, &replayed) }
        }
    };
    if args.privileges == Rights::Exact && !says_privileges(&wanted) {
        let text = format!("{} grant nothing to anybody, so that everything would be revoked", to.words());
        return Err(Failure::usage("no-privileges", text)
            .help("leave --privileges exact away, or write the grants as a revision first"));
    }
    Ok(reconcile::wanted(&wanted, args.compared()))
}

/// The major version of the first database: the scratch server is of the same, where it is installed.
async fn major(context: &Context, config: &Config, place: &str) -> Result<Option<u32>, Failure> {
    let database = context.database_at(config, Some(place)).await?;
    Ok(Some(context.session(&database).await?.facts.version / 10_000))
}

fn refuse_losses(args: &Args, read: &[Read]) -> Result<(), Failure> {
    if args.allow_destructive || read.iter().all(|it| it.lost.is_empty()) {
        return Ok(());
    }
    let mut failure =
        Failure::usage("destructive", "databases have more than is wanted, so nothing was written");
    for it in read {
        for (what, rows) in &it.lost {
            failure = failure.note(format!("{}: {what} ({})", it.source.name, told::about(*rows)));
        }
    }
    Err(failure
        .help("add --allow-destructive when it may go")
        .help("what has another name there: --rename OLD=NEW"))
}

async fn prove(sources: &[&Source], work: &Work<'_>, made: &[Made], id: &str) -> Result<(), Failure> {
    let before = work.around.history;
    let with: History = before.with(made.iter().map(|file| (file.path.clone(), file.text.clone())))?;
    let index = with.graph().find(id).unwrap_or_default();
    // the indices of the others are those of the history with the file
    let moved = |source: &Source| Source {
        pending: source.pending.iter().filter_map(|i| with.graph().find(before.graph().id(*i))).collect(),
        ..source.clone()
    };
    let around = Around { history: &with, ..work.around };
    for source in sources {
        let left = reconcile::prove(&moved(source), &work.wish, index, &around).await.map_err(|error| {
            let failure = Failure::from(error);
            // the file that the place is in was never written
            Failure { places: Vec::new(), help: Vec::new(), ..failure }
                .note(format!("on a copy of {}, so nothing was written", source.name))
                .help("please report this with the schemas")
        })?;
        if let Some(Left { name, is_down, changes }) = left {
            let when = if is_down { "back again, " } else { "" };
            let what = format!(
                "{when}the revision leaves something different on a copy of {name}, so nothing was written"
            );
            return Err(Failure::new("not-reconciled", what)
                .note(changes::tree(&changes).trim_end())
                .help("please report this with the schemas"));
        }
    }
    Ok(())
}

impl From<ReconcileError> for Failure {
    fn from(error: ReconcileError) -> Self {
        let message = error.to_string();
        match error {
            ReconcileError::Schema(error) => error.into(),
            ReconcileError::Session(error) => error.into(),
            ReconcileError::Unguardable(_) => Self::new("not-told-apart", message)
                .help("write a revision for one of the databases alone, run it there, and reconcile the rest then"),
            ReconcileError::Fails { .. } => Self::new("fails-on-a-copy", message).note("nothing was written").help(
                "look at what the statement needs; an object that stands in the way can be named in \"ignore\" of cutover.toml",
            ),
        }
    }
}
