//! `cutover baseline`.

use cutover_core::catalog::{Id, Kind, Name};
use cutover_core::diff::Options;
use cutover_core::report::{Conclusion, Weight, ranked};
use cutover_core::revision::target::Target;
use cutover_engine::baseline::{self, Baseline, BaselineError, Beside, Wanted};
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::schema::{SchemaError, Workshop};
use cutover_engine::session::Session;
use cutover_sql::document::Header;
use cutover_sql::ident::quote_ident;
use serde_json::json;

use crate::changes;
use crate::conclusions;
use crate::context::{Context, Database};
use crate::exit;
use crate::failure::{Failure, shown};
use crate::new_files::{Made, NewFile, NewFiles, unplaced};
use crate::output::{Report, count};
use crate::sides::not_compared;

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
    let id = files.add(file(args, &draft, &session))?;
    prove(context, &config, &history, files.made(), &draft, &options, &session).await?;
    let written = files.write()?;
    if args.stamp {
        stamp(context, &config, &database, &session, &id).await?;
    }
    let found = ranked(conclude(args, &draft));
    Ok((report(args, &draft, &written[0], &found, &session), exit::DONE))
}

fn refuse_revisions(history: &History) -> Result<(), Failure> {
    let many = history.graph().len();
    if many == 0 {
        return Ok(());
    }
    let what = format!("there are {} already, and a baseline is the first", count(many, "revision"));
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

/// The file: what it stands for is its prose.
fn file(args: &Args, draft: &Baseline, session: &Session) -> NewFile {
    let facts = &session.facts;
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).strftime("%Y-%m-%d").to_string();
    let mut prose = format!(
        "{}\n\nThe schema of the database {} (PostgreSQL {}) on {today}: {}.\nIt stands for a database that was there before: there it is stamped, and runs on new databases only.\n",
        args.message.trim(),
        facts.database,
        facts.version_text.split(' ').next().unwrap_or_default(),
        counts(draft),
    );
    if !draft.roles.is_empty() {
        let names: Vec<&Name> = draft.roles.iter().collect();
        prose +=
            &format!("\nRoles that have to be there first, as no revision makes them: {}.\n", list(&names));
    }
    if !draft.extensions.is_empty() {
        let names: Vec<&Name> = draft.extensions.iter().collect();
        prose += &format!("\nExtensions that the server has to have: {}.\n", list(&names));
    }
    let irreversible = "it stands for a database that was there before: undoing it would drop all of it";
    let header = Header {
        // a name may have one in it, and it would end the comment
        prose: prose.trim_end().replace('\r', " "),
        irreversible: (!args.with_downgrade).then(|| unplaced(irreversible.to_owned())),
        ..Header::default()
    };
    let down = if args.with_downgrade { draft.down.clone() } else { String::new() };
    let body = Some((draft.up.clone(), down));
    NewFile { title: args.message.clone(), id: args.id.clone(), parents: Vec::new(), header, body }
}

fn list(names: &[&Name]) -> String {
    names.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ")
}

/// `12 tables, 3 views, ...`, of the kinds that people count.
fn counts(draft: &Baseline) -> String {
    let counted = [
        (Kind::Namespace, "schema"),
        (Kind::Table, "table"),
        (Kind::View, "view"),
        (Kind::MaterializedView, "materialized view"),
        (Kind::Index, "index"),
        (Kind::Function, "function"),
        (Kind::Trigger, "trigger"),
        (Kind::Enum, "enum"),
        (Kind::Sequence, "sequence"),
        (Kind::Policy, "policy"),
    ];
    let counts = draft.catalog.counts();
    let public = Id::global(Kind::Namespace, "public".into());
    let many = |kind| {
        let many = counts.iter().find(|(it, _)| *it == kind).map_or(0, |(_, many)| *many);
        // everybody has that one
        many - usize::from(kind == Kind::Namespace && draft.catalog.get(&public).is_some())
    };
    let parts: Vec<String> = counted
        .iter()
        .filter(|(kind, _)| many(*kind) > 0)
        .map(|(kind, noun)| match (many(*kind), *noun) {
            (1, noun) => format!("1 {noun}"),
            (many, "policy") => format!("{many} policies"),
            (many, "index") => format!("{many} indexes"),
            (many, noun) => format!("{many} {noun}s"),
        })
        .collect();
    if parts.is_empty() { "no table".into() } else { parts.join(", ") }
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

fn conclude(args: &Args, draft: &Baseline) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for other in &draft.others {
        let about = other.table.to_string();
        let one = match (&other.needed_by, args.keep_version_tables) {
            (None, false) => Conclusion::new(
                "other-tool",
                Weight::Note,
                about,
                format!("is the table of {}: it is left out", other.tool),
            )
            .next(format!(
                "add \"table {}.{}\" to ignore in cutover.toml for as long as it is there",
                other.table.namespace, other.table.name
            )),
            (None, true) => {
                Conclusion::new("other-tool", Weight::Note, about, format!("is the table of {}", other.tool))
            }
            (Some(id), _) => Conclusion::new(
                "other-tool",
                Weight::Warning,
                about,
                format!("is the table of {}, and stays: {id} needs it", other.tool),
            ),
        };
        found.push(one.because(other.to_string()));
    }
    if !draft.roles.is_empty() {
        let names: Vec<&Name> = draft.roles.iter().collect();
        let text = "has to be there on every server before the revision runs: no revision makes it";
        found.extend(
            names.iter().map(|name| Conclusion::new("role", Weight::Note, format!("role {name}"), text)),
        );
    }
    found.extend(draft.tablespaces.iter().map(|name| {
        let text = "has to be there on every server before the revision runs: no revision makes it";
        Conclusion::new("tablespace", Weight::Note, format!("tablespace {name}"), text)
    }));
    found.extend(draft.beside.iter().map(beside));
    for what in not_compared([&draft.catalog]) {
        found.push(Conclusion::new("not-compared", Weight::Warning, "the schema", what));
    }
    found
}

/// What a new database does not get from the revision.
fn beside(it: &Beside) -> Conclusion {
    let (text, next) = match it.id {
        "sequence-places" => (
            "they begin anew on a new database",
            "--rows of their tables takes the places along; SELECT setval(...) in a revision sets others",
        ),
        "password" => {
            ("no file has them, and a new database gets none", "ALTER USER MAPPING on each new database")
        }
        "database-settings" => {
            ("what is set for the database as a whole is not in it", "where databases are made, set it, too")
        }
        "large-objects" => ("they are rows, and not in it", "carry them as you carry the rows"),
        _ => ("they are not in it", "set them on each new database"),
    };
    let mut one = Conclusion::new(it.id, Weight::Note, it.about.clone(), text).next(next);
    one.evidence = it.items.iter().take(10).cloned().collect();
    if it.items.len() > 10 {
        one.evidence.push(format!("and {} more", it.items.len() - 10));
    }
    one
}

fn report(args: &Args, draft: &Baseline, written: &Made, found: &[Conclusion], session: &Session) -> Report {
    let mut text = format!("wrote {}: {}\n", shown(&written.path), counts(draft));
    for (table, rows) in &draft.rows {
        text += &format!("rows of {table}: {rows}\n");
    }
    let with = match (args.privileges, args.owners) {
        (true, true) => "privileges and owners, too",
        (true, false) => "privileges, too; owners are not in it",
        (false, true) => "owners, too; privileges are not in it",
        (false, false) => "privileges and owners are not in it",
    };
    text += &format!(
        "loaded into a scratch database it gives the schema of {} ({with})\n",
        session.facts.database
    );
    text += &conclusions::text(found);
    text += &match args.stamp {
        true => format!(
            "database {} is stamped: {} counts as applied there\n",
            session.facts.database, written.id
        ),
        false => format!("next: cutover stamp {}\n", written.id),
    };
    let data = json!({
        "id": written.id, "file": written.path, "same": true, "stamped": args.stamp,
        "roles": draft.roles, "extensions": draft.extensions,
        "rows": draft.rows.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect::<Vec<_>>(),
        "conclusions": conclusions::data(found),
    });
    Report::new(text, &data)
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
