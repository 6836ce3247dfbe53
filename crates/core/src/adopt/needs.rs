//! What a statement creates, alters, drops and uses, by name: why one file has to come before another.
//!
//! Bodies of functions in languages that the server does not look into are not looked into here either. What a name
//! means is not known, so it is compared without its schema where one side gives none.

use std::collections::BTreeSet;

use cutover_sql::tree::{
    self, AlterTableType, ColumnDef, ConstrType, Node, NodeEnum, ObjectType, RangeVar, RoleSpec,
    RoleSpecType, TypeName, boxed, inner,
};
use serde::Serialize;

use super::script::Item;

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// A table, view, sequence, index.
    Relation,
    /// A column; its name stands alone.
    Column,
    /// A type or domain.
    Type,
    /// A function, procedure or aggregate.
    Routine,
    /// A schema.
    Schema,
    /// A role.
    Role,
    /// An extension.
    Extension,
}

/// An object as it is named in a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Named {
    /// What it is.
    pub sort: Sort,
    /// Its schema, where that was written.
    pub schema: Option<String>,
    /// Its name.
    pub name: String,
}

impl Named {
    fn of(sort: Sort, (schema, name): (Option<&str>, &str)) -> Self {
        Self { sort, schema: schema.map(str::to_owned), name: name.to_owned() }
    }

    /// Whether both may be the same object. A table is also the type of its rows.
    pub fn may_be(&self, other: &Self) -> bool {
        let sorts = [self.sort, other.sort];
        let is_sort = self.sort == other.sort || sorts == [Sort::Relation, Sort::Type];
        let is_schema = match (&self.schema, &other.schema) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        is_sort && is_schema && self.name == other.name
    }

    /// Whether it is a table, or named like one.
    pub fn is_relation(&self) -> bool {
        self.sort == Sort::Relation
    }

    /// For people: `mart.daily`.
    pub fn path(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{schema}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What a statement names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Names {
    /// What is there after it and was not before.
    pub creates: BTreeSet<Named>,
    /// What it changes.
    pub alters: BTreeSet<Named>,
    /// What it drops.
    pub drops: BTreeSet<Named>,
    /// What has to be there.
    pub uses: BTreeSet<Named>,
}

impl Names {
    /// Whether it makes something of this name, as it stands in an error message: `mart.daily`, `rollout`.
    pub fn makes(&self, name: &str) -> bool {
        let last = name.rsplit('.').next().unwrap_or(name).trim_matches('"');
        self.creates.iter().any(|it| it.name == last)
    }
}

/// What all statements of a file name. What it creates itself it does not need.
pub fn of_items(items: &[Item]) -> Names {
    let mut all = Names::default();
    for (_, node) in items.iter().filter_map(Item::statement) {
        let one = of(node);
        all.uses.extend(one.uses.into_iter().filter(|used| !all.creates.iter().any(|it| it.may_be(used))));
        all.creates.extend(one.creates);
        all.alters.extend(one.alters);
        all.drops.extend(one.drops);
    }
    all
}

/// What a statement names.
pub fn of(node: &NodeEnum) -> Names {
    let mut names = Names::default();
    names.statement(node);
    tree::visit(node, &mut |node| match node {
        NodeEnum::RangeVar(it) => names.use_relation(Some(it)),
        NodeEnum::FuncCall(it) => names.use_name(Sort::Routine, tree::qualified(&it.funcname)),
        NodeEnum::TypeCast(it) => names.use_type(it.type_name.as_ref()),
        _ => {}
    });
    let creates = names.creates.clone();
    names.uses.retain(|used| !creates.contains(used));
    names
}

/// The roles that a statement needs.
pub fn roles(node: &NodeEnum) -> Vec<String> {
    let names = of(node);
    names.uses.into_iter().filter(|it| it.sort == Sort::Role).map(|it| it.name).collect()
}

/// The roles that a statement creates.
pub fn created_role(node: &NodeEnum) -> Option<&str> {
    match node {
        NodeEnum::CreateRoleStmt(it) => Some(&it.role),
        _ => None,
    }
}

impl Names {
    fn use_name(&mut self, sort: Sort, name: (Option<&str>, &str)) {
        // what every database has
        if !name.1.is_empty() && name.0 != Some("pg_catalog") {
            self.uses.insert(Named::of(sort, name));
        }
    }

    fn use_relation(&mut self, relation: Option<&RangeVar>) {
        if let Some(it) = relation {
            self.use_name(Sort::Relation, (tree::schema(it), &it.relname));
            if !it.schemaname.is_empty() {
                self.use_name(Sort::Schema, (None, &it.schemaname));
            }
        }
    }

    fn use_type(&mut self, name: Option<&TypeName>) {
        if let Some(it) = name {
            self.use_name(Sort::Type, tree::qualified(&it.names));
        }
    }

    fn use_role(&mut self, role: Option<&RoleSpec>) {
        if let Some(it) = role
            && it.roletype() == RoleSpecType::RolespecCstring
        {
            self.use_name(Sort::Role, (None, &it.rolename));
        }
    }

    fn use_roles(&mut self, roles: &[Node]) {
        for role in roles.iter().filter_map(inner) {
            if let NodeEnum::RoleSpec(it) = role {
                self.use_role(Some(it));
            }
        }
    }

    fn create(&mut self, sort: Sort, name: (Option<&str>, &str)) {
        if let Some(schema) = name.0 {
            self.use_name(Sort::Schema, (None, schema));
        }
        self.creates.insert(Named::of(sort, name));
    }

    fn create_relation(&mut self, relation: Option<&RangeVar>) {
        if let Some(it) = relation {
            self.create(Sort::Relation, (tree::schema(it), &it.relname));
        }
    }

    fn column(&mut self, it: &ColumnDef) {
        self.creates.insert(Named::of(Sort::Column, (None, &it.colname)));
        self.use_type(it.type_name.as_ref());
        for constraint in &it.constraints {
            self.element(constraint);
        }
    }

    /// A column or constraint of a table.
    fn element(&mut self, node: &Node) {
        match inner(node) {
            Some(NodeEnum::ColumnDef(it)) => self.column(it),
            Some(NodeEnum::Constraint(it)) => {
                if it.contype() == ConstrType::ConstrForeign {
                    self.use_relation(it.pktable.as_ref());
                }
                for part in [&it.raw_expr, &it.where_clause] {
                    if let Some(node) = boxed(part.as_deref()) {
                        let used = of(node).uses;
                        self.uses.extend(used);
                    }
                }
            }
            Some(NodeEnum::TableLikeClause(it)) => self.use_relation(it.relation.as_ref()),
            _ => {}
        }
    }

    fn query(&mut self, node: Option<&Node>) {
        if let Some(node) = boxed(node) {
            let used = of(node).uses;
            self.uses.extend(used);
        }
    }

    fn statement(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateStmt(it) => {
                self.create_relation(it.relation.as_ref());
                it.table_elts.iter().for_each(|element| self.element(element));
                it.inh_relations.iter().filter_map(inner).for_each(|parent| {
                    if let NodeEnum::RangeVar(parent) = parent {
                        self.use_relation(Some(parent));
                    }
                });
                self.use_type(it.of_typename.as_ref());
            }
            NodeEnum::ViewStmt(it) => {
                self.create_relation(it.view.as_ref());
                self.query(it.query.as_deref());
            }
            NodeEnum::CreateTableAsStmt(it) => {
                self.create_relation(it.into.as_deref().and_then(|into| into.rel.as_ref()));
                self.query(it.query.as_deref());
            }
            NodeEnum::CreateSeqStmt(it) => self.create_relation(it.sequence.as_ref()),
            NodeEnum::IndexStmt(it) => {
                self.use_relation(it.relation.as_ref());
                if !it.idxname.is_empty() {
                    let schema = it.relation.as_ref().and_then(tree::schema);
                    self.creates.insert(Named::of(Sort::Relation, (schema, &it.idxname)));
                }
            }
            NodeEnum::CreateEnumStmt(it) => self.create(Sort::Type, tree::qualified(&it.type_name)),
            NodeEnum::CreateDomainStmt(it) => {
                self.create(Sort::Type, tree::qualified(&it.domainname));
                self.use_type(it.type_name.as_ref());
            }
            NodeEnum::CompositeTypeStmt(it) => {
                if let Some(name) = &it.typevar {
                    self.create(Sort::Type, (tree::schema(name), &name.relname));
                }
                it.coldeflist.iter().for_each(|column| self.element(column));
            }
            NodeEnum::CreateSchemaStmt(it) => {
                self.creates.insert(Named::of(Sort::Schema, (None, &it.schemaname)));
                self.use_role(it.authrole.as_ref());
            }
            NodeEnum::CreateExtensionStmt(it) => {
                self.creates.insert(Named::of(Sort::Extension, (None, &it.extname)));
            }
            NodeEnum::CreateRoleStmt(it) => {
                self.creates.insert(Named::of(Sort::Role, (None, &it.role)));
            }
            _ => self.rest(node),
        }
    }

    /// Statements that create routines or nothing.
    fn rest(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateFunctionStmt(it) => {
                self.create(Sort::Routine, tree::qualified(&it.funcname));
                self.use_type(it.return_type.as_ref());
                for parameter in it.parameters.iter().filter_map(inner) {
                    if let NodeEnum::FunctionParameter(parameter) = parameter {
                        self.use_type(parameter.arg_type.as_ref());
                    }
                }
            }
            NodeEnum::CreateTrigStmt(it) => {
                self.use_relation(it.relation.as_ref());
                self.use_name(Sort::Routine, tree::qualified(&it.funcname));
            }
            NodeEnum::AlterTableStmt(it) => {
                self.use_relation(it.relation.as_ref());
                if let Some(it) = &it.relation {
                    self.alters.insert(Named::of(Sort::Relation, (tree::schema(it), &it.relname)));
                }
                it.cmds.iter().for_each(|command| self.command(command));
            }
            NodeEnum::RenameStmt(it) => {
                self.use_relation(it.relation.as_ref());
                let sort = match it.rename_type() {
                    ObjectType::ObjectColumn => Sort::Column,
                    ObjectType::ObjectSchema => Sort::Schema,
                    ObjectType::ObjectType => Sort::Type,
                    ObjectType::ObjectFunction | ObjectType::ObjectProcedure => Sort::Routine,
                    _ => Sort::Relation,
                };
                let schema = it.relation.as_ref().and_then(tree::schema).filter(|_| sort == Sort::Relation);
                self.creates.insert(Named::of(sort, (schema, &it.newname)));
            }
            NodeEnum::GrantStmt(it) => {
                self.use_objects(it.objtype(), &it.objects);
                self.use_roles(&it.grantees);
            }
            NodeEnum::GrantRoleStmt(it) => {
                for role in it.granted_roles.iter().filter_map(inner) {
                    if let NodeEnum::AccessPriv(role) = role {
                        self.use_name(Sort::Role, (None, &role.priv_name));
                    }
                }
                self.use_roles(&it.grantee_roles);
            }
            NodeEnum::AlterDefaultPrivilegesStmt(it) => {
                if let Some(action) = &it.action {
                    self.use_roles(&action.grantees);
                }
            }
            NodeEnum::AlterOwnerStmt(it) => self.use_role(it.newowner.as_ref()),
            NodeEnum::CreatePolicyStmt(it) => {
                self.use_relation(it.table.as_ref());
                self.use_roles(&it.roles);
                self.query(it.qual.as_deref());
                self.query(it.with_check.as_deref());
            }
            NodeEnum::AlterEnumStmt(it) => self.use_name(Sort::Type, tree::qualified(&it.type_name)),
            NodeEnum::InsertStmt(it) => self.use_relation(it.relation.as_ref()),
            NodeEnum::UpdateStmt(it) => self.use_relation(it.relation.as_ref()),
            NodeEnum::DeleteStmt(it) => self.use_relation(it.relation.as_ref()),
            NodeEnum::CopyStmt(it) => self.use_relation(it.relation.as_ref()),
            NodeEnum::RefreshMatViewStmt(it) => self.use_relation(it.relation.as_ref()),
            NodeEnum::DropStmt(it) => {
                let sort = sort_of(it.remove_type());
                let named = it.objects.iter().map(|node| Named::of(sort, tree::name_of(node)));
                self.drops.extend(named);
            }
            _ => {}
        }
    }

    fn command(&mut self, node: &Node) {
        let Some(NodeEnum::AlterTableCmd(it)) = inner(node) else { return };
        self.use_role(it.newowner.as_ref());
        if it.subtype() != AlterTableType::AtAddColumn && !it.name.is_empty() {
            self.use_name(Sort::Column, (None, &it.name));
        }
        if let Some(node) = it.def.as_deref() {
            self.element(node);
        }
    }

    fn use_objects(&mut self, kind: ObjectType, objects: &[Node]) {
        for object in objects {
            self.use_name(sort_of(kind), tree::name_of(object));
        }
    }
}

fn sort_of(kind: ObjectType) -> Sort {
    match kind {
        ObjectType::ObjectFunction
        | ObjectType::ObjectProcedure
        | ObjectType::ObjectRoutine
        | ObjectType::ObjectAggregate => Sort::Routine,
        ObjectType::ObjectSchema => Sort::Schema,
        ObjectType::ObjectType | ObjectType::ObjectDomain => Sort::Type,
        ObjectType::ObjectExtension => Sort::Extension,
        ObjectType::ObjectRole => Sort::Role,
        _ => Sort::Relation,
    }
}

#[cfg(test)]
mod tests {
    use cutover_sql::span::Span;
    use cutover_sql::statement::parse_all;

    use super::*;

    fn names(sql: &str) -> Names {
        let all = parse_all(sql, Span::new(0, sql.len())).expect("it is SQL");
        of(&all[0].1)
    }

    fn shown(set: &BTreeSet<Named>) -> Vec<String> {
        set.iter().map(|it| format!("{:?} {}", it.sort, it.path())).collect()
    }

    #[test]
    fn a_table_needs_its_types_and_the_tables_it_refers_to() {
        let it =
            names("CREATE TABLE shop.item (id int REFERENCES shop.kind, path ltree, n int CHECK (ok(n)))");
        assert_eq!(shown(&it.creates)[0], "Relation shop.item");
        for used in ["Relation shop.kind", "Type ltree", "Routine ok", "Schema shop"] {
            assert!(shown(&it.uses).contains(&used.to_owned()), "{:?}", shown(&it.uses));
        }
    }

    #[test]
    fn a_grant_needs_its_role_and_its_object() {
        let it = names("GRANT SELECT ON a.b, c TO reader, PUBLIC, CURRENT_USER");
        assert_eq!(shown(&it.uses), ["Relation c", "Relation a.b", "Role reader"]);
    }

    #[test]
    fn a_view_needs_what_its_query_reads() {
        let it = names("CREATE MATERIALIZED VIEW m AS SELECT f(a.x) FROM a JOIN s.b USING (id)");
        for used in ["Relation a", "Relation s.b", "Routine f"] {
            assert!(shown(&it.uses).contains(&used.to_owned()), "{:?}", shown(&it.uses));
        }
    }

    #[test]
    fn an_error_message_finds_who_makes_the_object() {
        let it = names("ALTER TABLE flags ADD COLUMN rollout int");
        assert!(it.makes("rollout") && !it.makes("flags"));
        assert!(names("CREATE VIEW mart.daily AS SELECT 1").makes("mart.daily"));
    }
}
