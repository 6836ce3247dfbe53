//! Why a statement cannot run in batches, and what to do instead. It knows the statement alone.

use cutover_sql::span::Span;

/// A statement that means something else, or nothing, when it runs batch by batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct Refusal {
    /// What is the matter.
    pub kind: RefusalKind,
    /// The part of the statement that is to blame, from its first byte.
    pub span: Span,
}

/// What is the matter with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusalKind {
    /// Not one of the three statements.
    #[error("a backfill runs one UPDATE, DELETE or INSERT ... SELECT, and this is another statement")]
    OtherStatement,
    /// `INSERT ... VALUES`.
    #[error("this INSERT reads no table, so there is nothing to divide into batches")]
    NoSelect,
    /// The table of the directive is not what the statement goes through.
    #[error("the backfill goes through {wanted}, and the statement changes {found}")]
    OtherTable {
        /// The table of the directive.
        wanted: String,
        /// The table of the statement.
        found: String,
    },
    /// The table of the directive is not in the FROM of the SELECT.
    #[error("the backfill goes through {table}, and the FROM of the SELECT does not name it")]
    NotInFrom {
        /// The table of the directive.
        table: String,
    },
    /// It stands there twice.
    #[error("the FROM names {table} twice, so it is not clear which of the two is divided")]
    TwiceInFrom {
        /// The table of the directive.
        table: String,
    },
    /// It is on the side of an outer join that may be missing.
    #[error(
        "{table} is on the side of an outer join that may have no row: batches would lose or repeat rows"
    )]
    Outer {
        /// The table of the directive.
        table: String,
    },
    /// A clause over all rows.
    #[error("{clause} looks at all rows at once, and each batch would do it for its own rows")]
    Whole {
        /// The clause.
        clause: &'static str,
    },
    /// The rows come in an order.
    #[error("ORDER BY would hold within each batch and not for the whole")]
    Ordered,
    /// A data-modifying WITH.
    #[error("the WITH query \"{name}\" changes rows, and would do so again in each batch")]
    ModifyingWith {
        /// Its name.
        name: String,
    },
    /// Rows are given back.
    #[error("RETURNING gives rows to nobody here")]
    Returning,
    /// The statement sets a column of the key.
    #[error("the statement sets {column}, which the backfill goes along: rows would move while it runs")]
    SetsKey {
        /// The column.
        column: String,
    },
    /// The statement reads elsewhere what it changes.
    #[error(
        "the statement reads {table} a second time, and with it what it changes there: a batch would see what the ones before it did"
    )]
    ReadsItself {
        /// The table.
        table: String,
    },
    /// Rows are inserted into the table that is gone through.
    #[error("the statement inserts into {table} itself: it would meet its own rows again")]
    IntoItself {
        /// The table.
        table: String,
    },
    /// `WHERE CURRENT OF`.
    #[error("WHERE CURRENT OF is the row of a cursor, and there is none here")]
    CurrentOf,
    /// By ctid, and a row that is done looks like one that is not.
    #[error(
        "by ctid, a row that is done has to be told from one that is not, since rows move while it runs, and the WHERE of this statement does not"
    )]
    NotTold,
}

impl RefusalKind {
    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::OtherStatement => {
                "write what has no need of batches under \"--@ sql\"".into()
            }
            Self::NoSelect => "write it under \"--@ sql\"".into(),
            Self::OtherTable { found, .. } => {
                format!("write --@ backfill {found} by the columns of its key")
            }
            Self::NotInFrom { .. } => {
                "name in the directive the table of the FROM that has the most rows, with its key".into()
            }
            Self::TwiceInFrom { .. } => {
                "put the other one into a subquery: (SELECT * FROM ...) AS other".into()
            }
            Self::Outer { .. } => "drive the backfill by the table on the other side of the join".into(),
            Self::Whole { .. } => {
                "compute it in a subquery of its own that does not name the table of the backfill, or run the statement under \"--@ sql\"".into()
            }
            Self::Ordered => "remove the ORDER BY; a backfill goes along its key anyway".into(),
            Self::ModifyingWith { .. } => "give that statement a backfill or a block of its own".into(),
            Self::Returning => "remove it".into(),
            Self::SetsKey { .. } => {
                "go along another unique key, or change the key with the recipe int-to-bigint or by a new column".into()
            }
            Self::ReadsItself { .. } => {
                "write into a new column that the statement does not read, or run it under \"--@ sql\"".into()
            }
            Self::IntoItself { .. } => "run it under \"--@ sql\", or insert into another table first".into(),
            Self::CurrentOf => "write a condition on the rows".into(),
            Self::NotTold => {
                "add a condition that is false once a row is done, such as \"AND new_column IS NULL\" for a column that it sets, or go along a unique key of NOT NULL columns".into()
            }
        }
    }
}
