//! `RENAME` and `SET SCHEMA`.

use cutover_sql::tree::{self, AlterObjectSchemaStmt, ObjectType, RenameStmt};

use super::{Break, Mode, Rel, Work};
use crate::effect::known::{ConstraintKind, Kind};

impl Work<'_> {
    pub(super) fn rename(&mut self, it: &RenameStmt) {
        let relation = it.relation.as_ref().map(|rel| self.known.resolve(rel));
        let inherits = it.relation.as_ref().is_some_and(|rel| rel.inh);
        let renamed = |what, from: String| Break::Renamed { what, from, to: it.newname.clone() };
        match (it.rename_type(), relation) {
            (ObjectType::ObjectIndex, Some(index)) if self.kind(&index) == Kind::Index => {
                self.lock(&index, Mode::ShareUpdateExclusive);
            }
            (
                kind @ (ObjectType::ObjectTable
                | ObjectType::ObjectForeignTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectSequence
                | ObjectType::ObjectIndex),
                Some(name),
            ) => {
                self.lock(&name, Mode::AccessExclusive);
                let what = match kind {
                    ObjectType::ObjectView => "view",
                    ObjectType::ObjectMatview => "materialized view",
                    ObjectType::ObjectSequence => "sequence",
                    _ => match self.kind(&name) {
                        Kind::View => "view",
                        Kind::MaterializedView => "materialized view",
                        Kind::Sequence => "sequence",
                        Kind::Index => return,
                        Kind::Table | Kind::Partitioned | Kind::Foreign | Kind::Composite => "table",
                    },
                };
                if self.exists(&name) {
                    self.breaks(renamed(what, name.to_string()));
                }
            }
            (ObjectType::ObjectColumn | ObjectType::ObjectAttribute, Some(table)) => {
                for one in self.tree(&table, inherits) {
                    self.lock(&one, Mode::AccessExclusive);
                }
                // an attribute is a column of the tables of the type
                for one in self.known.tables_of(&table) {
                    self.lock(&one, Mode::AccessExclusive);
                }
                if self.exists(&table) {
                    let what =
                        if it.rename_type() == ObjectType::ObjectColumn { "column" } else { "attribute" };
                    self.breaks(renamed(what, format!("{table}.{}", it.subname)));
                }
            }
            (ObjectType::ObjectTabconstraint, Some(table)) => {
                self.rename_constraint(&table, &it.subname, inherits)
            }
            (ObjectType::ObjectTrigger, Some(table)) => {
                // since 15 those of the partitions follow
                for one in self.tree(&table, inherits && self.known.major >= 15) {
                    let has =
                        self.known.get(&one).is_some_and(|t| t.triggers.iter().any(|g| g.name == it.subname));
                    if one == table || has {
                        self.lock(&one, Mode::AccessExclusive);
                    }
                }
            }
            (ObjectType::ObjectRule | ObjectType::ObjectPolicy, Some(table)) => {
                self.lock(&table, Mode::AccessExclusive);
            }
            (ObjectType::ObjectType | ObjectType::ObjectDomain, _) => {
                let Some((schema, name)) = it.object.as_deref().map(tree::name_of) else { return };
                let name = self.known.type_named(schema, name);
                if self.known.get(&name).is_some_and(|rel| rel.kind == Kind::Composite) {
                    self.lock(&name, Mode::AccessExclusive);
                }
                self.breaks(renamed("type", name.to_string()));
            }
            (
                ObjectType::ObjectFunction
                | ObjectType::ObjectProcedure
                | ObjectType::ObjectRoutine
                | ObjectType::ObjectAggregate,
                _,
            ) => {
                let Some((schema, name)) = it.object.as_deref().map(tree::name_of) else { return };
                let name = self.known.routine_named(schema, name);
                self.breaks(renamed("function", name.to_string()));
            }
            (ObjectType::ObjectSchema, _) => self.breaks(renamed("schema", it.subname.clone())),
            (ObjectType::ObjectDatabase | ObjectType::ObjectRole, _) => {
                let what = if it.rename_type() == ObjectType::ObjectRole { "role" } else { "database" };
                self.breaks(renamed(what, it.subname.clone()));
            }
            _ => {}
        }
    }

    fn rename_constraint(&mut self, table: &Rel, name: &str, inherits: bool) {
        let constraint = self.known.get(table).and_then(|t| t.constraint(name)).cloned();
        let passes = constraint.as_ref().is_some_and(|c| {
            matches!(c.kind, ConstraintKind::Check { .. } | ConstraintKind::NotNull) && !c.no_inherit
        });
        for one in self.tree(table, inherits && passes) {
            self.lock(&one, Mode::AccessExclusive);
        }
        if constraint.is_some_and(|c| c.has_index()) {
            self.lock(&table.sibling(name), Mode::ShareUpdateExclusive);
        }
    }

    pub(super) fn set_schema(&mut self, it: &AlterObjectSchemaStmt) {
        let moved = |what, from: String| Break::Renamed { what, from, to: it.newschema.clone() };
        if let Some(name) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) {
            if !self.exists(&name) {
                return;
            }
            self.lock(&name, Mode::AccessExclusive);
            for sequence in self.known.get(&name).map(|t| t.sequences.clone()).unwrap_or_default() {
                self.lock(&sequence, Mode::AccessExclusive);
            }
            let what = match self.kind(&name) {
                Kind::View => "view",
                Kind::MaterializedView => "materialized view",
                Kind::Sequence => "sequence",
                Kind::Index => "index",
                Kind::Table | Kind::Partitioned | Kind::Foreign | Kind::Composite => "table",
            };
            self.breaks(moved(what, name.to_string()));
            return;
        }
        let Some((schema, name)) = it.object.as_deref().map(tree::name_of) else { return };
        match it.object_type() {
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let name = self.known.type_named(schema, name);
                self.breaks(moved("type", name.to_string()));
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let name = self.known.routine_named(schema, name);
                self.breaks(moved("function", name.to_string()));
            }
            ObjectType::ObjectExtension => self.unknown(format!("everything in the extension {name} moves")),
            _ => {}
        }
    }
}
