//! Columns: new ones, dropped ones, defaults, NOT NULL and types.

use cutover_sql::tree::{self, AlterTableCmd, ColumnDef, ConstrType, DropBehavior, NodeEnum};

use super::alter::Alter;
use super::{Break, Loss, Mode, Rel, Rewrite, Scan, Work, retype};
use crate::effect::known::{
    ConstraintKind, DataType, Kind, Known, TypeKind, Volatility, collation_of, default_text, is_serial,
};
use crate::effect::volatility;

/// Whether a new column rewrites its table, and why.
pub fn new_column_rewrites(known: &Known, it: &ColumnDef) -> Option<Rewrite> {
    let column = known.column_of(it);
    let constraints = tree::column_constraints(it);
    let default = default_of(&constraints);
    if let Some(generated) = &column.generated {
        return generated.stored.then_some(Rewrite::StoredColumn);
    }
    if it.type_name.as_ref().is_some_and(is_serial) {
        return Some(Rewrite::SerialColumn);
    }
    if column.identity {
        return Some(Rewrite::IdentityColumn);
    }
    if default.is_some_and(|default| volatility(known, default) == Volatility::Volatile) {
        return Some(Rewrite::VolatileDefault);
    }
    if !column.data_type.array && known.is_constrained(&column.data_type) {
        return Some(Rewrite::ConstrainedDomain);
    }
    let of_domain = match known.made_type(&column.data_type).map(|it| &it.kind) {
        Some(TypeKind::Domain { default, .. }) => *default,
        Some(TypeKind::Enum(_) | TypeKind::Other) | None => None,
    };
    // 12 stores what the domain's default gives once, for all rows, whatever it calls
    (known.major >= 13
        && default.is_none()
        && of_domain == Some(Volatility::Volatile)
        && !column.data_type.array)
        .then_some(Rewrite::VolatileDefault)
}

/// The default that is written at a column.
fn default_of(constraints: &[tree::Constraint]) -> Option<&NodeEnum> {
    let written = constraints.iter().find(|c| c.contype() == ConstrType::ConstrDefault)?;
    tree::boxed(written.raw_expr.as_deref())
}

impl Work<'_> {
    pub(super) fn add_column(&mut self, alter: &mut Alter, it: &ColumnDef) {
        let table = alter.table.clone();
        let is_there = self.known.get(&table).is_some_and(|t| t.column(&it.colname).is_some());
        if is_there {
            return;
        }
        for one in alter.tree.clone() {
            self.lock(&one, alter.mode);
        }
        let column = self.known.column_of(it);
        let constraints = tree::column_constraints(it);
        let default = default_of(&constraints);
        if let Some(default) = default {
            self.calls(default);
        }
        if self.kind(&table) == Kind::Foreign {
            return;
        }
        if let Some(cause) = new_column_rewrites(self.known, it) {
            alter.rewritten = true;
            for one in alter.tree.clone() {
                self.rewrite(&one, cause);
            }
        }
        if column.not_null && !column.default && !self.has_default(&column.data_type) {
            self.breaks(Break::RequiredColumn { table: table.clone(), column: column.name.clone() });
            self.scan_all(&alter.tree.clone(), Scan::NotNull);
            if self.known.get(&table).is_none_or(|t| t.filled || !self.known.is_new(t.made)) {
                self.out.fails.push(format!("{table} has rows, and they have no {}", column.name));
            }
        }
        let is_virtual = column.generated.as_ref().is_some_and(|generated| !generated.stored);
        if is_virtual && column.not_null {
            self.scan_all(&alter.tree.clone(), Scan::NotNull);
        }
        for constraint in &constraints {
            match constraint.contype() {
                ConstrType::ConstrNotnull | ConstrType::ConstrDefault | ConstrType::ConstrNull => {}
                ConstrType::ConstrForeign => {
                    let known_default = default.is_some();
                    self.foreign_key_of_column(alter, constraint, &it.colname, known_default);
                }
                _ => self.add_constraint(alter, constraint, Some(&it.colname)),
            }
        }
        self.breaks(Break::SelectStar { table: table.clone() });
        self.subscribers(&table, &it.colname);
    }

    /// The subscribers of a published table must have a column first.
    pub(super) fn subscribers(&mut self, table: &Rel, column: &str) {
        let published =
            self.known.published_by(table).into_iter().filter(|(_, it)| it.has_column(table, column));
        let published: Vec<String> = published.map(|(name, _)| name.to_owned()).collect();
        for publication in published {
            self.breaks(Break::Subscriber { table: table.clone(), publication });
        }
    }

    /// Whether a domain gives a value where none is written.
    fn has_default(&self, data_type: &DataType) -> bool {
        let kind = self.known.made_type(data_type).map(|it| &it.kind);
        !data_type.array && matches!(kind, Some(TypeKind::Domain { default: Some(_), .. }))
    }

    pub(super) fn drop_column(&mut self, alter: &Alter, it: &AlterTableCmd) {
        let table = alter.table.clone();
        let cascade = it.behavior() == DropBehavior::DropCascade;
        let known = self.known.get(&table);
        if known.is_some_and(|t| t.columns.is_some() && t.column(&it.name).is_none()) {
            return;
        }
        for one in alter.tree.clone() {
            self.lock(&one, alter.mode);
            self.column_goes(&one, &it.name, cascade);
        }
        self.breaks(Break::Gone { what: "column", name: format!("{table}.{}", it.name) });
        let is_generated = known.is_some_and(|t| t.column(&it.name).is_some_and(|c| c.generated.is_some()));
        if !is_generated {
            self.loses(Loss::Column { table: table.clone(), column: it.name.clone() });
        }
    }

    /// What stands on a column goes with it.
    pub(super) fn column_goes(&mut self, table: &Rel, column: &str, cascade: bool) {
        let Some(relation) = self.known.get(table) else { return };
        let uses = |names: &[String]| names.iter().any(|name| name == column);
        for constraint in relation.constraints.iter().filter(|c| uses(&c.columns)) {
            self.constraint_goes(table, &constraint.name, cascade);
        }
        for (name, index) in self.known.indexes(table) {
            if uses(&index.uses) {
                self.lock(name, Mode::AccessExclusive);
            }
        }
        for name in &relation.sequences {
            if self.known.get(name).and_then(|it| it.of.as_ref()).is_some_and(|(_, of)| of == column) {
                self.lock(name, Mode::AccessExclusive);
            }
        }
        if cascade {
            let readers = relation.read_by.iter().filter(|view| {
                self.known
                    .get(view)
                    .is_some_and(|v| v.reads.iter().any(|(rel, cols)| rel == table && uses(cols)))
            });
            for view in readers.cloned().collect::<Vec<_>>() {
                self.relation_goes(&view, true);
            }
        }
    }

    /// Another default, or none: `DROP DEFAULT`, `SET DEFAULT NULL`, `DROP IDENTITY`.
    pub(super) fn change_default(&mut self, alter: &Alter, column: &str, new: Option<&NodeEnum>) {
        let (table, column, dropped) = (alter.table.clone(), column.to_owned(), new.is_none());
        let old = self.known.get(&table).and_then(|t| t.column(&column));
        let had = old.map(|c| c.default);
        let same = old.zip(new).is_some_and(|(old, new)| old.default_text == default_text(new));
        if !same && had != Some(false) && (dropped || had == Some(true)) {
            self.breaks(Break::Default { table, column, dropped });
        }
    }

    pub(super) fn set_not_null(&mut self, alter: &Alter, column: &str) {
        let mut scanned = false;
        for table in alter.tree.clone() {
            let known = self.known.get(&table);
            if known.is_some_and(|t| t.is_not_null(column)) {
                continue;
            }
            if !self.proves_not_null(&table, column, &alter.dropped) {
                self.scan(&table, Scan::NotNull);
            }
            scanned = true;
        }
        if scanned {
            let (table, what) = (alter.table.clone(), format!("NOT NULL on {column}"));
            self.breaks(Break::Refuses { table, what });
        }
    }

    /// Whether a valid check says that a column is not NULL. Source: `NotNullImpliedByRelConstraints`.
    pub(super) fn proves_not_null(&self, table: &Rel, column: &str, dropped: &[String]) -> bool {
        let Some(relation) = self.known.get(table) else { return false };
        // a not-null constraint of 18 that is there and not valid is scanned for, whatever a check says
        let waiting = relation.constraints.iter().any(|c| {
            c.kind == ConstraintKind::NotNull && !c.valid && c.columns.iter().any(|name| name == column)
        });
        !waiting
            && relation.constraints.iter().any(|c| {
                let says = matches!(&c.kind, ConstraintKind::Check { not_null, .. } if not_null.iter().any(|n| n == column));
                says && c.valid && c.enforced && !dropped.contains(&c.name)
            })
    }

    pub(super) fn alter_type(&mut self, alter: &mut Alter, name: &str, it: &ColumnDef) {
        let mut new = self.known.data_type(it.type_name.as_ref());
        new.collation = collation_of(it);
        let using = tree::boxed(it.raw_default.as_deref());
        let table = alter.table.clone();
        let old = self.known.get(&table).and_then(|t| t.column(name)).cloned();
        let kind = self.kind(&table);
        let is_virtual = old.as_ref().and_then(|c| c.generated.as_ref()).is_some_and(|g| !g.stored);
        let mut change = retype::retype(self.known, old.as_ref().map(|c| &c.data_type), &new, using, name);
        // its values are nowhere
        change.rewrites &= !is_virtual;
        if let Some(old) = &old
            && old.identity
        {
            for sequence in self.known.get(&table).map(|t| t.sequences.clone()).unwrap_or_default() {
                if self.known.get(&sequence).and_then(|s| s.of.as_ref()).is_some_and(|(_, of)| of == name) {
                    self.lock(&sequence, Mode::ShareRowExclusive);
                }
            }
        }
        if kind == Kind::Foreign {
            return;
        }
        for one in alter.tree.clone() {
            self.type_users(&one, name);
            if change.rewrites {
                alter.rewritten = true;
                self.rewrite(&one, Rewrite::Type);
            }
            self.type_goes_through(alter, &one, name, &change);
        }
        if old.as_ref().is_none_or(|old| old.data_type != new) {
            let from = old.map(|old| old.data_type.to_string());
            self.breaks(Break::Type {
                table: table.clone(),
                column: name.to_owned(),
                from,
                to: new.to_string(),
            });
            self.subscribers(&table, name);
        }
        if change.narrows {
            self.loses(Loss::Narrowed { table, column: name.to_owned() });
        }
    }

    /// PostgreSQL refuses to change the type of a column that these use.
    fn type_users(&mut self, table: &Rel, column: &str) {
        let Some(relation) = self.known.get(table) else { return };
        let uses = |names: &[String]| names.iter().any(|name| name == column);
        let mut users: Vec<String> = Vec::new();
        for view in &relation.read_by {
            let reads = self.known.get(view).map(|v| v.reads.clone()).unwrap_or_default();
            if reads.iter().any(|(rel, columns)| rel == table && uses(columns)) {
                users.push(format!("view {view}"));
            }
        }
        users
            .extend(relation.policies.iter().filter(|p| uses(&p.uses)).map(|p| format!("policy {}", p.name)));
        users.extend(
            relation.triggers.iter().filter(|t| uses(&t.uses)).map(|t| format!("trigger {}", t.name)),
        );
        let generated =
            relation.columns.iter().flatten().filter(|c| c.generated.as_ref().is_some_and(|g| uses(&g.uses)));
        users.extend(generated.map(|c| format!("generated column {}", c.name)));
        if uses(&relation.partition_key) {
            users.push("the partition key".into());
        }
        for (name, publication) in self.known.published_by(table) {
            if publication.tables.iter().any(|(rel, columns)| rel == table && uses(columns)) {
                users.push(format!("the filter of publication {name}"));
            }
        }
        users.extend(self.known.routines_that_read(table, column).iter().map(|it| format!("function {it}")));
        for user in users {
            self.out.fails.push(format!("{user} uses {table}.{column}"));
        }
    }

    /// What a new type does to constraints and indexes that name the column.
    fn type_goes_through(&mut self, alter: &Alter, table: &Rel, column: &str, change: &retype::Retype) {
        let Some(relation) = self.known.get(table) else { return };
        let uses = |names: &[String]| names.iter().any(|name| name == column);
        for (name, index) in self.known.indexes(table) {
            if !uses(&index.uses) {
                continue;
            }
            self.lock(name, Mode::AccessExclusive);
            // expressions and predicates are never taken over, plain columns when their operators stay
            let is_whole = self.kind(table) == Kind::Partitioned;
            if !is_whole && (change.rewrites || change.reindexes || index.expression || index.partial) {
                self.out.rebuilds.push(name.clone());
                self.scan(table, Scan::TypeIndex);
            }
        }
        for constraint in
            relation.constraints.iter().filter(|c| uses(&c.columns) && !alter.dropped.contains(&c.name))
        {
            match &constraint.kind {
                ConstraintKind::Check { .. } if constraint.valid && constraint.enforced => {
                    self.scan(table, Scan::TypeCheck);
                }
                ConstraintKind::ForeignKey { to, .. } => {
                    self.lock(to, Mode::AccessExclusive);
                    if change.reindexes && constraint.valid {
                        self.foreign_key_is_checked(table, &to.clone(), Scan::TypeForeignKey);
                    }
                }
                ConstraintKind::Check { .. }
                | ConstraintKind::PrimaryKey
                | ConstraintKind::Unique
                | ConstraintKind::Exclusion
                | ConstraintKind::NotNull => {}
            }
        }
        let from: Vec<(Rel, bool)> = self
            .known
            .foreign_keys_to(table)
            .into_iter()
            .filter(|(_, c)| match &c.kind {
                ConstraintKind::ForeignKey { columns, .. } if columns.is_empty() => {
                    relation.primary_key().is_some_and(|key| uses(&key.columns))
                }
                ConstraintKind::ForeignKey { columns, .. } => uses(columns),
                _ => false,
            })
            .map(|(rel, c)| (rel.clone(), c.valid))
            .collect();
        for (from, valid) in from {
            self.lock(&from, Mode::AccessExclusive);
            if change.reindexes && valid {
                self.foreign_key_is_checked(&from, table, Scan::TypeForeignKey);
            }
        }
    }
}
