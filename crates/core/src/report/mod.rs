//! Reports: plain data that every output renders.

mod estimate;
mod explain;

pub use estimate::{Built, Speeds, built};
pub use explain::{
    Explained, LockLine, RevisionEffects, Sizes, StatementEffects, StepEffects, TableSize, Traced,
    builds_index, explain,
};
