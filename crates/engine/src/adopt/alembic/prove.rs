//! The proof: what was written, run by Cutover on an empty database, leads to the same schema and the same rows as
//! Alembic's own run, revision by revision and on the way back.

use cutover_core::diff::{self, Change, How};
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target;

use super::aside;
use super::eye::look;
use super::ground::Ground;
use super::sift::VersionTable;
use crate::execute::{self, Gates, Request};
use crate::history::History;
use crate::schema::trial::{Moment, differences};
use crate::schema::{SchemaError, replay};
use crate::session::Settings;

/// What the replay of a revision came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Proof {
    /// The same as Alembic's run.
    #[default]
    Equal,
    /// It runs, and something differs.
    Differs(Difference),
    /// It does not run.
    Fails(String),
}

impl Proof {
    fn of(difference: Difference) -> Self {
        if difference.is_empty() { Self::Equal } else { Self::Differs(difference) }
    }
}

/// What is not the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// Of the schema; from Alembic's to the replay's.
    pub changes: Vec<Change>,
    /// Tables whose rows are others: how many Alembic's run left, and how many the replay.
    pub rows: Vec<(String, u64, u64)>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.rows.is_empty()
    }

    /// In lines: `+` is there and should not be, `-` is missing, `~` is another.
    pub fn lines(&self) -> Vec<String> {
        let change = |change: &Change| match &change.how {
            How::Created => format!("+ {}", change.id),
            How::Dropped => format!("- {}", change.id),
            How::Altered { differences } => {
                let all: Vec<String> = differences.iter().map(diff::Difference::words).collect();
                format!("~ {}: {}", change.id, all.join(", "))
            }
        };
        let row = |(table, before, now): &(String, u64, u64)| {
            if before == now {
                format!("~ rows of {table}: {before}, with other values")
            } else {
                format!("~ rows of {table}: {before} -> {now}")
            }
        };
        self.changes.iter().map(change).chain(self.rows.iter().map(row)).collect()
    }
}

/// What differs from what is expected.
pub(super) fn compare(expected: &Moment, found: &Moment) -> Difference {
    let (changes, rows) = differences(expected, found);
    Difference { changes, rows }
}

/// The replay, on a server of its own.
#[derive(Debug)]
pub(super) struct Replay {
    ground: Ground,
    settings: Settings,
}

/// One revision that is to be proven.
#[derive(Debug)]
pub(super) struct Case<'a> {
    /// The history up to it: it is the newest.
    pub history: &'a History,
    /// Which one it is.
    pub index: Index,
    /// Alembic's table.
    pub version: &'a VersionTable,
}

impl Replay {
    /// On an empty database.
    pub fn new(ground: Ground, settings: Settings) -> Self {
        Self { ground, settings }
    }

    /// Under another search path from now on.
    pub fn pin(&mut self, search_path: &str) {
        search_path.clone_into(&mut self.settings.search_path);
    }

    /// Runs a revision, and compares with what Alembic's run left.
    pub async fn up(&mut self, case: &Case<'_>, expected: &Moment) -> Result<Proof, SchemaError> {
        if let Err(message) = self.run(case, Direction::Upgrade).await? {
            return Ok(Proof::Fails(message));
        }
        let found = self.ground.look(case.version).await?;
        Ok(Proof::of(compare(expected, &found)))
    }

    /// Tries its way back, and compares with what Alembic's way back left. The database is afterwards what it was before.
    ///
    /// What can be taken back as a whole is tried in its place; where that does not lead there, or cannot be, on a copy
    /// and by the executor, which then has the last word.
    pub async fn down(&mut self, case: &Case<'_>, expected: &Moment) -> Result<Proof, SchemaError> {
        if let Some(sql) = aside::script(case.history, case.index) {
            let eye = self.ground.eye().await?;
            let sql = format!("{}; {sql}", self.settings.pin(eye.server()));
            let found = eye.foresee(&sql, case.version).await?;
            if found.is_some_and(|found| compare(expected, &found).is_empty()) {
                return Ok(Proof::Equal);
            }
        }
        let lent = self.ground.lend().await?;
        let proof = match self.run(case, Direction::Downgrade).await? {
            Err(message) => Proof::Fails(message),
            Ok(()) => {
                let session = self.ground.session().await?;
                Proof::of(compare(expected, &look(&session, case.version).await?))
            }
        };
        self.ground.restore(lent).await?;
        Ok(proof)
    }

    /// Goes on from a copy of what Alembic's run left, where the way up did not lead there: what follows is proven by itself,
    /// and a revision answers for no other.
    pub async fn go_on_from(&mut self, twin: Ground, case: &Case<'_>) -> Result<(), SchemaError> {
        self.ground = twin;
        self.stamp(case).await
    }

    /// Runs it one way; what stopped it, if anything did.
    async fn run(&self, case: &Case<'_>, direction: Direction) -> Result<Result<(), String>, SchemaError> {
        let session = self.ground.session().await?;
        match replay::exactly(case.history, direction, &[case.index], &self.settings, &session).await {
            Ok(()) => Ok(Ok(())),
            Err(SchemaError::Execute(error)) => Ok(Err(error.to_string())),
            Err(other) => Err(other),
        }
    }

    /// Has the ledger of a database that Alembic made say what is applied there: all of the history so far.
    async fn stamp(&self, case: &Case<'_>) -> Result<(), SchemaError> {
        let session = self.ground.session().await?;
        let request = Request {
            history: case.history,
            direction: Direction::Upgrade,
            target: &Target::heads(),
            by: "scratch",
            settings: &self.settings,
            url: &session.params.url(),
            exactly: None,
            gates: Gates::Ignored,
        };
        execute::stamp(request, false, &session, &|_| {}).await?;
        Ok(())
    }
}
