//! The ledger: a few tables in schema `cutover` of the target that record every step.
//!
//! `write` makes the SQL that records (run by the executor and printed by `--sql` alike), `read`
//! decodes what is there, `format` makes the tables and brings older ones up to date, and
//! `acknowledgement` keeps what people and evidence said.

pub mod acknowledgement;
pub mod format;
pub mod read;
pub mod write;

pub use format::FORMAT;
pub use read::{AppliedRevision, OpenStep, State};
pub use write::Writer;

/// The advisory lock that makes one runner at a time: `pg_try_advisory_lock(CLASS, OBJECT)`.
/// The class is "CUTV" in ASCII. Advisory locks are per database, so the pair is a constant.
pub const LOCK_CLASS: i32 = 0x4355_5456;
/// Second half of the lock's key.
pub const LOCK_OBJECT: i32 = 1;

/// Whether the target has a ledger: an expression for a query of its own, which needs no right on
/// the schema.
pub const FORMAT_QUERY_EXISTS: &str = "EXISTS (SELECT FROM pg_catalog.pg_class c \
 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
 WHERE n.nspname = 'cutover' AND c.relname = 'ledger')";
