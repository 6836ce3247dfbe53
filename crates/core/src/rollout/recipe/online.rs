//! The forms of DDL that lock for a moment only, whatever the size of the table: indexes and constraints, on plain and on
//! partitioned tables.
//!
//! Every list is one step of a revision. Locks: <https://www.postgresql.org/docs/current/explicit-locking.html>.

use cutover_sql::ident::{qualified, quote_ident};

use super::names::Names;
use super::{Target, shape};
use crate::catalog::Id;
use crate::object::types::made_name;
use crate::rollout::draft::{Block, Part};

/// An index that is to be.
#[derive(Clone, Debug)]
pub struct NewIndex {
    /// Its table.
    pub table: Id,
    /// Its name.
    pub name: String,
    /// Whether it is unique.
    pub unique: bool,
    /// What follows the table: `USING btree (a) WHERE ...`.
    pub tail: String,
    /// The indexes of partitions that become parts of it: partition, name.
    pub parts: Vec<(Id, String)>,
}

impl NewIndex {
    /// One on a table, and on each of its partitions, with the names that the server would choose there; `made` is what it
    /// makes them of, columns and label.
    pub fn plan(
        target: &Target<'_>,
        names: &mut Names,
        table: &Id,
        name: &str,
        tail: &str,
        made: (&str, &str),
    ) -> Self {
        let (columns, label) = made;
        let parts = shape::partitions(target, table)
            .into_iter()
            .map(|(part, _)| (part.clone(), names.relation(part, &made_name(&part.name, columns, label), "")))
            .collect();
        Self { table: table.clone(), name: name.to_owned(), unique: false, tail: tail.to_owned(), parts }
    }

    /// The same, unique.
    #[must_use]
    pub fn unique(mut self, unique: bool) -> Self {
        self.unique = unique;
        self
    }

    /// Where it is in SQL.
    pub fn path(&self) -> String {
        qualified(&[&*self.table.namespace, &*self.name])
    }

    fn word(&self) -> &'static str {
        if self.unique { "UNIQUE " } else { "" }
    }

    /// CONCURRENTLY takes SHARE UPDATE EXCLUSIVE, so that reads and writes go on. A partitioned table cannot have it: its
    /// index is made alone, at once and without rows (SHARE on a table that has none), each partition's is built
    /// concurrently, and attaching is a change of the catalog.
    pub fn create(&self, target: &Target<'_>) -> Vec<Block> {
        let sql = |name: &str, on: &str, concurrently: &str| {
            format!("CREATE {}INDEX {concurrently}{} ON {on} {}", self.word(), quote_ident(name), self.tail)
        };
        if self.parts.is_empty() && !is_partitioned(target, &self.table) {
            return vec![Block::sql([sql(&self.name, &self.table.path(), "CONCURRENTLY ")])];
        }
        let mut blocks = Vec::new();
        let mut alone = vec![sql(&self.name, &format!("ONLY {}", self.table.path()), "")];
        let mut leaves = Vec::new();
        for (part, name) in &self.parts {
            if is_partitioned(target, part) {
                alone.push(sql(name, &format!("ONLY {}", part.path()), ""));
            } else {
                leaves.push(sql(name, &part.path(), "CONCURRENTLY "));
            }
        }
        blocks.push(Block::Sql(alone));
        blocks.extend(leaves.into_iter().map(|leaf| Block::sql([leaf])));
        blocks.extend(self.attach(target));
        blocks
    }

    /// The parts become parts, those below first.
    pub fn attach(&self, target: &Target<'_>) -> Vec<Block> {
        let attach: Vec<String> = self
            .parts
            .iter()
            .rev()
            .map(|(part, name)| {
                let parent = target
                    .catalog
                    .definition(part)
                    .and_then(|d| d.as_table()?.partition_of.as_ref())
                    .and_then(|(parent, _)| self.parts.iter().find(|(it, _)| it == parent));
                let above = parent.map_or_else(|| self.path(), |(it, n)| qualified(&[&*it.namespace, n]));
                format!("ALTER INDEX {above} ATTACH PARTITION {}", qualified(&[&*part.namespace, name]))
            })
            .collect();
        if attach.is_empty() { Vec::new() } else { vec![Block::Sql(attach)] }
    }

    /// Dropped while the table is in use. A partitioned table's goes with its parts, under ACCESS EXCLUSIVE for a moment.
    pub fn drop(&self, target: &Target<'_>) -> Vec<Block> {
        if self.parts.is_empty() && !is_partitioned(target, &self.table) {
            return vec![Block::sql([format!("DROP INDEX CONCURRENTLY IF EXISTS {}", self.path())])];
        }
        // one that is not attached yet does not go with its parent
        let mut all = vec![format!("DROP INDEX IF EXISTS {}", self.path())];
        all.extend(
            self.parts
                .iter()
                .map(|(part, name)| format!("DROP INDEX IF EXISTS {}", qualified(&[&*part.namespace, name]))),
        );
        all.into_iter().map(|sql| Block::sql([sql])).collect()
    }
}

/// Whether a table is partitioned.
pub fn is_partitioned(target: &Target<'_>, id: &Id) -> bool {
    target.catalog.definition(id).and_then(|d| d.as_table()).is_some_and(|t| t.partition_by.is_some())
}

/// A check or foreign key that is to be.
#[derive(Clone, Debug)]
pub struct NewConstraint {
    /// Its table.
    pub table: Id,
    /// Its name.
    pub name: String,
    /// `CHECK (...)`, `FOREIGN KEY (...) REFERENCES ...`, with its timing.
    pub definition: String,
    /// Whether it is a foreign key of a partitioned table on a server that has no NOT VALID for that: before 18.
    pub by_partition: Vec<Id>,
}

impl NewConstraint {
    /// A check.
    pub fn check(table: &Id, name: &str, definition: String) -> Self {
        Self { table: table.clone(), name: name.to_owned(), definition, by_partition: Vec::new() }
    }

    /// A foreign key.
    pub fn foreign_key(target: &Target<'_>, table: &Id, name: &str, definition: String) -> Self {
        let leaves = || {
            shape::partitions(target, table)
                .into_iter()
                .filter(|(_, it)| it.partition_by.is_none())
                .map(|(id, _)| id.clone())
                .collect()
        };
        let by_partition = if target.major < 18 { leaves() } else { Vec::new() };
        Self { table: table.clone(), name: name.to_owned(), definition, by_partition }
    }

    fn tables(&self) -> Vec<&Id> {
        if self.by_partition.is_empty() { vec![&self.table] } else { self.by_partition.iter().collect() }
    }

    /// New and changed rows keep to it from now on; those that are there are not read. A check takes ACCESS EXCLUSIVE on its
    /// table for a moment, a foreign key SHARE ROW EXCLUSIVE on both tables.
    pub fn add(&self) -> Vec<Block> {
        let name = quote_ident(&self.name);
        let each = |table: &&Id| {
            Block::sql([format!(
                "ALTER TABLE {} ADD CONSTRAINT {name} {} NOT VALID",
                table.path(),
                self.definition
            )])
        };
        self.tables().iter().map(each).collect()
    }

    /// The rows that are there are read, under SHARE UPDATE EXCLUSIVE: reads and writes go on. The partitioned table's own
    /// constraint takes on those of its partitions, which are valid, and reads nothing.
    pub fn validate(&self) -> Vec<Block> {
        let name = quote_ident(&self.name);
        let each =
            |table: &&Id| Block::sql([format!("ALTER TABLE {} VALIDATE CONSTRAINT {name}", table.path())]);
        let mut blocks: Vec<Block> = self.tables().iter().map(each).collect();
        if !self.by_partition.is_empty() {
            blocks.push(Block::sql([format!(
                "ALTER TABLE {} ADD CONSTRAINT {name} {}",
                self.table.path(),
                self.definition
            )]));
        }
        blocks
    }

    /// Back to what it was before it was validated: in one statement, so that there is no moment without it.
    pub fn unvalidate(&self) -> Vec<Block> {
        let name = quote_ident(&self.name);
        let mut blocks = Vec::new();
        if !self.by_partition.is_empty() {
            blocks.push(Block::sql([format!(
                "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {name}",
                self.table.path()
            )]));
        }
        blocks.extend(self.tables().iter().map(|table| {
            Block::sql([format!(
                "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {} NOT VALID",
                table.path(),
                self.definition
            )])
        }));
        blocks
    }

    /// What the linter asks of a revision that drops it on the way down, and with `back` adds it again in the same statement.
    pub fn accepted(&self, mut part: Part, back: bool) -> Part {
        let there = "it is there again, NOT VALID, in the same statement";
        if back && self.definition.starts_with("CHECK") {
            part = part.allow("drop-check-constraint", there);
        }
        let own = self.definition.contains(&format!("REFERENCES {}(", self.table.path()));
        let moment = self.definition.starts_with("FOREIGN KEY") && (back || self.by_partition.is_empty());
        if moment && !own {
            part = part.allow("drop-locks-referenced-table", "a change of the catalog on both, for a moment");
            if back && self.by_partition.is_empty() {
                part = part.allow("drop-foreign-key", there);
            }
        }
        part
    }

    /// ACCESS EXCLUSIVE for a moment; a foreign key's on both tables.
    pub fn drop(&self) -> Vec<Block> {
        let name = quote_ident(&self.name);
        let mut tables = vec![&self.table];
        tables.extend(&self.by_partition);
        tables
            .into_iter()
            .map(|table| {
                Block::sql([format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {name}", table.path())])
            })
            .collect()
    }
}
