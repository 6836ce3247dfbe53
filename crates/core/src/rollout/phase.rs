//! The phases of a rollout, in the order in which they are safe.

use std::fmt;

/// A phase.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The new is added beside the old; nothing that runs notices.
    Expand,
    /// Every write goes to both.
    DualWrite,
    /// What was written before is carried over.
    Backfill,
    /// Old and new are compared, and constraints validated.
    Validate,
    /// Code moves over.
    CutOver,
    /// The old is removed.
    Contract,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Expand, Self::DualWrite, Self::Backfill, Self::Validate, Self::CutOver, Self::Contract];

    /// As a header says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expand => "expand",
            Self::DualWrite => "dual write",
            Self::Backfill => "backfill",
            Self::Validate => "validate",
            Self::CutOver => "cut over",
            Self::Contract => "contract",
        }
    }

    /// Reads a phase; `dual-write` and `cutover` are understood as well.
    pub fn parse(text: &str) -> Option<Self> {
        let letters =
            |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
        Self::ALL.into_iter().find(|phase| letters(phase.as_str()) == letters(text))
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_read_as_they_are_written_and_stand_in_order() {
        for phase in Phase::ALL {
            assert_eq!(Phase::parse(phase.as_str()), Some(phase));
        }
        assert_eq!(Phase::parse("Dual-Write"), Some(Phase::DualWrite));
        assert_eq!(Phase::parse("cutover"), Some(Phase::CutOver));
        assert_eq!(Phase::parse("dual"), None);
        assert!(Phase::DualWrite < Phase::Backfill && Phase::Validate < Phase::CutOver);
    }
}
