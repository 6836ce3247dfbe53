//! Why a backfill cannot run, as far as the database says so.

/// What is the matter with the table or the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackfillError {
    /// There is no such table.
    #[error("there is no table {table}")]
    NoTable {
        /// As written.
        table: String,
    },
    /// A view, a foreign table.
    #[error("{table} is {what}, and a backfill goes through a table")]
    NotATable {
        /// Its name.
        table: String,
        /// What it is.
        what: &'static str,
    },
    /// The columns have no unique index by themselves.
    #[error("{table} has no unique index on exactly ({})", key.join(", "))]
    NoIndex {
        /// The table.
        table: String,
        /// The columns of the directive.
        key: Vec<String>,
        /// The keys that could be used.
        usable: Vec<String>,
    },
    /// There is one, and batches cannot go along it.
    #[error("the unique index {index} cannot be gone along: {why}")]
    Index {
        /// The index.
        index: String,
        /// Why not.
        why: String,
        /// The keys that could be used.
        usable: Vec<String>,
    },
    /// `ctid` of a table with partitions.
    #[error("{table} has partitions, and a ctid is a place in one of them")]
    CtidOfPartitions {
        /// The table.
        table: String,
    },
    /// Tables that inherit need not have the key.
    #[error("tables inherit from {table}, and its key does not hold in them")]
    Inherited {
        /// The table.
        table: String,
    },
    /// A function of the SELECT's list is an aggregate.
    #[error("{function} is an aggregate, and each batch would compute it for its own rows")]
    Aggregate {
        /// The function.
        function: String,
    },
    /// The statement is another one than the one that began.
    #[error("the statement was edited after {changed} {} done with the old one", if *changed == 1 { "row was" } else { "rows were" })]
    Edited {
        /// Rows that the old one changed.
        changed: u64,
    },
}

impl BackfillError {
    /// Whether it is found before the first batch of all.
    pub fn is_before_all(&self) -> bool {
        !matches!(self, Self::Edited { .. })
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::NoTable { .. } => "correct the name, or make the table in an earlier revision".into(),
            Self::NotATable { .. } => "name the table behind it".into(),
            Self::NoIndex { usable, .. } | Self::Index { usable, .. } => match &usable[..] {
                [] => "write \"by ctid\" if the WHERE excludes rows that are done, or build a unique index on NOT NULL columns first".into(),
                keys => format!("go along one of its keys: by {}", keys.join(", or by ")),
            },
            Self::CtidOfPartitions { .. } => "write one backfill for each partition, or go along a key".into(),
            Self::Inherited { .. } => "write ONLY in the statement, and one backfill for each table that inherits".into(),
            Self::Aggregate { .. } => "run the statement under \"--@ sql\"".into(),
            Self::Edited { .. } => "put the old statement back and run it to its end; what else is to be changed belongs into a revision of its own".into(),
        }
    }
}
