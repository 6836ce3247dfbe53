//! The plan: which revisions run, in which direction, as which steps. Before anything runs.

pub mod backfill;
mod step;
mod tolerant;

pub use step::{PlanError, Step, StepKind, beginnings, steps, uses_new_enum_value};
pub use tolerant::is_tolerant;

/// Which section of a revision runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The section `--@ upgrade`.
    Upgrade,
    /// The section `--@ downgrade`.
    Downgrade,
}

impl Direction {
    /// The word as it stands in files, the ledger and output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Downgrade => "downgrade",
        }
    }
}
