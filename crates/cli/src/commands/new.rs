//! `cutover new`.

use cutover_core::revision::Graph;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::{Applied, Target};
use cutover_sql::document::Header;
use serde_json::json;

use crate::autogenerate;
use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::new_files::{NewFile, NewFiles, unplaced};
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
    let mut body = None;
    let mut rollouts = Vec::new();
    if args.autogenerate {
        let Some(generated) = autogenerate::body(context, &config, &history, &args.how).await? else {
            return Ok((autogenerate::nothing(), exit::DONE));
        };
        (body, rollouts) = (generated.body, generated.rollouts);
    }
    let ids = |list: &[Index]| list.iter().map(|i| history.graph().id(*i).to_owned()).collect::<Vec<_>>();
    let header = Header {
        depends: ids(&depends).into_iter().map(unplaced).collect(),
        labels: args.branch_label.clone().map(unplaced).into_iter().collect(),
        ..Header::default()
    };
    let mut files = NewFiles::new(&config, &history);
    let mut below = ids(&parents);
    let has_own = body.is_some() || rollouts.is_empty();
    if has_own {
        let id = files.add(NewFile {
            title: args.message.clone(),
            id: args.id.clone(),
            parents: below.clone(),
            header,
            body,
        })?;
        below = vec![id];
    }
    for draft in &rollouts {
        super::rollout::new::add(&mut files, draft, &below, None)?;
    }
    let written = files.write()?;
    let own = written.first().filter(|_| has_own);
    if let Some(own) = own.filter(|_| args.autogenerate && !args.how.is_plain()) {
        super::lint::gentle(context, &config, &own.path)?;
    }
    let revises = if parents.is_empty() { "base".to_owned() } else { ids(&parents).join(", ") };
    let mut text = String::new();
    if let Some(own) = own {
        text += &format!("wrote {}, which revises {revises}\n", shown(&own.path));
    }
    let mut steps = written[usize::from(has_own)..].iter();
    for draft in &rollouts {
        text += &super::rollout::new::listed(draft, &mut steps);
    }
    let data = json!({
        "id": own.map(|own| &own.id), "file": own.map(|own| &own.path),
        "revises": ids(&parents), "depends": ids(&depends),
        "rollouts": rollouts.iter().map(|draft| &draft.rollout).collect::<Vec<_>>(),
    });
    Ok((Report::new(text, &data), exit::DONE))
}

fn parents(graph: &Graph, args: &Args) -> Result<Vec<Index>, Failure> {
    let target = Target::parse(&args.head)?;
    let parents = target.resolve(graph, &Applied::new())?;
    let is_below_rollouts = args.head == "head" && graph.trunk().is_empty();
    if parents.is_empty() && !graph.is_empty() && !args.splice && args.head != "base" && !is_below_rollouts {
        return Err(Failure::usage("no-such-head", format!("\"{}\" names no revision", args.head)));
    }
    let goes_on = |i: Index| graph.children(i).iter().any(|child| graph.node(*child).rollout.is_none());
    let inner = parents.iter().find(|i| goes_on(**i));
    if let (Some(inner), false) = (inner, args.splice) {
        let id = graph.id(*inner);
        return Err(Failure::usage("not-a-head", format!("revision {id} is not a head"))
            .help(format!("to begin a new branch at {id}, add --splice")));
    }
    Ok(parents)
}
