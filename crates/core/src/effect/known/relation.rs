//! What is known of one relation, type or routine: as much as the effects of statements hang on.

use std::fmt;

use super::{Output, Rel};
use crate::effect::Claim;

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
    /// The columns of a view, where all of them can be told.
    pub outputs: Option<Vec<Output>>,
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
    pub rules: Vec<String>,
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
            outputs: None,
            read_by: Vec::new(),
            referenced_by: Vec::new(),
            sequences: Vec::new(),
            triggers: Vec::new(),
            policies: Vec::new(),
            rules: Vec::new(),
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

/// The bound of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// `DEFAULT`.
    pub is_default: bool,
    /// The bound as its syntax tree; not needed for those that a catalog tells.
    pub text: String,
    /// The condition of the rows that are in it, as SQL, where the bounds are plain constants of one column.
    pub inside: Option<String>,
    /// And of those that are not.
    pub outside: Option<String>,
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

/// A column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: DataType,
    /// Whether it cannot be NULL: `NOT NULL`, or in a primary key.
    pub not_null: bool,
    /// Whether it has a default, or an identity.
    pub default: bool,
    /// The default in the parser's normal form; empty where it has none or was not read from SQL.
    pub default_text: String,
    /// When the default came: see [`super::Known::era`].
    pub default_made: u32,
    /// Whether it is an identity column.
    pub identity: bool,
    /// Whether it is generated, and how.
    pub generated: Option<Generated>,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

/// A generated column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// `STORED`, not `VIRTUAL`.
    pub stored: bool,
    /// The columns that it is made of.
    pub uses: Vec<String>,
    /// The functions that it is made with.
    pub calls: Vec<Rel>,
}

/// A type as a column has it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DataType {
    /// The schema; `None` for the types that PostgreSQL has.
    pub schema: Option<String>,
    /// The name in `pg_type`: `int4`, not `integer`.
    pub name: String,
    /// What is in parentheses.
    pub mods: Vec<i64>,
    /// Whether it is an array.
    pub array: bool,
    /// The collation, if it was given.
    pub collation: Option<String>,
}

impl DataType {
    /// One of PostgreSQL's own types without more.
    pub fn own(name: &str) -> Self {
        Self { schema: None, name: name.into(), mods: Vec::new(), array: false, collation: None }
    }

    /// Whether it is one of PostgreSQL's own, of this name.
    pub fn is(&self, name: &str) -> bool {
        self.schema.is_none() && !self.array && self.name == name
    }

    /// Its name, if it is not one of PostgreSQL's own.
    pub fn user(&self) -> Option<Rel> {
        self.schema.as_ref().map(|schema| Rel::new(schema.clone(), self.name.clone()))
    }
}

/// As SQL writes it.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match (self.schema.as_deref(), self.name.as_str()) {
            (None, "int2") => "smallint",
            (None, "int4") => "integer",
            (None, "int8") => "bigint",
            (None, "float4") => "real",
            (None, "float8") => "double precision",
            (None, "bool") => "boolean",
            (None, "bpchar") => "char",
            (None, name) => name,
            (Some(schema), name) => {
                let path = Rel::new(schema, name).to_string();
                return write!(f, "{path}{}", if self.array { "[]" } else { "" });
            }
        };
        f.write_str(name)?;
        let mods: Vec<String> = match self.name.as_str() {
            "interval" => self.mods.iter().skip(1).map(ToString::to_string).collect(),
            _ => self.mods.iter().map(ToString::to_string).collect(),
        };
        if !mods.is_empty() {
            write!(f, "({})", mods.join(", "))?;
        }
        f.write_str(if self.array { "[]" } else { "" })
    }
}

/// What a constraint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConstraintKind {
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `EXCLUDE`.
    Exclusion,
    /// `CHECK`, and whether all that it says is that a column, or more, is not NULL.
    Check {
        /// The columns that cannot be NULL while it holds.
        not_null: Vec<String>,
        /// Its expression, in the parser's normal form, where it was read from SQL.
        text: String,
        /// What it says of single columns.
        claim: Claim,
    },
    /// `NOT NULL` as a constraint of its own (since PostgreSQL 18).
    NotNull,
    /// `FOREIGN KEY`.
    ForeignKey {
        /// What it refers to.
        to: Rel,
        /// The columns there; none when it is the primary key.
        columns: Vec<String>,
    },
}

/// A constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ConstraintKind,
    /// The columns that it is about.
    pub columns: Vec<String>,
    /// The functions that a check calls.
    pub calls: Vec<Rel>,
    /// Whether all rows are known to follow it.
    pub valid: bool,
    /// Whether it is enforced (18 has `NOT ENFORCED`).
    pub enforced: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

impl Constraint {
    /// Whether an index stands behind it.
    pub fn has_index(&self) -> bool {
        matches!(self.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion)
    }
}

/// What an index is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Whether it is unique.
    pub unique: bool,
    /// Its key columns in order; an expression is an empty name.
    pub columns: Vec<String>,
    /// All columns that it names anywhere: keys, expressions, included ones, its predicate.
    pub uses: Vec<String>,
    /// Columns that stand in an expression or in its predicate.
    pub computed: Vec<String>,
    /// The functions that its expressions and its predicate call.
    pub calls: Vec<Rel>,
    /// Whether an expression is in it.
    pub expression: bool,
    /// Whether it has a predicate.
    pub partial: bool,
    /// Whether there is nothing to it but its method and its columns: no order, collation, operator class, included
    /// column, storage parameter or tablespace of its own, and it is not deferrable.
    pub plain: bool,
    /// Whether a key has another operator class, collation or order than usual.
    pub unusual: bool,
    /// `btree`, `gin`, ...
    pub method: String,
    /// Whether a constraint stands on it.
    pub constraint: bool,
    /// The index of the partitioned table that it belongs to.
    pub part_of: Option<Rel>,
}

/// A trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    /// Its name.
    pub name: String,
    /// The function that it calls.
    pub function: Rel,
    /// The columns that it names: `UPDATE OF` and `WHEN`.
    pub uses: Vec<String>,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// The columns that its expressions name.
    pub uses: Vec<String>,
    /// The relations that its expressions read.
    pub reads: Vec<Rel>,
    /// When it was made: see [`super::Known::era`].
    pub made: u32,
}

/// A type that somebody made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// What it is.
    pub kind: TypeKind,
    /// When it was made.
    pub made: u32,
}

/// What a type is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// An enum with its labels and when each was added.
    Enum(Vec<(String, u32)>),
    /// A domain.
    Domain {
        /// What it is made of.
        base: DataType,
        /// Its constraints by name, and whether all values follow each.
        constraints: Vec<(String, bool)>,
        /// How much its default may change, if it has one.
        default: Option<Volatility>,
    },
    /// Anything else.
    Other,
}

/// A routine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routine {
    /// Whether it is a procedure, called by `CALL`.
    pub procedure: bool,
    /// How much its result may change.
    pub volatility: Volatility,
    /// What it gives back: the same text for the same result.
    pub returns: String,
    /// The types of its arguments, as written.
    pub arguments: Vec<String>,
    /// What its arguments are called; empty for one without a name.
    pub names: Vec<String>,
    /// How many of them have a default.
    pub defaults: usize,
    /// Its language.
    pub language: String,
    /// The text between the dollars.
    pub body: String,
    /// What it reads, if the server has parsed its body (`BEGIN ATOMIC`, `RETURN`), and the columns that it names.
    pub reads: Vec<(Rel, Vec<String>)>,
    /// When it was made.
    pub made: u32,
}

/// How much the result of a function may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// Never.
    Immutable,
    /// Not within one statement.
    Stable,
    /// At any call.
    Volatile,
}
