//! New views, materialized views and tables that a query makes.

use cutover_sql::tree::{self, CreateTableAsStmt, IntoClause, NodeEnum, ViewStmt};

use super::super::{Kind, Known, Rel, Relation, TEMPORARY};
use super::table::said;
use crate::effect::query;

impl Known {
    pub(super) fn create_view(&mut self, it: &ViewStmt) {
        let (Some(written), Some(query)) = (&it.view, tree::boxed(it.query.as_deref())) else { return };
        let name = self.new_name(written);
        let made = self.get(&name).map_or(self.era, |old| old.made);
        self.forget_reads(&name);
        let mut view = Relation::new(Kind::View, made);
        if let Some(old) = self.relations.remove(&name) {
            view.read_by = old.read_by;
            view.triggers = old.triggers;
            view.rules = old.rules;
        }
        view.columns = self.outputs(Some(query), &it.aliases);
        self.set_reads(name, view, query);
    }

    pub(super) fn set_reads(&mut self, name: Rel, mut view: Relation, query: &NodeEnum) {
        view.temporary = name.schema == TEMPORARY;
        view.reads = query::reads(self, query);
        view.names = self.mentions(query);
        for (read, _) in &view.reads {
            if let Some(it) = self.relations.get_mut(read)
                && !it.read_by.contains(&name)
            {
                it.read_by.push(name.clone());
            }
        }
        self.relations.insert(name, view);
    }

    pub(super) fn create_table_as(&mut self, it: &CreateTableAsStmt) {
        let Some(into) = &it.into else { return };
        let Some(written) = &into.rel else { return };
        let name = self.new_name(written);
        if self.relations.contains_key(&name) {
            return;
        }
        if it.objtype() == tree::ObjectType::ObjectMatview {
            let mut view = Relation::new(Kind::MaterializedView, self.era);
            view.populated = !into.skip_data;
            view.tablespace = said(&into.table_space_name);
            if let Some(query) = tree::boxed(it.query.as_deref()) {
                view.columns = self.outputs(Some(query), &into.col_names);
                self.set_reads(name, view, query);
            }
        } else {
            self.select_into(into);
        }
    }

    pub(super) fn select_into(&mut self, into: &IntoClause) {
        let Some(written) = &into.rel else { return };
        let name = self.new_name(written);
        let mut table = Relation::new(Kind::Table, self.era);
        table.temporary = name.schema == TEMPORARY;
        table.unlogged = written.relpersistence == "u";
        table.tablespace = said(&into.table_space_name);
        table.filled = !into.skip_data;
        self.relations.get_or_insert_with(name, || table);
    }
}
