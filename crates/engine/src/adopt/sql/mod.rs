//! A folder of SQL files becomes a chain of revisions: replayed in the order that it needs, looked for in a live
//! database, written, and proven equal to it.
//!
//! `attempt` runs one file, `order` all of them in an order that works, `applied` looks for them in the live database,
//! `history` writes revisions, `proof` replays those.

mod applied;
mod attempt;
mod conclude;
mod hidden;
mod history;
mod order;
mod proof;
mod replay;
mod rows;
mod same;
mod section;
mod theirs;

use std::sync::Arc;

use cutover_core::adopt::folder::{Change, Folder, Layout, Part};
use cutover_core::adopt::needs::{self, Names};
use cutover_core::adopt::script::{self, Item};
use cutover_core::adopt::together::together;
use cutover_core::catalog::{Catalog, Pattern};
use cutover_core::report::Conclusion;

pub use applied::{Applied, EffectFound, Found, State};
pub use attempt::{Failed, Outcome, Why};
pub use conclude::of_proof;
pub use hidden::Hidden;
pub use history::{Draft, Origin};
pub use order::Deferral;
pub use proof::{Proof, prove};
pub use rows::Seed;
pub use theirs::Theirs;

use crate::connect::ConnParams;
use crate::schema::{SchemaError, Workshop};
use crate::session::{Patience, Session, Settings, look};
use replay::Replay;

/// A change of the folder, taken apart.
#[derive(Clone, Debug)]
pub struct File {
    /// As the folder has it.
    pub change: Change,
    /// What is in it.
    pub items: Vec<Item>,
    /// What is in its way back.
    pub back: Vec<Item>,
    /// What it names.
    pub names: Names,
}

/// A live database, as it was read.
#[derive(Clone, Debug)]
pub struct Live {
    /// What it is called in texts: an environment, or a database.
    pub name: String,
    /// Its schema, with the objects owned by the scratch server's superuser.
    pub catalog: Arc<Catalog>,
    /// Its schema as it is there.
    pub original: Arc<Catalog>,
    /// The roles of its server.
    pub roles: Vec<String>,
    /// The tables of other tools, which are in neither of the schemas.
    pub theirs: Theirs,
}

/// What the folder came to.
#[derive(Debug)]
pub struct Adopted {
    /// The files, in the order of their numbers.
    pub files: Vec<File>,
    /// The order that works: places in `files`.
    pub order: Vec<usize>,
    /// What became of each file when it was replayed in that order.
    pub outcomes: Vec<Outcome>,
    /// What each file's effects were, in `files`' order.
    pub effects: Vec<Vec<String>>,
    /// Rows that each file inserted.
    pub seeds: Vec<Vec<Seed>>,
    /// What of each file is in the live database; nothing without one.
    pub applied: Vec<Applied>,
    /// Everything that was found.
    pub conclusions: Vec<Conclusion>,
    /// The revisions to write, in the order of the chain.
    pub drafts: Vec<Draft>,
    /// How many of them are what the live database is.
    pub live_drafts: usize,
    /// Why no revisions can be written, where that is so.
    pub refused: Option<String>,
    /// The roles that are needed and that no file creates.
    pub roles: Vec<String>,
    /// The live database, as it was read.
    pub live: Option<Live>,
}

/// What is known besides the folder.
#[derive(Debug)]
pub struct Surroundings<'a> {
    /// The live database.
    pub live: Option<(&'a ConnParams, &'a str)>,
    /// Objects that are somebody else's.
    pub ignore: &'a [Pattern],
    /// What statements run under.
    pub settings: &'a Settings,
    /// How the folder is called in texts.
    pub folder: &'a str,
}

/// Replays the folder and looks for its files in the live database. Writes nothing.
///
/// # Errors
/// When there is no scratch server, or the live database cannot be read. What is wrong with the folder is no error but
/// a conclusion.
pub async fn examine(folder: Folder, around: &Surroundings<'_>) -> Result<Adopted, SchemaError> {
    let session = match around.live {
        Some((params, _)) => Some(Session::open(params).await?),
        None => None,
    };
    let major = session.as_ref().map(|session| session.facts.version / 10_000);
    let files: Vec<File> = folder.changes.into_iter().map(File::of).collect();
    let workshop = Workshop::new(major)?;
    let live = match (&session, around.live) {
        (Some(session), Some((_, name))) => {
            Some(Live::read(session, name, around.ignore, &workshop, (&files, folder.layout)).await?)
        }
        _ => None,
    };
    let roles = replay::missing_roles(&files, live.as_ref(), &workshop).await?;
    let found = order::find(&workshop, &files, &roles, around).await?;
    let told = conclude::of_replay(&files, &found, &roles, live.as_ref());
    let mut conclusions = together(folder.conclusions, told);
    conclusions.extend(live.iter().flat_map(|live| conclude::of_theirs(&files, &folder.code, live)));
    let applied = match (&session, &live) {
        (Some(session), Some(live)) => applied::table(&files, &found.replay, live, session).await,
        _ => Vec::new(),
    };
    let mut all = history::compose(&files, found, applied, live.as_ref(), &roles, around).await?;
    conclusions.append(&mut all.conclusions);
    all.conclusions = conclusions;
    all.live = live;
    Ok(all)
}

impl File {
    fn of(change: Change) -> Self {
        let items = script::items(&change.forward);
        let back = change.back.as_ref().map(script::items).unwrap_or_default();
        let names = needs::of_items(&items);
        Self { change, items, back, names }
    }

    /// The text that the items stand in.
    pub fn part(&self) -> &Part {
        &self.change.forward
    }

    /// The path of the file.
    pub fn path(&self) -> &str {
        &self.change.forward.path
    }
}

impl Live {
    async fn read(
        session: &Session,
        name: &str,
        ignore: &[Pattern],
        workshop: &Workshop,
        (files, layout): (&[File], Layout),
    ) -> Result<Self, SchemaError> {
        let whole = crate::introspect::read(session.client()).await?;
        let theirs = theirs::find(&whole, session, files, layout).await;
        let original = theirs::without(whole, &theirs).without(ignore);
        let owner = workshop.bench(None).await?.session.facts.user.clone();
        let sql = "SELECT rolname FROM pg_catalog.pg_roles";
        let found = look(session.client(), sql, "reading the roles", Patience::USUAL).await?;
        let roles = found.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect();
        let catalog = Arc::new(same::owned(&original, &owner));
        Ok(Self { name: name.to_owned(), catalog, original: Arc::new(original), roles, theirs })
    }
}

/// What is compared: everything but owners, which are who they are on each server.
pub(crate) fn options() -> cutover_core::diff::Options {
    cutover_core::diff::Options { grants: true, owners: false, plain: false }
}

/// A replay of all files, with what it took to find its order.
#[derive(Debug)]
pub struct FoundOrder {
    /// The replay in the order that works.
    pub(crate) replay: Replay,
    /// Files that had to wait, and for whom.
    pub deferrals: Vec<Deferral>,
}
