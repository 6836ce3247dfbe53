//! An index that no constraint owns.

use cutover_sql::ident::quote_ident;
use serde::{Deserialize, Serialize};

use super::common::{self, Options, Unjudged};
use super::ops::{Fit, Ops, Sides, Stage};
use super::{Define, Definition};
use crate::catalog::{Catalog, Id, Name, Thing};

/// An index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The table or materialized view.
    pub table: Id,
    /// Whether values are there once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// What follows the table, without what the other fields say: `USING btree (a)`.
    pub definition: Name,
    /// `WHERE …`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predicate: Option<Name>,
    /// Storage parameters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Options,
    /// The tablespace, when it is not the database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tablespace: Option<Name>,
    /// Whether a concurrent build has failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invalid: bool,
    /// The index of the partitioned table that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<Id>,
    /// Statistics targets of expressions, by their position from 1.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statistics: Vec<(i32, i32)>,
    /// Whether its table is partitioned.
    pub on_partitioned: Unjudged<bool>,
}

impl Index {
    fn sql(&self, id: &Id, concurrently: bool) -> String {
        let unique = if self.unique { "UNIQUE " } else { "" };
        let word = if concurrently { "CONCURRENTLY " } else { "" };
        let only = if self.on_partitioned.0 { "ONLY " } else { "" };
        let (name, table) = (quote_ident(&id.name), self.table.path());
        let mut sql = format!("CREATE {unique}INDEX {word}{name} ON {only}{table} {}", self.definition);
        if !self.options.is_empty() {
            sql += &format!(" WITH ({})", common::options_list(&self.options));
        }
        if let Some(tablespace) = &self.tablespace {
            sql += &format!(" TABLESPACE {}", quote_ident(tablespace));
        }
        if let Some(predicate) = &self.predicate {
            sql += &format!(" WHERE {predicate}");
        }
        sql
    }

    fn attach(&self, id: &Id, ops: &mut Ops) {
        if let Some(parent) = &self.part_of {
            let sql = format!("ALTER INDEX {} ATTACH PARTITION {}", parent.path(), id.path());
            ops.alter(id, "part of the parent's", sql).needs([Thing::whole(parent)]).at(Stage::AttachIndex);
        }
    }

    fn set_statistics(&self, from: &[(i32, i32)], id: &Id, ops: &mut Ops) {
        let gone = from.iter().filter(|(at, _)| !self.statistics.iter().any(|(other, _)| at == other));
        let new = self.statistics.iter().filter(|target| !from.contains(target));
        for (at, target) in gone.map(|(at, _)| (at, -1)).chain(new.map(|(at, target)| (at, *target))) {
            let sql = format!("ALTER INDEX {} ALTER COLUMN {at} SET STATISTICS {target}", id.path());
            ops.alter(id, "statistics target", sql);
        }
    }
}

impl Define for Index {
    /// `CREATE INDEX` takes SHARE, under which nobody writes; `CONCURRENTLY` takes SHARE UPDATE
    /// EXCLUSIVE (<https://www.postgresql.org/docs/current/sql-createindex.html>). A partitioned table's
    /// index is made alone, at once, and the partitions' are attached to it.
    fn create(&self, id: &Id, sides: Sides<'_>, ops: &mut Ops) {
        let op = ops.create(id, self.sql(id, false));
        if !self.on_partitioned.0 {
            op.online([self.sql(id, true)]);
        }
        self.set_statistics(&[], id, ops);
        self.attach(id, ops);
        if let Some(table) = sides.to.definition(&self.table).and_then(Definition::as_table) {
            table.index_settings(&self.table, &id.name, &Thing::whole(id), ops);
        }
        if let Some(Definition::MaterializedView(view)) = sides.to.definition(&self.table)
            && view.clustered_on.as_ref() == Some(&id.name)
        {
            let sql =
                format!("ALTER MATERIALIZED VIEW {} CLUSTER ON {}", self.table.path(), quote_ident(&id.name));
            ops.alter(id, "cluster", sql);
        }
    }

    fn alter(&self, to: &Self, id: &Id, sides: Sides<'_>, ops: &mut Ops) -> Fit {
        let parent_stays = self.part_of.as_ref().is_some_and(|parent| sides.to.get(parent).is_some());
        // one that goes takes its parts along, unless their tables have left before
        let under = |catalog: &Catalog| {
            let table = catalog.definition(&self.table).and_then(Definition::as_table)?;
            table.partition_of.as_ref().map(|(parent, _)| parent.clone())
        };
        let goes_along = self.part_of.is_some() && !parent_stays && under(sides.from) == under(sides.to);
        let same = self.table == to.table
            && self.unique == to.unique
            && self.definition == to.definition
            && self.predicate == to.predicate
            && (!self.invalid || to.invalid)
            && !goes_along
            && (self.part_of.is_none() || self.part_of == to.part_of || !parent_stays);
        if !same {
            return Fit::Anew;
        }
        for tail in common::options_change(&self.options, &to.options) {
            ops.alter(id, "storage parameters", format!("ALTER INDEX {} {tail}", id.path()));
        }
        if self.tablespace != to.tablespace {
            let space = to.tablespace.as_deref().unwrap_or("pg_default");
            ops.alter(
                id,
                "tablespace",
                format!("ALTER INDEX {} SET TABLESPACE {}", id.path(), quote_ident(space)),
            );
        }
        to.set_statistics(&self.statistics, id, ops);
        if self.part_of != to.part_of {
            to.attach(id, ops);
        }
        Fit::Altered
    }

    fn remove(&self, id: &Id, ops: &mut Ops) {
        let op = ops.drop(id, format!("DROP INDEX {}", id.path()));
        if !self.on_partitioned.0 && self.part_of.is_none() {
            op.online([format!("DROP INDEX CONCURRENTLY {}", id.path())]);
        }
    }
}
