//! Reports: plain data that every output renders.

mod conclusion;
mod estimate;
mod explain;
mod words;

pub use conclusion::{Conclusion, Place, Weight, ranked};
pub use estimate::{Built, Speeds, built};
pub use explain::{
    Explained, LockLine, RevisionEffects, Sizes, StatementEffects, StepEffects, TableSize, Traced,
    builds_index, explain,
};
pub use words::count;
