//! The proof: what was written, run by Cutover on an empty database, leads to the same schema and the same rows as
//! Alembic's own run, revision by revision and on the way back.

use cutover_core::diff::{self, Change, How};
use cutover_core::plan::Direction;
use cutover_core::revision::graph::Index;
use cutover_core::revision::target::Target;

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
                let one = |it: &diff::Difference| {
                    let value = |it: &Option<serde_json::Value>| {
                        it.as_ref().map_or("nothing".into(), ToString::to_string)
                    };
                    format!("{}: {} -> {}", it.attribute, value(&it.from), value(&it.to))
                };
                let all: Vec<String> = differences.iter().map(one).collect();
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
    /// What Alembic's run left.
    pub after: &'a Moment,
    /// What Alembic's way back left, where there is one to be tried.
    pub back: Option<&'a Moment>,
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

    /// Runs a revision, and compares with what Alembic's run left; where there is a way back, tries it on a copy and compares
    /// with what Alembic's way back left.
    ///
    /// Where it does not lead there, the replay goes on from a copy of what Alembic's run left, `alembic`: what follows is
    /// proven by itself, and a revision answers for no other.
    pub async fn prove(
        &mut self,
        case: &Case<'_>,
        alembic: &mut Ground,
    ) -> Result<(Proof, Proof), SchemaError> {
        let up = self.run(case, Direction::Upgrade, case.after).await?;
        if up != Proof::Equal {
            self.ground = alembic.twin().await?;
            self.stamp(case).await?;
        }
        let Some(expected) = case.back else { return Ok((up, Proof::Equal)) };
        let lent = self.ground.lend().await?;
        let down = self.run(case, Direction::Downgrade, expected).await?;
        self.ground.restore(lent).await?;
        Ok((up, down))
    }

    /// Runs it one way, and compares.
    async fn run(
        &self,
        case: &Case<'_>,
        direction: Direction,
        expected: &Moment,
    ) -> Result<Proof, SchemaError> {
        let session = self.ground.session().await?;
        match replay::exactly(case.history, direction, &[case.index], &self.settings, &session).await {
            Ok(()) => {}
            Err(SchemaError::Execute(error)) => return Ok(Proof::Fails(error.to_string())),
            Err(other) => return Err(other),
        }
        let difference = compare(expected, &self.ground.moment(case.version).await?);
        Ok(if difference.is_empty() { Proof::Equal } else { Proof::Differs(difference) })
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
