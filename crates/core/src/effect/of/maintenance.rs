//! `TRUNCATE`, `VACUUM`, `CLUSTER`, `REINDEX` and `LOCK`.

use cutover_sql::tree::{self, DropBehavior, NodeEnum, ReindexObjectType, ReindexStmt, VacuumStmt};

use super::{Loss, Mode, Rel, Rewrite, Scan, Work};
use crate::effect::known::{Event, Kind};

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
                Some(table) => {
                    let index = (!it.indexname.is_empty()).then(|| table.sibling(it.indexname.clone()));
                    self.cluster(&table, index.as_ref());
                }
                None => self.cluster_all(),
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
            if self.known.major < 14 {
                self.lock_above(&table);
            }
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
            self.triggers(&table, Event::Truncate, None, true);
            self.loses(Loss::Rows { table });
        }
    }

    /// Before 14 the bounds of a partition were put together whether they were needed or not.
    fn lock_above(&mut self, table: &Rel) {
        let Some(relation) = self.known.get(table).filter(|it| it.partition.is_some()) else { return };
        for parent in &relation.parents {
            self.lock(parent, Mode::AccessShare);
            self.lock_above(parent);
        }
    }

    fn vacuum(&mut self, it: &VacuumStmt) {
        let full = tree::is_on(&it.options, "full");
        let named = it.rels.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::VacuumRelation(one) => one.relation.as_ref(),
            _ => None,
        });
        let mut tables = Vec::new();
        for written in named {
            let name = self.known.resolve(written);
            let is_partitioned = self.kind(&name) == Kind::Partitioned;
            // since 18 those that inherit are meant, too, unless ONLY is written
            let children = written.inh && (is_partitioned || self.known.major >= 18);
            let tree = self.tree(&name, children);
            if !it.is_vacuumcmd {
                // before, some of their rows are looked at
                for child in self.tree(&name, !is_partitioned).iter().filter(|one| !tree.contains(one)) {
                    self.lock(child, Mode::AccessShare);
                }
            }
            tables.extend(tree);
        }
        if it.rels.is_empty() {
            let all = |kind: Kind| {
                matches!(kind, Kind::Table | Kind::MaterializedView)
                    || (kind == Kind::Partitioned && !it.is_vacuumcmd)
            };
            tables = self.relations_where(|relation| all(relation.kind));
            // a partitioned table is locked, found to have no rows, and let go before anybody can see it
            for table in self.relations_where(|relation| relation.kind == Kind::Partitioned) {
                self.perhaps(&table, if full { Mode::AccessExclusive } else { Mode::ShareUpdateExclusive });
            }
            if !self.known.complete {
                self.unknown("every table of the database".to_owned());
            }
        }
        for table in tables {
            self.vacuum_one(&table, it.is_vacuumcmd, full);
        }
    }

    fn vacuum_one(&mut self, table: &Rel, is_vacuum: bool, full: bool) {
        let mode = if full { Mode::AccessExclusive } else { Mode::ShareUpdateExclusive };
        self.lock(table, mode);
        if self.kind(table) == Kind::Partitioned {
            return;
        }
        if full {
            self.rewrite(table, Rewrite::VacuumFull);
        } else {
            self.lock_indexes(table, if is_vacuum { Mode::RowExclusive } else { Mode::AccessShare });
            self.scan(table, Scan::Maintenance);
        }
    }

    /// The tables are those that were clustered before.
    fn cluster_all(&mut self) {
        for table in self.relations_where(|it| it.clustered.is_some()) {
            self.cluster(&table, None);
        }
        if !self.known.complete {
            self.unknown("every table that was clustered before is written anew".to_owned());
        }
    }

    fn cluster(&mut self, table: &Rel, index: Option<&Rel>) {
        let is_partitioned = self.kind(table) == Kind::Partitioned;
        for one in self.tree(table, is_partitioned) {
            self.lock(&one, Mode::AccessExclusive);
            self.rewrite(&one, Rewrite::Cluster);
        }
        if let Some(index) = index.filter(|_| is_partitioned) {
            self.lock(index, Mode::AccessShare);
        }
    }

    fn reindex(&mut self, it: &ReindexStmt) {
        let concurrently = tree::is_on(&it.params, "concurrently");
        let mode = if concurrently { Mode::ShareUpdateExclusive } else { Mode::Share };
        let is_kept = |kind: Kind| matches!(kind, Kind::Table | Kind::MaterializedView);
        match (it.kind(), it.relation.as_ref().map(|rel| self.known.resolve(rel))) {
            (ReindexObjectType::ReindexObjectIndex, Some(index)) => self.reindex_index(&index, mode),
            (ReindexObjectType::ReindexObjectTable, Some(table)) => {
                // before 14 nothing is done but a warning
                let is_partitioned = self.kind(&table) == Kind::Partitioned && self.known.major >= 14;
                self.lock(&table, mode);
                for one in self.tree(&table, is_partitioned) {
                    self.reindex_table(&one, mode);
                }
            }
            (ReindexObjectType::ReindexObjectSchema, _) => {
                let tables = self.relations_where(|relation| is_kept(relation.kind));
                for table in tables.into_iter().filter(|name| name.schema == it.name) {
                    self.reindex_table(&table, mode);
                }
            }
            (ReindexObjectType::ReindexObjectDatabase, _) => {
                for table in self.relations_where(|relation| is_kept(relation.kind)) {
                    self.reindex_table(&table, mode);
                }
                if !self.known.complete {
                    self.unknown("every index of the database is built anew".to_owned());
                }
            }
            // the catalogs' indexes are nobody's here
            _ => {}
        }
    }

    fn reindex_index(&mut self, index: &Rel, mode: Mode) {
        let parts = self.known.parts_of(index);
        if parts.is_empty() {
            self.rebuild(index, mode);
            return;
        }
        self.lock(index, if mode == Mode::ShareUpdateExclusive { mode } else { Mode::AccessExclusive });
        if let Some((table, _)) = self.known.index(index) {
            let table = table.clone();
            self.lock(&table, mode);
        }
        for part in parts {
            self.rebuild(&part, mode);
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
