//! The ledger's own tables: making them, and migrating them between formats.
//!
//! Each format has the SQL that leads to it from the one before; format 1 starts from nothing.

/// The format that this version of Cutover writes.
pub const FORMAT: i32 = 2;

/// What leads from format `n` to `n + 1`, at place `n`.
const MIGRATIONS: [&str; FORMAT as usize] = [include_str!("schema_1.sql"), include_str!("schema_2.sql")];

/// The SQL that brings a ledger from format `from` (0 for none) to [`FORMAT`]; empty when it is
/// there. To be run in one transaction.
pub fn migrate(from: i32) -> String {
    let from = usize::try_from(from).unwrap_or(0);
    MIGRATIONS.iter().skip(from).copied().collect::<Vec<_>>().join("\n")
}

/// The SQL that brings a ledger from format `from` to the next; to be run in one transaction.
pub fn step(from: i32) -> &'static str {
    usize::try_from(from).ok().and_then(|from| MIGRATIONS.get(from)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_current_ledger_needs_nothing() {
        assert_eq!(migrate(FORMAT), "");
        assert!(migrate(0).contains("CREATE TABLE cutover.revision"));
    }
}
