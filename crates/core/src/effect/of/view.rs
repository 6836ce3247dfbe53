//! Views, materialized views and tables made by a query.

use cutover_sql::tree::{self, NodeEnum};

use super::{Mode, Rel, Rewrite, Scan, Work};

impl Work<'_> {
    pub(super) fn view(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::ViewStmt(it) => {
                let Some(name) = it.view.as_ref().map(|rel| self.known.resolve(rel)) else { return };
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.reads(query, false);
                }
                if it.replace {
                    self.out.fails.extend(self.known.refuses_outputs(&name, it));
                }
                if it.replace && self.known.get(&name).is_some() {
                    self.lock(&name, Mode::AccessExclusive);
                }
            }
            NodeEnum::CreateTableAsStmt(it) => {
                let Some(query) = tree::boxed(it.query.as_deref()) else { return };
                let is_there = it.into.as_ref().and_then(|into| into.rel.as_ref()).is_some_and(|rel| {
                    it.if_not_exists && self.known.get(&self.known.resolve(rel)).is_some()
                });
                let runs = !is_there && it.into.as_ref().is_none_or(|into| !into.skip_data);
                self.reads(query, runs);
            }
            NodeEnum::RefreshMatViewStmt(it) => {
                let Some(name) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) else { return };
                self.refresh(&name, it.concurrent, it.skip_data);
            }
            _ => {}
        }
    }

    fn refresh(&mut self, name: &Rel, concurrently: bool, no_data: bool) {
        let mode = if concurrently { Mode::Exclusive } else { Mode::AccessExclusive };
        self.lock(name, mode);
        let reads = self.known.get(name).map(|view| view.reads.clone()).unwrap_or_default();
        for (read, _) in reads.into_iter().filter(|_| !no_data) {
            self.lock(&read, Mode::AccessShare);
            self.lock_indexes(&read, Mode::AccessShare);
            self.scan(&read, Scan::Query);
        }
        if concurrently {
            self.lock_indexes(name, Mode::RowExclusive);
            self.scan(name, Scan::Query);
            let has = self
                .known
                .indexes(name)
                .any(|(_, index)| index.unique && !index.partial && !index.expression);
            if !has && self.known.get(name).is_some() {
                self.out.fails.push(format!("{name} has no unique index on plain columns"));
            }
        } else {
            self.rewrite(name, Rewrite::Refresh);
        }
    }

    /// What a definition reads is locked; when it runs, the indexes are, too.
    fn reads(&mut self, query: &NodeEnum, runs: bool) {
        if runs {
            self.query(query);
            return;
        }
        for one in crate::effect::query::uses(self.known, query) {
            self.lock(&one.relation, one.mode);
        }
    }
}
