//! New tables, and what they have of others.

use cutover_sql::tree::{self, CreateStmt, NodeEnum, RangeVar};

use super::super::{Constraint, ConstraintKind, Kind, Known, Rel, Relation, TEMPORARY};
use super::partition::partition_key;

impl Known {
    /// Where something that is made under a name goes.
    pub(super) fn new_name(&self, name: &RangeVar) -> Rel {
        let temporary = (name.relpersistence == "t").then_some(TEMPORARY);
        let schema = tree::schema(name).or(temporary).unwrap_or_else(|| self.creation_schema());
        Rel::new(schema, super::super::cut(&name.relname, super::super::LONGEST))
    }

    pub(super) fn create_table(&mut self, it: &CreateStmt) {
        let Some(written) = &it.relation else { return };
        let name = self.new_name(written);
        if self.relations.contains_key(&name) {
            return;
        }
        let kind = if it.partspec.is_some() { Kind::Partitioned } else { Kind::Table };
        let mut table = Relation::new(kind, self.era);
        table.columns = Some(Vec::new());
        table.unlogged = written.relpersistence == "u";
        table.temporary = name.schema == TEMPORARY;
        table.access_method = said(&it.access_method);
        table.tablespace = said(&it.tablespacename);
        if let Some(spec) = &it.partspec {
            (table.strategy, table.partition_key, table.partition_expression) = partition_key(spec);
        }
        self.relations.insert(name.clone(), table);
        let parents: Vec<Rel> = it.inh_relations.iter().filter_map(|node| self.written(node)).collect();
        for parent in &parents {
            self.inherit(&name, parent);
        }
        if let (Some(bound), Some(parent)) = (&it.partbound, parents.first()) {
            self.set_partition(&name, bound);
            self.copy_keys(&name, &parent.clone());
        }
        if let Some(of) = &it.of_typename {
            let (schema, of) = tree::qualified(&of.names);
            let of = self.named(schema, of);
            let columns = self.get(&of).and_then(|composite| composite.columns.clone());
            if let Some(table) = self.relations.get_mut(&name) {
                table.columns = columns;
                table.of_type = Some(of);
                self.has_typed = true;
            }
        }
        for node in it.table_elts.iter().filter_map(tree::inner) {
            match node {
                NodeEnum::ColumnDef(column) => self.add_column(&name, column),
                NodeEnum::TableLikeClause(like) => self.like(&name, like),
                _ => {}
            }
        }
        for node in it.table_elts.iter().chain(&it.constraints).filter_map(tree::inner) {
            if let NodeEnum::Constraint(constraint) = node {
                self.add_constraint(&name, constraint, None);
            }
        }
    }

    /// `LIKE other INCLUDING ...`: columns and, when asked for, what is on them.
    pub(super) fn like(&mut self, name: &Rel, like: &tree::TableLikeClause) {
        const DEFAULTS: u32 = 1 << 3;
        const CONSTRAINTS: u32 = 1 << 2;
        const INDEXES: u32 = 1 << 6;
        let Some(other) = like.relation.as_ref().map(|rel| self.resolve(rel)) else { return };
        let Some(source) = self.get(&other).cloned() else {
            if let Some(table) = self.relations.get_mut(name) {
                table.columns = None;
            }
            return;
        };
        let Some(table) = self.relations.get_mut(name) else { return };
        for mut column in source.columns.into_iter().flatten() {
            if like.options & DEFAULTS == 0 {
                (column.default, column.identity, column.generated) = (false, false, None);
                column.default_text.clear();
            }
            table.columns.get_or_insert_default().push(column);
        }
        let wanted = |constraint: &Constraint| {
            let option = if constraint.has_index() { INDEXES } else { CONSTRAINTS };
            like.options & option != 0 && !matches!(constraint.kind, ConstraintKind::ForeignKey { .. })
        };
        for constraint in source.constraints.into_iter().filter(wanted) {
            if constraint.has_index() {
                self.add_key(name, constraint.kind, &constraint.columns, "", None);
            } else {
                self.put_constraint(name, constraint);
            }
        }
    }

    pub(super) fn inherit(&mut self, child: &Rel, parent: &Rel) {
        let above = self.get(parent).map(|it| (it.columns.clone(), it.constraints.clone()));
        if let Some(it) = self.relations.get_mut(parent)
            && !it.children.contains(child)
        {
            it.children.push(child.clone());
        }
        let era = self.era;
        let Some(table) = self.relations.get_mut(child) else { return };
        if !table.parents.contains(parent) {
            table.parents.push(parent.clone());
        }
        let Some((columns, constraints)) = above else {
            table.columns = None;
            return;
        };
        if let (Some(own), Some(columns)) = (&mut table.columns, columns) {
            for column in columns {
                if !own.iter().any(|c| c.name == column.name) {
                    own.push(column);
                }
            }
        }
        for constraint in constraints {
            let passes = matches!(constraint.kind, ConstraintKind::Check { .. }) && !constraint.no_inherit;
            if passes && table.constraint(&constraint.name).is_none() {
                table.constraints.push(Constraint { made: era, ..constraint });
            }
        }
    }

    pub(super) fn written(&self, node: &tree::Node) -> Option<Rel> {
        match tree::inner(node)? {
            NodeEnum::RangeVar(rel) => Some(self.resolve(rel)),
            _ => None,
        }
    }

    /// A relation that statements name and that nothing made: it was there before, and its columns are unknown.
    pub(super) fn mention(&mut self, name: &Rel) -> &mut Relation {
        self.relations.get_or_insert_with(name.clone(), || Relation::new(Kind::Table, 0))
    }
}

/// A name, if it was written.
pub(super) fn said(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.to_owned())
}
