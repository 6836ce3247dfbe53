//! New tables, triggers, policies, rules and publications; and what has no effect on relations.

use cutover_sql::tree::{
    self, AlterPublicationAction, AlterTableMoveAllStmt, CreatePolicyStmt, CreateStmt, CreateTrigStmt, Node,
    NodeEnum, ObjectType, PublicationObjSpecType, TableLikeClause,
};

use super::{Break, Loss, Mode, Rel, Work, assignment};
use crate::effect::known::{Kind, Known};
use crate::effect::query::uses;

impl Work<'_> {
    pub(super) fn other(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::CreateForeignTableStmt(it) => {
                if let Some(base) = &it.base_stmt {
                    let indexes = self.written(&base.inh_relations);
                    self.create_table(base);
                    // a foreign table has none
                    for parent in indexes {
                        for index in self.known.get(&parent).map(|p| p.indexes.clone()).unwrap_or_default() {
                            self.out.locks.remove(&index);
                        }
                    }
                }
            }
            NodeEnum::CreateTrigStmt(it) => self.create_trigger(it),
            NodeEnum::CreatePolicyStmt(it) => self.create_policy(it),
            NodeEnum::AlterPolicyStmt(it) => {
                self.lock_written(it.table.as_ref(), Mode::AccessExclusive);
                for expression in
                    [&it.qual, &it.with_check].into_iter().filter_map(|e| tree::boxed(e.as_deref()))
                {
                    self.names(expression);
                }
            }
            NodeEnum::RuleStmt(it) => {
                self.lock_written(it.relation.as_ref(), Mode::AccessExclusive);
                for action in it.actions.iter().filter_map(tree::inner) {
                    self.names(action);
                }
            }
            NodeEnum::CreateStatsStmt(it) => self.create_statistics(it),
            NodeEnum::CreateSeqStmt(it) => self.owned_by(&it.options),
            NodeEnum::AlterSeqStmt(it) => {
                self.lock_written(it.sequence.as_ref(), Mode::ShareRowExclusive);
                self.owned_by(&it.options);
            }
            NodeEnum::CreateSchemaStmt(it) => {
                for node in it.schema_elts.iter().filter_map(tree::inner) {
                    self.statement(node);
                }
            }
            NodeEnum::CreatePublicationStmt(it) => {
                self.published(&it.pubobjects);
                self.cannot_identify(node);
            }
            NodeEnum::AlterPublicationStmt(it) => {
                self.published(&it.pubobjects);
                let old = self.known.publication(&it.pubname).map(|it| it.tables.clone()).unwrap_or_default();
                let is_set = it.action() == AlterPublicationAction::ApSetObjects && !it.pubobjects.is_empty();
                for (table, _) in old.into_iter().filter(|_| is_set) {
                    self.lock(&table, Mode::ShareUpdateExclusive);
                }
                self.cannot_identify(node);
            }
            NodeEnum::AlterTableMoveAllStmt(it) => self.move_all(it),
            NodeEnum::DropdbStmt(it) => self.loses(Loss::Database { database: it.dbname.clone() }),
            NodeEnum::DropOwnedStmt(it) => {
                for role in roles(&it.roles) {
                    self.owned_goes(role);
                }
                self.unknown("everything that the role owns goes, and its rights on the rest".to_owned());
            }
            NodeEnum::ReassignOwnedStmt(it) => {
                for role in roles(&it.roles) {
                    self.owned_moves(role);
                }
                self.unknown("everything that the role owns gets another owner".to_owned());
            }
            NodeEnum::AlterExtensionContentsStmt(it) => {
                let is_relation = matches!(
                    it.objtype(),
                    ObjectType::ObjectTable
                        | ObjectType::ObjectView
                        | ObjectType::ObjectMatview
                        | ObjectType::ObjectSequence
                        | ObjectType::ObjectForeignTable
                );
                if let Some(object) = it.object.as_deref().filter(|_| is_relation) {
                    self.lock(&self.named(object), Mode::ShareUpdateExclusive);
                }
            }
            NodeEnum::AlterExtensionStmt(it) => {
                self.unknown(format!("the scripts of the extension {} change what they want", it.extname));
            }
            NodeEnum::ImportForeignSchemaStmt(_) => {}
            NodeEnum::AlterObjectDependsStmt(it) => {
                let weak = it.object_type() == tree::ObjectType::ObjectTrigger;
                self.lock_written(
                    it.relation.as_ref(),
                    if weak { Mode::AccessShare } else { Mode::AccessExclusive },
                );
            }
            NodeEnum::AlterSubscriptionStmt(_) | NodeEnum::CreateSubscriptionStmt(_) => {}
            NodeEnum::SecLabelStmt(it) => {
                if let Some(object) = it.object.as_deref() {
                    let name = self.named(object);
                    if self.known.get(&name).is_some() {
                        self.lock(&name, Mode::ShareUpdateExclusive);
                    }
                }
            }
            _ => {}
        }
    }

    pub(super) fn create_table(&mut self, it: &CreateStmt) {
        let Some(written) = &it.relation else { return };
        let name = self.known.resolve(written);
        if it.if_not_exists && self.known.get(&name).is_some() {
            return;
        }
        self.out.fails.extend(assignment::made_twice(&it.table_elts));
        if let Some(of) = &it.of_typename {
            let (schema, of) = tree::qualified(&of.names);
            self.lock(&self.known.named(schema, of), Mode::AccessShare);
        }
        let parents = self.written(&it.inh_relations);
        match (&it.partbound, parents.first()) {
            (Some(bound), Some(parent)) => self.partition_of(&parent.clone(), bound),
            _ => {
                for parent in &parents {
                    self.lock(parent, Mode::ShareUpdateExclusive);
                }
            }
        }
        for node in it.table_elts.iter().chain(&it.constraints).filter_map(tree::inner) {
            match node {
                NodeEnum::TableLikeClause(like) => self.like(like),
                NodeEnum::ColumnDef(column) => {
                    for constraint in column.constraints.iter().filter_map(tree::inner) {
                        self.references_of_new(&name, constraint);
                    }
                }
                NodeEnum::Constraint(_) => self.references_of_new(&name, node),
                _ => {}
            }
        }
    }

    /// A table that refers to itself locks nobody else.
    fn references_of_new(&mut self, name: &Rel, node: &NodeEnum) {
        if let NodeEnum::Constraint(it) = node
            && it.pktable.as_ref().is_some_and(|rel| self.known.resolve(rel) == *name)
        {
            return;
        }
        self.references(node);
    }

    fn like(&mut self, like: &TableLikeClause) {
        if let Some(other) = like.relation.as_ref().map(|rel| self.known.resolve(rel)) {
            self.lock(&other, Mode::AccessShare);
        }
    }

    fn create_trigger(&mut self, it: &CreateTrigStmt) {
        let Some(table) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) else { return };
        self.lock(&table, Mode::ShareRowExclusive);
        if it.row && self.kind(&table) == Kind::Partitioned {
            for one in self.known.tree(&table) {
                self.lock(&one, Mode::ShareRowExclusive);
            }
        }
        self.lock_written(it.constrrel.as_ref(), Mode::AccessShare);
    }

    fn create_policy(&mut self, it: &CreatePolicyStmt) {
        self.lock_written(it.table.as_ref(), Mode::AccessExclusive);
        for expression in [&it.qual, &it.with_check].into_iter().filter_map(|e| tree::boxed(e.as_deref())) {
            self.names(expression);
        }
    }

    /// What a definition names is opened as a query would.
    fn names(&mut self, node: &NodeEnum) {
        for one in uses(self.known, node) {
            self.lock(&one.relation, one.mode);
        }
    }

    /// `OWNED BY` looks at the table.
    fn owned_by(&mut self, options: &[Node]) {
        let owner = tree::option(options, "owned_by").and_then(|it| tree::boxed(it.arg.as_deref()));
        if let Some(NodeEnum::List(list)) = owner {
            let parts = tree::texts(&list.items);
            let table = match parts[..] {
                [schema, table, _] => Some(Rel::new(schema, table)),
                [table, _] => Some(self.known.named(None, table)),
                _ => None,
            };
            if let Some(table) = table {
                self.lock(&table, Mode::AccessShare);
            }
        }
    }

    fn published(&mut self, objects: &[Node]) {
        for node in objects.iter().filter_map(tree::inner) {
            let NodeEnum::PublicationObjSpec(spec) = node else { continue };
            if spec.pubobjtype() == PublicationObjSpecType::PublicationobjTablesInSchema {
                continue;
            }
            if let Some(table) = spec.pubtable.as_ref().and_then(|it| it.relation.as_ref()) {
                let name = self.known.resolve(table);
                for one in self.tree(&name, table.inh && self.kind(&name) != Kind::Partitioned) {
                    self.lock(&one, Mode::ShareUpdateExclusive);
                }
            }
        }
    }

    /// The tables whose UPDATE and DELETE are published from this statement on, and that cannot say which row they mean.
    fn cannot_identify(&mut self, node: &NodeEnum) {
        let mut after = self.known.clone();
        after.apply(node);
        let refuses = |known: &Known, table: &Rel| {
            known.published_by(table).iter().any(|(_, it)| it.changes) && !known.has_replica_identity(table)
        };
        let tables = self.known.relations().filter(|(name, it)| {
            it.kind == Kind::Table
                && !it.unlogged
                && !it.temporary
                && refuses(&after, name)
                && !refuses(self.known, name)
        });
        let mut tables: Vec<Rel> = tables.map(|(name, _)| name.clone()).collect();
        tables.sort();
        for table in tables {
            self.breaks(Break::NoIdentity { table });
        }
    }

    fn move_all(&mut self, it: &AlterTableMoveAllStmt) {
        let wanted = |kind: Kind| match it.objtype() {
            tree::ObjectType::ObjectIndex => kind == Kind::Index,
            tree::ObjectType::ObjectMatview => kind == Kind::MaterializedView,
            _ => kind == Kind::Table,
        };
        let names: Vec<Rel> = self
            .known
            .relations()
            .filter(|(_, rel)| {
                // a relation for which none was said is where the database is, usually in pg_default
                wanted(rel.kind)
                    && rel.tablespace.as_deref().unwrap_or("pg_default") == it.orig_tablespacename
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in names {
            self.lock(&name, Mode::AccessExclusive);
            self.set_tablespace(&name, &it.new_tablespacename);
        }
    }
}

/// The names of a list of roles.
fn roles(nodes: &[Node]) -> impl Iterator<Item = &str> {
    nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::RoleSpec(role) => Some(role.rolename.as_str()),
        _ => None,
    })
}
