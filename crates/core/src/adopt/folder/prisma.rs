//! Prisma: `20240105103000_x/migration.sql`, beside `migration_lock.toml`; it has no way back.
//!
//! Source: <https://www.prisma.io/docs/orm/prisma-migrate/understanding-prisma-migrate/migration-histories>. A newer Drizzle
//! has the same names, and marks between its statements.

use super::entry::Entry;
use super::{Layout, Source, drizzle};
use crate::report::{Conclusion, Weight};

/// Whose the folders with a `migration.sql` are: Drizzle's where one of them has its marks and nothing says Prisma.
pub(super) fn settle(sources: &[Source], entries: &mut [Entry]) -> Option<Conclusion> {
    let lock = sources.iter().find(|it| it.path.rsplit('/').next() == Some("migration_lock.toml"));
    let is_one = |it: &Entry| it.style == Layout::Prisma;
    if lock.is_none() && entries.iter().any(|it| is_one(it) && drizzle::is_one(&it.text)) {
        entries.iter_mut().filter(|it| is_one(it)).for_each(|it| it.style = Layout::Drizzle);
    }
    let lock = lock?;
    let provider =
        lock.text.lines().find_map(|line| line.trim().strip_prefix("provider")?.split('"').nth(1))?;
    if matches!(provider, "postgresql" | "postgres" | "cockroachdb") {
        return None;
    }
    let text = format!("Prisma's migrations are for {provider}, and not for PostgreSQL");
    let line = lock.text.lines().position(|line| line.trim().starts_with("provider")).unwrap_or(0) + 1;
    let one = Conclusion::new("another-database", Weight::Error, &lock.path, text).at(&lock.path, line);
    Some(one.next("look whether this is the folder that is meant"))
}
