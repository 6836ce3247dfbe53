//! `TRUNCATE`, `VACUUM`, `CLUSTER`, `REINDEX` and `LOCK`.

use cutover_sql::tree::{self, DropBehavior, NodeEnum, ReindexObjectType, ReindexStmt, VacuumStmt};

use super::{Loss, Mode, Rel, Rewrite, Scan, Work};
use crate::effect::known::Kind;

impl Work<'_> {
    pub(super) fn maintenance(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::TruncateStmt(it) => {
                let cascade = it.behavior() == DropBehavior::DropCascade;
                let mut tables = Vec::new();
                for node in &it.relations {
                    if let Some(NodeEnum::RangeVar(rel)) = tree::inner(node) {
                        let name = self.known.resolve(rel);
                        tables.extend(self.tree(&name, rel.inh));
                    }
                }
                self.truncate(tables, cascade, it.restart_seqs);
            }
            NodeEnum::VacuumStmt(it) => self.vacuum(it),
            NodeEnum::ClusterStmt(it) => match it.relation.as_ref().map(|rel| self.known.resolve(rel)) {
                Some(table) => self.cluster(&table),
                None => self.unknown("every table that was clustered before is written anew".to_owned()),
            },
            NodeEnum::ReindexStmt(it) => self.reindex(it),
            NodeEnum::LockStmt(it) => {
                // the numbers of lockdefs.h count from 1
                let at = usize::try_from(it.mode).unwrap_or(8).clamp(1, 8);
                let mode = Mode::ALL[at - 1];
                for node in &it.relations {
                    if let Some(NodeEnum::RangeVar(rel)) = tree::inner(node) {
                        let name = self.known.resolve(rel);
                        for one in self.tree(&name, rel.inh) {
                            self.lock(&one, mode);
                            self.lock_below_view(&one, mode);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    fn lock_below_view(&mut self, name: &Rel, mode: Mode) {
        if self.kind(name) == Kind::View {
            for (read, _) in self.known.get(name).map(|view| view.reads.clone()).unwrap_or_default() {
                for one in self.known.tree(&read) {
                    self.lock(&one, mode);
                    self.lock_below_view(&one, mode);
                }
            }
        }
    }

    fn truncate(&mut self, mut tables: Vec<Rel>, cascade: bool, restart: bool) {
        let mut at = 0;
        while cascade && at < tables.len() {
            let from: Vec<Rel> =
                self.known.foreign_keys_to(&tables[at]).into_iter().map(|(rel, _)| rel.clone()).collect();
            for rel in from {
                for one in self.known.tree(&rel) {
                    if !tables.contains(&one) {
                        tables.push(one);
                    }
                }
            }
            at += 1;
        }
        for table in tables {
            self.lock(&table, Mode::AccessExclusive);
            if self.kind(&table) == Kind::Table {
                self.out.rewrites.push((table.clone(), Rewrite::Truncate));
                for index in self.known.get(&table).map(|t| t.indexes.clone()).unwrap_or_default() {
                    self.lock(&index, Mode::AccessExclusive);
                    self.out.rebuilds.push(index);
                }
            }
            if restart {
                for sequence in self.known.get(&table).map(|t| t.sequences.clone()).unwrap_or_default() {
                    self.lock(&sequence, Mode::AccessExclusive);
                }
            }
            self.loses(Loss::Rows { table });
        }
    }

    fn vacuum(&mut self, it: &VacuumStmt) {
        let full = tree::is_on(&it.options, "full");
        let mode = if full { Mode::AccessExclusive } else { Mode::ShareUpdateExclusive };
        for node in &it.rels {
            let Some(NodeEnum::VacuumRelation(one)) = tree::inner(node) else { continue };
            let Some(name) = one.relation.as_ref().map(|rel| self.known.resolve(rel)) else { continue };
            let children = self.kind(&name) == Kind::Partitioned;
            for table in self.tree(&name, children) {
                if self.kind(&table) == Kind::Partitioned && it.is_vacuumcmd {
                    continue;
                }
                self.lock(&table, mode);
                if full {
                    self.rewrite(&table, Rewrite::VacuumFull);
                } else {
                    let indexes = if it.is_vacuumcmd { Mode::RowExclusive } else { Mode::AccessShare };
                    self.lock_indexes(&table, indexes);
                    self.scan(&table, Scan::Maintenance);
                }
            }
        }
        if it.rels.is_empty() && full {
            self.unknown("every table of the database is written anew".to_owned());
        }
    }

    fn cluster(&mut self, table: &Rel) {
        for one in self.known.tree(table) {
            if one == *table || self.kind(table) == Kind::Partitioned {
                self.lock(&one, Mode::AccessExclusive);
                self.rewrite(&one, Rewrite::Cluster);
            }
        }
    }

    fn reindex(&mut self, it: &ReindexStmt) {
        let concurrently = tree::is_on(&it.params, "concurrently");
        let mode = if concurrently { Mode::ShareUpdateExclusive } else { Mode::Share };
        match (it.kind(), it.relation.as_ref().map(|rel| self.known.resolve(rel))) {
            (ReindexObjectType::ReindexObjectIndex, Some(index)) => {
                let parts = self.known.parts_of(&index);
                if parts.is_empty() {
                    self.rebuild(&index, mode);
                    return;
                }
                self.lock(&index, if concurrently { mode } else { Mode::AccessExclusive });
                if let Some((table, _)) = self.known.index(&index) {
                    let table = table.clone();
                    self.lock(&table, mode);
                }
                for part in parts {
                    self.rebuild(&part, mode);
                }
            }
            (ReindexObjectType::ReindexObjectTable, Some(table)) => {
                let is_partitioned = self.kind(&table) == Kind::Partitioned;
                self.lock(&table, mode);
                for one in self.tree(&table, is_partitioned) {
                    self.reindex_table(&one, mode);
                }
            }
            (ReindexObjectType::ReindexObjectSchema, _) => {
                let tables = self.known.relations().filter(|(name, relation)| {
                    name.schema == it.name && matches!(relation.kind, Kind::Table | Kind::MaterializedView)
                });
                let tables: Vec<Rel> = tables.map(|(name, _)| name.clone()).collect();
                for table in tables {
                    self.reindex_table(&table, mode);
                }
            }
            _ => self.unknown("every index of it is built anew".to_owned()),
        }
    }

    fn reindex_table(&mut self, table: &Rel, mode: Mode) {
        if self.kind(table) == Kind::Partitioned {
            return;
        }
        self.lock(table, mode);
        for index in self.known.get(table).map(|t| t.indexes.clone()).unwrap_or_default() {
            self.rebuild(&index, mode);
        }
    }

    fn rebuild(&mut self, index: &Rel, mode: Mode) {
        if let Some((table, _)) = self.known.index(index) {
            let table = table.clone();
            self.lock(&table, mode);
            self.scan(&table, if mode == Mode::Share { Scan::Reindex } else { Scan::Concurrently });
        }
        self.lock(index, Mode::AccessExclusive);
        self.out.rebuilds.push(index.clone());
    }
}
