//! Types, publications, schemas and statistics.

use cutover_sql::tree::{
    self, AlterDomainStmt, AlterEnumStmt, AlterPublicationAction, AlterPublicationStmt, CompositeTypeStmt,
    ConstrType, CreateDomainStmt, CreateEnumStmt, CreateOpClassStmt, CreatePublicationStmt, CreateSchemaStmt,
    CreateStatsStmt, DefineStmt, Node, NodeEnum, ObjectType, PublicationObjSpecType,
};

use super::super::{Kind, Known, Mentions, Object, Publication, Rel, Relation, Type, TypeKind, object_name};
use crate::effect::volatility;

impl Known {
    pub(super) fn new_type_name(&self, name: &[Node]) -> Rel {
        let (schema, name) = tree::qualified(name);
        Rel::new(schema.unwrap_or_else(|| self.creation_schema()), name)
    }

    fn put_type(&mut self, name: Rel, kind: TypeKind) {
        let made = self.era;
        self.types.get_or_insert_with(name, || Type { kind, made });
    }

    pub(super) fn create_type(&mut self, name: &[Node]) {
        self.put_type(self.new_type_name(name), TypeKind::Other);
    }

    pub(super) fn define(&mut self, it: &DefineStmt) {
        let name = self.new_type_name(&it.defnames);
        match it.kind() {
            ObjectType::ObjectType => self.put_type(name, TypeKind::Other),
            ObjectType::ObjectCollation => self.put_other(Object::Collation(name), Mentions::default()),
            ObjectType::ObjectOperator => self.put_other(Object::Operator(name), self.functions_of(it)),
            ObjectType::ObjectTsconfiguration => {
                self.put_other(Object::TextSearch(name), Mentions::default());
            }
            ObjectType::ObjectAggregate => {
                self.put_other(Object::Routine(name), self.functions_of(it));
                self.create_aggregate(it);
            }
            _ => {}
        }
    }

    pub(super) fn put_other(&mut self, object: Object, of: Mentions) {
        self.others.entry(object).or_insert(of);
    }

    /// The functions that an operator or an aggregate is made of.
    fn functions_of(&self, it: &DefineStmt) -> Mentions {
        const FUNCTIONS: [&str; 6] = ["procedure", "function", "sfunc", "finalfunc", "combinefunc", "msfunc"];
        let mut found = Mentions::default();
        for name in FUNCTIONS {
            let Some(option) = tree::option(&it.definition, name) else { continue };
            if let Some(function) = option.arg.as_deref() {
                let (schema, name) = tree::name_of(function);
                found.add(Object::Routine(self.routine_named(schema, name)));
            }
        }
        found
    }

    /// An operator class, and the operators and functions that it is made of.
    pub(super) fn create_operator_class(&mut self, it: &CreateOpClassStmt) {
        let mut of = Mentions::default();
        for node in it.items.iter().filter_map(tree::inner) {
            let NodeEnum::CreateOpClassItem(item) = node else { continue };
            let Some(name) = &item.name else { continue };
            // OPCLASS_ITEM_OPERATOR is 1, OPCLASS_ITEM_FUNCTION 2
            of.add(match item.itemtype {
                2 => {
                    let (schema, name) = tree::qualified(&name.objname);
                    Object::Routine(self.routine_named(schema, name))
                }
                _ => self.operator(&name.objname),
            });
        }
        let name = self.new_type_name(&it.opclassname);
        self.put_other(Object::OperatorClass(name), of);
    }

    pub(super) fn create_composite(&mut self, it: &CompositeTypeStmt) {
        let Some(written) = &it.typevar else { return };
        let name = self.new_name(written);
        let mut relation = Relation::new(Kind::Composite, self.era);
        let columns = it.coldeflist.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::ColumnDef(column) => Some(self.column_of(column)),
            _ => None,
        });
        relation.columns = Some(columns.collect());
        self.relations.insert(name.clone(), relation);
        self.put_type(name, TypeKind::Other);
    }

    pub(super) fn create_enum(&mut self, it: &CreateEnumStmt) {
        let labels = tree::texts(&it.vals).into_iter().map(|label| (label.to_owned(), self.era)).collect();
        self.put_type(self.new_type_name(&it.type_name), TypeKind::Enum(labels));
    }

    pub(super) fn alter_enum(&mut self, it: &AlterEnumStmt) {
        let (schema, name) = tree::qualified(&it.type_name);
        let name = self.type_named(schema, name);
        let era = self.era;
        if let Some(TypeKind::Enum(labels)) = self.types.get_mut(&name).map(|it| &mut it.kind) {
            match labels.iter_mut().find(|(label, _)| *label == it.old_val && !it.old_val.is_empty()) {
                Some((label, _)) => label.clone_from(&it.new_val),
                None => labels.push((it.new_val.clone(), era)),
            }
        }
    }

    pub(super) fn create_domain(&mut self, it: &CreateDomainStmt) {
        let name = self.new_type_name(&it.domainname);
        let base = self.data_type(it.type_name.as_ref());
        let (mut constraints, mut default, mut not_null) = (Vec::new(), None, false);
        for node in it.constraints.iter().filter_map(tree::inner) {
            let NodeEnum::Constraint(constraint) = node else { continue };
            not_null |= constraint.contype() == ConstrType::ConstrNotnull;
            let label = match constraint.contype() {
                ConstrType::ConstrDefault => {
                    default = tree::boxed(constraint.raw_expr.as_deref()).map(|it| volatility(self, it));
                    continue;
                }
                ConstrType::ConstrCheck => "check",
                ConstrType::ConstrNotnull => "not_null",
                _ => continue,
            };
            constraints.push((domain_constraint(&name, &constraint.conname, label), true));
        }
        self.put_type(name, TypeKind::Domain { base, constraints, default, not_null });
    }

    pub(super) fn alter_domain(&mut self, it: &AlterDomainStmt) {
        let (schema, name) = tree::qualified(&it.type_name);
        let name = self.type_named(schema, name);
        let Some(TypeKind::Domain { constraints, not_null, .. }) =
            self.types.get_mut(&name).map(|it| &mut it.kind)
        else {
            return;
        };
        match it.subtype.as_str() {
            "C" => {
                if let Some(NodeEnum::Constraint(constraint)) = tree::boxed(it.def.as_deref()) {
                    let is_null = constraint.contype() == ConstrType::ConstrNotnull;
                    *not_null |= is_null;
                    let label = if is_null { "not_null" } else { "check" };
                    let own = domain_constraint(&name, &constraint.conname, label);
                    constraints.push((own, !constraint.skip_validation));
                }
            }
            "X" => constraints.retain(|(constraint, _)| *constraint != it.name),
            "V" => constraints.iter_mut().filter(|(c, _)| *c == it.name).for_each(|(_, valid)| *valid = true),
            "O" if !*not_null => {
                *not_null = true;
                constraints.push((object_name(&name.name, "", "not_null"), true));
            }
            "N" => {
                *not_null = false;
                constraints.retain(|(constraint, _)| !constraint.ends_with("not_null"));
            }
            _ => {}
        }
    }

    pub(super) fn create_schema(&mut self, it: &CreateSchemaStmt) {
        let name = match (&it.schemaname, &it.authrole) {
            (name, Some(role)) if name.is_empty() => role.rolename.clone(),
            (name, _) => name.clone(),
        };
        self.schemas.entry(name.clone()).or_insert(self.era);
        let path = std::mem::replace(&mut self.search_path, vec![name]);
        for node in it.schema_elts.iter().filter_map(tree::inner) {
            self.apply(node);
        }
        self.search_path = path;
    }

    pub(super) fn create_statistics(&mut self, it: &CreateStatsStmt) {
        let (schema, name) = tree::qualified(&it.defnames);
        let name = Rel::new(schema.unwrap_or_else(|| self.creation_schema()), name);
        if let Some(table) = it.relations.first().and_then(|node| self.written(node)) {
            self.mention(&table).statistics.push(name);
        }
    }

    pub(super) fn create_publication(&mut self, it: &CreatePublicationStmt) {
        let mut publication = Publication {
            all_tables: it.for_all_tables,
            changes: publishes_changes(&it.options),
            ..Publication::default()
        };
        self.publish(&mut publication, &it.pubobjects);
        self.publications.insert(it.pubname.clone(), publication);
    }

    pub(super) fn alter_publication(&mut self, it: &AlterPublicationStmt) {
        let mut publication = self
            .publications
            .remove(&it.pubname)
            .unwrap_or(Publication { changes: true, ..Publication::default() });
        match it.action() {
            // SET (publish = ...) comes as an action without objects
            _ if it.pubobjects.is_empty() && !it.options.is_empty() => {
                if tree::option(&it.options, "publish").is_some() {
                    publication.changes = publishes_changes(&it.options);
                }
            }
            AlterPublicationAction::ApAddObjects => self.publish(&mut publication, &it.pubobjects),
            AlterPublicationAction::ApSetObjects => {
                publication = Publication {
                    all_tables: publication.all_tables,
                    changes: publication.changes,
                    ..Publication::default()
                };
                self.publish(&mut publication, &it.pubobjects);
            }
            AlterPublicationAction::ApDropObjects => {
                let mut gone = Publication::default();
                self.publish(&mut gone, &it.pubobjects);
                publication.tables.retain(|(table, _)| !gone.tables.iter().any(|(other, _)| other == table));
                publication.lists.retain(|(table, _)| !gone.tables.iter().any(|(other, _)| other == table));
                publication.schemas.retain(|schema| !gone.schemas.contains(schema));
            }
            AlterPublicationAction::Undefined => {}
        }
        self.publications.insert(it.pubname.clone(), publication);
    }

    fn publish(&self, publication: &mut Publication, objects: &[Node]) {
        for node in objects.iter().filter_map(tree::inner) {
            let NodeEnum::PublicationObjSpec(spec) = node else { continue };
            match spec.pubobjtype() {
                PublicationObjSpecType::PublicationobjTablesInSchema => {
                    publication.schemas.push(spec.name.clone())
                }
                PublicationObjSpecType::PublicationobjTablesInCurSchema => {
                    publication.schemas.push(self.creation_schema().to_owned());
                }
                _ => {
                    let Some(table) = &spec.pubtable else { continue };
                    let Some(name) = table.relation.as_ref().map(|rel| self.resolve(rel)) else { continue };
                    let filter =
                        tree::boxed(table.where_clause.as_deref()).map(tree::columns).unwrap_or_default();
                    if !table.columns.is_empty() {
                        let columns = tree::texts(&table.columns).into_iter().map(str::to_owned).collect();
                        publication.lists.push((name.clone(), columns));
                    }
                    publication.tables.push((name, filter.into_iter().map(str::to_owned).collect()));
                }
            }
        }
    }
}

fn domain_constraint(domain: &Rel, given: &str, label: &str) -> String {
    if given.is_empty() { object_name(&domain.name, "", label) } else { given.to_owned() }
}

/// Whether updates or deletes are published: all is, unless `publish` says otherwise.
fn publishes_changes(options: &[Node]) -> bool {
    let said = tree::option(options, "publish").and_then(|it| it.arg.as_deref().and_then(tree::text));
    said.is_none_or(|said| said.split(',').any(|word| matches!(word.trim(), "update" | "delete")))
}
