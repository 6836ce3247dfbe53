//! One run: takes the lock, brings the ledger up to date, and goes from revision to revision.

use std::collections::HashSet;
use std::time::Instant;

use cutover_core::plan::{Direction, Step, StepKind};
use cutover_core::revision::graph::Index;

use super::adopt::{adopt, understood};
use super::blockers::Watch;
use super::checks::check_done_steps;
use super::error::{ExecuteError, Progress, StepError, StepFailure};
use super::journal::{journal_of, open_run};
use super::lock::RunLock;
use super::prepare::{Prepared, entry_of, prepare};
use super::request::{Outcome, Request};
use super::retry::Tries;
use super::waiting::{self, Cause, Gates, Waiting};
use super::{alone, command, guard, pipeline, transaction};
use crate::backfill;
use crate::event::{Event, Sink};
use crate::gate;
use crate::ledger::Writer;
use crate::ledger::read::{OpenStep, State};
use crate::session::{Session, SessionError, Settings};

/// A run on one database.
pub struct Run<'a> {
    pub(super) request: Request<'a>,
    pub(super) session: &'a Session,
    events: Sink<'a>,
    pub(super) writer: Writer,
    run_id: String,
}

impl<'a> Run<'a> {
    /// Takes the lock, reads the ledger again, and runs what is pending.
    ///
    /// # Errors
    /// [`ExecuteError`] for the first thing that stopped it. What was done before stays done and
    /// recorded.
    pub async fn execute(
        request: Request<'a>,
        session: &'a Session,
        events: Sink<'a>,
    ) -> Result<Outcome, ExecuteError> {
        session.check_writable()?;
        session.check_unshared().await?;
        let lock = RunLock::take(session, request.settings.wait, events).await?;
        let result = Self::locked(request, session, events).await;
        lock.release().await;
        result
    }

    async fn locked(
        request: Request<'a>,
        session: &'a Session,
        events: Sink<'a>,
    ) -> Result<Outcome, ExecuteError> {
        let state = understood(request.history, session.state_now().await?);
        let pending = request.pending(&state)?;
        let prepared = prepare(request.history, &pending, request.direction)?;
        check_done_steps(request.history, &state, &prepared, request.direction)?;
        adopt(session, request, &state).await?;
        if prepared.is_empty() {
            return Ok(Outcome::default());
        }
        let target = request.target.to_string();
        let run_id = open_run(session, request, request.direction.as_str(), &target, &state).await?;
        let writer = Writer::for_run(run_id, request.by);
        let run = Self { request, session, events, writer, run_id: run_id.to_string() };
        let result = run.revisions(&state, &prepared).await;
        if let Ok(outcome) = &result {
            run.sample(&prepared, outcome).await;
        }
        let finish = run.writer.finish_run(result.is_ok());
        // of no matter when the connection is gone: the run then stays without an outcome
        let finished = session.client().batch_execute(&finish).await;
        let outcome = result?;
        finished.map_err(|source| SessionError::Query { what: "recording the end of the run", source })?;
        Ok(outcome)
    }

    /// Takes a sample of what revisions watch whose gates were not asked, because they are behind others: their time counts
    /// from the first sample. A sample that fails says so when the gate is asked.
    async fn sample(&self, prepared: &[Prepared], outcome: &Outcome) {
        let behind: HashSet<Index> =
            outcome.waiting.iter().flat_map(|one| one.behind.iter().copied()).collect();
        let gates = prepared.iter().filter(|one| behind.contains(&one.index)).flat_map(|one| &one.gates);
        let _ = gate::sample(self.session, &gate::watched(gates)).await;
    }

    /// Runs all of them: simple ones without waiting in between, the others with care. What waits for something is
    /// left out, with what needs it.
    async fn revisions(&self, state: &State, prepared: &[Prepared]) -> Result<Outcome, ExecuteError> {
        let mut progress = Progress::default();
        let mut outcome = Outcome::default();
        let mut held: HashSet<Index> = HashSet::new();
        let mut at = 0;
        while at < prepared.len() {
            if held.contains(&prepared[at].index) {
                at += 1;
                continue;
            }
            let quick = pipeline::run(self, state, prepared, at, &held).await;
            for one in &prepared[at..at + quick] {
                outcome.ran.push(one.index);
                progress.revisions_done.push(self.id(one).to_owned());
            }
            at += quick;
            let Some(one) = prepared.get(at).filter(|one| !held.contains(&one.index)) else { continue };
            self.announce(prepared, at);
            let began = Instant::now();
            let causes = self.revision(state, one, &mut progress).await?;
            if causes.is_empty() {
                outcome.ran.push(one.index);
                progress.revisions_done.push(self.id(one).to_owned());
                self.announce_end(one, began);
            } else {
                let behind =
                    waiting::behind(self.request.history, prepared, one.index, self.request.direction);
                held.extend(behind.iter().copied());
                outcome.waiting.push(self.wait(prepared, one, causes, &behind));
            }
            at += 1;
        }
        Ok(outcome)
    }

    /// Tells that a revision waits.
    fn wait(
        &self,
        prepared: &[Prepared],
        one: &Prepared,
        causes: Vec<Cause>,
        behind: &HashSet<Index>,
    ) -> Waiting {
        let behind = prepared.iter().map(|p| p.index).filter(|i| behind.contains(i)).collect();
        (self.events)(Event::RevisionWaits { id: self.id(one).to_owned(), causes: causes.clone() });
        Waiting { index: one.index, causes, behind }
    }

    /// Tells that a revision begins.
    pub(super) fn announce(&self, prepared: &[Prepared], at: usize) {
        let node = self.request.history.graph().node(prepared[at].index);
        (self.events)(Event::RevisionStarted {
            id: node.id.clone(),
            message: node.message.clone(),
            direction: self.request.direction,
            number: at + 1,
            of: prepared.len(),
        });
    }

    /// Tells that a revision is done.
    pub(super) fn announce_end(&self, one: &Prepared, began: Instant) {
        (self.events)(Event::RevisionFinished {
            id: self.id(one).to_owned(),
            direction: self.request.direction,
            millis: began.elapsed().as_secs_f64() * 1000.0,
        });
    }

    /// The id of a revision.
    pub(crate) fn id(&self, one: &Prepared) -> &str {
        self.request.history.graph().id(one.index)
    }

    /// Runs the steps of a revision that are not done yet; gives what it waits for if it has to stop.
    async fn revision(
        &self,
        state: &State,
        one: &Prepared,
        progress: &mut Progress,
    ) -> Result<Vec<Cause>, ExecuteError> {
        let revision = self.request.history.revision(one.index);
        let of = one.steps.len();
        progress.steps_done = 0;
        progress.steps = of as u32;
        let is_begun = state.open.iter().any(|step| step.revision == revision.id());
        if self.request.gates == Gates::Obeyed && !is_begun {
            let closed = waiting::closed_gates(self.session, revision.id(), &one.gates).await?;
            if !closed.is_empty() {
                return Ok(closed);
            }
        }
        for step in &one.steps {
            let (ordinal, title) = (step.ordinal, title(step));
            let journal = journal_of(state, revision.id(), self.request.direction, step);
            if journal.is_some_and(|j| j.done) {
                progress.steps_done += 1;
                (self.events)(Event::StepSkipped { ordinal, of, title });
                continue;
            }
            if self.request.gates == Gates::Obeyed
                && let Some(cause) =
                    waiting::deploy(self.session, revision.id(), self.request.direction, step).await?
            {
                return Ok(vec![cause]);
            }
            (self.events)(Event::StepStarted { ordinal, of, title: title.clone() });
            let began = Instant::now();
            if let Err((error, offset)) = self.step(one, step, journal).await {
                return Err(ExecuteError::Step(Box::new(StepFailure {
                    id: revision.id().to_owned(),
                    direction: self.request.direction,
                    path: revision.path.clone(),
                    ordinal,
                    offset,
                    rolled_back: matches!(
                        step.kind,
                        StepKind::Transaction | StepKind::Guard { .. } | StepKind::Deploy { .. }
                    ) || matches!(&error, StepError::Backfill(e) if e.is_before_all()),
                    is_backfill: matches!(step.kind, StepKind::Backfill { .. }),
                    progress: std::mem::take(progress),
                    error,
                })));
            }
            progress.steps_done += 1;
            let millis = began.elapsed().as_secs_f64() * 1000.0;
            (self.events)(Event::StepFinished { ordinal, of, title, millis });
        }
        Ok(Vec::new())
    }

    /// Runs one step, again and again while it cannot get its locks.
    async fn step(
        &self,
        one: &Prepared,
        step: &Step,
        journal: Option<&OpenStep>,
    ) -> Result<(), transaction::Blamed> {
        let watch = self.watch();
        let mut tries = Tries::begin(self.request.settings.lock_retry);
        let mut begun = journal.is_some();
        loop {
            let work = self.attempt(one, step, begun);
            let result = watch.during(work, self.events).await;
            self.pass_notices();
            let (server, offset) = match result {
                Err((StepError::Server(server), offset)) if server.is_contention() => (server, offset),
                other => return other,
            };
            begun = true;
            match tries.pause() {
                Some(pause) => {
                    (self.events)(Event::Retry {
                        tries: tries.failed,
                        pause_ms: u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                        reason: server.message.clone(),
                    });
                    tokio::time::sleep(pause).await;
                }
                None => {
                    let error = StepError::Locks {
                        tries: tries.failed,
                        waited_ms: tries.waited_ms(),
                        last: server,
                        blockers: watch.last(),
                    };
                    return Err((error, offset));
                }
            }
        }
    }

    async fn attempt(&self, one: &Prepared, step: &Step, begun: bool) -> Result<(), transaction::Blamed> {
        let revision = self.request.history.revision(one.index);
        let (client, text) = (self.session.client(), revision.text.as_str());
        match &step.kind {
            StepKind::Transaction => self.whole(one, step).await,
            StepKind::Guard { text: must, expect } => {
                let query = step.statements.first().map(|s| s.span.text(text)).unwrap_or_default();
                let offset = step.statements.first().map(|s| s.span.start);
                guard::check(client, query, must, expect).await.map_err(|e| (e, offset))?;
                self.record_alone(one, step).await.map_err(|e| (e, offset))
            }
            StepKind::Deploy { .. } => {
                self.record_alone(one, step).await.map_err(|e| (e, Some(step.span.start)))
            }
            StepKind::Backfill { .. } => backfill::run(self, one, step, begun).await,
            StepKind::Run { command } => {
                let around = command::Surroundings {
                    url: self.request.url,
                    revision: revision.id(),
                    direction: self.request.direction.as_str(),
                    folder: self.request.history.folder(),
                };
                let at = Some(step.span.start);
                self.begin(one, step, "").await.map_err(|e| (e, at))?;
                command::run(command, around, self.events).await.map_err(|e| (e, at))?;
                self.end(one, step).await.map_err(|e| (e, at))
            }
            StepKind::Alone(outside) => {
                let at = step.statements.first().map(|s| s.span.start);
                alone::run(self, one, step, outside, begun).await.map_err(|(e, o)| (e, o.or(at)))
            }
        }
    }

    /// Runs the statements of a step and its ledger rows in one transaction.
    pub(crate) async fn whole(&self, one: &Prepared, step: &Step) -> Result<(), transaction::Blamed> {
        self.whole_after(one, step, None).await
    }

    /// The same, with a statement of ours before them in the transaction.
    pub(crate) async fn whole_after(
        &self,
        one: &Prepared,
        step: &Step,
        first: Option<String>,
    ) -> Result<(), transaction::Blamed> {
        let mut before = overrides(one);
        before.extend(first);
        let mut after = self.as_it_was(step);
        after.extend(self.records(one, step));
        transaction::run(self.session.client(), self.text(one), step, &before, &after).await
    }

    /// SQL after which the session is what it was before the statements of a step, so that the ledger's rows are its
    /// own.
    fn as_it_was(&self, step: &Step) -> Vec<String> {
        if step.changes_session() {
            vec![self.request.settings.pin_again(self.session.facts.version, &self.run_id)]
        } else if step.acts_as() {
            vec![Settings::own_role().to_owned()]
        } else {
            Vec::new()
        }
    }

    /// Looks for whoever blocks the session.
    pub(super) fn watch(&self) -> Watch<'_> {
        Watch::new(&self.session.params, self.session.facts.pid)
    }

    /// The transaction of a revision that is one, as a message; its rows fail unless the revision
    /// before it is recorded.
    pub(super) fn message(&self, one: &Prepared, previous: Option<&Prepared>) -> transaction::Message {
        let (entry, step) = (entry_of(self.request.history, one), &one.steps[0]);
        let mut after = self.as_it_was(step);
        after.push(Writer::quick(entry, step, previous.map(|p| self.id(p))));
        transaction::Message::whole(self.text(one), step, &after)
    }

    /// SQL that [`Run::message`] needs once in its session.
    pub(super) fn prepare_messages(&self) -> String {
        self.writer.prepare_quick(self.request.direction)
    }

    /// The session of the run.
    pub(crate) fn session(&self) -> &Session {
        self.session
    }

    /// The settings of the run.
    pub(crate) fn settings(&self) -> &Settings {
        self.request.settings
    }

    /// Where events go.
    pub(crate) fn events(&self) -> Sink<'_> {
        self.events
    }

    /// Which way it goes.
    pub(crate) fn direction(&self) -> Direction {
        self.request.direction
    }

    /// The id of the run in the ledger.
    pub(crate) fn run_id(&self) -> &str {
        &self.run_id
    }

    /// The run as a column of the ledger's rows has it: NULL in a session that is not ours.
    pub(crate) fn run_column(&self) -> &str {
        self.writer.run_column()
    }

    /// The text of a revision.
    pub(crate) fn text(&self, one: &Prepared) -> &str {
        &self.request.history.revision(one.index).text
    }

    /// Passes the server's notices on.
    pub(super) fn pass_notices(&self) {
        for notice in self.session.connected.notices() {
            (self.events)(Event::Notice { severity: notice.severity, message: notice.message });
        }
    }
}

/// What a revision's header asks for instead of the environment's settings.
fn overrides(one: &Prepared) -> Vec<String> {
    let set = |name: &str, ms: Option<u64>| ms.map(|ms| format!("SET LOCAL {name} = {ms}"));
    [set("lock_timeout", one.lock_timeout_ms), set("statement_timeout", one.statement_timeout_ms)]
        .into_iter()
        .flatten()
        .collect()
}

/// A step in a few words: its first statement, and how many follow.
pub fn title(step: &Step) -> String {
    match &step.kind {
        StepKind::Guard { text, .. } => format!("guard: {text}"),
        StepKind::Run { command } => format!("run: {command}"),
        StepKind::Deploy { text, .. } => format!("deploy: {text}"),
        StepKind::Backfill { table, .. } => format!("backfill {table}"),
        StepKind::Transaction | StepKind::Alone(_) => match &step.statements[..] {
            [] => "nothing to run".into(),
            [only] => only.title(),
            [first, rest @ ..] => format!("{} and {} more", first.title(), rest.len()),
        },
    }
}
