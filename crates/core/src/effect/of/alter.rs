//! `ALTER TABLE`, `ALTER INDEX`, `ALTER VIEW` and their like: the lock of each subcommand, and what goes with it.
//!
//! One statement takes the strongest mode that any of its subcommands needs.

use cutover_sql::tree::{self, AlterTableCmd, AlterTableStmt, AlterTableType, DropBehavior, NodeEnum};

use super::level::mode_of;
use super::{Break, Mode, Rel, Rewrite, Scan, Work};
use crate::effect::known::{ConstraintKind, Kind};

/// One ALTER TABLE while it is looked at.
pub(super) struct Alter {
    /// The relation.
    pub table: Rel,
    /// It, and what inherits from it.
    pub tree: Vec<Rel>,
    /// The strongest mode.
    pub mode: Mode,
    /// The constraints that the same statement drops: drops run first.
    pub dropped: Vec<String>,
    /// The constraints that the same statement adds.
    pub added: Vec<tree::Constraint>,
    /// Whether the tables are rewritten by some subcommand.
    pub rewritten: bool,
}

impl Work<'_> {
    pub(super) fn alter_table(&mut self, it: &AlterTableStmt) {
        let Some(written) = &it.relation else { return };
        let table = self.known.resolve(written);
        if !self.exists(&table) {
            return;
        }
        let commands: Vec<&AlterTableCmd> = it
            .cmds
            .iter()
            .filter_map(|node| match tree::inner(node)? {
                NodeEnum::AlterTableCmd(command) => Some(command.as_ref()),
                _ => None,
            })
            .collect();
        let kind = self.kind(&table);
        if kind == Kind::Composite {
            self.alter_composite(&table, &commands);
            return;
        }
        let modes = commands.iter().map(|command| mode_of(command, kind));
        let mode = modes.max().unwrap_or(Mode::AccessExclusive);
        let dropped = commands.iter().filter(|c| c.subtype() == AlterTableType::AtDropConstraint);
        let added = commands.iter().filter_map(|c| match tree::boxed(c.def.as_deref()) {
            Some(NodeEnum::Constraint(constraint)) => Some(constraint.as_ref().clone()),
            _ => None,
        });
        let mut alter = Alter {
            tree: self.tree(&table, written.inh),
            mode,
            dropped: dropped.map(|c| c.name.clone()).collect(),
            added: added.collect(),
            rewritten: false,
            table: table.clone(),
        };
        self.lock(&table, mode);
        for command in commands {
            self.subcommand(&mut alter, command);
        }
    }

    fn lock_tree(&mut self, alter: &Alter) {
        for table in &alter.tree {
            self.lock(table, alter.mode);
        }
    }

    fn subcommand(&mut self, alter: &mut Alter, it: &AlterTableCmd) {
        use AlterTableType as T;
        let definition = tree::boxed(it.def.as_deref());
        match it.subtype() {
            T::AtAddColumn | T::AtAddColumnToView => {
                if let Some(NodeEnum::ColumnDef(column)) = definition {
                    self.add_column(alter, column);
                }
            }
            T::AtDropColumn => self.drop_column(alter, it),
            T::AtAlterColumnType => {
                if let Some(NodeEnum::ColumnDef(column)) = definition {
                    self.lock_tree(alter);
                    self.alter_type(alter, &it.name, column);
                }
            }
            T::AtColumnDefault => {
                self.lock_tree(alter);
                self.change_default(alter, &it.name, definition.filter(|it| !tree::is_null(it)));
            }
            T::AtSetNotNull => {
                self.lock_tree(alter);
                self.set_not_null(alter, &it.name);
            }
            T::AtDropNotNull => {
                self.lock_tree(alter);
                let column = it.name.clone();
                if self.known.get(&alter.table).is_none_or(|t| t.column(&column).is_none_or(|c| c.not_null)) {
                    self.breaks(Break::Nulls { table: alter.table.clone(), column });
                }
            }
            T::AtSetStatistics | T::AtSetStorage | T::AtSetCompression => {
                // an index has its columns by number, and nothing inherits from it
                self.lock_tree(alter);
            }
            T::AtSetExpression => self.set_expression(alter, &it.name),
            T::AtDropExpression => self.lock_tree(alter),
            T::AtAddIdentity => self.identity(alter, &it.name, None),
            T::AtSetIdentity => self.identity(alter, &it.name, Some(Mode::ShareRowExclusive)),
            T::AtDropIdentity => {
                self.identity(alter, &it.name, Some(Mode::AccessExclusive));
                self.change_default(alter, &it.name, None);
            }
            T::AtAddConstraint | T::AtAddIndex | T::AtAddIndexConstraint => {
                // since 18 everything that inherits is locked first
                if self.known.major >= 18 {
                    self.lock_tree(alter);
                }
                if let Some(NodeEnum::Constraint(constraint)) = definition {
                    self.add_constraint(alter, constraint, None);
                }
            }
            T::AtDropConstraint => self.drop_constraint(alter, it),
            T::AtValidateConstraint => self.validate(alter, &it.name),
            T::AtAlterConstraint => {
                if let Some(NodeEnum::AtalterConstraint(change)) = definition {
                    self.alter_constraint(alter, change);
                }
            }
            T::AtSetLogged => self.set_logged(alter, false),
            T::AtSetUnLogged => self.set_logged(alter, true),
            T::AtChangeOwner => self.owner_of_parts(alter),
            T::AtClusterOn => {
                let index = alter.table.sibling(it.name.clone());
                self.lock(&index, Mode::ShareUpdateExclusive);
            }
            T::AtSetAccessMethod => self.set_access_method(alter, &it.name),
            T::AtSetTableSpace => self.set_tablespace(&alter.table.clone(), &it.name),
            T::AtEnableRowSecurity | T::AtForceRowSecurity => {
                let on = it.subtype() == T::AtEnableRowSecurity
                    && self.known.get(&alter.table).is_some_and(|table| table.row_security);
                if !on {
                    self.breaks(Break::HiddenRows { table: alter.table.clone() });
                }
            }
            T::AtReplicaIdentity => self.replica_identity(alter, definition),
            T::AtAddInherit => {
                if let Some(NodeEnum::RangeVar(parent)) = definition {
                    self.lock_written(Some(parent), Mode::ShareUpdateExclusive);
                }
            }
            T::AtDropInherit => {
                if let Some(NodeEnum::RangeVar(parent)) = definition {
                    self.lock_written(Some(parent), Mode::AccessShare);
                }
            }
            T::AtAddOf => {
                if let Some(NodeEnum::TypeName(of)) = definition {
                    let (schema, of) = tree::qualified(&of.names);
                    self.lock(&self.known.named(schema, of), Mode::AccessShare);
                }
            }
            T::AtAttachPartition => {
                if let Some(NodeEnum::PartitionCmd(command)) = definition {
                    self.attach(alter, command);
                }
            }
            T::AtDetachPartition => {
                if let Some(NodeEnum::PartitionCmd(command)) = definition {
                    self.detach(alter, command);
                }
            }
            T::AtDetachPartitionFinalize => {
                if let Some(NodeEnum::PartitionCmd(command)) = definition {
                    self.lock_written(command.name.as_ref(), Mode::AccessExclusive);
                }
            }
            T::AtEnableTrig
            | T::AtEnableAlwaysTrig
            | T::AtEnableReplicaTrig
            | T::AtDisableTrig
            | T::AtEnableTrigAll
            | T::AtDisableTrigAll
            | T::AtEnableTrigUser
            | T::AtDisableTrigUser => self.switch_triggers(alter, it),
            _ => {}
        }
    }

    /// A trigger is switched on the partitions, too.
    fn switch_triggers(&mut self, alter: &Alter, it: &AlterTableCmd) {
        let is_partitioned = self.kind(&alter.table) == Kind::Partitioned;
        let has = self.known.get(&alter.table).is_some_and(|table| {
            it.name.is_empty() || table.triggers.iter().any(|trigger| trigger.name == it.name)
        });
        if is_partitioned && has {
            self.lock_tree(alter);
        }
    }

    fn set_logged(&mut self, alter: &mut Alter, unlogged: bool) {
        // nothing happens to one that is so already
        if self.known.get(&alter.table).is_some_and(|table| table.unlogged == unlogged) {
            return;
        }
        if self.kind(&alter.table) == Kind::Sequence {
            return;
        }
        alter.rewritten = true;
        let table = alter.table.clone();
        self.rewrite(&table, Rewrite::Persistence);
        for sequence in self.known.get(&table).map(|it| it.sequences.clone()).unwrap_or_default() {
            if self.known.major >= 15 {
                self.lock(&sequence, Mode::AccessExclusive);
            }
        }
    }

    fn set_access_method(&mut self, alter: &mut Alter, name: &str) {
        let has = self.known.get(&alter.table).map(|table| table.access_method.as_deref().unwrap_or("heap"));
        if has != Some(name) {
            alter.rewritten = true;
            self.rewrite(&alter.table.clone(), Rewrite::AccessMethod);
        }
    }

    /// Copies the file of the table and leaves its indexes where they are.
    pub(super) fn set_tablespace(&mut self, name: &Rel, tablespace: &str) {
        let has = self.known.get(name).map(|it| it.tablespace.as_deref().unwrap_or("pg_default"));
        if has == Some(tablespace) || !self.kind(name).has_storage() {
            return;
        }
        if self.kind(name) == Kind::Index {
            let is_whole =
                self.known.index(name).is_some_and(|(table, _)| self.kind(table) == Kind::Partitioned);
            if !is_whole {
                self.out.rebuilds.push(name.clone());
            }
        } else {
            self.out.rewrites.push((name.clone(), Rewrite::Tablespace));
        }
    }

    /// Indexes and owned sequences follow their table to another owner, if it is another.
    fn owner_of_parts(&mut self, alter: &Alter) {
        let parts = self.known.get(&alter.table).map(|t| [t.indexes.clone(), t.sequences.clone()].concat());
        for part in parts.unwrap_or_default() {
            self.perhaps(&part, Mode::AccessExclusive);
        }
    }

    fn identity(&mut self, alter: &Alter, column: &str, sequence: Option<Mode>) {
        if self.known.major >= 17 && self.kind(&alter.table) == Kind::Partitioned {
            self.lock_tree(alter);
        }
        let Some(mode) = sequence else { return };
        for name in self.known.get(&alter.table).map(|it| it.sequences.clone()).unwrap_or_default() {
            let of = self.known.get(&name).and_then(|it| it.of.as_ref());
            if of.is_some_and(|(_, owner)| owner == column) {
                self.lock(&name, mode);
            }
        }
    }

    fn replica_identity(&mut self, alter: &Alter, definition: Option<&NodeEnum>) {
        let Some(NodeEnum::ReplicaIdentityStmt(it)) = definition else { return };
        if it.identity_type == "i" {
            let index = alter.table.sibling(it.name.clone());
            self.lock(&index, Mode::Share);
        }
        if it.identity_type == "n" {
            self.loses_identity(&alter.table.clone());
        }
    }

    /// A published table without an identity refuses UPDATE and DELETE.
    pub(super) fn loses_identity(&mut self, table: &Rel) {
        if self.known.published_by(table).iter().any(|(_, it)| it.changes) {
            self.breaks(Break::NoIdentity { table: table.clone() });
        }
    }

    /// The attributes of a composite type; what is done to them is done to the tables that are of the type.
    fn alter_composite(&mut self, name: &Rel, commands: &[&AlterTableCmd]) {
        self.lock(name, Mode::AccessExclusive);
        let typed = self.known.tables_of(name);
        for command in commands {
            let retyped = command.subtype() == AlterTableType::AtAlterColumnType;
            for table in &typed {
                let mut alter = Alter {
                    table: table.clone(),
                    tree: self.known.tree(table),
                    mode: Mode::AccessExclusive,
                    dropped: Vec::new(),
                    added: Vec::new(),
                    rewritten: false,
                };
                if command.behavior() == DropBehavior::DropCascade {
                    self.lock(table, Mode::AccessExclusive);
                    self.subcommand(&mut alter, command);
                }
            }
            if retyped {
                for (table, column) in self.known.tables_with(name) {
                    self.out.fails.push(format!("{table}.{column} has rows of the type {name}"));
                }
            }
        }
    }

    pub(super) fn set_expression(&mut self, alter: &mut Alter, column: &str) {
        self.lock_tree(alter);
        let stored = self.known.get(&alter.table).is_none_or(|table| {
            table.column(column).is_none_or(|c| c.generated.as_ref().is_none_or(|g| g.stored))
        });
        if stored {
            alter.rewritten = true;
            for table in alter.tree.clone() {
                self.rewrite(&table, Rewrite::Expression);
            }
        }
    }

    pub(super) fn scan_all(&mut self, tables: &[Rel], cause: Scan) {
        for table in tables {
            self.scan(table, cause);
        }
    }

    fn drop_constraint(&mut self, alter: &Alter, it: &AlterTableCmd) {
        let cascade = it.behavior() == DropBehavior::DropCascade;
        // ONLY, too, has to tell the children that it is their own now
        for table in self.known.tree(&alter.table) {
            let found = self.known.get(&table).and_then(|t| t.constraint(&it.name));
            if found.is_some() && table != alter.table {
                self.lock(&table, alter.mode);
            }
            // since 18 NOT NULL has a name
            for column in found.filter(|c| c.kind == ConstraintKind::NotNull).iter().flat_map(|c| &c.columns)
            {
                self.breaks(Break::Nulls { table: table.clone(), column: column.clone() });
            }
            self.constraint_goes(&table, &it.name, cascade);
        }
    }
}
