//! The walk over the chain: each revision up, its way back on a copy, the file, the proof.

use std::collections::BTreeSet;
use std::time::Instant;

use cutover_core::report::ranked;
use cutover_core::revision::graph::Index;
use cutover_core::revision::{Graph, Node, graph::Reference};
use cutover_sql::ident::{qualified, quote_literal};

use super::blocks::{Blocks, Sifter};
use super::conclude::{self, Seen};
use super::ground::Ground;
use super::host::{Host, HostError, Raised, Ran, Script};
use super::names::{Names, file_name, names, prose};
use super::prove::{Case, Proof, Replay, compare};
use super::proxy::Door;
use super::sift::VersionTable;
use super::write::{self, Back};
use super::{Adopted, AlembicError, Options, Revised};
use crate::history::History;
use crate::schema::SchemaError;
use crate::schema::trial::Moment;
use crate::session::{SessionError, rows};

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
    let replay = Replay::new(Ground::start(&options.binaries, &database).await?, options.settings.clone());
    let folder = tempfile::tempdir().map_err(AlembicError::File)?;
    let history = History::read(folder.path()).map_err(Box::new)?;
    let sifter = Sifter::new(pure(&ground).await?);
    let before = ground.moment(&sifter.sieve.version).await?;
    let mut walk = Walk {
        options,
        names: names(&started.revisions),
        graph: graph(&started.revisions),
        applied: BTreeSet::new(),
        ground,
        door,
        host,
        sifter,
        replay,
        history,
        before,
        folder,
        seen: Vec::new(),
    };
    let mut revisions = Vec::new();
    for (at, script) in started.revisions.iter().enumerate() {
        progress(&script.id, at + 1, started.revisions.len());
        revisions.push(walk.revision(script).await?);
    }
    let mut conclusions = conclude::all(&options.project, &walk.seen);
    let pinned = walk.sifter.pinned.filter(|path| *path != options.settings.search_path);
    conclusions.extend(pinned.as_deref().map(conclude::pinned));
    Ok(Adopted {
        revisions,
        conclusions: ranked(conclusions),
        version: walk.sifter.sieve.version,
        names: walk.names,
        search_path: pinned,
        history: walk.history,
        started,
    })
}

struct Walk<'a> {
    options: &'a Options,
    names: Names,
    /// In Alembic's ids.
    graph: Option<Graph>,
    applied: BTreeSet<Index>,
    ground: Ground,
    door: Door,
    host: Host,
    sifter: Sifter,
    replay: Replay,
    history: History,
    /// What Alembic's run had left before.
    before: Moment,
    folder: tempfile::TempDir,
    seen: Vec<Seen>,
}

/// One run of a revision.
struct Run {
    blocks: Blocks,
    ran: Ran,
    raised: Option<Raised>,
    is_touched: bool,
    /// What Alembic's table says afterwards.
    heads: BTreeSet<String>,
}

impl Walk<'_> {
    async fn revision(&mut self, script: &Script) -> Result<Revised, AlembicError> {
        let is_skipped = self.options.skip.contains(&script.id);
        let begin = Instant::now();
        let up = if is_skipped { Run::nothing() } else { self.run(script, true).await? };
        let millis = begin.elapsed().as_secs_f64() * 1000.0;
        if let (Some(raised), false, true) = (&up.raised, up.is_touched, self.seen.is_empty()) {
            // not even the first one came to a database: what is wrong is not the revision's
            let (message, traceback) =
                (format!("{}: {}", raised.kind, raised.message), raised.traceback.clone());
            return Err(HostError::Alembic { message, traceback }.into());
        }
        if !is_skipped && !up.is_touched && up.raised.is_none() {
            let (project, printed) = (self.options.project.name(), self.host.printed());
            return Err(AlembicError::Elsewhere { project, id: script.id.clone(), printed });
        }
        self.applied.extend(self.graph.as_ref().and_then(|graph| graph.find(&script.id)));
        let is_broken = up.raised.is_some();
        let heads = self.heads();
        let is_lost = !is_skipped && !is_broken && !up.heads.contains(&script.id);
        if is_skipped || is_broken || up.heads != heads {
            self.mark(&heads).await?;
        }
        let after = self.ground.moment(&self.sifter.sieve.version).await?;
        let (down, back_moment) = match is_skipped || is_broken {
            true => (None, None),
            false => self.back(script).await?,
        };
        let back = back(script, &up.blocks, down.as_ref());
        let notes: Vec<String> = match (is_skipped, is_broken) {
            (true, _) => vec!["It was not run: it was to be skipped.".into()],
            (_, true) => vec!["It was not run: it fails.".into()],
            _ => Vec::new(),
        };
        let source = self.options.project.shown(&script.path);
        let nothing = Blocks::default();
        let blocks = if is_broken { &nothing } else { &up.blocks };
        let text = write::text(script, &self.names, &source, &notes, blocks, &back);
        let id = self.names[&script.id].clone();
        let (words, _) = prose(script);
        let file = file_name(&id, &words);
        let expected = back_moment.as_ref().filter(|_| matches!(back, Back::Blocks(_)));
        let (proof, proof_back) = self.prove(&file, &text, &id, &after, expected).await?;
        let restores = back_moment.as_ref().map(|moment| compare(&self.before, moment)).unwrap_or_default();
        let seen = Seen {
            script: script.clone(),
            is_skipped,
            is_lost,
            raised: up.raised,
            ran: up.ran,
            up: up.blocks,
            back: back.clone(),
            raised_back: down.and_then(|it| it.raised),
            restores,
            proof: proof.clone(),
            proof_back,
            id: id.clone(),
        };
        let python = conclude::says_more(&seen).then(|| script.path.clone().into());
        let revised = Revised {
            old: script.id.clone(),
            message: words.lines().next().unwrap_or_default().to_owned(),
            file,
            text,
            python,
            up: if is_broken { 0 } else { seen.up.count() },
            down: match &back {
                Back::Blocks(blocks) => Some(blocks.count()),
                Back::None(_) => None,
            },
            proof,
            is_broken,
            millis,
            id,
        };
        self.before = after;
        self.seen.push(seen);
        Ok(revised)
    }

    /// Runs it with the project's Alembic.
    async fn run(&mut self, script: &Script, is_up: bool) -> Result<Run, AlembicError> {
        let result = self.host.step(&script.id, is_up, &self.door).await?;
        let taken = self.door.journal().take();
        let is_touched = taken.is_touched;
        let (ran, raised) = match result {
            Ok(ran) => (ran, None),
            Err(raised) => (Ran { seen: raised.seen.clone(), ..Ran::default() }, Some(raised)),
        };
        if let Some(context) = ran.contexts.first() {
            self.sifter.sieve.version =
                VersionTable { schema: context.schema.clone(), table: context.table.clone() };
        }
        let session = self.ground.session().await.map_err(AlembicError::Schema)?;
        let blocks = self.sifter.sift(taken, is_up, session.client()).await?;
        let heads = version_rows(session.client(), &self.sifter.sieve.version).await?;
        Ok(Run { blocks, ran, raised, is_touched, heads })
    }

    /// Its way back, on a copy.
    async fn back(&mut self, script: &Script) -> Result<(Option<Run>, Option<Moment>), AlembicError> {
        let lent = self.ground.lend().await?;
        let run = self.run(script, false).await?;
        let moment = self.ground.moment(&self.sifter.sieve.version).await?;
        self.ground.restore(lent).await?;
        let moment = run.raised.is_none().then_some(moment);
        Ok((Some(run), moment))
    }

    async fn prove(
        &mut self,
        file: &str,
        text: &str,
        id: &str,
        after: &Moment,
        back: Option<&Moment>,
    ) -> Result<(Proof, Proof), AlembicError> {
        let path = self.folder.path().join(file);
        std::fs::write(&path, text).map_err(AlembicError::File)?;
        if let Some(path) = &self.sifter.pinned {
            self.replay.pin(path);
        }
        self.history = self.history.with([(path, text.to_owned())]).map_err(Box::new)?;
        let Some(index) = self.history.graph().find(id) else { return Ok((Proof::Equal, Proof::Equal)) };
        let (history, version) = (&self.history, &self.sifter.sieve.version);
        let case = Case { history, index, version, after, back };
        Ok(self.replay.prove(&case, &mut self.ground).await?)
    }

    /// What Alembic's table has to say now.
    fn heads(&self) -> BTreeSet<String> {
        let Some(graph) = &self.graph else { return BTreeSet::new() };
        graph.tips(&self.applied).into_iter().map(|index| graph.id(index).to_owned()).collect()
    }

    /// Makes Alembic's table say so, on the scratch server.
    async fn mark(&self, heads: &BTreeSet<String>) -> Result<(), AlembicError> {
        let session = self.ground.session().await?;
        let VersionTable { schema, table } = &self.sifter.sieve.version;
        let name = match schema {
            Some(schema) => qualified(&[schema, table]),
            None => qualified(&[table]),
        };
        let mut sql = format!(
            "CREATE TABLE IF NOT EXISTS {name} (version_num varchar(255) PRIMARY KEY); DELETE FROM {name}"
        );
        heads.iter().for_each(|id| sql += &format!("; INSERT INTO {name} VALUES ({})", quote_literal(id)));
        let done = session.client().batch_execute(&sql).await;
        Ok(done.map_err(|source| SessionError::Query { what: "telling Alembic where it is", source })?)
    }
}

impl Run {
    fn nothing() -> Self {
        let (blocks, ran) = (Blocks::default(), Ran::default());
        Self { blocks, ran, raised: None, is_touched: false, heads: BTreeSet::new() }
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
        None if run.blocks.is_empty() && !up.is_empty() => {
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

/// What Alembic's table says; nothing when it is not there.
pub(super) async fn version_rows(
    client: &tokio_postgres::Client,
    version: &VersionTable,
) -> Result<BTreeSet<String>, SessionError> {
    let what = "reading Alembic's table";
    let schema = version.schema.as_ref().map(|it| format!(" AND n.nspname = {}", quote_literal(it)));
    let sql = format!(
        "SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relkind IN ('r', 'p') AND c.relname = {}{} ORDER BY n.nspname <> 'public', 1",
        quote_literal(&version.table),
        schema.unwrap_or_default()
    );
    let mut found = BTreeSet::new();
    for row in rows(client, &sql, what).await? {
        let name = qualified(&[row.get(0).unwrap_or_default(), &version.table]);
        let versions = rows(client, &format!("SELECT version_num FROM {name}"), what).await?;
        found.extend(versions.iter().filter_map(|row| row.get(0).map(str::to_owned)));
        if version.schema.is_none() && !found.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// PostgreSQL's functions that an expression can call: those that have an effect all the same are the sieve's to know.
async fn pure(ground: &Ground) -> Result<BTreeSet<String>, SchemaError> {
    let session = ground.session().await?;
    let sql = "SELECT DISTINCT proname FROM pg_proc WHERE pronamespace IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)";
    let found = rows(session.client(), sql, "reading the functions").await?;
    Ok(found.iter().filter_map(|row| row.get(0).map(str::to_owned)).collect())
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
