//! `DROP`: what goes, and what goes along with it.

use cutover_sql::tree::{self, DropBehavior, DropStmt, ObjectType};

use super::super::{Kind, Known, Mentions, Object, Rel, Relation, User};

impl Known {
    pub(super) fn drop(&mut self, it: &DropStmt) {
        let cascade = it.behavior() == DropBehavior::DropCascade;
        for node in &it.objects {
            let (schema, name) = tree::name_of(node);
            match it.remove_type() {
                ObjectType::ObjectTable
                | ObjectType::ObjectForeignTable
                | ObjectType::ObjectView
                | ObjectType::ObjectMatview
                | ObjectType::ObjectSequence
                | ObjectType::ObjectIndex => {
                    let name = self.named(schema, name);
                    for part in self.parts_of(&name) {
                        self.remove(&part);
                    }
                    self.drop_relation(&name, cascade);
                }
                ObjectType::ObjectType | ObjectType::ObjectDomain => {
                    let name = self.type_named(schema, name);
                    if cascade {
                        self.drop_columns_of(&name);
                        self.drop_users(&Object::Type(name.clone()));
                    }
                    self.types.remove(&name);
                    self.relations.remove(&name);
                }
                ObjectType::ObjectFunction
                | ObjectType::ObjectProcedure
                | ObjectType::ObjectRoutine
                | ObjectType::ObjectAggregate => {
                    let (schema, name) = tree::name_of(node);
                    let name = self.routine_named(schema, name);
                    // another one of that name may be what they call
                    if cascade && self.routines(&name).len() < 2 {
                        self.drop_users(&Object::Routine(name));
                    }
                    self.drop_routine(node);
                }
                ObjectType::ObjectCollation
                | ObjectType::ObjectOperator
                | ObjectType::ObjectOpclass
                | ObjectType::ObjectTsconfiguration => self.drop_other(it.remove_type(), node, cascade),
                ObjectType::ObjectForeignServer => {
                    let name = name.to_owned();
                    self.drop_tables_where(|it| it.server.as_deref() == Some(name.as_str()), cascade);
                    self.servers.remove(&name);
                }
                ObjectType::ObjectFdw => {
                    let gone: Vec<String> =
                        self.servers.iter().filter(|(_, of)| *of == name).map(|(it, _)| it.clone()).collect();
                    let is_of = |it: &Relation| it.server.as_ref().is_some_and(|of| gone.contains(of));
                    self.drop_tables_where(is_of, cascade);
                    self.servers.retain(|server, _| !gone.contains(server));
                }
                ObjectType::ObjectAccessMethod => {
                    let name = name.to_owned();
                    self.drop_tables_where(|it| it.access_method.as_deref() == Some(name.as_str()), cascade);
                }
                ObjectType::ObjectSchema => self.drop_schema(name),
                ObjectType::ObjectTrigger => {
                    self.on_table(node, |it, name| it.triggers.retain(|trigger| trigger.name != name));
                }
                ObjectType::ObjectPolicy => {
                    self.on_table(node, |it, name| it.policies.retain(|policy| policy.name != name));
                }
                ObjectType::ObjectRule => {
                    self.on_table(node, |it, name| it.rules.retain(|rule| rule.name != name))
                }
                ObjectType::ObjectPublication => {
                    self.publications.remove(name);
                }
                ObjectType::ObjectExtension => {
                    self.extensions.remove(name);
                }
                _ => {}
            }
        }
    }

    /// The columns and the tables of a type.
    fn drop_columns_of(&mut self, name: &Rel) {
        let columns: Vec<(Rel, String)> = self
            .tables_with(name)
            .into_iter()
            .map(|(table, column)| (table.clone(), column.to_owned()))
            .collect();
        for (table, column) in columns {
            self.drop_column(&table, &column);
        }
        for table in self.tables_of(name) {
            self.drop_relation(&table, true);
        }
    }

    fn drop_other(&mut self, kind: ObjectType, node: &tree::Node, cascade: bool) {
        let Some(object) = self.other_of(kind, node) else { return };
        if cascade {
            self.drop_users(&object);
        }
        self.others.remove(&object);
    }

    fn drop_tables_where(&mut self, goes: impl Fn(&Relation) -> bool, cascade: bool) {
        let gone = self.relations.iter().filter(|(_, it)| cascade && goes(it));
        let gone: Vec<Rel> = gone.map(|(name, _)| name.clone()).collect();
        for name in gone {
            self.drop_relation(&name, true);
        }
    }

    /// What names an object goes with it.
    fn drop_users(&mut self, object: &Object) {
        for user in self.users_of(object) {
            match user {
                User::Default(table, column) => {
                    let era = self.era;
                    if let Some(it) = self.relations.get_mut(&table).and_then(|it| it.column_mut(&column)) {
                        (it.default, it.names) = (false, Mentions::default());
                        (it.default_text, it.default_made) = (String::new(), era);
                    }
                }
                User::Column(table, column) => self.drop_column(&table, &column),
                User::Constraint(table, name) => self.drop_one_constraint(&table, &name),
                User::Index(index) => self.remove(&index),
                User::View(view) => self.drop_relation(&view, true),
                User::Policy(table, name) => self.mention(&table).policies.retain(|it| it.name != name),
                User::Trigger(table, name) => self.mention(&table).triggers.retain(|it| it.name != name),
                User::Rule(table, name) => self.mention(&table).rules.retain(|it| it.name != name),
            }
        }
    }

    /// The table and the name of something that stands on a table: `DROP TRIGGER name ON table`.
    pub fn on_what(&self, node: &tree::Node) -> Option<(Rel, String)> {
        let Some(tree::NodeEnum::List(list)) = tree::inner(node) else { return None };
        match tree::texts(&list.items)[..] {
            [schema, table, name] => Some((Rel::new(schema, table), name.to_owned())),
            [table, name] => Some((self.named(None, table), name.to_owned())),
            _ => None,
        }
    }

    fn on_table(&mut self, node: &tree::Node, change: impl FnOnce(&mut super::super::Relation, &str)) {
        if let Some((table, name)) = self.on_what(node)
            && let Some(relation) = self.relations.get_mut(&table)
        {
            change(relation, &name);
        }
    }

    pub(super) fn drop_relation(&mut self, name: &Rel, cascade: bool) {
        let Some(relation) = self.get(name).cloned() else { return };
        let partitions = relation
            .children
            .iter()
            .filter(|child| cascade || self.get(child).is_some_and(|it| it.partition.is_some()));
        let mut gone: Vec<Rel> = partitions.cloned().collect();
        if cascade {
            gone.extend(relation.read_by.iter().cloned());
        }
        for other in gone {
            self.drop_relation(&other, cascade);
        }
        if cascade && relation.kind == Kind::Sequence {
            self.drop_users(&Object::Sequence(name.clone()));
        }
        let keys: Vec<(Rel, String)> =
            self.foreign_keys_to(name).into_iter().map(|(t, c)| (t.clone(), c.name.clone())).collect();
        for (table, constraint) in keys {
            self.drop_one_constraint(&table, &constraint);
        }
        for other in relation.indexes.iter().chain(&relation.sequences) {
            self.remove(other);
        }
        self.remove(name);
    }

    /// Takes one relation away, and its name out of the others.
    pub(super) fn remove(&mut self, name: &Rel) {
        self.forget_reads(name);
        let Some(gone) = self.relations.remove(name) else { return };
        for constraint in &gone.constraints {
            if let super::super::ConstraintKind::ForeignKey { to, .. } = &constraint.kind
                && let Some(it) = self.relations.get_mut(to)
            {
                it.referenced_by.retain(|from| from != name);
            }
        }
        for parent in &gone.parents {
            if let Some(it) = self.relations.get_mut(parent) {
                it.children.retain(|child| child != name);
            }
        }
        if let Some((table, _)) = &gone.of
            && let Some(it) = self.relations.get_mut(table)
        {
            it.indexes.retain(|index| index != name);
            it.sequences.retain(|sequence| sequence != name);
        }
    }

    pub(super) fn forget_reads(&mut self, view: &Rel) {
        let reads = self.get(view).map(|it| it.reads.clone()).unwrap_or_default();
        for (read, _) in reads {
            if let Some(it) = self.relations.get_mut(&read) {
                it.read_by.retain(|reader| reader != view);
            }
        }
    }

    fn drop_schema(&mut self, schema: &str) {
        let inside: Vec<Rel> = self.relations.keys().filter(|rel| rel.schema == schema).cloned().collect();
        for name in inside {
            self.drop_relation(&name, true);
        }
        for object in self.objects_in(schema) {
            if let Object::Type(name) = &object {
                self.drop_columns_of(name);
            }
            self.drop_users(&object);
            self.others.remove(&object);
        }
        self.types.retain(|name, _| name.schema != schema);
        self.routines.retain(|name, _| name.schema != schema);
        self.schemas.remove(schema);
    }
}
