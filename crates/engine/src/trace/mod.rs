//! What a statement really does to a database, as PostgreSQL itself tells: which relations it locks and how,
//! which it writes anew, which it reads whole.
//!
//! [`within`] watches a statement in the transaction that is open, [`alone`] one that cannot be in a
//! transaction. Neither knows what should be expected of a statement; neither prints.

mod alone;
mod compare;
mod gate;
mod rehearsal;
mod relations;
mod within;

use std::collections::{BTreeMap, BTreeSet};

use cutover_core::effect::Mode;

pub use alone::alone;
pub use compare::{differences, rel};
pub use rehearsal::rehearse;
pub use within::within;

use crate::connect::ConnectError;
use crate::session::SessionError;

/// Namespace and name of a relation, as they were before the statement.
pub type Name = (String, String);

/// What a statement did to the relations that were there before it. Those of the system's own namespaces, and
/// the tables that hold long values, are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The strongest lock that was taken on each relation. Indexes and sequences are relations, too.
    pub locks: BTreeMap<Name, Mode>,
    /// Tables and materialized views whose rows are in another file now: written anew, or emptied.
    pub rewritten: BTreeSet<Name>,
    /// Indexes that are in another file now, or were dropped and made again under the same name.
    pub rebuilt: BTreeSet<Name>,
    /// Tables and materialized views of which every row was read.
    pub scanned: BTreeSet<Name>,
    /// `pg_class.relkind` of every relation that is named above.
    pub kinds: BTreeMap<Name, char>,
    /// How long the statement took, in milliseconds. Where it was [`alone`], it was stopped on its way and the
    /// time says nothing.
    pub millis: f64,
}

/// Why nothing was observed.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A query of our own failed.
    #[error(transparent)]
    Query(#[from] SessionError),
    /// The statement failed.
    #[error("{}", crate::session::message(.0))]
    Statement(tokio_postgres::Error),
    /// A session that stops the statement on its way is gone.
    #[error("the session that holds the statement up on {relation} is gone")]
    Gate {
        /// The relation that it locked.
        relation: String,
    },
}
