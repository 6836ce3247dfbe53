//! Reports: plain data that every output renders.

mod explain;

pub use explain::{
    Explained, LockLine, RevisionEffects, Sizes, StatementEffects, StepEffects, TableSize, Traced,
    builds_index, explain,
};
