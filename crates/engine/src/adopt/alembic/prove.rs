//! The proof: what was written, run by Cutover on an empty database, leads to the same schema and the same rows as
//! Alembic's own run, revision by revision and on the way back.

use cutover_core::diff::{self, Change, How};
use cutover_core::plan::Direction;

use super::ground::Ground;
use super::sift::VersionTable;
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
    /// One before it does not run.
    Unproven(String),
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

    /// Without what another one has, too: what was known before.
    #[must_use]
    pub fn without(mut self, known: &Self) -> Self {
        self.changes.retain(|it| !known.changes.contains(it));
        self.rows.retain(|it| !known.rows.contains(it));
        self
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
    /// What differed so far: it differs in what follows, too.
    known: Difference,
    /// The revision that did not run.
    failed: Option<String>,
}

impl Replay {
    /// On an empty database.
    pub fn new(ground: Ground, settings: Settings) -> Self {
        Self { ground, settings, known: Difference::default(), failed: None }
    }

    /// Under another search path from now on.
    pub fn pin(&mut self, search_path: &str) {
        search_path.clone_into(&mut self.settings.search_path);
    }

    /// Runs the newest revision of a history, and compares with what Alembic's run left; where there is a way back, tries
    /// it on a copy and compares with what Alembic's way back left.
    pub async fn prove(
        &mut self,
        history: &History,
        id: &str,
        version: &VersionTable,
        after: &Moment,
        back: Option<&Moment>,
    ) -> Result<(Proof, Proof), SchemaError> {
        if let Some(failed) = &self.failed {
            return Ok((Proof::Unproven(failed.clone()), Proof::Unproven(failed.clone())));
        }
        let Some(index) = history.graph().find(id) else { return Ok((Proof::Equal, Proof::Equal)) };
        if let Err(message) = self.run(history, Direction::Upgrade, index).await? {
            self.failed = Some(id.to_owned());
            return Ok((Proof::Fails(message), Proof::Unproven(id.to_owned())));
        }
        let all = compare(after, &self.ground.moment(version).await?);
        let new = all.clone().without(&self.known);
        self.known = all;
        let up = if new.is_empty() { Proof::Equal } else { Proof::Differs(new) };
        let Some(expected) = back else { return Ok((up, Proof::Equal)) };
        let lent = self.ground.lend().await?;
        let down = match self.run(history, Direction::Downgrade, index).await? {
            Err(message) => Proof::Fails(message),
            Ok(()) => match compare(expected, &self.ground.moment(version).await?).without(&self.known) {
                difference if difference.is_empty() => Proof::Equal,
                difference => Proof::Differs(difference),
            },
        };
        self.ground.restore(lent).await?;
        Ok((up, down))
    }

    async fn run(
        &self,
        history: &History,
        direction: Direction,
        index: cutover_core::revision::graph::Index,
    ) -> Result<Result<(), String>, SchemaError> {
        let session = self.ground.session().await?;
        match replay::exactly(history, direction, &[index], &self.settings, &session).await {
            Ok(()) => Ok(Ok(())),
            Err(SchemaError::Execute(error)) => Ok(Err(error.to_string())),
            Err(other) => Err(other),
        }
    }
}
