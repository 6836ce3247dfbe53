//! What is known of one relation: as much as the effects of statements hang on.

use super::bound::Bound;
use super::{Column, Constraint, ConstraintKind, Index, Mentions, Policy, Rel, Rule, Trigger};

/// What a relation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A table with rows of its own.
    Table,
    /// A table whose rows are in its partitions.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A sequence.
    Sequence,
    /// An index.
    Index,
    /// A foreign table.
    Foreign,
    /// A composite type: it has columns and no rows.
    Composite,
}

impl Kind {
    /// Whether rows of it are in files here.
    pub fn has_storage(self) -> bool {
        match self {
            Self::Table | Self::MaterializedView | Self::Index | Self::Sequence => true,
            Self::Partitioned | Self::View | Self::Foreign | Self::Composite => false,
        }
    }
}

/// A relation.
#[derive(Clone, Debug)]
pub struct Relation {
    /// What it is.
    pub kind: Kind,
    /// Its columns, if they are known.
    pub columns: Option<Vec<Column>>,
    /// Its constraints.
    pub constraints: Vec<Constraint>,
    /// Its indexes, those of constraints included.
    pub indexes: Vec<Rel>,
    /// What it inherits from, or is a partition of.
    pub parents: Vec<Rel>,
    /// What inherits from it.
    pub children: Vec<Rel>,
    /// Whether it is a partition, and of what bounds.
    pub partition: Option<Bound>,
    /// The columns that it is partitioned by; an expression's too.
    pub partition_key: Vec<String>,
    /// Whether an expression is in the partition key.
    pub partition_expression: bool,
    /// How it is partitioned: `list`, `range` or `hash`.
    pub strategy: Option<Strategy>,
    /// The table of an index, or that owns a sequence, with the column.
    pub of: Option<(Rel, String)>,
    /// What an index is.
    pub index: Option<Index>,
    /// The type of a sequence, which says how far it counts: `int2`, `int4` or `int8`.
    pub counts_in: Option<String>,
    /// What a view reads, and the columns that it names.
    pub reads: Vec<(Rel, Vec<String>)>,
    /// The views that read it.
    pub read_by: Vec<Rel>,
    /// The tables whose foreign keys refer to it.
    pub referenced_by: Vec<Rel>,
    /// The sequences that its columns own.
    pub sequences: Vec<Rel>,
    /// Its triggers.
    pub triggers: Vec<Trigger>,
    /// Its policies.
    pub policies: Vec<Policy>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// What the query of a view names besides relations.
    pub names: Mentions,
    /// Who owns it, if it was said.
    pub owner: Option<String>,
    /// The server of a foreign table.
    pub server: Option<String>,
    /// The index that it was clustered by.
    pub clustered: Option<Rel>,
    /// The composite type that it is of.
    pub of_type: Option<Rel>,
    /// Extended statistics on it.
    pub statistics: Vec<Rel>,
    /// How its rows are stored, if it was said: `heap` is usual.
    pub access_method: Option<String>,
    /// Where its file is, if it was said.
    pub tablespace: Option<String>,
    /// Whether it is `UNLOGGED`.
    pub unlogged: bool,
    /// Whether it is gone with the session.
    pub temporary: bool,
    /// Whether a materialized view has rows.
    pub populated: bool,
    /// Whether row security is on.
    pub row_security: bool,
    /// `NOTHING`, `FULL` or an index.
    pub replica_identity: ReplicaIdentity,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
    /// Whether rows may be in it: none were put there since it was made.
    pub filled: bool,
}

impl Relation {
    /// A new one with nothing on it.
    pub fn new(kind: Kind, made: u32) -> Self {
        Self {
            kind,
            columns: None,
            constraints: Vec::new(),
            indexes: Vec::new(),
            parents: Vec::new(),
            children: Vec::new(),
            partition: None,
            partition_key: Vec::new(),
            partition_expression: false,
            strategy: None,
            of: None,
            index: None,
            counts_in: None,
            reads: Vec::new(),
            read_by: Vec::new(),
            referenced_by: Vec::new(),
            sequences: Vec::new(),
            triggers: Vec::new(),
            policies: Vec::new(),
            rules: Vec::new(),
            names: Mentions::default(),
            owner: None,
            server: None,
            clustered: None,
            of_type: None,
            statistics: Vec::new(),
            access_method: None,
            tablespace: None,
            unlogged: false,
            temporary: false,
            populated: true,
            row_security: false,
            replica_identity: ReplicaIdentity::Default,
            made,
            filled: false,
        }
    }

    /// A column, if it is known.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.as_ref()?.iter().find(|column| column.name == name)
    }

    /// A column, to be changed.
    pub fn column_mut(&mut self, name: &str) -> Option<&mut Column> {
        self.columns.as_mut()?.iter_mut().find(|column| column.name == name)
    }

    /// A constraint.
    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    /// Its primary key.
    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.kind == ConstraintKind::PrimaryKey)
    }

    /// Whether a column cannot be NULL.
    pub fn is_not_null(&self, column: &str) -> bool {
        self.column(column).is_some_and(|it| it.not_null)
    }
}

/// How a table is partitioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// `BY LIST`.
    List,
    /// `BY RANGE`.
    Range,
    /// `BY HASH`.
    Hash,
}

/// Which columns of an old row the write-ahead log has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReplicaIdentity {
    /// The primary key's.
    Default,
    /// None.
    Nothing,
    /// All.
    Full,
    /// An index's.
    Index,
}
