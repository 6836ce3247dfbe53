//! `cutover squash`. What is said of it is in `told`.

mod told;

use std::path::{Path, PathBuf};

use cutover_core::report::ranked;
use cutover_core::revision::Graph;
use cutover_core::revision::graph::Index;
use cutover_core::revision::stretch::{Stretch, StretchError, stretch};
use cutover_core::revision::target::{Applied, Range, Target, is_name};
use cutover_engine::config::Config;
use cutover_engine::history::History;
use cutover_engine::schema::Workshop;
use cutover_engine::squash::{self, Squash};
use cutover_sql::document::Header;
use cutover_sql::print;

use crate::context::Context;
use crate::exit;
use crate::failure::{Failure, shown};
use crate::new_files::{Made, create, unplaced};

/// Replace a stretch of history by one revision
///
/// FROM:TO with both ends; base:TO from the beginning. The stretch has one way in and one way out. What it leads to is written
/// as DDL, with the rows that it leaves behind, and tried beside the old history on scratch databases. Databases that
/// have all of the old revisions count as having the new one. The old files are moved to _squashed/.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  cutover squash base:0042\n  cutover squash 0010:0025 --message \"the old billing\"\n  cutover squash base:0042 --delete"
)]
pub struct Args {
    /// The stretch, FROM:TO
    #[arg(value_name = "RANGE")]
    range: String,
    /// The id, instead of TO_squash
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// What the revision is called
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// Delete the old files instead of moving them
    #[arg(long)]
    delete: bool,
}

/// Runs the command.
pub async fn run(context: &Context, args: &Args) -> super::Result {
    let config = context.config()?;
    let history = context.history(&config)?;
    let graph = history.graph();
    let stretch = find(graph, &args.range)?;
    let id = new_id(args, graph, &stretch)?;
    let settings = context.settings(&config, None);
    let workshop = Workshop::new(None)?;
    let draft = squash::draft(&history, &stretch, &settings, &workshop)
        .await
        .map_err(|error| told::failed(error, &history))?;
    let made = file(args, &config, &history, &stretch, &draft, &id);
    let new = history.without(&stretch.members, [(made.path.clone(), made.text.clone())])?;
    let index = new.graph().find(&id).unwrap_or_default();
    let difference = squash::prove(&draft, &stretch, &history, &new, index, &settings, &workshop).await;
    if let Some(difference) = difference.map_err(|error| {
        let failure = Failure::from(error);
        // the file that the place is in was never written
        Failure { places: Vec::new(), ..failure }.note("nothing was written")
    })? {
        return Err(told::differs(&difference));
    }
    let old: Vec<PathBuf> = stretch.members.iter().map(|i| history.revision(*i).path.clone()).collect();
    create(&made.path, &made.text)?;
    let moved = put_away(&old, &config.migrations, args.delete).inspect_err(|_| {
        // the failure that is told is the one that matters
        let _ = std::fs::remove_file(&made.path);
    })?;
    let found = ranked(told::conclude(&history, &draft));
    Ok((told::report(&history, &stretch, &draft, &made, &moved, &found), exit::DONE))
}

fn find(graph: &Graph, text: &str) -> Result<Stretch, Failure> {
    let bad = || {
        Failure::usage("bad-range", format!("\"{text}\" is not a range")).help("write FROM:TO, or base:TO")
    };
    let Range { from: Some(from), to: Some(to) } = Range::parse(text)?.ok_or_else(bad)? else {
        return Err(bad());
    };
    let one = |target: &Target| target.resolve(graph, &Applied::new());
    if one(&to)?.is_empty() {
        let text = format!("\"{text}\" ends at base, before all revisions");
        return Err(Failure::usage("bad-range", text).help("write the older end first: base:TO"));
    }
    let last = to.resolve_one(graph, &Applied::new())?;
    let first = match one(&from)?[..] {
        [] => None,
        [first] => Some(first),
        _ => return Err(bad()),
    };
    Ok(stretch(graph, first, last)?)
}

fn new_id(args: &Args, graph: &Graph, stretch: &Stretch) -> Result<String, Failure> {
    let id = args.id.clone().unwrap_or_else(|| format!("{}_squash", graph.id(stretch.last)));
    if !is_name(&id) {
        return Err(Failure::usage("bad-name", format!("\"{id}\" cannot be a revision id"))
            .help("use letters, digits, _ and . and none of the words head, heads, base, current"));
    }
    if graph.find(&id).is_some() || graph.replacement(&id).is_some() || graph.labels().contains_key(&id) {
        return Err(Failure::usage("duplicate-id", format!("\"{id}\" is taken already"))
            .help("choose another one with --id; an old id stays known, so it cannot be used again"));
    }
    Ok(id)
}

/// The file: its header says what it replaces, its prose what that was.
fn file(
    args: &Args,
    config: &Config,
    history: &History,
    stretch: &Stretch,
    draft: &Squash,
    id: &str,
) -> Made {
    let graph = history.graph();
    let name = |index: &Index| unplaced(graph.id(*index).to_owned());
    let (first, last) = (graph.id(stretch.members[0]), graph.id(stretch.last));
    let title = args.message.clone().unwrap_or_else(|| format!("{first} to {last} in one"));
    let mut prose = format!("{}\n\nReplaces, with the same schema and the same rows:\n", title.trim());
    for index in &stretch.members {
        prose += &format!("  {}  {}\n", graph.id(*index), graph.node(*index).message);
    }
    if draft.carried.is_some() {
        prose += "\nTheir steps, as they stood: some are about rows that were there before, and other databases have others.\n";
    }
    let members = || stretch.members.iter().map(|index| graph.node(*index));
    let before = members().filter(|node| !node.replaces.is_empty()).flat_map(|node| {
        let own: Vec<String> = node.replaces.ids.iter().map(|it| it.id.clone()).collect();
        let deeper = node.replaces.before.iter().map(|(it, list)| (unplaced(it.id.clone()), list.clone()));
        std::iter::once((unplaced(node.id.clone()), own)).chain(deeper)
    });
    let header = Header {
        revision: Some(unplaced(id.to_owned())),
        revises: Some(stretch.parents.iter().map(name).collect()),
        depends: stretch.depends.iter().map(name).collect(),
        labels: members().flat_map(|node| &node.labels).cloned().map(unplaced).collect(),
        replaces: stretch.members.iter().map(name).collect(),
        replaced_before: before.collect(),
        irreversible: draft
            .irreversible
            .as_ref()
            .map(|(index, why)| unplaced(format!("{}: {why}", graph.id(*index)))),
        // a name may have one in it, and it would end the comment
        prose: prose.trim_end().replace('\r', " "),
        lock_timeout: draft.carried.as_ref().and_then(|it| it.lock_timeout.clone()),
        statement_timeout: draft.carried.as_ref().and_then(|it| it.statement_timeout.clone()),
        ..Header::default()
    };
    let down = if draft.irreversible.is_some() { "" } else { &draft.draft.down };
    let text = format!("{}\n--@ upgrade\n{}\n--@ downgrade\n{down}", print::header(&header), draft.draft.up);
    let path = config.migrations.join(config.naming.file_name(id, args.message.as_deref().unwrap_or("")));
    Made { id: id.to_owned(), path, text }
}

/// Moves the old files, or deletes them; when one cannot be moved, those before it come back.
fn put_away(old: &[PathBuf], folder: &Path, delete: bool) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |path: &Path, error: &std::io::Error| {
        Failure::new("cannot-write", format!("{} cannot be put away: {error}", shown(path)))
    };
    let away = folder.join("_squashed");
    std::fs::create_dir_all(&away).map_err(|error| cannot(&away, &error))?;
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    for path in old {
        let to = away.join(path.file_name().unwrap_or_default());
        let result = if to.exists() {
            Err(std::io::Error::other(format!("{} is there already", shown(&to))))
        } else {
            std::fs::rename(path, &to)
        };
        if let Err(error) = result {
            for (from, to) in &moved {
                let _ = std::fs::rename(to, from);
            }
            return Err(cannot(path, &error));
        }
        moved.push((path.clone(), to));
    }
    if !delete {
        return Ok(moved.into_iter().map(|(_, to)| to).collect());
    }
    // by now all of it has worked
    for (_, to) in &moved {
        std::fs::remove_file(to).map_err(|error| cannot(to, &error))?;
    }
    // others may be in it
    let _ = std::fs::remove_dir(&away);
    Ok(old.to_vec())
}

impl From<StretchError> for Failure {
    fn from(error: StretchError) -> Self {
        let message = error.to_string();
        match error {
            StretchError::NotBelow { .. } => {
                Self::usage("not-a-range", message).help("write the older end first: OLD:NEW")
            }
            StretchError::One { .. } => {
                Self::usage("no-squash", message).help("write an older first end, or base")
            }
            StretchError::WayIn { outside, .. } => Self::usage("no-squash", message)
                .help(format!("begin at a revision that {outside} is above, too, or with base")),
            StretchError::WayOut { outside, .. } => Self::usage("no-squash", message).help(format!(
                "end at a revision that {outside} leads to, too: where the branches merge, or where they part"
            )),
            StretchError::Rollout { .. } => {
                Self::usage("no-squash", message).help("take all of it or nothing")
            }
        }
    }
}
