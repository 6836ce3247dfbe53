//! Reads the databases: what is there, what would be lost, which roles and rows stand against it.

use cutover_core::catalog::Name;
use cutover_core::diff::Candidate;
use cutover_core::plan::Direction;
use cutover_core::reconcile::{Privileges, too_much};
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target;
use cutover_engine::execute::{Gates, Request, understood};
use cutover_engine::reconcile::{self, Answered, Asked, Rows, Source};
use cutover_engine::schema;
use cutover_engine::schema::rename::Answer;
use cutover_engine::session::Session;

use super::Work;
use crate::failure::Failure;
use crate::renames;

/// A database with what is to be told of it.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) lost: Vec<(String, i64)>,
    pub(super) has_ledger: bool,
    /// Its major version, where that is not the scratch server's.
    pub(super) other_major: Option<u32>,
    /// Roles that the schema names and the server has not.
    pub(super) no_roles: Vec<Name>,
    /// What it has too much, and keeps: statements that would take it away.
    pub(super) kept_rights: Vec<String>,
    /// What its rows say.
    pub(super) rows: Vec<Answered>,
}

impl Read {
    /// Whether the revision would stop there.
    pub(super) fn stops(&self) -> bool {
        self.rows.iter().any(|it| matches!(it.rows, Rows::Some(..) | Rows::Fails(_)))
    }
}

impl Work<'_> {
    /// All databases, and the history as the last; and a rename that none of them knows.
    pub(super) async fn read_all(&self) -> Result<(Vec<Read>, Option<String>), Failure> {
        let mut read = Vec::new();
        for place in &self.args.against {
            read.push(self.database(place).await?);
        }
        let all: Vec<Index> = (0..self.around.history.graph().len()).collect();
        let source = reconcile::source("the history".into(), None, all, &self.wish, &self.around).await?;
        let (source, elsewhere) = self.settled(source).await?;
        let mut unknown = elsewhere;
        read.push((Read::of(source), Vec::new()));
        for (_, elsewhere) in &read[..self.args.against.len()] {
            unknown.retain(|it| elsewhere.contains(it));
        }
        Ok((read.into_iter().map(|it| it.0).collect(), unknown.into_iter().next()))
    }

    /// Reads one database: its schema, what is pending there, what it would lose, and what its rows say. And the renames that
    /// are for others.
    async fn database(&self, place: &str) -> Result<(Read, Vec<String>), Failure> {
        let database = self.context.database_at(self.config, Some(place)).await?;
        let session = self.context.session(&database).await?;
        let name = match self.config.environments.contains_key(place) {
            true => place.to_owned(),
            false => format!("database {}", session.facts.database),
        };
        let (has_ledger, pending) = self.pending(&session).await?;
        let live = schema::of_database(&database.params).await?;
        let source = reconcile::source(name.clone(), Some(live), pending, &self.wish, &self.around).await;
        let source = source.map_err(|error| {
            Failure::from(error)
                .note(format!("on a copy of {name}, with the revisions that are pending there"))
        })?;
        let (source, elsewhere) = self.settled(source).await?;
        let major = session.facts.version / 10_000;
        let kept_rights = match self.wish.compared.privileges {
            Privileges::Granted => too_much(self.wish.catalog, &source.renamed, self.wish.compared),
            Privileges::Exact | Privileges::Ignored => Vec::new(),
        };
        let read = Read {
            lost: reconcile::losses(&source, &session).await?,
            has_ledger,
            other_major: Some(major).filter(|major| self.wish.catalog.server / 10_000 != *major),
            no_roles: reconcile::roles_missing(&source, &self.wish, &session).await?,
            kept_rights: kept_rights.into_iter().map(|(_, sql)| sql).collect(),
            rows: reconcile::ask_rows(&source, &session).await?,
            source,
        };
        Ok((read, elsewhere))
    }

    /// Whether there is a ledger, and what is pending by it. A database without one will be stamped at the head.
    async fn pending(&self, session: &Session) -> Result<(bool, Vec<Index>), Failure> {
        let state = understood(self.around.history, session.state().await?);
        if state.applied.is_empty() {
            return Ok((false, Vec::new()));
        }
        let target = Target::heads();
        let request = Request {
            history: self.around.history,
            direction: Direction::Upgrade,
            target: &target,
            by: "",
            settings: self.around.settings,
            url: "",
            exactly: None,
            gates: Gates::Ignored,
        };
        Ok((true, request.pending(&state)?))
    }

    /// What is renamed there; what looks like a rename and is not told is refused.
    async fn settled(&self, mut source: Source) -> Result<(Source, Vec<String>), Failure> {
        let told = self.args.renames.told()?;
        let mut ask = |candidate: &Candidate| -> Answer { renames::ask(self.context, candidate) };
        let settled = source.settle(&told, &self.wish, &self.around, &mut ask).await;
        let name = source.name.clone();
        let in_it = |failure: Failure| failure.note(format!("in {name}"));
        let Asked { open, elsewhere } = settled.map_err(|error| in_it(error.into()))?;
        renames::unanswered(&open).map_err(in_it)?;
        Ok((source, elsewhere.iter().map(|it| it.from.join(".")).collect()))
    }
}

impl Read {
    /// The history, which has no rows and no server.
    fn of(source: Source) -> Self {
        let (lost, no_roles, kept_rights, rows) = Default::default();
        Self { source, lost, has_ledger: true, other_major: None, no_roles, kept_rights, rows }
    }
}
