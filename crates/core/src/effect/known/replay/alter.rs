//! `ALTER TABLE`: each subcommand, as far as it changes what is known.

use cutover_sql::tree::{self, AlterTableCmd, AlterTableStmt, AlterTableType, AtAlterConstraint, NodeEnum};

use super::super::{
    Constraint, ConstraintKind, DataType, Kind, Known, Mentions, Rel, ReplicaIdentity, default_text,
};
use super::collation_of;

impl Known {
    pub(super) fn alter_table(&mut self, it: &AlterTableStmt) {
        let Some(written) = &it.relation else { return };
        let name = self.resolve(written);
        // what is done to the attributes of a type is done to the columns of its tables
        for table in self.tables_of(&name).into_iter().chain([name]) {
            for command in &it.cmds {
                if let Some(NodeEnum::AlterTableCmd(command)) = tree::inner(command) {
                    self.alter(&table, command);
                }
            }
        }
    }

    fn alter(&mut self, table: &Rel, it: &AlterTableCmd) {
        let definition = tree::boxed(it.def.as_deref());
        let command_name = &it.name;
        match it.subtype() {
            AlterTableType::AtAddColumn => {
                if let Some(NodeEnum::ColumnDef(column)) = definition {
                    let is_there = self.get(table).is_some_and(|it| it.column(&column.colname).is_some());
                    if !is_there {
                        self.add_column(table, column);
                    }
                }
            }
            AlterTableType::AtDropColumn => self.drop_column(table, &it.name),
            AlterTableType::AtSetNotNull => {
                self.set_not_null(table, std::slice::from_ref(&it.name), true, false)
            }
            AlterTableType::AtDropNotNull => {
                self.set_not_null(table, std::slice::from_ref(&it.name), false, false)
            }
            AlterTableType::AtColumnDefault => {
                let (era, expression) = (self.era, definition.filter(|it| !tree::is_null(it)));
                let names = definition.map(|it| self.mentions(it)).unwrap_or_default();
                self.each_column(table, &it.name, |column| {
                    column.default = expression.is_some();
                    column.default_text = expression.map(default_text).unwrap_or_default();
                    column.default_made = era;
                    column.names = names.clone();
                });
            }
            AlterTableType::AtAddIdentity => {
                let era = self.era;
                self.each_column(table, &it.name, |column| {
                    (column.identity, column.default, column.default_made) = (true, true, era);
                })
            }
            AlterTableType::AtSetExpression => {
                let names = definition.map(|it| self.mentions(it)).unwrap_or_default();
                let uses = definition.map(tree::columns).unwrap_or_default();
                let uses: Vec<String> = uses.into_iter().map(str::to_owned).collect();
                self.each_column(table, &it.name, |column| {
                    column.names = names.clone();
                    column.generated.iter_mut().for_each(|generated| generated.uses = uses.clone());
                });
            }
            AlterTableType::AtDropIdentity => self.each_column(table, &it.name, |column| {
                (column.identity, column.default) = (false, false);
            }),
            AlterTableType::AtDropExpression => self.each_column(table, &it.name, |column| {
                (column.generated, column.default) = (None, false);
                column.names = Mentions::default();
            }),
            AlterTableType::AtAlterColumnType => {
                if let Some(NodeEnum::ColumnDef(column)) = definition {
                    let mut data_type = self.data_type(column.type_name.as_ref());
                    data_type.collation = collation_of(column);
                    let old =
                        self.get(table).and_then(|it| it.column(command_name)).map(|c| c.data_type.clone());
                    self.each_column(table, &it.name, |column| column.data_type = data_type.clone());
                    self.identity_counts_in(table, &it.name, &data_type.name);
                    self.forget_claims(table, &it.name, old.is_some_and(|old| is_wider(&old, &data_type)));
                }
            }
            AlterTableType::AtAddConstraint => {
                if let Some(NodeEnum::Constraint(constraint)) = definition {
                    self.add_constraint(table, constraint, None);
                }
            }
            AlterTableType::AtDropConstraint => self.drop_constraint(table, &it.name),
            AlterTableType::AtValidateConstraint => {
                for table in self.tree(table) {
                    let Some(relation) = self.relations.get_mut(&table) else { continue };
                    let Some(found) = relation.constraints.iter_mut().find(|c| c.name == it.name) else {
                        continue;
                    };
                    found.valid = true;
                    let columns = match &found.kind {
                        ConstraintKind::NotNull => found.columns.clone(),
                        _ => Vec::new(),
                    };
                    self.set_not_null(&table, &columns, true, false);
                }
            }
            AlterTableType::AtAlterConstraint => {
                if let Some(NodeEnum::AtalterConstraint(change)) = definition {
                    self.alter_constraint(table, change);
                }
            }
            AlterTableType::AtChangeOwner => {
                if let Some(role) = &it.newowner {
                    self.own(table, &role.rolename);
                }
            }
            AlterTableType::AtClusterOn => {
                let index = table.sibling(command_name.clone());
                self.with(table, |it| it.clustered = Some(index));
            }
            AlterTableType::AtDropCluster => self.with(table, |it| it.clustered = None),
            AlterTableType::AtEnableTrig
            | AlterTableType::AtEnableAlwaysTrig
            | AlterTableType::AtEnableTrigAll
            | AlterTableType::AtEnableTrigUser => self.switch(table, command_name, true),
            AlterTableType::AtDisableTrig
            | AlterTableType::AtDisableTrigAll
            | AlterTableType::AtDisableTrigUser
            | AlterTableType::AtEnableReplicaTrig => self.switch(table, command_name, false),
            AlterTableType::AtSetLogged => self.with(table, |it| it.unlogged = false),
            AlterTableType::AtSetUnLogged => self.with(table, |it| it.unlogged = true),
            AlterTableType::AtSetAccessMethod => {
                self.with(table, |it| it.access_method = Some(command_name.clone()))
            }
            AlterTableType::AtSetTableSpace => {
                self.with(table, |it| it.tablespace = Some(command_name.clone()))
            }
            AlterTableType::AtEnableRowSecurity => self.with(table, |it| it.row_security = true),
            AlterTableType::AtDisableRowSecurity => self.with(table, |it| it.row_security = false),
            AlterTableType::AtReplicaIdentity => {
                if let Some(NodeEnum::ReplicaIdentityStmt(identity)) = definition {
                    let identity = match identity.identity_type.as_str() {
                        "n" => ReplicaIdentity::Nothing,
                        "f" => ReplicaIdentity::Full,
                        "i" => ReplicaIdentity::Index,
                        _ => ReplicaIdentity::Default,
                    };
                    self.with(table, |it| it.replica_identity = identity);
                }
            }
            AlterTableType::AtAddInherit => {
                if let Some(NodeEnum::RangeVar(parent)) = definition {
                    let parent = self.resolve(parent);
                    self.inherit(table, &parent);
                }
            }
            AlterTableType::AtDropInherit => {
                if let Some(NodeEnum::RangeVar(parent)) = definition {
                    let parent = self.resolve(parent);
                    self.disinherit(table, &parent);
                }
            }
            AlterTableType::AtAttachPartition => self.attach(table, definition),
            AlterTableType::AtDetachPartition | AlterTableType::AtDetachPartitionFinalize => {
                if let Some(NodeEnum::PartitionCmd(command)) = definition
                    && let Some(child) = command.name.as_ref().map(|rel| self.resolve(rel))
                {
                    if command.concurrent {
                        self.keep_bounds(&child);
                    }
                    self.disinherit(&child, table);
                    let own = self.get(&child).map(|it| it.indexes.clone()).unwrap_or_default();
                    for index in own {
                        if let Some(index) = self.relations.get_mut(&index).and_then(|it| it.index.as_mut()) {
                            index.part_of = None;
                        }
                    }
                    self.with(&child, |it| it.partition = None);
                }
            }
            AlterTableType::AtAddOf => {
                if let Some(NodeEnum::TypeName(of)) = definition {
                    let (schema, of) = tree::qualified(&of.names);
                    let of = self.named(schema, of);
                    self.with(table, |it| it.of_type = Some(of));
                    self.has_typed = true;
                }
            }
            AlterTableType::AtDropOf => self.with(table, |it| it.of_type = None),
            _ => {}
        }
    }

    /// The sequence of an identity column has the column's type; that of a serial column stays as it is.
    fn identity_counts_in(&mut self, table: &Rel, column: &str, counts_in: &str) {
        let Some(relation) = self.get(table) else { return };
        if !relation.column(column).is_some_and(|it| it.identity) {
            return;
        }
        for sequence in relation.sequences.clone() {
            let of_it = |of: &(Rel, String)| of.1 == column;
            if let Some(it) = self.relations.get_mut(&sequence).filter(|it| it.of.as_ref().is_some_and(of_it))
            {
                it.counts_in = Some(counts_in.to_owned());
            }
        }
    }

    fn alter_constraint(&mut self, table: &Rel, change: &AtAlterConstraint) {
        let found = self.get(table).and_then(|it| it.constraint(&change.conname)).cloned();
        if change.alter_enforceability {
            for table in self.tree(table) {
                let Some(relation) = self.relations.get_mut(&table) else { continue };
                if let Some(found) = relation.constraints.iter_mut().find(|c| c.name == change.conname) {
                    (found.enforced, found.valid) = (change.is_enforced, change.is_enforced);
                }
            }
        }
        if let Some(found) = found.filter(|_| change.alter_inheritability) {
            self.with(table, |it| {
                let own = it.constraints.iter_mut().filter(|c| c.name == change.conname);
                own.for_each(|c| c.no_inherit = change.noinherit);
            });
            if !change.noinherit {
                self.set_not_null(table, &found.columns, true, false);
                self.push_constraint(table, Constraint { no_inherit: false, ..found });
            }
        }
    }

    /// An owner has the indexes and the sequences, too.
    pub(super) fn own(&mut self, name: &Rel, role: &str) {
        let parts = self.get(name).map(|it| [it.indexes.clone(), it.sequences.clone()].concat());
        for name in parts.into_iter().flatten().chain([name.clone()]) {
            if let Some(it) = self.relations.get_mut(&name) {
                it.owner = Some(role.to_owned());
            }
        }
    }

    fn switch(&mut self, table: &Rel, trigger: &str, enabled: bool) {
        let is_partitioned = self.get(table).is_some_and(|it| it.kind == Kind::Partitioned);
        for table in if is_partitioned { self.tree(table) } else { vec![table.clone()] } {
            self.with(&table, |it| {
                let meant = it.triggers.iter_mut().filter(|t| trigger.is_empty() || t.name == trigger);
                meant.for_each(|t| t.enabled = enabled);
            });
        }
    }

    /// What a check says of a column of another type is not known any more.
    fn forget_claims(&mut self, table: &Rel, column: &str, numbers_stay: bool) {
        for table in self.tree(table) {
            let Some(relation) = self.relations.get_mut(&table) else { continue };
            for constraint in &mut relation.constraints {
                if let ConstraintKind::Check { says, .. } = &mut constraint.kind {
                    says.forget(column, numbers_stay);
                }
            }
        }
    }

    fn attach(&mut self, table: &Rel, definition: Option<&NodeEnum>) {
        let Some(NodeEnum::PartitionCmd(command)) = definition else { return };
        let Some(child) = command.name.as_ref().map(|rel| self.resolve(rel)) else { return };
        // ALTER INDEX ... ATTACH PARTITION has an index on both sides
        if let Some(index) = self.relations.get_mut(&child).and_then(|it| it.index.as_mut()) {
            index.part_of = Some(table.clone());
            return;
        }
        self.inherit(&child, table);
        if let Some(bound) = &command.bound {
            self.set_partition(&child, bound);
        }
        self.copy_keys(&child, table);
    }

    /// `DETACH ... CONCURRENTLY` leaves the bounds behind as a check, unless the partition has one that says so.
    /// Source: `DetachAddConstraintIfNeeded`.
    fn keep_bounds(&mut self, child: &Rel) {
        let Some(relation) = self.get(child) else { return };
        let Some(bound) = &relation.partition else { return };
        if bound.says.as_ref().is_some_and(|says| self.facts(relation).implies(says)) {
            return;
        }
        if let Some(inside) = bound.inside.clone() {
            self.apply_text(&format!("ALTER TABLE {} ADD CHECK ({inside})", child.path()));
        }
    }

    fn disinherit(&mut self, child: &Rel, parent: &Rel) {
        self.with(parent, |it| it.children.retain(|c| c != child));
        self.with(child, |it| it.parents.retain(|p| p != parent));
    }

    fn with(&mut self, table: &Rel, change: impl FnOnce(&mut super::super::Relation)) {
        change(self.mention(table));
    }

    fn each_column(&mut self, table: &Rel, name: &str, change: impl Fn(&mut super::super::Column)) {
        for table in self.tree(table) {
            if let Some(column) = self.relations.get_mut(&table).and_then(|it| it.column_mut(name)) {
                change(column);
            }
        }
    }

    pub(super) fn drop_column(&mut self, table: &Rel, name: &str) {
        for table in self.tree(table) {
            let Some(relation) = self.relations.get_mut(&table) else { continue };
            if let Some(columns) = &mut relation.columns {
                columns.retain(|column| {
                    let made_of_it =
                        column.generated.as_ref().is_some_and(|g| g.uses.iter().any(|u| u == name));
                    column.name != name && !made_of_it
                });
            }
            let uses = |c: &Constraint| c.columns.iter().any(|column| column == name);
            let gone: Vec<String> =
                relation.constraints.iter().filter(|c| uses(c)).map(|c| c.name.clone()).collect();
            relation.triggers.retain(|trigger| !trigger.uses.iter().any(|u| u == name));
            relation.policies.retain(|policy| !policy.uses.iter().any(|u| u == name));
            let sequences = relation.sequences.clone();
            for constraint in gone {
                self.drop_one_constraint(&table, &constraint);
            }
            let indexes: Vec<Rel> = self
                .indexes(&table)
                .filter(|(_, index)| index.uses.iter().any(|u| u == name))
                .map(|(rel, _)| rel.clone())
                .collect();
            let owned = sequences.into_iter().filter(|sequence| {
                self.get(sequence).and_then(|it| it.of.as_ref()).is_some_and(|(_, column)| column == name)
            });
            let owned: Vec<Rel> = owned.collect();
            for gone in indexes.into_iter().chain(owned) {
                self.remove(&gone);
            }
        }
    }

    fn drop_constraint(&mut self, table: &Rel, name: &str) {
        for table in self.tree(table) {
            self.drop_one_constraint(&table, name);
        }
    }

    pub(super) fn drop_one_constraint(&mut self, table: &Rel, name: &str) {
        let Some(relation) = self.relations.get_mut(table) else { return };
        let Some(at) = relation.constraints.iter().position(|c| c.name == name) else { return };
        let gone = relation.constraints.remove(at);
        if gone.has_index() {
            let own = table.sibling(gone.name);
            let below: Vec<Rel> = self.parts_of(&own);
            for rel in below.into_iter().chain([own]) {
                if let Some((on, _)) = self.get(&rel).and_then(|it| it.of.clone())
                    && let Some(it) = self.relations.get_mut(&on)
                {
                    it.constraints.retain(|c| c.name != rel.name);
                }
                self.remove(&rel);
            }
        } else if gone.kind == ConstraintKind::NotNull {
            self.set_not_null(table, &gone.columns, false, true);
        } else if let ConstraintKind::ForeignKey { to, .. } = gone.kind {
            self.forget_reference(table, &to);
        }
    }

    /// The indexes of partitions that belong to an index.
    pub fn parts_of(&self, index: &Rel) -> Vec<Rel> {
        let Some((table, _)) = self.index(index) else { return Vec::new() };
        let mut found = Vec::new();
        for table in self.tree(table).iter().skip(1) {
            let parts = self.indexes(table).filter(|(_, it)| {
                it.part_of.as_ref().is_some_and(|above| above == index || found.contains(above))
            });
            let parts: Vec<Rel> = parts.map(|(rel, _)| rel.clone()).collect();
            found.extend(parts);
        }
        found
    }

    pub(super) fn forget_reference(&mut self, table: &Rel, to: &Rel) {
        let still = self.get(table).is_some_and(|it| {
            it.constraints
                .iter()
                .any(|c| matches!(&c.kind, ConstraintKind::ForeignKey { to: other, .. } if other == to))
        });
        if !still && let Some(it) = self.relations.get_mut(to) {
            it.referenced_by.retain(|from| from != table);
        }
    }
}

/// Whether integers of one type compare with those of another as they are.
fn is_wider(old: &DataType, new: &DataType) -> bool {
    let is_whole = |it: &DataType| ["int2", "int4", "int8"].iter().any(|name| it.is(name));
    is_whole(old) && (is_whole(new) || new.is("numeric"))
}
