//! Constraints: new ones, validated ones, changed ones, and those that go.

use cutover_sql::tree::{self, AtAlterConstraint, ConstrType, NodeEnum};

use super::alter::Alter;
use super::{Break, Mode, Rel, Scan, Work};
use crate::effect::known::{ConstraintKind, Kind};

/// Whether a valid check of the table says that a column is not NULL.
pub fn is_implied_by_check(known: &crate::effect::Known, table: &Rel, column: &str) -> bool {
    Work::new(known).proves_not_null(table, column, &[])
}

impl Work<'_> {
    pub(super) fn add_constraint(&mut self, alter: &Alter, it: &tree::Constraint, column: Option<&str>) {
        let own = |nodes: &[tree::Node]| -> Vec<String> {
            match column {
                Some(column) => vec![column.to_owned()],
                None => tree::texts(nodes).into_iter().map(str::to_owned).collect(),
            }
        };
        let tree = alter.tree.clone();
        let checked = !it.skip_validation && (it.is_enforced || it.contype() != ConstrType::ConstrCheck);
        match it.contype() {
            ConstrType::ConstrCheck => {
                let tables = if it.is_no_inherit { vec![alter.table.clone()] } else { tree };
                for table in tables {
                    self.lock(&table, alter.mode);
                    if checked {
                        self.scan(&table, Scan::Check);
                    }
                }
                if let Some(expression) = tree::boxed(it.raw_expr.as_deref()) {
                    self.calls(expression);
                }
                if column.is_none() {
                    self.refuses(&alter.table, "a check", &it.conname);
                }
            }
            ConstrType::ConstrNotnull => {
                for table in tree {
                    self.lock(&table, alter.mode);
                    let proven = own(&it.keys).iter().all(|name| {
                        self.known.get(&table).is_some_and(|t| t.is_not_null(name))
                            || self.proves_not_null(&table, name, &alter.dropped)
                    });
                    if checked && !proven {
                        self.scan(&table, Scan::NotNull);
                    }
                }
                self.refuses(&alter.table, "NOT NULL", &own(&it.keys).join(", "));
            }
            ConstrType::ConstrForeign => {
                self.foreign_key(alter, it, &own(&it.fk_attrs), checked);
            }
            ConstrType::ConstrPrimary | ConstrType::ConstrUnique if !it.indexname.is_empty() => {
                self.key_using_index(alter, it);
            }
            ConstrType::ConstrPrimary => {
                // the columns must be NOT NULL, here and below
                let columns = own(&it.keys);
                let nullable = column.is_none()
                    && !columns
                        .iter()
                        .all(|c| self.known.get(&alter.table).is_some_and(|t| t.is_not_null(c)));
                let is_partitioned = self.kind(&alter.table) == Kind::Partitioned;
                for table in tree {
                    let weak = is_partitioned && !nullable && table != alter.table;
                    self.lock(&table, if weak { Mode::Share } else { alter.mode });
                    self.key_is_built(alter, &table, &ConstraintKind::PrimaryKey, &columns);
                }
                self.refuses(&alter.table, "the primary key on", &columns.join(", "));
            }
            ConstrType::ConstrUnique => {
                self.index_is_built(alter, Scan::Unique, &own(&it.keys));
                if column.is_none() {
                    self.refuses(&alter.table, "the unique constraint on", &own(&it.keys).join(", "));
                }
            }
            ConstrType::ConstrExclusion => {
                self.index_is_built(alter, Scan::Exclusion, &[]);
                self.refuses(&alter.table, "an exclusion constraint", &it.conname);
            }
            _ => {}
        }
    }

    /// The index of a key is built on every partition; children by inheritance have none.
    fn index_is_built(&mut self, alter: &Alter, cause: Scan, columns: &[String]) {
        let is_partitioned = self.kind(&alter.table) == Kind::Partitioned;
        let tables = if is_partitioned { alter.tree.clone() } else { vec![alter.table.clone()] };
        for table in tables {
            // the partitions' indexes are built as CREATE INDEX would
            self.lock(&table, if table == alter.table { alter.mode } else { Mode::Share });
            match cause {
                Scan::Unique => self.key_is_built(alter, &table, &ConstraintKind::Unique, columns),
                _ => self.scan(&table, cause),
            }
        }
    }

    /// A partition that has the key which its parent gets hands it over. An index without a constraint is not enough.
    fn key_is_built(&mut self, alter: &Alter, table: &Rel, kind: &ConstraintKind, columns: &[String]) {
        let relation = self.known.get(table).filter(|_| *table != alter.table);
        let own = relation.and_then(|relation| {
            relation.constraints.iter().find_map(|c| {
                let index = table.sibling(c.name.clone());
                let is_free = self.known.index(&index).is_some_and(|(_, index)| index.part_of.is_none());
                (c.kind == *kind && c.columns == columns && is_free).then_some(index)
            })
        });
        match own {
            Some(index) => self.lock(&index, Mode::Share),
            None => {
                let cause = if *kind == ConstraintKind::PrimaryKey { Scan::PrimaryKey } else { Scan::Unique };
                self.scan(table, cause);
            }
        }
    }

    fn refuses(&mut self, table: &Rel, what: &str, name: &str) {
        let what = if name.is_empty() { what.to_owned() } else { format!("{what} {name}") };
        self.breaks(Break::Refuses { table: table.clone(), what });
    }

    fn key_using_index(&mut self, alter: &Alter, it: &tree::Constraint) {
        let index = alter.table.sibling(it.indexname.clone());
        // it gets the constraint's name
        let renamed = !it.conname.is_empty() && it.conname != it.indexname;
        self.lock(&index, if renamed { Mode::ShareUpdateExclusive } else { Mode::AccessShare });
        if it.contype() != ConstrType::ConstrPrimary {
            return;
        }
        let columns = self.known.get(&index).and_then(|rel| rel.index.as_ref()).map(|i| i.columns.clone());
        let nullable = columns.is_none_or(|columns| {
            columns.iter().any(|name| {
                !self.known.get(&alter.table).is_some_and(|t| t.is_not_null(name))
                    && !self.proves_not_null(&alter.table, name, &alter.dropped)
            })
        });
        if nullable && (self.known.get(&index).is_some() || !self.known.complete) {
            // NOT NULL goes down to those that inherit
            for table in alter.tree.clone() {
                self.lock(&table, alter.mode);
                self.scan(&table, Scan::KeyNotNull);
            }
        }
    }

    pub(super) fn foreign_key_of_column(
        &mut self,
        alter: &Alter,
        it: &tree::Constraint,
        column: &str,
        has_default: bool,
    ) {
        // a column of NULLs has nothing to look up
        let checked = !it.skip_validation && it.is_enforced && has_default;
        self.foreign_key(alter, it, &[column.to_owned()], checked);
    }

    fn foreign_key(&mut self, alter: &Alter, it: &tree::Constraint, columns: &[String], checked: bool) {
        let Some(to) = it.pktable.as_ref().map(|rel| self.known.resolve(rel)) else { return };
        let is_partitioned = self.kind(&alter.table) == Kind::Partitioned;
        if is_partitioned && it.skip_validation && self.known.major < 18 {
            self.out.fails.push(format!("{} is partitioned", alter.table));
        }
        let tables = if is_partitioned { alter.tree.clone() } else { vec![alter.table.clone()] };
        let referenced =
            if self.kind(&to) == Kind::Partitioned { self.known.tree(&to) } else { vec![to.clone()] };
        for table in tables.iter().chain(&referenced) {
            self.lock(table, Mode::ShareRowExclusive);
        }
        let there = tree::texts(&it.pk_attrs).into_iter().map(str::to_owned).collect();
        let kind = ConstraintKind::ForeignKey { to: to.clone(), columns: there };
        for table in &tables {
            self.lock(table, alter.mode);
            let is_leaf = self.kind(table) != Kind::Partitioned;
            let has_it = self.has_foreign_key(alter, table, &kind, columns);
            if has_it {
                // some of its triggers go
                self.lock(&to, Mode::AccessExclusive);
            }
            if checked && is_leaf && !has_it && !it.skip_validation && it.is_enforced {
                self.foreign_key_is_checked(table, &to, Scan::ForeignKey);
            }
        }
        // each row is looked up by itself, as if it were new
        if checked && it.fk_with_period {
            for one in self.known.tree(&to) {
                self.lock(&one, Mode::RowShare);
                self.lock_indexes(&one, Mode::RowShare);
            }
        }
        self.refuses(&alter.table, "a foreign key on", &columns.join(", "));
    }

    /// Whether a partition has the foreign key that its parent gets, looked up already: it is taken over.
    fn has_foreign_key(&self, alter: &Alter, table: &Rel, kind: &ConstraintKind, columns: &[String]) -> bool {
        let relation = self.known.get(table).filter(|_| *table != alter.table);
        relation.is_some_and(|relation| {
            let mut constraints = relation.constraints.iter();
            constraints.any(|c| c.kind == *kind && c.columns == columns && c.valid && c.enforced)
        })
    }

    /// One query joins both tables, as any query would.
    pub(super) fn foreign_key_is_checked(&mut self, table: &Rel, to: &Rel, cause: Scan) {
        for side in [table, to] {
            let is_partitioned = self.kind(side) == Kind::Partitioned;
            for one in self.tree(side, is_partitioned) {
                self.lock(&one, Mode::AccessShare);
                if self.looks_into_indexes(&one) {
                    self.lock_indexes(&one, Mode::AccessShare);
                }
                let is_side = std::ptr::eq(side, table);
                self.scan(&one, if is_side { cause } else { Scan::Referenced });
            }
        }
    }

    pub(super) fn validate(&mut self, alter: &Alter, name: &str) {
        let found = self.known.get(&alter.table).and_then(|t| t.constraint(name)).cloned();
        let added = alter.added.iter().find(|constraint| constraint.conname == name).cloned();
        let Some(constraint) = found else {
            match added.as_ref().and_then(|it| it.pktable.as_ref()) {
                Some(to) => {
                    let to = self.known.resolve(to);
                    self.foreign_key_is_checked(&alter.table, &to, Scan::Validate);
                }
                // unknown: it is the least that a check or a foreign key needs
                None => self.scan(&alter.table.clone(), Scan::Validate),
            }
            return;
        };
        if constraint.valid {
            return;
        }
        match &constraint.kind {
            ConstraintKind::ForeignKey { to, .. } => {
                self.lock(to, Mode::RowShare);
                for table in self.with_constraint(alter, name) {
                    self.lock(&table, alter.mode);
                    // of a partitioned table each partition is looked at by itself
                    if self.kind(&table) != Kind::Partitioned {
                        self.foreign_key_is_checked(&table, to, Scan::Validate);
                    }
                }
            }
            ConstraintKind::Check { .. } | ConstraintKind::NotNull => {
                for table in self.with_constraint(alter, name) {
                    self.lock(&table, alter.mode);
                    let open =
                        self.known.get(&table).and_then(|t| t.constraint(name)).is_none_or(|c| !c.valid);
                    if open {
                        self.scan(&table, Scan::Validate);
                    }
                }
            }
            ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {}
        }
    }

    fn with_constraint(&self, alter: &Alter, name: &str) -> Vec<Rel> {
        let has = |table: &&Rel| self.known.get(table).is_some_and(|t| t.constraint(name).is_some());
        alter.tree.iter().filter(has).cloned().collect()
    }

    pub(super) fn alter_constraint(&mut self, alter: &Alter, change: &AtAlterConstraint) {
        let found = self.known.get(&alter.table).and_then(|t| t.constraint(&change.conname)).cloned();
        if matches!(found.as_ref().map(|c| &c.kind), Some(ConstraintKind::ForeignKey { .. })) {
            for table in self.with_constraint(alter, &change.conname) {
                self.lock(&table, alter.mode);
            }
        }
        if change.alter_inheritability
            && let Some(constraint) = &found
        {
            for table in alter.tree.clone() {
                self.lock(&table, alter.mode);
                let proven = constraint
                    .columns
                    .iter()
                    .all(|c| self.known.get(&table).is_some_and(|t| t.is_not_null(c)));
                if !proven && !change.noinherit {
                    self.scan(&table, Scan::NotNull);
                }
            }
        }
        let referenced = match found.as_ref().map(|c| &c.kind) {
            Some(ConstraintKind::ForeignKey { to, .. }) => Some(to.clone()),
            _ => None,
        };
        if change.alter_enforceability && change.is_enforced && found.as_ref().is_none_or(|c| !c.enforced) {
            if let Some(to) = &referenced {
                self.lock(to, Mode::ShareRowExclusive);
                self.foreign_key_is_checked(&alter.table.clone(), to, Scan::Enforce);
            } else {
                self.scan(&alter.table.clone(), Scan::Enforce);
            }
        } else if change.alter_enforceability
            && !change.is_enforced
            && let Some(to) = &referenced
        {
            // its triggers go
            self.lock(to, Mode::AccessExclusive);
        }
    }

    /// A constraint goes, by itself or with its column or table.
    pub(super) fn constraint_goes(&mut self, table: &Rel, name: &str, cascade: bool) {
        let Some(constraint) = self.known.get(table).and_then(|t| t.constraint(name)).cloned() else {
            return;
        };
        if constraint.has_index() {
            let index = table.sibling(constraint.name.clone());
            self.lock(&index, Mode::AccessExclusive);
            for part in self.known.parts_of(&index) {
                self.lock(&part, Mode::AccessExclusive);
                if let Some((on, _)) = self.known.index(&part) {
                    let on = on.clone();
                    self.lock(&on, Mode::AccessExclusive);
                }
            }
            if cascade {
                let on_it: Vec<Rel> = self
                    .known
                    .foreign_keys_to(table)
                    .into_iter()
                    .filter(|(_, c)| match &c.kind {
                        ConstraintKind::ForeignKey { columns, .. } => {
                            *columns == constraint.columns
                                || (columns.is_empty() && constraint.kind == ConstraintKind::PrimaryKey)
                        }
                        _ => false,
                    })
                    .map(|(from, _)| from.clone())
                    .collect();
                for from in on_it {
                    self.lock(&from, Mode::AccessExclusive);
                }
            }
            let is_identity = constraint.kind == ConstraintKind::PrimaryKey;
            if is_identity {
                self.loses_identity(table);
            }
        }
        if let ConstraintKind::ForeignKey { to, .. } = &constraint.kind {
            for one in self.known.tree(to) {
                self.lock(&one, Mode::AccessExclusive);
            }
        }
    }

    /// A table's constraints are checked where it is made, on no rows; what it refers to is locked.
    pub(super) fn references(&mut self, node: &NodeEnum) {
        if let NodeEnum::Constraint(it) = node
            && it.contype() == ConstrType::ConstrForeign
        {
            let to = it.pktable.as_ref().map(|rel| self.known.resolve(rel));
            for one in to.iter().flat_map(|to| self.known.tree(to)) {
                self.lock(&one, Mode::ShareRowExclusive);
            }
        }
    }
}
