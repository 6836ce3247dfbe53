//! Revisions from files: the files that the live database has had, what brings their result to what it is, and the
//! files that it has not had, as a chain.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutover_core::catalog::{Id, Kind};
use cutover_core::diff::{self, Action, Change};
use cutover_core::report::{Conclusion, Weight, count};
use cutover_sql::ident::quote_ident;

use super::applied::{self, Applied};
use super::replay::{Replay, Step, guarded_role};
use super::section::{self, Way};
use super::{Adopted, File, FoundOrder, Live, Surroundings, conclude, options};
use crate::schema::{SchemaError, Workshop};

/// A revision that is to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What it does, in a few words.
    pub title: String,
    /// What stands above its sections.
    pub prose: String,
    /// The way up.
    pub up: String,
    /// The way down.
    pub down: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a revision comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// Roles that nobody creates.
    Roles,
    /// A file, by its place among the files.
    File(usize),
    /// What differs between the files' result and the live database.
    Reconcile(Vec<Change>),
}

/// Puts the chain together.
///
/// # Errors
/// When a scratch database cannot be made.
pub async fn compose(
    files: &[File],
    found: FoundOrder,
    applied: Vec<Applied>,
    live: Option<&Live>,
    roles: &[String],
    around: &Surroundings<'_>,
) -> Result<Adopted, SchemaError> {
    let order: Vec<usize> = found.replay.steps.iter().map(|step| step.file).collect();
    let mut outcomes = vec![super::Outcome::default(); files.len()];
    let mut effects = vec![Vec::new(); files.len()];
    let mut seeds = vec![Vec::new(); files.len()];
    for step in &found.replay.steps {
        outcomes[step.file].clone_from(&step.outcome);
        effects[step.file] = applied::words(step);
        seeds[step.file].clone_from(&step.seeds);
    }
    let open = live.map(|_| applied::open(&order, &applied)).unwrap_or_default();
    let of_applied = |live: &Live| conclude::of_applied(files, &applied, &open, live);
    let mut conclusions = live.map(of_applied).unwrap_or_default();
    let mut drafts: Vec<Draft> = (!roles.is_empty()).then(|| of_roles(roles)).into_iter().collect();
    let mut refused = None;
    let live_drafts = match live {
        None => {
            drafts.extend(found.replay.steps.iter().map(|step| of_file(files, step, around)));
            drafts.len()
        }
        Some(live) => {
            refused = lacking_extension(live, &found.replay, &mut conclusions).await?;
            let Chain { drafts: more, live_drafts } =
                chain(files, found, &open, live, roles, around, &mut conclusions).await?;
            let before = drafts.len();
            drafts.extend(more);
            // roles alone are no reason to stamp
            if live_drafts == 0 { 0 } else { before + live_drafts }
        }
    };
    let roles = roles.to_vec();
    Ok(Adopted {
        files: files.to_vec(),
        order,
        outcomes,
        effects,
        seeds,
        applied,
        conclusions,
        drafts,
        live_drafts,
        refused,
        roles,
        live: None,
    })
}

/// Revisions, and how many of them the live database has.
struct Chain {
    drafts: Vec<Draft>,
    live_drafts: usize,
}

async fn chain(
    files: &[File],
    found: FoundOrder,
    open: &BTreeSet<usize>,
    live: &Live,
    roles: &[String],
    around: &Surroundings<'_>,
    conclusions: &mut Vec<Conclusion>,
) -> Result<Chain, SchemaError> {
    let in_order = found.replay.steps.iter().map(|step| step.file);
    let mut open: Vec<usize> = in_order.filter(|file| open.contains(file)).collect();
    let mut replay = found.replay;
    if !open.is_empty() {
        replay = without(files, replay, &mut open, roles, around).await?;
    }
    let mut drafts: Vec<Draft> = replay.steps.iter().map(|step| of_file(files, step, around)).collect();
    let done = replay.steps.len();
    if let Some(draft) = reconcile(&mut replay, live, conclusions).await? {
        drafts.push(draft);
    }
    let live_drafts = drafts.len();
    for at in open {
        replay.add(at, &files[at], around.settings).await?;
    }
    drafts.extend(replay.steps[done..].iter().map(|step| of_file(files, step, around)));
    Ok(Chain { drafts, live_drafts })
}

/// Replays what the live database has had, without the files that it has not had. One of those that another file needs
/// goes before the stamp all the same.
async fn without(
    files: &[File],
    all: Replay,
    open: &mut Vec<usize>,
    roles: &[String],
    around: &Surroundings<'_>,
) -> Result<Replay, SchemaError> {
    let major = all.bench.session.facts.version / 10_000;
    loop {
        let workshop = Workshop::new(Some(major))?;
        let mut replay = Replay::new(&workshop, roles, around.ignore).await?;
        let mut needed = None;
        for step in all.steps.iter().filter(|step| !open.contains(&step.file)) {
            replay.add(step.file, &files[step.file], around.settings).await?;
            let Some(now) = replay.steps.last() else { continue };
            if now.outcome.failed.len() > step.outcome.failed.len() {
                let names = &files[step.file].names;
                let makes = |at: &usize| {
                    let creates = &files[*at].names.creates;
                    creates.iter().any(|it| names.uses.iter().any(|used| it.may_be(used)))
                };
                needed = open.iter().position(makes);
                if needed.is_some() {
                    break;
                }
            }
        }
        match needed {
            Some(place) => drop(open.remove(place)),
            None => return Ok(replay),
        }
    }
}

/// The revision that brings the chain to the live database; nothing when it is there already.
async fn reconcile(
    replay: &mut Replay,
    live: &Live,
    conclusions: &mut Vec<Conclusion>,
) -> Result<Option<Draft>, SchemaError> {
    let here = Arc::clone(replay.schema());
    let changes = diff::changes(&here, &live.catalog, &options());
    if changes.is_empty() {
        return Ok(None);
    }
    let up = diff::plan(&here, &live.catalog, &options());
    let down = diff::plan(&live.catalog, &here, &options());
    for sql in up.iter().flat_map(|action| &action.statements) {
        if let Err(error) = replay.bench.run(sql).await {
            let text = format!("a statement that should bring the chain to {} does not run", live.name);
            let one = Conclusion::new("not-reconciled", Weight::Error, live.name.as_str(), text);
            conclusions.push(one.because(sql.as_str()).because(error.to_string()));
            // what comes after it may need it
            break;
        }
    }
    replay.look_again().await?;
    let lines: Vec<String> = changes.iter().map(summary).collect();
    let text = format!(
        "what the files lead to and what is in {} differ in {}: a revision brings the one to the other",
        live.name,
        count(changes.len(), "object")
    );
    let mut one = Conclusion::new("differs-from-live", Weight::Warning, live.name.as_str(), text);
    for line in &lines {
        one = one.because(line.as_str());
    }
    conclusions
        .push(one.next("read the reconciling revision: what is not wanted in it is a change to be made"));
    let prose = format!(
        "Reconcile with {}\n\nThe files led to one schema, and {} had another when they were adopted. This brings the\n\
         chain to what is there, so that both are the same from here on. On {} it counts as applied\nand runs nothing.",
        live.name, live.name, live.name
    );
    Ok(Some(Draft {
        title: format!("reconcile with {}", live.name),
        prose,
        up: script(&up),
        down: script(&down),
        origin: Origin::Reconcile(changes),
    }))
}

/// A change in a line.
pub fn summary(change: &Change) -> String {
    match &change.how {
        diff::How::Created => format!("+ {}", change.id),
        diff::How::Dropped => format!("- {}", change.id),
        diff::How::Altered { differences } => {
            let names: Vec<&str> = differences.iter().map(|it| it.attribute.as_str()).collect();
            format!("~ {} ({})", change.id, names.join(", "))
        }
    }
}

/// An extension that the live database uses and that the scratch server does not have: then nothing can be proven.
async fn lacking_extension(
    live: &Live,
    replay: &Replay,
    conclusions: &mut Vec<Conclusion>,
) -> Result<Option<String>, SchemaError> {
    let sql = "SELECT name FROM pg_catalog.pg_available_extensions";
    let rows = crate::session::rows(replay.bench.session.client(), sql, "reading the extensions").await?;
    let there: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
    let is_lacking = |id: &&Id| id.kind == Kind::Extension && !there.contains(&&*id.name);
    let mut ids = live.catalog.objects().iter().map(|object| &object.id);
    let Some(id) = ids.find(is_lacking) else { return Ok(None) };
    let major = replay.bench.session.facts.version / 10_000;
    let package = conclude::package(&id.name, major);
    let text = format!(
        "{} uses the extension {}, and the scratch server does not have it: its schema cannot be replayed here",
        live.name, id.name
    );
    let one = Conclusion::new("missing-extension", Weight::Error, live.name.as_str(), text.clone());
    conclusions.push(one.next(format!("install {package} and run adopt again")));
    Ok(Some(text))
}

fn of_roles(roles: &[String]) -> Draft {
    let create = |role: &String| {
        let sql = guarded_role(role, &format!("CREATE ROLE {}", quote_ident(role)));
        format!("{sql};\n")
    };
    let prose = format!(
        "Roles that the files need\n\nNo file creates {}. Roles are of the whole server: each is made where it is not\n\
         there, without a right to log in, and stays when this is undone, as other databases may need it.",
        roles.join(", ")
    );
    Draft {
        title: "roles".into(),
        prose,
        up: roles.iter().map(create).collect::<Vec<_>>().join("\n"),
        down: "-- the roles stay: other databases of the server may need them\n".into(),
        origin: Origin::Roles,
    }
}

fn of_file(files: &[File], step: &Step, around: &Surroundings<'_>) -> Draft {
    let file = &files[step.file];
    let name = |path: &str| format!("{}/{path}", around.folder.trim_end_matches('/'));
    let (up, mut left_out) = section::written(file.part(), &file.items, &step.outcome, Way::Up);
    let title = match file.change.message.trim() {
        "" => file.change.name.clone(),
        message => message.to_owned(),
    };
    let mut prose = format!("{}\n\nAdopted from {}.\n", capital(&title), name(file.path()));
    let back =
        file.change.back.as_ref().filter(|_| section::has_statement(&file.back, &step.back, Way::Down));
    let down = match back {
        Some(part) => {
            prose += &format!("The way back is that of {}.\n", name(&part.path));
            section::written(part, &file.back, &step.back, Way::Down).0
        }
        None => {
            prose +=
                "The way back was generated: it leads from the schema after the file to the one before it.\n";
            generated(step, &mut prose)
        }
    };
    left_out.retain(|(_, why)| why.starts_with("left out"));
    for (item, why) in left_out {
        let item = &file.items[item];
        prose += &format!("Line {}: {}\n", item.line, why.lines().next().unwrap_or_default());
    }
    Draft { title, prose: prose.trim_end().to_owned(), up, down, origin: Origin::File(step.file) }
}

/// The statements from the schema after a file to the one before, and those that delete the rows that came with it.
fn generated(step: &Step, prose: &mut String) -> String {
    let mut out = String::new();
    let goes = |table: &str| {
        let mut made =
            step.changes.iter().filter(|it| it.how == diff::How::Created && it.id.kind == Kind::Table);
        made.any(|it| it.id.path() == table)
    };
    for seed in step.seeds.iter().filter(|seed| !goes(&seed.table)) {
        match seed.condition() {
            Some(condition) if seed.values.len() as u64 == seed.rows => {
                out += &format!("DELETE FROM {} WHERE {condition};\n", seed.table);
            }
            _ => {
                *prose += &format!(
                    "What it puts into {} ({}) stays: there is no key to find it by.\n",
                    seed.table,
                    count(seed.rows, "row")
                );
            }
        }
    }
    if !out.is_empty() && !step.undo.is_empty() {
        out.push('\n');
    }
    out + &script(&step.undo)
}

/// The statements as a script: each action with a line of comment above it.
fn script(actions: &[Action]) -> String {
    let one = |action: &Action| {
        let statements: Vec<String> = action.statements.iter().map(|sql| format!("{sql};\n")).collect();
        format!("-- {}\n{}", action.title, statements.concat())
    };
    actions.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
