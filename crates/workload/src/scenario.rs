//! A scenario: the schema of the beginning, what fills it, the fleets of clients with what they say before and after
//! the rollout, and how to see everything at once. Read from a TOML file; says nothing of how it is run.
//!
//! Statements are prepared, as drivers do, and get three `bigint` parameters: `$1` is the key of the row, `$2` the
//! value, `$3` the group of the value. A read gives the value as text (NULL for none) and, where there are groups, the
//! group; a list gives the key before them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::model::{Base, Kind};

/// A whole scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// SQL that makes the first schema; a folder of revisions otherwise.
    #[serde(default)]
    pub schema: String,
    /// SQL that fills it; `:rows` stands for how many rows, `:null_every` and `:groups` for those numbers.
    pub fill: String,
    /// How many rows there are at the beginning.
    pub rows: i64,
    /// Every how many rows the value is NULL; 0 for never.
    #[serde(default)]
    pub null_every: i64,
    /// How many groups the values fall into; 0 for none.
    #[serde(default)]
    pub groups: i64,
    /// How many rows a group has that is made as a whole.
    #[serde(default = "three")]
    pub group_rows: usize,
    /// How the rollout comes to be.
    pub rollout: Rollout,
    /// The clients.
    pub fleet: Vec<Fleet>,
    /// Queries that last, as there are in any real database.
    #[serde(default)]
    pub long: Vec<Long>,
    /// Everything, as the old and as the new clients see it: key, value, and the group where there are groups.
    pub view: View,
}

/// The revisions of the rollout.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Folder of the revisions, beside the scenario's file.
    #[serde(default)]
    pub migrations: Option<PathBuf>,
    /// Or what `cutover rollout new` is given.
    #[serde(default)]
    pub recipe: Vec<String>,
    /// The revision that was there before.
    #[serde(default = "first")]
    pub base: String,
    /// Which deploy (by a part of its text) is of which fleets; all fleets for one that is not named.
    #[serde(default)]
    pub deploys: BTreeMap<String, Vec<String>>,
}

/// Clients that are deployed together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fleet {
    /// Whose they are and what they do: `backend readers`.
    pub name: String,
    /// Their part of all requests, in relation to the others'.
    pub share: u32,
    /// What they say before.
    pub old: Requests,
    /// What they say after.
    pub new: Requests,
}

/// The statements of each kind of request. Several are one transaction.
pub type Requests = BTreeMap<Op, Statements>;

/// One statement or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Statements {
    /// One.
    One(String),
    /// A transaction.
    Many(Vec<String>),
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// One row by its key.
    Read,
    /// The rows of a group.
    List,
    /// A new row.
    Insert,
    /// A new value.
    Update,
    /// No value.
    Clear,
    /// The row goes.
    Delete,
    /// A group with some rows.
    InsertGroup,
    /// A group goes, with its rows.
    DeleteGroup,
}

/// A query that lasts, and how often it is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Long {
    /// The query of the old clients.
    pub old: String,
    /// That of the new ones.
    pub new: String,
    /// The fleet with which it is deployed.
    pub fleet: String,
    /// From one start to the next, in milliseconds.
    pub every_ms: u64,
}

/// Everything in one query.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// As the old clients see it.
    pub old: String,
    /// As the new ones do.
    pub new: String,
}

impl Statements {
    /// All of them.
    pub fn list(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Op {
    /// How often it comes, in relation to the others.
    pub fn weight(self) -> u32 {
        match self {
            Self::Read | Self::List | Self::Update => 8,
            Self::Insert => 4,
            Self::Clear | Self::Delete => 2,
            Self::InsertGroup | Self::DeleteGroup => 1,
        }
    }

    /// What it writes; nothing when it reads.
    pub fn writes(self, scenario: &Scenario) -> Option<Kind> {
        match self {
            Self::Read | Self::List => None,
            Self::Insert => Some(Kind::Insert),
            Self::Update => Some(Kind::Update),
            Self::Clear => Some(Kind::Clear),
            Self::Delete => Some(Kind::Delete),
            Self::InsertGroup => Some(Kind::InsertGroup(scenario.group_rows)),
            Self::DeleteGroup => Some(Kind::DeleteGroup),
        }
    }
}

impl Scenario {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or does not say what a scenario says.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// What is there before anybody writes.
    pub fn base(&self) -> Base {
        Base { rows: self.rows, null_every: self.null_every, groups: self.groups }
    }

    /// The SQL that fills the schema.
    pub fn filling(&self) -> String {
        self.fill
            .replace(":rows", &self.rows.to_string())
            .replace(":null_every", &self.null_every.max(1).to_string())
            .replace(":groups", &self.groups.max(1).to_string())
    }

    /// The fleets that a deploy is of, by its text.
    pub fn deployed(&self, text: &str) -> Vec<usize> {
        let named = self.rollout.deploys.iter().find(|(part, _)| text.contains(part.as_str()));
        let is_one = |fleet: &Fleet| named.is_none_or(|(_, names)| names.contains(&fleet.name));
        self.fleet.iter().enumerate().filter(|(_, fleet)| is_one(fleet)).map(|(at, _)| at).collect()
    }
}

fn three() -> usize {
    3
}

fn first() -> String {
    "0001".to_owned()
}
