//! How long a statement works on the rows of tables: from their sizes, and from what was measured of the server.
//!
//! What is measured is the server's speed at counting, at reading the very tables, and at sorting the very columns.
//! What cannot be tried without writing is worked out from the constants below, which were measured by
//! `bench/estimates.py` on tables of a million rows; they count for as much as the server is faster or slower at
//! counting. How good the result is stands in docs/performance.md.

use std::collections::HashMap;

use super::{Sizes, TableSize, builds_index};
use crate::effect::{Effects, Known, Rel, Rewrite, Scan};

/// Nanoseconds a row that is looked at.
const ROW: f64 = 105.0;
/// Bytes a second that come from memory.
const MEMORY: f64 = 1.6e9;
/// Nanoseconds a row for a condition, beyond looking at it.
const CONDITION: f64 = 60.0;
/// Nanoseconds a row that is looked up in another table.
const LOOK_UP: f64 = 350.0;
/// Nanoseconds a row and level of a sort, of numbers.
const SORT: f64 = 33.0;
/// The same of texts and whatever else has no number to sort by.
const SORT_TEXT: f64 = 140.0;
/// What is left of the time of a sort when another process helps, as usual when an index is built.
const TOGETHER: f64 = 0.65;
/// Nanoseconds a row that is written, and bytes a second, the log included.
const WRITTEN: f64 = 200.0;
const WRITE: f64 = 80e6;
/// What an index takes of a row besides its columns, in bytes; and how wide its columns are where nothing is known.
const ENTRY: f64 = 12.0;
/// What a statement that touches only the system's tables takes, in milliseconds.
pub(super) const MOMENT: f64 = 5.0;

/// What was measured of a server.
#[derive(Clone, Debug)]
pub struct Speeds {
    /// How much faster it counts than the machine that the constants are from.
    cpu: f64,
    /// Milliseconds to read a table, all of it.
    scans: HashMap<Rel, f64>,
    /// Nanoseconds a row and level of a sort by these columns.
    sorts: HashMap<(Rel, Vec<String>), f64>,
}

impl Default for Speeds {
    fn default() -> Self {
        Self { cpu: 1.0, scans: HashMap::new(), sorts: HashMap::new() }
    }
}

impl Speeds {
    /// Of a server that counts so much faster.
    pub fn new(cpu: f64) -> Self {
        Self { cpu: cpu.clamp(0.02, 50.0), ..Self::default() }
    }

    /// All of a table is read in so many milliseconds.
    pub fn scan(&mut self, table: Rel, ms: f64) {
        self.scans.insert(table, ms);
    }

    /// A number of rows is sorted by these columns in so many milliseconds, by one process.
    pub fn sort(&mut self, table: Rel, columns: Vec<String>, rows: f64, ms: f64) {
        if rows > 1.0 {
            self.sorts.insert((table, columns), TOGETHER * ms * 1e6 / (rows * rows.log2()));
        }
    }

    /// Whether anything of a table was measured.
    pub fn knows(&self, table: &Rel) -> bool {
        self.scans.contains_key(table)
    }

    fn cpu_ms(&self, rows: f64, nanoseconds: f64) -> f64 {
        rows * nanoseconds / 1e6 / self.cpu
    }

    fn read_ms(&self, table: &Rel, size: &TableSize) -> f64 {
        let guess = || self.cpu_ms(size.rows, ROW) + size.bytes as f64 / MEMORY / self.cpu * 1000.0;
        self.scans.get(table).copied().unwrap_or_else(guess)
    }

    fn sort_ms(&self, built: &Built, rows: f64) -> f64 {
        let key = (built.table.clone(), built.columns.clone());
        let levels = rows.max(2.0).log2();
        let build = self.sorts.get(&key).map(|ns| rows * levels * ns / 1e6);
        let guess = || self.cpu_ms(rows * levels, if built.numbers { SORT } else { SORT_TEXT });
        let write = rows * (ENTRY + built.width) / WRITE * 1000.0 / self.cpu.min(1.0);
        build.unwrap_or_else(guess) + write
    }

    fn write_ms(&self, size: &TableSize) -> f64 {
        self.cpu_ms(size.rows, WRITTEN) + size.bytes as f64 / WRITE * 1000.0 / self.cpu.min(1.0)
    }
}

/// An index that a statement builds.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// Its table.
    pub table: Rel,
    /// Its columns; none where an expression is in it.
    pub columns: Vec<String>,
    /// Whether all of them are numbers, or times.
    pub numbers: bool,
    /// How wide they are together, in bytes, roughly.
    pub width: f64,
}

/// The indexes that a statement builds: `after` is the schema with it.
pub fn built(effects: &Effects, before: &Known, after: &Known) -> Vec<Built> {
    let mut found = Vec::new();
    let mut tables: Vec<&Rel> =
        effects.scans.iter().filter(|(_, cause)| builds_index(*cause)).map(|(rel, _)| rel).collect();
    tables.sort();
    tables.dedup();
    for table in tables {
        let is_new = |name: &Rel| before.index(name).is_none();
        found.extend(after.indexes(table).filter(|(name, _)| is_new(name)).map(|it| one(after, table, it.1)));
    }
    let is_emptied = |table: &Rel| effects.rewrites.contains(&(table.clone(), Rewrite::Truncate));
    for name in &effects.rebuilds {
        let index = before.index(name).filter(|(table, _)| !is_emptied(table));
        found.extend(index.map(|(table, index)| one(before, table, index)));
    }
    for (table, _) in effects.rewrites.iter().filter(|(_, cause)| builds_all(*cause)) {
        let again = before.indexes(table).filter(|(name, _)| !effects.rebuilds.contains(name));
        found.extend(again.map(|(_, index)| one(before, table, index)));
    }
    found
}

fn one(known: &Known, table: &Rel, index: &crate::effect::known::Index) -> Built {
    let columns = if index.expression { Vec::new() } else { index.columns.clone() };
    let types = columns.iter().map(|name| known.get(table).and_then(|it| it.column(name)));
    let is_number = |name: &str| {
        [
            "int2",
            "int4",
            "int8",
            "oid",
            "bool",
            "date",
            "timestamp",
            "timestamptz",
            "float4",
            "float8",
            "time",
        ]
        .contains(&name)
    };
    let (mut numbers, mut width) = (!columns.is_empty(), if columns.is_empty() { 32.0 } else { 0.0 });
    for column in types {
        let number = column.is_some_and(|it| is_number(&it.data_type.name) && !it.data_type.array);
        numbers &= number;
        width += if number { 8.0 } else { 32.0 };
    }
    Built { table: table.clone(), columns, numbers, width }
}

/// Whether the indexes of a table are built again with it.
fn builds_all(cause: Rewrite) -> bool {
    match cause {
        Rewrite::Tablespace | Rewrite::Truncate => false,
        Rewrite::VolatileDefault
        | Rewrite::SerialColumn
        | Rewrite::IdentityColumn
        | Rewrite::StoredColumn
        | Rewrite::ConstrainedDomain
        | Rewrite::Type
        | Rewrite::Expression
        | Rewrite::Persistence
        | Rewrite::AccessMethod
        | Rewrite::Cluster
        | Rewrite::VacuumFull
        | Rewrite::Refresh => true,
    }
}

/// The work that a statement has with tables that were there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Work {
    pub rows: f64,
    pub bytes: u64,
    pub ms: f64,
    unknown: bool,
    any: bool,
}

impl Work {
    /// That of a statement. `old` tells which relations were there.
    pub fn of(effects: &Effects, sizes: &Sizes, built: &[Built], old: impl Fn(&Rel) -> bool) -> Self {
        let (mut work, speeds) = (Self::default(), sizes.speeds());
        let mut seen: Vec<&Rel> = Vec::new();
        for (rel, cause) in effects.rewrites.iter().filter(|(rel, _)| old(rel)) {
            let again = !seen.contains(&rel);
            seen.push(rel);
            work.add(sizes.get(rel), again, true, |size| match cause {
                Rewrite::Truncate => 0.0,
                Rewrite::Tablespace => size.bytes as f64 / WRITE * 1000.0,
                Rewrite::VolatileDefault
                | Rewrite::SerialColumn
                | Rewrite::IdentityColumn
                | Rewrite::StoredColumn
                | Rewrite::ConstrainedDomain
                | Rewrite::Type
                | Rewrite::Expression
                | Rewrite::Persistence
                | Rewrite::AccessMethod
                | Rewrite::Cluster
                | Rewrite::VacuumFull
                | Rewrite::Refresh => speeds.read_ms(rel, size) + speeds.write_ms(size),
            });
        }
        for (rel, cause) in effects.scans.iter().filter(|(rel, _)| old(rel)) {
            let again = !seen.contains(&rel);
            seen.push(rel);
            work.add(sizes.get(rel), again, false, |size| {
                // one pass for all conditions of a statement
                let read = if again { speeds.read_ms(rel, size) } else { 0.0 };
                read + speeds.cpu_ms(size.rows, nanoseconds(*cause))
            });
        }
        for index in built.iter().filter(|it| old(&it.table)) {
            let first = !seen.contains(&&index.table);
            work.add(sizes.get(&index.table), first, false, |size| speeds.sort_ms(index, size.rows));
        }
        work
    }

    fn add(
        &mut self,
        size: Option<&TableSize>,
        counts: bool,
        with_indexes: bool,
        ms: impl FnOnce(&TableSize) -> f64,
    ) {
        self.any = true;
        let Some(size) = size else {
            self.unknown = true;
            return;
        };
        if counts {
            self.rows += size.rows;
            self.bytes += size.bytes + if with_indexes { size.index_bytes } else { 0 };
        }
        self.ms += ms(size);
    }

    /// Whether all sizes are known.
    pub fn known(&self) -> bool {
        self.any && !self.unknown
    }
}

/// What is done with each row that is read.
fn nanoseconds(cause: Scan) -> f64 {
    match cause {
        Scan::Check
        | Scan::Validate
        | Scan::Enforce
        | Scan::Attach
        | Scan::DefaultPartition
        | Scan::Domain
        | Scan::TypeCheck => CONDITION,
        Scan::ForeignKey | Scan::TypeForeignKey => LOOK_UP,
        Scan::NotNull
        | Scan::KeyNotNull
        | Scan::Referenced
        | Scan::Maintenance
        | Scan::Query
        | Scan::Index
        | Scan::Unique
        | Scan::PrimaryKey
        | Scan::Exclusion
        | Scan::Reindex
        | Scan::PartitionIndex
        | Scan::TypeIndex => 0.0,
        // it reads the table twice
        Scan::Concurrently => ROW,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::effects;

    const TABLES: &str = "CREATE TABLE t (id bigint PRIMARY KEY, a int, code text);
        CREATE INDEX t_code ON t (code);";

    /// How long a statement works on a table of a million rows.
    fn ms(sql: &str, speeds: Speeds) -> f64 {
        let mut known = Known::new(15);
        known.apply_text(TABLES);
        known.era += 1;
        let range = cutover_sql::span::Span::new(0, sql.len());
        let (_, tree) = cutover_sql::statement::parse_what_can(sql, range).0.remove(0);
        let effects = effects(&known, &tree);
        let mut after = known.clone();
        after.apply(&tree);
        let built = built(&effects, &known, &after);
        let size = TableSize { rows: 1e6, bytes: 100_000_000, ..TableSize::default() };
        let table = Rel::new("public", "t");
        let sizes = Sizes::new([(table, size)]).with(speeds);
        Work::of(&effects, &sizes, &built, |rel| !known.is_new_relation(rel)).ms
    }

    #[test]
    fn a_rewrite_takes_longer_than_an_index_and_an_index_than_a_scan() {
        let told = |sql| ms(sql, Speeds::default());
        let scan = told("ALTER TABLE t ALTER COLUMN a SET NOT NULL");
        let numbers = told("CREATE INDEX ON t (a)");
        let texts = told("CREATE INDEX ON t (code)");
        let rewrite = told("ALTER TABLE t ALTER COLUMN a TYPE bigint");
        assert!(
            scan > 50.0 && scan < numbers && numbers < texts && texts < rewrite,
            "{scan} {numbers} {texts}"
        );
        // both of its indexes are built again
        assert!(rewrite > numbers + texts, "{rewrite}");
        assert!(told("TRUNCATE t") < 1.0);
    }

    #[test]
    fn what_was_measured_is_used() {
        let table = Rel::new("public", "t");
        let mut measured = Speeds::new(1.0);
        measured.scan(table.clone(), 1234.0);
        assert!((ms("ALTER TABLE t ALTER COLUMN a SET NOT NULL", measured.clone()) - 1234.0).abs() < 1.0);
        let guess = ms("CREATE INDEX ON t (code)", measured.clone());
        measured.sort(table, vec!["code".into()], 1000.0, 100.0);
        assert!(ms("CREATE INDEX ON t (code)", measured) > guess * 3.0);
        let slow = ms("ALTER TABLE t ALTER COLUMN a SET NOT NULL", Speeds::new(0.5));
        assert!(
            (slow / ms("ALTER TABLE t ALTER COLUMN a SET NOT NULL", Speeds::default()) - 2.0).abs() < 0.01
        );
    }
}
