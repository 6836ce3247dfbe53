//! The eight modes in which PostgreSQL locks a relation, and what each keeps waiting.
//!
//! Source: the table of conflicting lock modes in
//! <https://www.postgresql.org/docs/current/explicit-locking.html>.

use std::fmt;

use serde::Serialize;

/// A mode of a lock on a relation, from the weakest to the strongest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// `SELECT` takes it.
    AccessShare,
    /// `SELECT ... FOR UPDATE` takes it.
    RowShare,
    /// `INSERT`, `UPDATE`, `DELETE` and `MERGE` take it.
    RowExclusive,
    /// `VACUUM`, `ANALYZE`, `CREATE INDEX CONCURRENTLY`, `VALIDATE CONSTRAINT` take it.
    ShareUpdateExclusive,
    /// `CREATE INDEX` takes it.
    Share,
    /// `CREATE TRIGGER` and `ADD FOREIGN KEY` take it.
    ShareRowExclusive,
    /// `REFRESH MATERIALIZED VIEW CONCURRENTLY` takes it.
    Exclusive,
    /// Most forms of `ALTER TABLE`, `DROP`, `TRUNCATE` take it.
    AccessExclusive,
}

impl Mode {
    /// All of them, from the weakest.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// As PostgreSQL's documentation writes it: `ACCESS EXCLUSIVE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// As `pg_locks.mode` has it: `AccessExclusiveLock`.
    pub fn in_pg_locks(self) -> &'static str {
        match self {
            Self::AccessShare => "AccessShareLock",
            Self::RowShare => "RowShareLock",
            Self::RowExclusive => "RowExclusiveLock",
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::Exclusive => "ExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// The mode with that name in `pg_locks`.
    pub fn from_pg_locks(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.in_pg_locks() == name)
    }

    /// Whether two sessions cannot hold the two on one relation at a time.
    pub fn conflicts(self, other: Self) -> bool {
        // the weakest mode that the row conflicts with, and the exceptions of the table
        let (weak, strong) = if self <= other { (self, other) } else { (other, self) };
        match weak {
            Self::AccessShare => strong == Self::AccessExclusive,
            Self::RowShare => strong >= Self::Exclusive,
            Self::RowExclusive => strong >= Self::Share,
            Self::ShareUpdateExclusive => strong >= Self::ShareUpdateExclusive,
            // the one mode that lets a second of its kind in, beside the three row modes
            Self::Share => strong >= Self::ShareRowExclusive,
            Self::ShareRowExclusive | Self::Exclusive | Self::AccessExclusive => true,
        }
    }

    /// Whether a `SELECT` waits for it.
    pub fn blocks_reads(self) -> bool {
        self.conflicts(Self::AccessShare)
    }

    /// Whether `INSERT`, `UPDATE` and `DELETE` wait for it.
    pub fn blocks_writes(self) -> bool {
        self.conflicts(Self::RowExclusive)
    }

    /// Whether `VACUUM` and `ANALYZE` wait for it.
    pub fn blocks_vacuum(self) -> bool {
        self.conflicts(Self::ShareUpdateExclusive)
    }

    /// What waits for it, in words: `reads and writes`.
    pub fn blocks(self) -> &'static str {
        match self {
            Self::AccessShare => "DROP and most of ALTER",
            Self::RowShare | Self::RowExclusive => "other DDL",
            Self::ShareUpdateExclusive => "vacuum and other DDL",
            Self::Share | Self::ShareRowExclusive => "writes",
            Self::Exclusive => "writes and SELECT FOR UPDATE",
            Self::AccessExclusive => "reads and writes",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::Mode::{self, *};

    #[test]
    fn conflicts_are_those_of_the_documentation() {
        let table: [(Mode, &[Mode]); 8] = [
            (AccessShare, &[AccessExclusive]),
            (RowShare, &[Exclusive, AccessExclusive]),
            (RowExclusive, &[Share, ShareRowExclusive, Exclusive, AccessExclusive]),
            (
                ShareUpdateExclusive,
                &[ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive],
            ),
            (Share, &[RowExclusive, ShareUpdateExclusive, ShareRowExclusive, Exclusive, AccessExclusive]),
            (
                ShareRowExclusive,
                &[RowExclusive, ShareUpdateExclusive, Share, ShareRowExclusive, Exclusive, AccessExclusive],
            ),
            (
                Exclusive,
                &[
                    RowShare,
                    RowExclusive,
                    ShareUpdateExclusive,
                    Share,
                    ShareRowExclusive,
                    Exclusive,
                    AccessExclusive,
                ],
            ),
            (AccessExclusive, &Mode::ALL),
        ];
        for (mode, with) in table {
            for other in Mode::ALL {
                assert_eq!(mode.conflicts(other), with.contains(&other), "{mode} and {other}");
            }
        }
    }
}
