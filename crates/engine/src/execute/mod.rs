//! Runs the steps of revisions on a target and records each in the ledger.
//!
//! `runner` goes from revision to revision under the `lock`, after the `checks`; `pipeline` sends simple ones ahead, `transaction`, `alone`, `guard` and
//! `command` run one kind of step each, `recover` finds out what became of a step that a killed
//! run had begun, `waiting` finds out what a revision waits for, `retry` tries again what could not get its locks, `blockers` says who is in
//! the way, and `script` prints the same run for psql.

mod alone;
mod blockers;
mod checks;
mod command;
mod error;
mod guard;
mod lock;
mod pipeline;
mod prepare;
mod recover;
mod retry;
mod runner;
mod script;
mod stamp;
mod transaction;
mod waiting;

pub use checks::{applied_set, edited, half_done};
pub(crate) use error::classify;
pub use error::{ExecuteError, Progress, ServerError, StepError, StepFailure};
pub use lock::RunLock;
pub use prepare::{PrepareError, Prepared, entry_of, prepare};
pub(crate) use retry::Tries;
pub(crate) use runner::not_ours;
pub use runner::{Outcome, Request, Run, title as step_title};
pub use script::{ScriptError, script};
pub use stamp::{Stamped, stamp};
pub use transaction::Blamed;
pub use waiting::{Cause, Gates, Waiting, waits_for};
