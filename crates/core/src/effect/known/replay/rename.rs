//! `RENAME` and `SET SCHEMA`: a new name, everywhere the old one stands.

use cutover_sql::tree::{self, AlterObjectSchemaStmt, ObjectType, RenameStmt};

use super::super::{ConstraintKind, Kind, Known, Object, Rel, TypeKind};

/// Puts a new name where the old one stands.
fn put(place: &mut Rel, old: &Rel, new: &Rel) {
    if place == old {
        *place = new.clone();
    }
}

fn put_name(names: &mut [String], old: &str, new: &str) {
    names.iter_mut().filter(|name| *name == old).for_each(|name| new.clone_into(name));
}

impl Known {
    pub(super) fn rename(&mut self, it: &RenameStmt) {
        let relation = it.relation.as_ref().map(|rel| self.resolve(rel));
        match (it.rename_type(), relation) {
            (
                ObjectType::ObjectTable
                | ObjectType::ObjectForeignTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectSequence
                | ObjectType::ObjectIndex,
                Some(name),
            ) => {
                let new = name.sibling(it.newname.clone());
                self.rename_relation(&name, &new);
            }
            (ObjectType::ObjectColumn | ObjectType::ObjectAttribute, Some(name)) => {
                for table in self.tables_of(&name).into_iter().chain([name]) {
                    self.rename_column(&table, &it.subname, &it.newname);
                }
            }
            (ObjectType::ObjectTabconstraint, Some(table)) => {
                let own = table.sibling(it.subname.clone());
                if let Some(relation) = self.relations.get_mut(&table)
                    && let Some(found) = relation.constraints.iter_mut().find(|c| c.name == it.subname)
                {
                    found.name.clone_from(&it.newname);
                    if found.has_index() {
                        self.rename_relation(&own, &table.sibling(it.newname.clone()));
                    }
                }
            }
            (ObjectType::ObjectTrigger, Some(table)) => {
                if let Some(relation) = self.relations.get_mut(&table) {
                    let found = relation.triggers.iter_mut().find(|trigger| trigger.name == it.subname);
                    found.into_iter().for_each(|trigger| trigger.name.clone_from(&it.newname));
                }
            }
            (ObjectType::ObjectType | ObjectType::ObjectDomain, _) => {
                let Some((schema, name)) = it.object.as_deref().map(tree::name_of) else { return };
                let old = self.type_named(schema, name);
                self.rename_type(&old, &old.sibling(it.newname.clone()));
            }
            (ObjectType::ObjectDomconstraint, _) => {
                let Some((schema, name)) = it.object.as_deref().map(tree::name_of) else { return };
                let name = self.type_named(schema, name);
                if let Some(TypeKind::Domain { constraints, .. }) =
                    self.types.get_mut(&name).map(|t| &mut t.kind)
                {
                    let found = constraints.iter_mut().find(|(name, _)| *name == it.subname);
                    found.into_iter().for_each(|(name, _)| name.clone_from(&it.newname));
                }
            }
            (ObjectType::ObjectSchema, _) => self.rename_schema(&it.subname, &it.newname),
            (
                ObjectType::ObjectFunction
                | ObjectType::ObjectProcedure
                | ObjectType::ObjectRoutine
                | ObjectType::ObjectAggregate,
                _,
            ) => {
                let Some(object) = it.object.as_deref() else { return };
                let (schema, name) = tree::name_of(object);
                let old = self.routine_named(schema, name);
                self.rename_routine(&old, &old.sibling(it.newname.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn set_schema(&mut self, it: &AlterObjectSchemaStmt) {
        if let Some(name) = it.relation.as_ref().map(|rel| self.resolve(rel)) {
            let moved = self.get(&name).map(|it| [it.indexes.clone(), it.sequences.clone()].concat());
            for other in moved.unwrap_or_default().into_iter().chain([name]) {
                self.rename_relation(&other, &Rel::new(it.newschema.clone(), other.name.clone()));
            }
            return;
        }
        let Some((schema, name)) = it.object.as_deref().map(tree::name_of) else { return };
        match it.object_type() {
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let old = self.type_named(schema, name);
                self.rename_type(&old, &Rel::new(it.newschema.clone(), old.name.clone()));
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let old = self.routine_named(schema, name);
                self.rename_routine(&old, &Rel::new(it.newschema.clone(), old.name.clone()));
            }
            _ => {}
        }
    }

    pub(super) fn rename_relation(&mut self, old: &Rel, new: &Rel) {
        let Some(relation) = self.relations.remove(old) else { return };
        let mut near: Vec<Rel> =
            [&relation.indexes, &relation.parents, &relation.children, &relation.read_by]
                .into_iter()
                .chain([&relation.referenced_by, &relation.sequences])
                .flatten()
                .cloned()
                .collect();
        near.extend(relation.of.iter().map(|(table, _)| table.clone()));
        near.extend(relation.reads.iter().map(|(read, _)| read.clone()));
        near.extend(relation.constraints.iter().filter_map(|c| match &c.kind {
            ConstraintKind::ForeignKey { to, .. } => Some(to.clone()),
            _ => None,
        }));
        let is_sequence = relation.kind == Kind::Sequence;
        self.relations.insert(new.clone(), relation);
        for name in near.into_iter().chain([new.clone()]) {
            let Some(it) = self.relations.get_mut(&name) else { continue };
            let lists = [
                &mut it.indexes,
                &mut it.parents,
                &mut it.children,
                &mut it.read_by,
                &mut it.referenced_by,
                &mut it.sequences,
            ];
            lists.into_iter().flatten().for_each(|place| put(place, old, new));
            it.of.iter_mut().for_each(|(table, _)| put(table, old, new));
            it.clustered.iter_mut().for_each(|index| put(index, old, new));
            it.reads.iter_mut().for_each(|(read, _)| put(read, old, new));
            for constraint in &mut it.constraints {
                if let ConstraintKind::ForeignKey { to, .. } = &mut constraint.kind {
                    put(to, old, new);
                }
            }
        }
        if is_sequence {
            self.rename_object(&Object::Sequence(old.clone()), &Object::Sequence(new.clone()));
        }
        let parts: Vec<Rel> =
            self.relations.iter().filter(|(_, it)| part_of(it, old)).map(|(n, _)| n.clone()).collect();
        for name in parts {
            if let Some(index) = self.relations.get_mut(&name).and_then(|it| it.index.as_mut()) {
                index.part_of = Some(new.clone());
            }
        }
        for publication in self.publications.values_mut() {
            publication.tables.iter_mut().for_each(|(table, _)| put(table, old, new));
        }
        // the index of a key has its name
        if old.name != new.name
            && let Some((table, _)) = self.get(new).and_then(|it| it.of.clone())
            && let Some(it) = self.relations.get_mut(&table)
        {
            let key = it.constraints.iter_mut().find(|c| c.has_index() && c.name == old.name);
            key.into_iter().for_each(|key| key.name.clone_from(&new.name));
        }
    }

    fn rename_routine(&mut self, old: &Rel, new: &Rel) {
        if let Some(routines) = self.routines.remove(old) {
            self.routines.insert(new.clone(), routines);
        }
        self.rename_object(&Object::Routine(old.clone()), &Object::Routine(new.clone()));
    }

    fn rename_column(&mut self, table: &Rel, old: &str, new: &str) {
        for table in self.tree(table) {
            let Some(it) = self.relations.get_mut(&table) else { continue };
            for column in it.columns.iter_mut().flatten() {
                if column.name == old {
                    new.clone_into(&mut column.name);
                }
                column.generated.iter_mut().for_each(|generated| put_name(&mut generated.uses, old, new));
            }
            put_name(&mut it.partition_key, old, new);
            if let Some(says) = it.partition.as_mut().and_then(|bound| bound.says.as_mut()) {
                says.rename(old, new);
            }
            for constraint in &mut it.constraints {
                put_name(&mut constraint.columns, old, new);
                if let ConstraintKind::Check { not_null, text, says } = &mut constraint.kind {
                    put_name(not_null, old, new);
                    says.rename(old, new);
                    *text = text.replace(&format!("{old:?}"), &format!("{new:?}"));
                }
            }
            it.triggers.iter_mut().for_each(|trigger| put_name(&mut trigger.uses, old, new));
            it.policies.iter_mut().for_each(|policy| put_name(&mut policy.uses, old, new));
            let (indexes, readers) = (it.indexes.clone(), it.read_by.clone());
            for index in indexes {
                if let Some(index) = self.relations.get_mut(&index).and_then(|it| it.index.as_mut()) {
                    put_name(&mut index.columns, old, new);
                    put_name(&mut index.uses, old, new);
                    put_name(&mut index.computed, old, new);
                }
            }
            for reader in readers {
                let reads = self.relations.get_mut(&reader).map(|it| &mut it.reads);
                for (_, columns) in reads.into_iter().flatten().filter(|(read, _)| *read == table) {
                    put_name(columns, old, new);
                }
            }
        }
    }

    fn rename_type(&mut self, old: &Rel, new: &Rel) {
        if let Some(it) = self.types.remove(old) {
            self.types.insert(new.clone(), it);
        }
        let rename = |data_type: &mut super::super::DataType| {
            if data_type.user().as_ref() == Some(old) {
                data_type.schema = Some(new.schema.clone());
                data_type.name.clone_from(&new.name);
            }
        };
        for relation in self.relations.values_mut() {
            relation.columns.iter_mut().flatten().for_each(|column| rename(&mut column.data_type));
        }
        for it in self.types.values_mut() {
            if let TypeKind::Domain { base, .. } = &mut it.kind {
                rename(base);
            }
        }
        self.rename_object(&Object::Type(old.clone()), &Object::Type(new.clone()));
        self.rename_relation(old, new);
    }

    fn rename_schema(&mut self, old: &str, new: &str) {
        let moved = |names: Vec<Rel>| names.into_iter().filter(|name| name.schema == old).collect::<Vec<_>>();
        for name in moved(self.relations.keys().cloned().collect()) {
            self.rename_relation(&name, &Rel::new(new, name.name.clone()));
        }
        for name in moved(self.types.keys().cloned().collect()) {
            self.rename_type(&name, &Rel::new(new, name.name.clone()));
        }
        for name in moved(self.routines.keys().cloned().collect()) {
            self.rename_routine(&name, &Rel::new(new, name.name.clone()));
        }
        if let Some(made) = self.schemas.remove(old) {
            self.schemas.insert(new.to_owned(), made);
        }
    }
}

fn part_of(relation: &super::super::Relation, index: &Rel) -> bool {
    relation.index.as_ref().is_some_and(|it| it.part_of.as_ref() == Some(index))
}
