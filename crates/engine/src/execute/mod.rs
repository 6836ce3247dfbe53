//! Runs the steps of revisions on a target and records each in the ledger.
//!
//! `request` says which revisions run, and `runner` goes from one to the next under the `lock`, after the `checks`;
//! `pipeline` sends simple ones ahead, `transaction`, `alone`, `guard` and `command` run one kind of step each, and `journal`
//! writes down what is done. `recover` finds out what became of a step that a killed run had begun, `waiting` what a
//! revision waits for, `retry` tries again what could not get its locks, `blockers` says who is in the way, and `script`
//! prints the same run for psql.

mod adopt;
mod alone;
mod blockers;
mod checks;
mod command;
mod error;
mod guard;
mod journal;
mod lock;
mod pipeline;
mod prepare;
mod recover;
mod request;
mod retry;
mod runner;
mod script;
mod stamp;
mod transaction;
mod waiting;

pub use adopt::{inside, understood};
pub use checks::{applied_set, edited, half_done};
pub(crate) use error::classify;
pub use error::{ExecuteError, Progress, ServerError, StepError, StepFailure};
pub(crate) use journal::not_ours;
pub use lock::RunLock;
pub use prepare::{PrepareError, Prepared, entry_of, prepare};
pub use request::{Outcome, Request};
pub(crate) use retry::Tries;
pub use runner::{Run, title as step_title};
pub use script::{ScriptError, script};
pub use stamp::{Stamped, stamp};
pub use transaction::Blamed;
pub use waiting::{Cause, Gates, Waiting, waits_for};
