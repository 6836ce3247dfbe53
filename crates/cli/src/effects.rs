//! The effects of a plan: what `explain` shows and what the policy of an environment refuses.

use std::collections::{BTreeMap, HashMap, HashSet};

use cutover_core::effect::policy::{Held, Policy};
use cutover_core::effect::{Effects, Known, Mode, Rel, effects};
use cutover_core::plan::{Direction, Step, StepKind, beginnings, steps};
use cutover_core::report::{
    Built, Explained, RevisionEffects, Sizes, StepEffects, builds_index, built, explain,
};
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Applied;
use cutover_engine::execute::{PrepareError, applied_set};
use cutover_engine::history::History;
use cutover_engine::ledger::State;
use cutover_engine::measure::{self, Questions};
use cutover_engine::sample::Copied;
use cutover_engine::schema::Workshop;
use cutover_engine::session::{Session, Settings};
use cutover_engine::trace::{self, Observed};
use cutover_sql::document::{self, Document, Spanned};
use cutover_sql::statement::Statement;
use cutover_sql::tree::NodeEnum;

use crate::failure::{Failure, Place};
use crate::sampled::{self, Live};

/// One pending revision, parsed.
pub struct Pending {
    /// Its place in the graph.
    pub index: Index,
    /// Its steps.
    pub steps: Vec<Step>,
    /// The trees of their statements, by where each begins.
    pub trees: HashMap<usize, NodeEnum>,
    document: Document,
}

/// Parses the revisions of a plan.
pub fn parse(history: &History, indices: &[Index], direction: Direction) -> Result<Vec<Pending>, Failure> {
    let one = |index: &Index| {
        let revision = history.revision(*index);
        let wrong = |source: document::DocumentError| PrepareError::Revision {
            path: revision.path.clone(),
            source: Box::new(source.into()),
        };
        let (document, trees) = document::read_trees(&revision.text).map_err(wrong)?;
        let steps = steps(&revision.text, &document, direction)
            .map_err(|source| PrepareError::Plan { path: revision.path.clone(), source })?;
        Ok(Pending { index: *index, steps, trees, document })
    };
    indices.iter().map(one).collect()
}

/// What is known of the schema before a plan: what the revisions that are applied lead to.
pub fn before(history: &History, applied: &Applied, search_path: &str, major: u32) -> Result<Known, Failure> {
    let mut known = Known::new(major);
    known.search_path = path(search_path);
    for index in 0..history.graph().len() {
        if !applied.contains(&index) {
            continue;
        }
        follow(history, index, &mut known)?;
    }
    Ok(known)
}

/// The names of a search path.
pub fn path(text: &str) -> Vec<String> {
    let names = text.split(',').map(|name| name.trim().trim_matches('"').to_owned());
    names.filter(|name| !name.is_empty() && name != "$user").collect()
}

/// Takes in what goes up, in order. What the steps are does not matter here, so that a file with steps of a later version
/// is read, too.
fn follow(history: &History, index: Index, known: &mut Known) -> Result<(), Failure> {
    let revision = history.revision(index);
    let wrong = |source: document::DocumentError| PrepareError::Revision {
        path: revision.path.clone(),
        source: Box::new(source.into()),
    };
    let (document, trees) = document::read_trees(&revision.text).map_err(wrong)?;
    let session = known.session();
    for (statement, begins) in beginnings(&revision.text, &document.upgrade) {
        if begins {
            known.set_session(&session);
        }
        if let Some(tree) = trees.get(&statement.span.start) {
            known.apply(tree);
        }
    }
    known.set_session(&session);
    Ok(())
}

/// A statement of a plan with what it does.
pub struct Told<'a> {
    /// Its revision's place in the plan.
    pub revision: usize,
    /// Its step.
    pub step: &'a Step,
    /// It.
    pub statement: &'a Statement,
    /// The schema before it.
    pub known: &'a Known,
    /// What it does.
    pub effects: &'a Effects,
    /// Its tree.
    pub tree: &'a NodeEnum,
}

impl Told<'_> {
    /// The indexes that it builds.
    fn builds(&self) -> Vec<Built> {
        let scans = self.effects.scans.iter().any(|(_, cause)| builds_index(*cause));
        if !scans && self.effects.rewrites.is_empty() && self.effects.rebuilds.is_empty() {
            return Vec::new();
        }
        let mut after = self.known.clone();
        after.apply(self.tree);
        built(self.effects, self.known, &after)
    }
}

/// What is worth measuring before the times of a plan are told.
pub fn questions(pending: &[Pending], known: &mut Known) -> Questions {
    let mut ask = Questions::default();
    walk(pending, known, |told| {
        let effects = told.effects;
        let read =
            effects.scans.iter().map(|(rel, _)| rel).chain(effects.rewrites.iter().map(|(rel, _)| rel));
        for table in read.filter(|rel| !told.known.is_new_relation(rel)) {
            ask.table(table);
        }
        for index in told.builds() {
            ask.sort(told.known, &index);
        }
    });
    ask
}

/// Goes through a plan, statement by statement.
pub fn walk(pending: &[Pending], known: &mut Known, mut see: impl FnMut(Told<'_>)) {
    // everything that the plan makes is nobody's while it runs
    known.era += 1;
    let session = known.session();
    for (revision, one) in pending.iter().enumerate() {
        for step in &one.steps {
            // what a step sets ends with it
            known.set_session(&session);
            for statement in &step.statements {
                let Some(tree) = one.trees.get(&statement.span.start) else { continue };
                let effects = effects(known, tree);
                see(Told { revision, step, statement, known, effects: &effects, tree });
                known.apply(tree);
            }
        }
    }
}

/// The plan as data.
pub fn explained(history: &History, pending: &[Pending], known: &mut Known, sizes: &Sizes) -> Explained {
    let mut revisions: Vec<RevisionEffects> = pending
        .iter()
        .map(|one| {
            let node = history.graph().node(one.index);
            let steps = one.steps.iter().map(|step| StepEffects {
                ordinal: step.ordinal,
                kind: step.kind.as_str(),
                statements: Vec::new(),
            });
            RevisionEffects { id: node.id.clone(), message: node.message.clone(), steps: steps.collect() }
        })
        .collect();
    walk(pending, known, |told| {
        let text = &history.revision(pending[told.revision].index).text;
        let sql = told.statement.span.text(text);
        let alone = matches!(told.step.kind, StepKind::Alone(_));
        let line = explain(told.statement.line, sql, told.effects, told.known, sizes, alone, &told.builds());
        let step = &mut revisions[told.revision].steps[told.step.ordinal as usize - 1];
        step.statements.push(line);
    });
    Explained { revisions }
}

/// Refuses a plan that does what the environment does not accept, unless the file allows it with a reason.
pub async fn obey(
    history: &History,
    pending: &[Index],
    state: &State,
    session: &Session,
    policy: Policy,
    search_path: &str,
) -> Result<(), Failure> {
    if policy.is_open() {
        return Ok(());
    }
    let pending = parse(history, pending, Direction::Upgrade)?;
    let measured = measure::read(session).await?;
    let applied = applied_set(history, state)?;
    let mut known = before(history, &applied, search_path, measured.server.major)?;
    known.utc = is_utc(&measured.server.time_zone);
    let refused = refused(history, &pending, &mut known, &measured.sizes, policy);
    match refused {
        None => Ok(()),
        Some(failure) => Err(failure),
    }
}

/// Whether a time zone is that of Greenwich without summers.
pub fn is_utc(zone: &str) -> bool {
    ["utc", "etc/utc", "gmt", "etc/gmt", "uct", "zulu", "universal"]
        .iter()
        .any(|utc| zone.eq_ignore_ascii_case(utc))
}

fn refused(
    history: &History,
    pending: &[Pending],
    known: &mut Known,
    sizes: &Sizes,
    policy: Policy,
) -> Option<Failure> {
    let mut failure: Option<Failure> = None;
    let (mut held, mut step) = (Held::default(), (usize::MAX, 0));
    walk(pending, known, |told| {
        // locks end with their transaction
        if (told.revision, told.step.ordinal) != step {
            step = (told.revision, told.step.ordinal);
            held = Held::default();
        }
        let one = &pending[told.revision];
        let revision = history.revision(one.index);
        for breach in policy.breaches(told.effects, told.known, sizes, &mut held) {
            if allows(&one.document, told.statement, breach.rule) {
                continue;
            }
            let place = Place::new(&revision.path, &revision.text, told.statement.span).label(breach.message);
            let refusal = failure.take().unwrap_or_else(|| {
                Failure::new(
                    "policy",
                    "the plan does what this environment's policy does not accept, so nothing was run",
                )
                .help(format!("write the safe form: cutover lint {} --fix", history.graph().id(one.index)))
                .help(format!(
                    "or allow it in the file, above the statement: --@ allow {} \"why\"",
                    breach.rule
                ))
            });
            failure = Some(refusal.at(place));
        }
    });
    failure
}

/// Whether the file accepts it: above the sections for all of it, or above the statement.
fn allows(document: &Document, statement: &Statement, rule: &str) -> bool {
    let is = |allow: &&Spanned<(String, String)>| allow.value.0 == rule;
    if document.header.allows.iter().any(|allow| is(&allow)) {
        return true;
    }
    let mut allows =
        document.upgrade.blocks.iter().flat_map(|block| block.allows.iter().map(move |allow| (block, allow)));
    allows.any(|(block, allow)| {
        let next = block.statements.iter().find(|one| one.span.start >= allow.span.end);
        is(&allow) && next.is_some_and(|next| next.span == statement.span)
    })
}

/// Runs the plan on a scratch database that has what is applied, and notes where PostgreSQL did something else than was
/// said. The tables there have the rows that revisions put into them, and what may be copied from a live database.
pub async fn trace(
    history: &History,
    applied: &Applied,
    pending: &[Pending],
    mut known: Known,
    settings: &Settings,
    live: Option<Live<'_>>,
    explained: &mut Explained,
) -> Result<Option<Copied>, Failure> {
    let bench = Workshop::new(Some(known.major))?.bench(None).await?;
    let before: Vec<Index> = (0..history.graph().len()).filter(|index| applied.contains(index)).collect();
    bench.apply(history, &before, settings).await?;
    let path = &settings.search_path;
    bench.run(&format!("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = {path}', current_database()); END $$")).await?;
    // the scratch server's
    known.utc = true;
    known.complete = true;
    let schema = known.clone();
    let said = expectations(pending, &mut known);
    let copied = match live {
        Some(live) => {
            let effects = said.values().map(|it| &it.effects);
            Some(sampled::copy(live, &bench.session, &schema, &known, effects).await?)
        }
        None => None,
    };
    let session = bench.again().await?;
    for (revision, one) in pending.iter().enumerate() {
        let text = &history.revision(one.index).text;
        let mut held = BTreeMap::new();
        let see = |start: usize, first: bool, observed: Observed| {
            if first {
                held.clear();
            }
            let Some(expected) = said.get(&(revision, start)) else { return };
            // what was read by a statement on its own is not seen
            let wrong = trace::differences(&expected.effects, &observed, &held, !expected.alone);
            for (name, mode) in &observed.locks {
                let had = held.entry(trace::rel(name)).or_insert(*mode);
                *had = (*had).max(*mode);
            }
            held.extend(expected.makes.iter().map(|name| (name.clone(), Mode::AccessExclusive)));
            let line = cutover_sql::span::place(text, start).line;
            let steps = explained.revisions[revision].steps.iter_mut().flat_map(|step| &mut step.statements);
            if let Some(statement) = steps.into_iter().find(|it| it.line == line && it.wrong.is_none()) {
                statement.wrong = Some(wrong);
                let time = || sampled::traced(observed.millis, &expected.effects, copied.as_ref());
                statement.traced = (!expected.alone).then(time);
            }
        };
        let named = |start: usize| {
            let names = said.get(&(revision, start)).into_iter().flat_map(|it| it.effects.locks.keys());
            names.map(|rel| (rel.schema.clone(), rel.name.clone())).collect()
        };
        let done = trace::rehearse(&session, bench.params(), text, &one.steps, named, see).await;
        done.map_err(|error| {
            let id = history.graph().id(one.index);
            Failure::new("trace", format!("revision {id} cannot be tried on a scratch database: {error}"))
        })?;
    }
    Ok(copied)
}

/// What is said of a statement of the plan.
struct Expected {
    effects: Effects,
    alone: bool,
    /// The relations that it makes, which its transaction holds.
    makes: Vec<Rel>,
}

/// By revision and the byte that a statement begins at.
type Expectations = HashMap<(usize, usize), Expected>;

fn expectations(pending: &[Pending], known: &mut Known) -> Expectations {
    let mut said = Expectations::new();
    let mut last: Option<((usize, usize), HashSet<Rel>)> = None;
    let names = |known: &Known| known.relations().map(|(name, _)| name.clone()).collect::<HashSet<Rel>>();
    let made =
        |last: &Option<((usize, usize), HashSet<Rel>)>, now: &HashSet<Rel>, said: &mut Expectations| {
            if let Some((key, before)) = last
                && let Some(expected) = said.get_mut(key)
            {
                expected.makes = now.difference(before).cloned().collect();
            }
        };
    walk(pending, known, |told| {
        let now = names(told.known);
        made(&last, &now, &mut said);
        let key = (told.revision, told.statement.span.start);
        let alone = matches!(told.step.kind, StepKind::Alone(_));
        said.insert(key, Expected { effects: told.effects.clone(), alone, makes: Vec::new() });
        last = Some((key, now));
    });
    made(&last, &names(known), &mut said);
    said
}
