//! New indexes and statistics.

use cutover_sql::tree::{self, CreateStatsStmt, IndexStmt, NodeEnum};

use super::{Break, Mode, Rel, Scan, Work};
use crate::effect::known::{Kind, index_of, is_same_index};

impl Work<'_> {
    pub(super) fn create_index(&mut self, it: &IndexStmt) {
        let Some(written) = &it.relation else { return };
        let table = self.known.resolve(written);
        // it holds up neither reads nor writes; it waits for them
        let mode = if it.concurrent { Mode::ShareUpdateExclusive } else { Mode::Share };
        self.lock(&table, mode);
        let name = table.sibling(it.idxname.clone());
        if it.if_not_exists && self.known.get(&name).is_some() {
            return;
        }
        for node in it.index_params.iter().chain(it.where_clause.as_deref()) {
            if let Some(node) = tree::inner(node) {
                self.calls(node);
            }
        }
        let cause = if it.concurrent { Scan::Concurrently } else { Scan::Index };
        let index = index_of(it);
        if self.kind(&table) == Kind::Partitioned {
            if it.concurrent {
                self.out.fails.push(format!("{table} is partitioned"));
            }
            if written.inh {
                self.on_partitions(&table, &index, mode, cause);
            }
        } else {
            self.scan(&table, cause);
        }
        if it.unique {
            let what = format!("the unique index {}", it.idxname);
            self.breaks(Break::Refuses { table, what });
        }
    }

    fn on_partitions(&mut self, table: &Rel, index: &crate::effect::known::Index, mode: Mode, cause: Scan) {
        for child in self.known.get(table).map(|t| t.children.clone()).unwrap_or_default() {
            self.lock(&child, mode);
            let own = self
                .known
                .indexes(&child)
                .find(|(_, own)| own.part_of.is_none() && is_same_index(own, index));
            match own {
                Some((own, _)) => self.lock(&own.clone(), mode),
                None if self.kind(&child) == Kind::Partitioned => {
                    self.on_partitions(&child, index, mode, cause)
                }
                None => self.scan(&child, cause),
            }
        }
    }

    pub(super) fn create_statistics(&mut self, it: &CreateStatsStmt) {
        for node in &it.relations {
            if let Some(NodeEnum::RangeVar(rel)) = tree::inner(node) {
                self.lock_written(Some(rel), Mode::ShareUpdateExclusive);
            }
        }
    }
}
