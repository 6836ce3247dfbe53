//! What each kind of statement names, read off its tree.
//!
//! What a name may stand for is known to the module above.

use cutover_sql::tree::{
    self, AlterTableType, ColumnDef, ConstrType, Node, NodeEnum, ObjectType, RangeVar, RoleSpec,
    RoleSpecType, TypeName, boxed, inner,
};

use super::{Named, Names, Sort, of};

impl Names {
    pub(super) fn use_name(&mut self, sort: Sort, name: (Option<&str>, &str)) {
        // what every database has
        if !name.1.is_empty() && name.0 != Some("pg_catalog") {
            self.uses.insert(Named::of(sort, name));
        }
    }

    pub(super) fn use_relation(&mut self, relation: Option<&RangeVar>) {
        if let Some(it) = relation {
            self.use_name(Sort::Relation, (tree::schema(it), &it.relname));
            if !it.schemaname.is_empty() {
                self.use_name(Sort::Schema, (None, &it.schemaname));
            }
        }
    }

    pub(super) fn use_type(&mut self, name: Option<&TypeName>) {
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

    /// What a statement creates, alters and drops, and what it uses besides the relations and functions in its queries.
    pub(super) fn statement(&mut self, node: &NodeEnum) {
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
