//! Why a statement rewrites, scans, loses or breaks something: closed lists, so that a rule exists for each.

use serde::Serialize;

use super::Rel;

/// Why the file of a relation is written anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rewrite {
    /// A new column whose default is another for each row.
    VolatileDefault,
    /// A new column of a `serial` type.
    SerialColumn,
    /// A new identity column.
    IdentityColumn,
    /// A new stored generated column.
    StoredColumn,
    /// A new column of a domain with constraints: PostgreSQL writes each row to check it.
    ConstrainedDomain,
    /// Another type that is stored in another way.
    Type,
    /// Another expression of a stored generated column.
    Expression,
    /// `SET LOGGED` or `SET UNLOGGED`.
    Persistence,
    /// `SET ACCESS METHOD`.
    AccessMethod,
    /// `SET TABLESPACE`: the file is copied.
    Tablespace,
    /// `CLUSTER`.
    Cluster,
    /// `VACUUM FULL`.
    VacuumFull,
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh,
    /// `TRUNCATE`: a new, empty file.
    Truncate,
}

impl Rewrite {
    /// Whether the rows are read on the way, not only the file copied or thrown away.
    pub fn reads(self) -> bool {
        match self {
            Self::Tablespace | Self::Truncate | Self::Refresh => false,
            Self::VolatileDefault
            | Self::SerialColumn
            | Self::IdentityColumn
            | Self::StoredColumn
            | Self::ConstrainedDomain
            | Self::Type
            | Self::Expression
            | Self::Persistence
            | Self::AccessMethod
            | Self::Cluster
            | Self::VacuumFull => true,
        }
    }
}

/// Why all rows of a relation are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scan {
    /// A new check has to hold.
    Check,
    /// A new foreign key has to hold.
    ForeignKey,
    /// A foreign key's values are looked up here.
    Referenced,
    /// A column that becomes `NOT NULL`.
    NotNull,
    /// A primary key over columns that could be NULL.
    KeyNotNull,
    /// An index is built.
    Index,
    /// The index of a unique constraint is built.
    Unique,
    /// The index of a primary key is built.
    PrimaryKey,
    /// The index of an exclusion constraint is built.
    Exclusion,
    /// An index is built again.
    Reindex,
    /// An index is built concurrently.
    Concurrently,
    /// `VALIDATE CONSTRAINT`.
    Validate,
    /// A constraint that becomes enforced.
    Enforce,
    /// A new partition has to fit its bounds.
    Attach,
    /// The default partition must have no row of a new partition.
    DefaultPartition,
    /// A partition gets an index that its parent has.
    PartitionIndex,
    /// A constraint of a domain has to hold in all columns of it.
    Domain,
    /// A new type whose values a check looks at.
    TypeCheck,
    /// A new type whose index is another.
    TypeIndex,
    /// A new type, and a foreign key that has to hold again.
    TypeForeignKey,
    /// `ANALYZE`, `VACUUM`.
    Maintenance,
    /// The rows are copied or looked at by a query.
    Query,
}

/// What is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "what")]
pub enum Loss {
    /// A column and its values.
    Column {
        /// The table.
        table: Rel,
        /// The column.
        column: String,
    },
    /// A table and its rows.
    Table {
        /// The table.
        table: Rel,
    },
    /// All rows of a table.
    Rows {
        /// The table.
        table: Rel,
    },
    /// Rows that a condition picks.
    SomeRows {
        /// The table.
        table: Rel,
    },
    /// Values that are written over.
    Values {
        /// The table.
        table: Rel,
        /// The columns.
        columns: Vec<String>,
    },
    /// Values that do not fit into a new type.
    Narrowed {
        /// The table.
        table: Rel,
        /// The column.
        column: String,
    },
    /// A schema with all that is in it.
    Schema {
        /// Its name.
        schema: String,
    },
    /// A database.
    Database {
        /// Its name.
        database: String,
    },
    /// The values of a sequence.
    Sequence {
        /// The sequence.
        sequence: Rel,
    },
}

/// What running code may stumble over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "class")]
pub enum Break {
    /// An `INSERT` that does not name the column fails.
    RequiredColumn {
        /// The table.
        table: Rel,
        /// The column.
        column: String,
    },
    /// A prepared `SELECT *` fails once with "cached plan must not change result type", and code that counts
    /// columns is off.
    SelectStar {
        /// The table.
        table: Rel,
    },
    /// The name is not there any more.
    Gone {
        /// What it is, in words.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// It is called something else.
    Renamed {
        /// What it is, in words.
        what: &'static str,
        /// The old name.
        from: String,
        /// The new name.
        to: String,
    },
    /// Rows that were allowed are refused.
    Refuses {
        /// The table.
        table: Rel,
        /// The constraint, in words.
        what: String,
    },
    /// Values come in another type.
    Type {
        /// The table.
        table: Rel,
        /// The column.
        column: String,
        /// The old type, if it is known.
        from: Option<String>,
        /// The new type.
        to: String,
    },
    /// A column that had a value when none was given has none, or another.
    Default {
        /// The table.
        table: Rel,
        /// The column.
        column: String,
        /// Whether it has none now.
        dropped: bool,
    },
    /// NULL can come where none could.
    Nulls {
        /// The table.
        table: Rel,
        /// The column.
        column: String,
    },
    /// Rows are hidden from those who saw them.
    HiddenRows {
        /// The table.
        table: Rel,
    },
    /// A right is taken away.
    Revoked {
        /// What on, as written.
        on: String,
    },
    /// Writes are refused, because the table publishes changes and has no identity for them.
    NoIdentity {
        /// The table.
        table: Rel,
    },
    /// A subscriber stops until it has the same.
    Subscriber {
        /// The table.
        table: Rel,
        /// The publication.
        publication: String,
    },
}

impl Loss {
    /// The table that it is about.
    pub fn table(&self) -> Option<&Rel> {
        match self {
            Self::Column { table, .. }
            | Self::Table { table }
            | Self::Rows { table }
            | Self::SomeRows { table }
            | Self::Values { table, .. }
            | Self::Narrowed { table, .. } => Some(table),
            Self::Sequence { sequence } => Some(sequence),
            Self::Schema { .. } | Self::Database { .. } => None,
        }
    }

    /// What is lost, in words.
    pub fn in_words(&self) -> String {
        match self {
            Self::Column { table, column } => format!("the values of {table}.{column}"),
            Self::Table { table } => format!("the rows of {table}"),
            Self::Rows { table } => format!("all rows of {table}"),
            Self::SomeRows { table } => format!("rows of {table}"),
            Self::Values { table, columns } => format!("the old values of {} in {table}", columns.join(", ")),
            Self::Narrowed { table, column } => format!("what does not fit the new type of {table}.{column}"),
            Self::Schema { schema } => format!("all that is in the schema {schema}"),
            Self::Database { database } => format!("the database {database}"),
            Self::Sequence { sequence } => format!("the value of {sequence}"),
        }
    }
}

impl Break {
    /// The table that it is about, if it is one.
    pub fn table(&self) -> Option<&Rel> {
        match self {
            Self::RequiredColumn { table, .. }
            | Self::SelectStar { table }
            | Self::Refuses { table, .. }
            | Self::Type { table, .. }
            | Self::Default { table, .. }
            | Self::Nulls { table, .. }
            | Self::HiddenRows { table }
            | Self::NoIdentity { table }
            | Self::Subscriber { table, .. } => Some(table),
            Self::Gone { .. } | Self::Renamed { .. } | Self::Revoked { .. } => None,
        }
    }

    /// What happens, in one sentence.
    pub fn explain(&self) -> String {
        match self {
            Self::RequiredColumn { table, column } => {
                format!("an INSERT into {table} that does not name {column} fails")
            }
            Self::SelectStar { table } => format!(
                "a prepared SELECT * from {table} fails once (cached plan must not change result type)"
            ),
            Self::Gone { what, name } => format!("code that names the {what} {name} fails"),
            Self::Renamed { what, from, to } => {
                format!("code that names the {what} {from} fails: it is {to} now")
            }
            Self::Refuses { table, what } => format!("a write to {table} that {what} forbids fails"),
            Self::Type { table, column, from, to } => match from {
                Some(from) => format!(
                    "{table}.{column} comes as {to}, not {from}; prepared statements that read it fail once"
                ),
                None => format!("{table}.{column} comes as {to}; prepared statements that read it fail once"),
            },
            Self::Default { table, column, dropped: true } => {
                format!("an INSERT into {table} without {column} gets NULL, or fails if it is NOT NULL")
            }
            Self::Default { table, column, dropped: false } => {
                format!("an INSERT into {table} without {column} gets another value than before")
            }
            Self::Nulls { table, column } => {
                format!("{table}.{column} can be NULL, which readers may not expect")
            }
            Self::HiddenRows { table } => {
                format!("roles that no policy lets see rows of {table} see none, without an error")
            }
            Self::Revoked { on } => format!("roles that used {on} are refused"),
            Self::NoIdentity { table } => {
                format!("UPDATE and DELETE on {table} fail: it is published and has no replica identity")
            }
            Self::Subscriber { table, publication } => format!(
                "the subscribers of {publication} stop at the first row of {table} that has what they do not have"
            ),
        }
    }
}
