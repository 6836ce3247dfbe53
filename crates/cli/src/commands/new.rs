//! `cutover new`.

use std::path::Path;

use cutover_core::revision::graph::Index;
use cutover_core::revision::naming::Ingredients;
use cutover_core::revision::target::{Applied, Target, is_name};
use cutover_core::revision::{Graph, Revision};
use cutover_engine::history::History;
use cutover_sql::document::{Header, Spanned};
use cutover_sql::print;
use cutover_sql::span::Span;
use serde_json::json;

use crate::autogenerate;
use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::output::Report;

/// Create a revision file, on top of the head
///
/// It does not touch a database; --autogenerate needs a PostgreSQL server's programs for a scratch one. To join several heads, use "merge".
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover new \"add notifications\"\n  cutover new \"reports\" --head 0004 --splice --branch-label reporting\n  cutover new \"needs tags\" --depends-on 0005\n  cutover new \"what the models want\" --autogenerate"
)]
pub struct Args {
    /// What it does, in a few words
    #[arg(value_name = "MESSAGE")]
    message: String,
    /// The id, instead of the next one of the naming scheme
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What it revises: an id, LABEL@head, or base
    #[arg(long, default_value = "head", value_name = "TARGET")]
    head: String,
    /// Allow it to branch off a revision that is not a head
    #[arg(long)]
    splice: bool,
    /// Give the branch that begins here a name
    #[arg(long, value_name = "LABEL")]
    branch_label: Option<String>,
    /// A revision that must be applied first without being a parent
    #[arg(long, value_name = "ID")]
    depends_on: Vec<String>,
    /// Write what makes the history's schema the models'
    #[arg(long)]
    autogenerate: bool,
    /// How it is generated
    #[command(flatten)]
    how: autogenerate::How,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let parents = parents(history.graph(), args)?;
    let nothing = Applied::new();
    let depends = args
        .depends_on
        .iter()
        .map(|text| Target::parse(text)?.resolve_one(history.graph(), &nothing))
        .collect::<Result<Vec<_>, _>>()?;
    if !args.autogenerate && args.how.says_renames() {
        return Err(Failure::usage("usage", "--rename and --no-rename need --autogenerate"));
    }
    let body = if args.autogenerate {
        match autogenerate::body(context, &config, &history, &args.how).await? {
            Some(body) => Some(body),
            None => return Ok((autogenerate::nothing(), exit::DONE)),
        }
    } else {
        None
    };
    let draft = Draft {
        body: body.as_ref(),
        message: &args.message,
        id: args.id.as_deref(),
        parents: &parents,
        depends: &depends,
        label: args.branch_label.as_deref(),
    };
    let (path, id) = write(&config, &history, draft)?;
    if args.autogenerate && !args.how.is_plain() {
        super::lint::gentle(context, &config, &path)?;
    }
    let ids = |list: &[Index]| list.iter().map(|i| history.graph().id(*i)).collect::<Vec<_>>();
    let revises = if parents.is_empty() { "base".to_owned() } else { ids(&parents).join(", ") };
    let text = format!("wrote {}, which revises {revises}\n", shown(&path));
    let data = json!({ "id": id, "file": path, "revises": ids(&parents), "depends": ids(&depends) });
    Ok((Report::new(text, &data), exit::DONE))
}

fn parents(graph: &Graph, args: &Args) -> Result<Vec<Index>, Failure> {
    let target = Target::parse(&args.head)?;
    let parents = target.resolve(graph, &Applied::new())?;
    if parents.is_empty() && !graph.is_empty() && !args.splice && args.head != "base" {
        return Err(Failure::usage("no-such-head", format!("\"{}\" names no revision", args.head)));
    }
    let inner = parents.iter().find(|i| !graph.children(**i).is_empty());
    if let (Some(inner), false) = (inner, args.splice) {
        let id = graph.id(*inner);
        return Err(Failure::usage("not-a-head", format!("revision {id} is not a head"))
            .help(format!("to begin a new branch at {id}, add --splice")));
    }
    Ok(parents)
}

/// What a new file is made of.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a> {
    /// What it does.
    pub message: &'a str,
    /// The id, if it was chosen.
    pub id: Option<&'a str>,
    /// What it revises.
    pub parents: &'a [Index],
    /// What it depends on.
    pub depends: &'a [Index],
    /// The label that begins here.
    pub label: Option<&'a str>,
    /// What it says, up and down.
    pub body: Option<&'a (String, String)>,
}

/// Writes the file of a new revision; gives its path and id.
pub fn write(
    config: &cutover_engine::config::Config,
    history: &History,
    draft: Draft<'_>,
) -> Result<(std::path::PathBuf, String), Failure> {
    let graph = history.graph();
    let id = match draft.id {
        Some(id) => id.to_owned(),
        None => next_id(config, graph),
    };
    for name in std::iter::once(id.as_str()).chain(draft.label) {
        if !is_name(name) {
            return Err(Failure::usage(
                "bad-name",
                format!("\"{name}\" cannot be a revision id or a branch label"),
            )
            .help("use letters, digits, _ and . and none of the words head, heads, base, current"));
        }
        if graph.find(name).is_some() || graph.labels().contains_key(name) {
            return Err(Failure::usage("duplicate-id", format!("\"{name}\" is taken already"))
                .help("choose another one"));
        }
    }
    let text = text(graph, &id, draft);
    let path = config.migrations.join(config.naming.file_name(&id, draft.message));
    Revision::read(path.clone(), text.clone())
        .map_err(|(_, e)| Failure::usage("bad-revision-file", e.to_string()).help(e.help()))?;
    create(&path, &text)?;
    Ok((path, id))
}

fn next_id(config: &cutover_engine::config::Config, graph: &Graph) -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let (date, time) = (now.strftime("%Y%m%d").to_string(), now.strftime("%H%M%S").to_string());
    let ids: Vec<&str> = graph.nodes().iter().map(|n| n.id.as_str()).collect();
    loop {
        let random: [u8; 16] = rand::random();
        let with = Ingredients { date: &date, time: &time, random: &random };
        let id = config.naming.next_id(ids.iter().copied(), with);
        // only a random id can be new the next time
        if !ids.contains(&id.as_str()) || config.naming.is_fixed() {
            return id;
        }
    }
}

fn text(graph: &Graph, id: &str, draft: Draft<'_>) -> String {
    let spanned = |value: &str| Spanned { value: value.to_owned(), span: Span::new(0, 0) };
    let ids = |list: &[Index]| list.iter().map(|i| spanned(graph.id(*i))).collect();
    let header = Header {
        revision: Some(spanned(id)),
        revises: Some(ids(draft.parents)),
        depends: ids(draft.depends),
        labels: draft.label.map(spanned).into_iter().collect(),
        prose: draft.message.trim().to_owned(),
        ..Header::default()
    };
    let (up, down) = draft.body.map_or(("", ""), |(up, down)| (up.as_str(), down.as_str()));
    format!("{}\n--@ upgrade\n{up}\n--@ downgrade\n{down}", print::header(&header))
}

/// Never overwrites.
fn create(path: &Path, text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| Failure::new("cannot-write", format!("{} cannot be written: {e}", shown(path))))
}
