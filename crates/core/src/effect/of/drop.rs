//! `DROP`: what is locked, and what goes along.

use cutover_sql::tree::{self, DropBehavior, DropStmt, Node, NodeEnum, ObjectType};

use super::{Break, Loss, Mode, Rel, Work};
use crate::effect::known::{ConstraintKind, Kind, Object};

impl Work<'_> {
    pub(super) fn drop(&mut self, it: &DropStmt) {
        let cascade = it.behavior() == DropBehavior::DropCascade;
        for node in &it.objects {
            self.drop_one(it, node, cascade);
        }
    }

    fn drop_one(&mut self, it: &DropStmt, node: &Node, cascade: bool) {
        let (schema, name) = tree::name_of(node);
        match it.remove_type() {
            ObjectType::ObjectTable | ObjectType::ObjectForeignTable => {
                self.drop_table(&self.named(node), cascade)
            }
            ObjectType::ObjectView | ObjectType::ObjectMatview => {
                let view = self.named(node);
                let what =
                    if it.remove_type() == ObjectType::ObjectView { "view" } else { "materialized view" };
                if self.exists(&view) {
                    self.relation_goes(&view, cascade);
                    self.breaks(Break::Gone { what, name: view.to_string() });
                }
            }
            ObjectType::ObjectSequence => {
                let sequence = self.named(node);
                if self.exists(&sequence) {
                    self.drop_sequence(&sequence, cascade);
                }
            }
            ObjectType::ObjectIndex => self.drop_index(&self.named(node), it.concurrent, cascade),
            ObjectType::ObjectTrigger | ObjectType::ObjectRule | ObjectType::ObjectPolicy => {
                if let Some((table, name)) = self.known.on_what(node) {
                    self.drop_on_table(it.remove_type(), &table, &name);
                }
            }
            ObjectType::ObjectType | ObjectType::ObjectDomain => {
                let name = self.known.type_named(schema, name);
                self.drop_type(&name, cascade);
                self.breaks(Break::Gone { what: "type", name: name.to_string() });
            }
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => {
                let name = self.known.routine_named(schema, name);
                self.breaks(Break::Gone { what: "function", name: name.to_string() });
                if cascade {
                    // which of several of that name is meant is not looked at
                    let is_one = self.known.routines(&name).len() < 2;
                    self.either(is_one, |work| work.users_go(&Object::Routine(name.clone())));
                }
            }
            ObjectType::ObjectSchema => self.drop_schema(name, cascade),
            ObjectType::ObjectExtension => {
                self.breaks(Break::Gone { what: "extension", name: name.to_owned() });
                if cascade {
                    self.extension_goes(name);
                }
            }
            ObjectType::ObjectStatisticExt => self.drop_statistics(schema, name),
            _ if cascade => self.object_goes(it.remove_type(), node),
            _ => {}
        }
    }

    /// What is no relation, with all that needs it.
    fn object_goes(&mut self, kind: ObjectType, node: &Node) {
        if let Some(object) = self.known.other_of(kind, node) {
            self.users_go(&object);
            return;
        }
        let name = tree::name_of(node).1;
        match kind {
            ObjectType::ObjectAccessMethod => self.access_method_goes(name),
            ObjectType::ObjectForeignServer => self.server_goes(|server| server == name),
            ObjectType::ObjectFdw => {
                let known = self.known;
                self.server_goes(|server| known.wrapper_of(server) == Some(name));
            }
            ObjectType::ObjectPublication
            | ObjectType::ObjectEventTrigger
            | ObjectType::ObjectStatisticExt => {}
            _ => self.unknown("what depends on it goes with it".to_owned()),
        }
    }

    pub(super) fn drop_table(&mut self, table: &Rel, cascade: bool) {
        if !self.exists(table) {
            return;
        }
        self.relation_goes(table, cascade);
        self.breaks(Break::Gone { what: "table", name: table.to_string() });
        if self.kind(table) != Kind::Foreign {
            self.loses(Loss::Table { table: table.clone() });
        }
    }

    /// A relation goes, with all that stands on it.
    pub(super) fn relation_goes(&mut self, name: &Rel, cascade: bool) {
        if self.out.locks.get(name) == Some(&Mode::AccessExclusive) && self.kind(name) != Kind::Table {
            return;
        }
        self.lock(name, Mode::AccessExclusive);
        let Some(relation) = self.known.get(name).cloned() else { return };
        // a partition is taken out of its parent
        if relation.partition.is_some() {
            for parent in &relation.parents {
                self.lock(parent, Mode::AccessExclusive);
                self.default_of(parent, name);
            }
        }
        for child in &relation.children {
            let is_partition = self.known.get(child).is_some_and(|it| it.partition.is_some());
            if is_partition || cascade {
                self.relation_goes(child, cascade);
            }
        }
        for other in relation.indexes.iter().chain(&relation.sequences) {
            self.lock(other, Mode::AccessExclusive);
        }
        for constraint in &relation.constraints {
            if let ConstraintKind::ForeignKey { to, .. } = &constraint.kind {
                // a partition's key is its parent's, and stays there
                let of_parent = relation.partition.is_some()
                    && relation.parents.iter().any(|parent| {
                        self.known.get(parent).is_some_and(|p| p.constraint(&constraint.name).is_some())
                    });
                if !of_parent {
                    for one in self.known.tree(to) {
                        self.lock(&one, Mode::AccessExclusive);
                    }
                }
            }
        }
        if cascade {
            for view in &relation.read_by {
                self.relation_goes(view, true);
            }
            let from: Vec<Rel> =
                self.known.foreign_keys_to(name).into_iter().map(|(rel, _)| rel.clone()).collect();
            for rel in from {
                for one in self.known.tree(&rel) {
                    self.lock(&one, Mode::AccessExclusive);
                }
            }
        }
    }

    /// The constraint of the default partition changes when another comes or goes.
    fn default_of(&mut self, parent: &Rel, gone: &Rel) {
        if let Some(default) = self.known.default_partition(parent).filter(|it| it != gone) {
            self.lock(&default, Mode::AccessExclusive);
        }
    }

    fn drop_sequence(&mut self, sequence: &Rel, cascade: bool) {
        self.lock(sequence, Mode::AccessExclusive);
        self.loses(Loss::Sequence { sequence: sequence.clone() });
        self.breaks(Break::Gone { what: "sequence", name: sequence.to_string() });
        if cascade {
            // the defaults that name it go
            self.users_go(&Object::Sequence(sequence.clone()));
        }
    }

    pub(super) fn drop_index(&mut self, index: &Rel, concurrently: bool, cascade: bool) {
        if !self.exists(index) {
            return;
        }
        self.lock(index, Mode::AccessExclusive);
        let Some((table, _)) = self.known.index(index).map(|(table, it)| (table.clone(), it.clone())) else {
            return;
        };
        if concurrently && self.kind(&table) == Kind::Partitioned {
            self.out.fails.push(format!("{index} is the index of {table}, which is partitioned"));
        }
        let mode = if concurrently { Mode::ShareUpdateExclusive } else { Mode::AccessExclusive };
        self.lock(&table, mode);
        for part in self.known.parts_of(index) {
            self.lock(&part, mode);
            if let Some((table, _)) = self.known.index(&part) {
                let table = table.clone();
                self.lock(&table, mode);
            }
        }
        if cascade {
            let columns = self.known.index(index).map(|(_, it)| it.columns.clone()).unwrap_or_default();
            let from: Vec<Rel> = self
                .known
                .foreign_keys_to(&table)
                .into_iter()
                .filter(|(_, c)| matches!(&c.kind, ConstraintKind::ForeignKey { columns: to, .. } if *to == columns))
                .map(|(rel, _)| rel.clone())
                .collect();
            for rel in from {
                self.lock(&rel, Mode::AccessExclusive);
            }
        }
    }

    fn drop_on_table(&mut self, kind: ObjectType, table: &Rel, name: &str) {
        let has = self.known.get(table).is_none_or(|it| match kind {
            ObjectType::ObjectTrigger => it.triggers.iter().any(|trigger| trigger.name == name),
            ObjectType::ObjectRule => it.rules.iter().any(|rule| rule.name == name),
            _ => it.policies.iter().any(|policy| policy.name == name),
        });
        if !has && self.known.complete {
            return;
        }
        let tables =
            if kind == ObjectType::ObjectTrigger { self.known.tree(table) } else { vec![table.clone()] };
        for table in tables {
            self.lock(&table, Mode::AccessExclusive);
        }
    }

    fn drop_type(&mut self, name: &Rel, cascade: bool) {
        if self.kind(name) == Kind::Composite && self.known.get(name).is_some() {
            self.lock(name, Mode::AccessExclusive);
        }
        if !cascade {
            return;
        }
        let columns: Vec<(Rel, String)> =
            self.known.tables_with(name).into_iter().map(|(t, c)| (t.clone(), c.to_owned())).collect();
        for (table, column) in columns {
            self.column_is_lost(&table, &column);
        }
        for table in self.known.tables_of(name) {
            self.drop_table(&table, true);
        }
        self.users_go(&Object::Type(name.clone()));
    }

    fn drop_schema(&mut self, schema: &str, cascade: bool) {
        self.breaks(Break::Gone { what: "schema", name: schema.to_owned() });
        let inside: Vec<Rel> = self
            .known
            .relations()
            .map(|(name, _)| name)
            .filter(|rel| rel.schema == schema)
            .cloned()
            .collect();
        if cascade {
            for name in inside {
                self.relation_goes(&name, true);
                if self.kind(&name) == Kind::Sequence {
                    self.users_go(&Object::Sequence(name));
                }
            }
            for object in self.known.objects_in(schema) {
                if let Object::Type(name) = &object {
                    self.drop_type(name, true);
                } else {
                    self.users_go(&object);
                }
            }
            self.loses(Loss::Schema { schema: schema.to_owned() });
        }
    }

    fn drop_statistics(&mut self, schema: Option<&str>, name: &str) {
        let path: Vec<&str> = self.known.search_path.iter().map(String::as_str).collect();
        let schemas = schema.map_or(path, |schema| vec![schema]);
        let table = self
            .known
            .relations()
            .find(|(_, it)| {
                it.statistics.iter().any(|s| s.name == name && schemas.contains(&s.schema.as_str()))
            })
            .map(|(table, _)| table.clone());
        if let Some(table) = table {
            self.lock(&table, Mode::ShareUpdateExclusive);
        }
    }

    /// The objects of a list of names in a statement.
    pub(super) fn written(&self, nodes: &[Node]) -> Vec<Rel> {
        let names = nodes.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::RangeVar(rel) => Some(self.known.resolve(rel)),
            _ => None,
        });
        names.collect()
    }
}
