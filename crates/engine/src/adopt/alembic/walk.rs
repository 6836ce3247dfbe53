//! The walk over the chain: each revision up and back by Alembic, the file, and beside it the replay of the one before.

use std::sync::Arc;

use cutover_core::report::ranked;
use cutover_core::revision::{Graph, Node, graph::Reference};

use super::beside::{self, Prover};
use super::blocks::Blocks;
use super::conclude::{self, Seen};
use super::ground::Ground;
use super::host::{Host, Script, Started};
use super::names::{Names, file_name, names, prose};
use super::prove::{Difference, Proof, Replay, compare};
use super::proxy::Door;
use super::python::Kept;
use super::side::{Run, Side, Up};
use super::write::{self, Back, Commands};
use super::{Adopted, AlembicError, Options, Revised};
use crate::history::History;
use crate::schema::trial::Moment;

/// Takes a history over. `progress` hears of each revision, before it runs: its id, its number, how many there are.
///
/// # Errors
/// When the project's Alembic does not work at all, or there is no scratch server. A revision that does not work is a
/// conclusion.
pub async fn adopt(
    options: &Options,
    progress: &(dyn Fn(&str, usize, usize) + Sync),
) -> Result<Adopted, AlembicError> {
    let named = || options.project.database(options.around.engine.as_deref());
    let database = options.database.clone().or_else(named).unwrap_or_default();
    let ground = Ground::start(&options.binaries, &database).await?;
    let door = Door::open(ground.socket(), &ground.database).await.map_err(AlembicError::Door)?;
    let (host, started) = Host::start(&options.project, &options.around, &door, &ground.database).await?;
    if started.revisions.is_empty() {
        return Err(AlembicError::Empty { project: options.project.name() });
    }
    known(options, &started)?;
    let replay = Replay::new(Ground::start(&options.binaries, &database).await?, options.settings.clone());
    let mut side = Side::new(options, (ground, door, host), graph(&started.revisions)).await?;
    let folder = tempfile::tempdir().map_err(AlembicError::File)?;
    let history = History::read(folder.path()).map_err(Box::new)?;
    let (prover, orders) = beside::pair();
    let before = side.look().await?;
    let mut walk = Walk { options, names: names(&started.revisions), before, side };
    // two servers, two sides: while Alembic does one thing, the replay does another
    let (walked, proven) =
        tokio::join!(walk.all(&started, prover, progress), beside::work(replay, history, folder, orders));
    // the replay is behind, so what stopped it came first
    let (history, folder, proofs) = proven?;
    let proven = walked?.into_iter().zip(proofs);
    let (revisions, seen): (Vec<Revised>, Vec<Seen>) = proven.map(|(one, proof)| one.proven(proof)).unzip();
    Ok(walk.adopted(started, (history, folder), revisions, &seen))
}

/// Whether everything that was said of revisions was said of some that are there.
fn known(options: &Options, started: &Started) -> Result<(), AlembicError> {
    let is_there = |id: &&String| started.revisions.iter().any(|it| it.id == **id);
    let said = options.skip.iter().chain(&options.run);
    let ids: Vec<String> = said.filter(|id| !is_there(id)).cloned().collect();
    if ids.is_empty() { Ok(()) } else { Err(AlembicError::Unknown { project: options.project.name(), ids }) }
}

struct Walk<'a> {
    options: &'a Options,
    names: Names,
    side: Side<'a>,
    /// What Alembic's run had left before.
    before: Arc<Moment>,
}

/// A revision that is written and not proven yet.
struct Walked {
    seen: Seen,
    page: Page,
    message: String,
    millis: f64,
}

/// A file.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub id: String,
    pub file: String,
    pub text: String,
    /// What the replay runs instead, where the text needs a Python: the project's.
    pub proven_as: Option<String>,
    /// The files that it needs.
    pub beside: Vec<(String, Vec<u8>)>,
}

impl Walk<'_> {
    /// Ends early when the replay has.
    async fn all(
        &mut self,
        started: &Started,
        prover: Prover,
        progress: &(dyn Fn(&str, usize, usize) + Sync),
    ) -> Result<Vec<Walked>, AlembicError> {
        let mut all = Vec::new();
        for (at, script) in started.revisions.iter().enumerate() {
            progress(&script.id, at + 1, started.revisions.len());
            let Some(walked) = self.revision(script, &prover).await? else { break };
            all.push(walked);
        }
        Ok(all)
    }

    async fn revision(&mut self, script: &Script, prover: &Prover) -> Result<Option<Walked>, AlembicError> {
        let mut up = self.side.up(script).await?;
        let mut copy = up.copy.take();
        let is_back = up.down.as_ref().is_some_and(|run| run.raised.is_none());
        let mut left = None;
        if let Some(copy) = copy.take_if(|copy| copy.has_other_roles) {
            left = self.side.come_back(copy, is_back).await?;
            up.after = self.side.look().await?;
        }
        let back = back(script, &up.run.blocks, up.down.as_ref());
        let page = self.page(script, &up, &back)?;
        let (pinned, version) = (self.side.sifter.pinned.clone(), self.side.version().clone());
        let asked = prover.ask(page.clone(), pinned, version, up.after.clone()).await;
        if let Some(copy) = copy {
            left = self.side.come_back(copy, is_back).await?;
        }
        let Some(asked) = asked else { return Ok(None) };
        let expected = left.clone().filter(|_| matches!(back, Back::Blocks(_)));
        let Some((leads_there, waits)) = asked.leads_there().await else { return Ok(None) };
        // the database is now what the replay should have come to
        let twin = if leads_there { None } else { Some(self.side.ground.twin().await?) };
        waits.go_on(expected, twin);
        let restores = left.map(|left| compare(&self.before, &left)).unwrap_or_default();
        self.before = up.after.clone();
        let message = prose(script).0.lines().next().unwrap_or_default().to_owned();
        let millis = up.millis;
        let is_run = page.proven_as.is_some();
        let seen = Seen { is_run, ..seen(script, up, page.id.clone(), back, restores) };
        Ok(Some(Walked { seen, page, message, millis }))
    }

    /// The file of a revision.
    fn page(&self, script: &Script, up: &Up, back: &Back) -> Result<Page, AlembicError> {
        let is_broken = up.run.raised.is_some();
        let notes: Vec<String> = match (up.is_skipped, is_broken) {
            (true, _) => vec!["It was not run: it was to be skipped.".into()],
            (_, true) => vec!["It was not run: it fails.".into()],
            _ => Vec::new(),
        };
        let source = self.options.project.shown(&script.path);
        let nothing = Blocks::default();
        let blocks = if is_broken { &nothing } else { &up.run.blocks };
        let id = self.names[&script.id].clone();
        let file = file_name(&id, &prose(script).0);
        let write =
            |run: Option<&Commands>| write::text(script, &self.names, &source, &notes, blocks, back, run);
        if !self.options.run.contains(&script.id) || is_broken || up.is_skipped {
            return Ok(Page { id, file, text: write(None), proven_as: None, beside: Vec::new() });
        }
        let (project, around) = (&self.options.project, &self.options.around);
        let kept = Kept::new(&file, &script.path, self.side.sifter.pinned.as_deref(), around);
        let text = write(Some(&kept.commands()));
        let proven_as = Some(write(Some(&kept.proven_by(project, around))));
        Ok(Page { id, file, text, proven_as, beside: kept.files().map_err(AlembicError::File)? })
    }

    fn adopted(
        self,
        started: Started,
        (history, folder): (History, tempfile::TempDir),
        revisions: Vec<Revised>,
        seen: &[Seen],
    ) -> Adopted {
        let mut conclusions = conclude::all(&self.options.project, seen);
        let sifter = self.side.sifter;
        let pinned = sifter.pinned.filter(|path| *path != self.options.settings.search_path);
        conclusions.extend(pinned.as_deref().map(conclude::pinned));
        Adopted {
            revisions,
            conclusions: ranked(conclusions),
            version: sifter.sieve.version,
            names: self.names,
            search_path: pinned,
            history,
            started,
            _folder: folder,
        }
    }
}

impl Walked {
    /// With what the replay came to, up and back.
    fn proven(self, (proof, proof_back): (Proof, Proof)) -> (Revised, Seen) {
        let Self { seen, page, message, millis } = self;
        let seen = Seen { proof: proof.clone(), proof_back, ..seen };
        let python = conclude::says_more(&seen).then(|| seen.script.path.clone().into());
        let (is_broken, is_run) = (seen.raised.is_some(), seen.is_run);
        let revised = Revised {
            old: seen.script.id.clone(),
            message,
            file: page.file,
            text: page.text,
            source: seen.script.path.clone().into(),
            python,
            up: if is_broken { 0 } else { seen.up.count() },
            down: match &seen.back {
                Back::Blocks(blocks) => Some(blocks.count()),
                Back::None(_) => None,
            },
            proof,
            is_broken,
            is_run,
            millis,
            id: page.id,
        };
        (revised, seen)
    }
}

/// What was seen of a revision, before it is proven.
fn seen(script: &Script, up: Up, id: String, back: Back, restores: Difference) -> Seen {
    Seen {
        script: script.clone(),
        is_skipped: up.is_skipped,
        is_run: false,
        is_lost: up.is_lost,
        raised: up.run.raised,
        ran: up.run.ran,
        up: up.run.blocks,
        back,
        raised_back: up.down.and_then(|run| run.raised),
        restores,
        proof: Proof::default(),
        proof_back: Proof::default(),
        id,
    }
}

/// The way back of a revision, or why there is none.
fn back(script: &Script, up: &Blocks, down: Option<&Run>) -> Back {
    let Some(run) = down else { return Back::Blocks(Blocks::default()) };
    match &run.raised {
        Some(raised) if raised.message == raised.kind => {
            Back::None(format!("its downgrade raises {} in Alembic", raised.kind))
        }
        Some(raised) => {
            let first = raised.message.lines().next().unwrap_or_default();
            Back::None(format!("its downgrade fails in Alembic: {}: {first}", raised.kind))
        }
        // what was done around the revision is not for its way back to undo
        None if run.blocks.is_empty() && up.count() > up.around.len() => {
            let why = if script.empty_down {
                "its downgrade is empty in Alembic"
            } else {
                "its downgrade did nothing in Alembic"
            };
            Back::None(why.into())
        }
        None => Back::Blocks(run.blocks.clone()),
    }
}

/// The graph in Alembic's ids, which may be none of ours.
fn graph(scripts: &[Script]) -> Option<Graph> {
    let node = |script: &Script| Node {
        id: script.id.clone(),
        message: String::new(),
        replaces: Default::default(),
        parents: script.revises.iter().map(Reference::new).collect(),
        depends: script.depends.iter().map(Reference::new).collect(),
        labels: Vec::new(),
        rollout: None,
        file: script.path.clone().into(),
    };
    Graph::build(scripts.iter().map(node).collect()).ok()
}
