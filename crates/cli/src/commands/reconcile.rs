//! `cutover reconcile`.

use clap::ValueEnum;
use cutover_core::catalog::Catalog;
use cutover_core::diff::Change;
use cutover_core::plan::Direction;
use cutover_core::report::{Conclusion, Weight, ranked};
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_engine::config::Config;
use cutover_engine::execute::{Gates, Request, understood};
use cutover_engine::history::History;
use cutover_engine::reconcile::{self, Around, Left, ReconcileError, Reconciled, Source, Wish};
use cutover_engine::schema::{self, Workshop};
use cutover_sql::document::Header;
use serde_json::{Value, json};

use crate::changes;
use crate::conclusions;
use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::new_files::{Made, NewFile, NewFiles, unplaced};
use crate::output::{Report, count};

/// Write one revision that brings databases which differ to the same schema
///
/// Each database is read, and nothing is written there. The revision does at each what is missing there, behind a look
/// at what is there, and at the history what that lacks. It is tried on a copy of each before it is written. To only see
/// what differs, use "check" and "diff".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover reconcile --against prod\n  cutover reconcile --against prod --against staging --to history\n  cutover reconcile --against \"$PROD_URL\" --to models --allow-destructive"
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
    /// Write what drops tables and columns, or narrows types, too
    #[arg(long)]
    allow_destructive: bool,
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

/// A database with what is to be told of it.
struct Read {
    source: Source,
    lost: Vec<(String, i64)>,
    has_ledger: bool,
    /// Its major version, where that is not the scratch server's.
    other_major: Option<u32>,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let parents = Target::parse("head")?.resolve(history.graph(), &Applied::new())?;
    let to = args.to.unwrap_or(if config.models.is_empty() { To::History } else { To::Models });
    let settings = context.settings(&config, None);
    let workshop = Workshop::new(major(context, &config, &args.against[0]).await?)?;
    let all: Vec<Index> = (0..history.graph().len()).collect();
    let replayed = workshop.schema_of(&history, &all, &settings).await?.without(&config.ignore);
    let wanted: Catalog = match to {
        To::History => replayed,
        To::Models => {
            workshop.models(&config, &replayed).await?.catalog().as_ref().clone().without(&config.ignore)
        }
    };
    let wish = Wish { catalog: &wanted, ignore: &config.ignore };
    let around = Around { history: &history, settings: &settings, workshop: &workshop };
    let mut read = Vec::new();
    for place in &args.against {
        read.push(database(context, &config, place, &wish, &around).await?);
    }
    refuse_losses(args, &read)?;
    let found = ranked(conclude(&read));
    let (lost, mut sources): (Vec<_>, Vec<Source>) = read.into_iter().map(|it| (it.lost, it.source)).unzip();
    sources.push(reconcile::source("the history".into(), None, all, &wish, &around).await?);
    let differences: Vec<Vec<Change>> = reconcile::differences(&sources, &wanted).into_values().collect();
    if differences.iter().all(Vec::is_empty) {
        return Ok((nothing(to, &sources, &found), exit::DONE));
    }
    let draft = reconcile::draft(&sources, &wanted, &around).await?;
    let mut files = NewFiles::new(&config, &history);
    let ids = parents.iter().map(|index| history.graph().id(*index).to_owned()).collect();
    let id = files.add(file(args, to, &sources, &differences, &draft, ids))?;
    prove(&sources, &wish, &around, files.made(), &id).await?;
    let written = files.write()?;
    Ok((report(to, &sources, &differences, &lost, &draft, &written[0], &found), exit::DONE))
}

/// The major version of the first database: the scratch server is of the same, where it is installed.
async fn major(context: &Context, config: &Config, place: &str) -> Result<Option<u32>, Failure> {
    let database = context.database_at(config, Some(place)).await?;
    Ok(Some(context.session(&database).await?.facts.version / 10_000))
}

/// Reads one database: its schema, what is pending there, and what it would lose.
async fn database(
    context: &Context,
    config: &Config,
    place: &str,
    wish: &Wish<'_>,
    around: &Around<'_>,
) -> Result<Read, Failure> {
    let database = context.database_at(config, Some(place)).await?;
    let session = context.session(&database).await?;
    let state = understood(around.history, session.state().await?);
    let name = match config.environments.contains_key(place) {
        true => place.to_owned(),
        false => format!("database {}", session.facts.database),
    };
    let has_ledger = !state.applied.is_empty();
    let target = Target::heads();
    let request = Request {
        history: around.history,
        direction: Direction::Upgrade,
        target: &target,
        by: "",
        settings: around.settings,
        url: "",
        exactly: None,
        gates: Gates::Ignored,
    };
    // one without a ledger will be stamped at the head
    let pending = if has_ledger { request.pending(&state)? } else { Vec::new() };
    let live = schema::of_database(&database.params).await?;
    let source =
        reconcile::source(name.clone(), Some(live), pending, wish, around).await.map_err(|error| {
            Failure::from(error)
                .note(format!("on a copy of {name}, with the revisions that are pending there"))
        })?;
    let lost = reconcile::losses(&source, wish.catalog, &session).await?;
    let major = session.facts.version / 10_000;
    let other_major = Some(major).filter(|major| wish.catalog.server / 10_000 != *major);
    Ok(Read { source, lost, has_ledger, other_major })
}

fn refuse_losses(args: &Args, read: &[Read]) -> Result<(), Failure> {
    if args.allow_destructive || read.iter().all(|it| it.lost.is_empty()) {
        return Ok(());
    }
    let mut failure =
        Failure::usage("destructive", "databases have more than is wanted, so nothing was written");
    for it in read {
        for (what, rows) in &it.lost {
            failure = failure.note(format!("{}: {what} (about {rows} rows)", it.source.name));
        }
    }
    Err(failure
        .help("add --allow-destructive when it may go")
        .help("what was renamed by hand looks like this, too: rename it where it was done, or write the rename as a revision first"))
}

/// The file: what was different where is its prose.
fn file(
    args: &Args,
    to: To,
    sources: &[Source],
    differences: &[Vec<Change>],
    draft: &Reconciled,
    parents: Vec<String>,
) -> NewFile {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let title = args.message.clone().unwrap_or_else(|| format!("Reconcile with {}", to.words()));
    let mut prose = format!(
        "{}\n\nBrings each database to the schema of {}. What was different on {today} (+ was missing, - was too much):\n",
        title.trim(),
        to.words()
    );
    for (source, changes) in sources.iter().zip(differences) {
        prose += &format!("\n{}:\n", source.name);
        let tree = if changes.is_empty() { "nothing\n".to_owned() } else { changes::tree(changes) };
        tree.lines().for_each(|line| prose += &format!("  {line}\n"));
    }
    let header = Header {
        // a name may have one in it, and it would end the comment
        prose: prose.trim_end().replace('\r', " "),
        irreversible: draft.irreversible.clone().map(unplaced),
        ..Header::default()
    };
    let body = Some((draft.up.clone(), draft.down.clone()));
    NewFile { title, id: args.id.clone(), parents, header, body }
}

async fn prove(
    sources: &[Source],
    wish: &Wish<'_>,
    around: &Around<'_>,
    made: &[Made],
    id: &str,
) -> Result<(), Failure> {
    let with: History =
        around.history.with(made.iter().map(|file| (file.path.clone(), file.text.clone())))?;
    let index = with.graph().find(id).unwrap_or_default();
    // the indices of the others are those of the history with the file
    let moved = |source: &Source| Source {
        name: source.name.clone(),
        live: source.live.clone(),
        pending: source
            .pending
            .iter()
            .filter_map(|i| with.graph().find(around.history.graph().id(*i)))
            .collect(),
        catalog: source.catalog.clone(),
    };
    let around = Around { history: &with, ..*around };
    for source in sources {
        let left = reconcile::prove(&moved(source), wish, index, &around).await.map_err(|error| {
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

fn conclude(read: &[Read]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for it in read {
        let name = &it.source.name;
        if !it.has_ledger {
            let text = "has no revision applied: it is taken as it is, as if it were at the head";
            let one = Conclusion::new("no-ledger", Weight::Warning, name.clone(), text);
            found.push(one.next("stamp it at the revision before this one, and upgrade it then"));
        }
        if let Some(major) = it.other_major {
            let text = format!(
                "is PostgreSQL {major}, and the copies are of another version: what PostgreSQL writes of a definition may differ"
            );
            let one = Conclusion::new("other-version", Weight::Warning, name.clone(), text);
            found.push(one.next("set CUTOVER_PG_BIN to the bin folder of a server of that version"));
        }
        for (what, rows) in &it.lost {
            let one = Conclusion::new("data-loss", Weight::Warning, name.clone(), format!("will {what}"));
            found.push(one.because(format!("about {rows} rows, by its statistics")));
        }
        if !it.source.pending.is_empty() {
            let text = format!("runs {} before", count(it.source.pending.len(), "pending revision"));
            found.push(Conclusion::new("pending", Weight::Note, name.clone(), text));
        }
    }
    found
}

fn nothing(to: To, sources: &[Source], found: &[Conclusion]) -> Report {
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    let text = format!("nothing to do: {} have the schema of {}\n", names.join(", "), to.words());
    let data = json!({ "id": null, "file": null, "conclusions": conclusions::data(found) });
    Report::new(conclusions::text(found) + &text, &data)
}

fn report(
    to: To,
    sources: &[Source],
    differences: &[Vec<Change>],
    lost: &[Vec<(String, i64)>],
    draft: &Reconciled,
    written: &Made,
    found: &[Conclusion],
) -> Report {
    let mut text = format!("wrote {}\n", shown(&written.path));
    for (at, source) in sources.iter().enumerate() {
        let does = draft.steps.iter().filter(|(_, needs)| needs[at]).count();
        let rests = draft.steps.len() - does;
        text += &format!("\n{}: {}, {rests} with nothing to do\n", source.name, count(does, "change"));
        for (title, needs) in &draft.steps {
            text +=
                &format!("  {} {}\n", if needs[at] { "runs " } else { "rests" }, title.replace('\n', " "));
        }
    }
    text += &format!("\ntried on a copy of each: all of them have the schema of {} then\n", to.words());
    if let Some(why) = &draft.irreversible {
        text += &format!("irreversible: {why}\n");
    }
    text += &conclusions::text(found);
    let graph_less = |at: usize, source: &Source| -> Value {
        let lost: Vec<Value> = lost
            .get(at)
            .into_iter()
            .flatten()
            .map(|(what, rows)| json!({ "what": what, "rows": rows }))
            .collect();
        json!({
            "name": source.name, "pending": source.pending.len(), "lost": lost,
            "differences": changes::json(&differences[at], &[])["changes"],
        })
    };
    let databases: Vec<Value> =
        sources.iter().enumerate().map(|(at, source)| graph_less(at, source)).collect();
    let does = |needs: &[bool]| -> Vec<&str> {
        sources
            .iter()
            .zip(needs)
            .filter(|(_, needs)| **needs)
            .map(|(source, _)| source.name.as_str())
            .collect()
    };
    let steps: Vec<Value> =
        draft.steps.iter().map(|(title, needs)| json!({ "title": title, "does": does(needs) })).collect();
    let data = json!({
        "id": written.id, "file": written.path, "to": to.words(), "irreversible": draft.irreversible,
        "steps": steps, "databases": databases, "conclusions": conclusions::data(found),
    });
    Report::new(text, &data)
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
