//! What changes of rows set off: foreign keys, triggers, rules, defaults, partitions.

use cutover_sql::tree::{self, InsertStmt, MergeStmt, NodeEnum, OnConflictAction, RangeVar, UpdateStmt};

use super::query::target_of;
use super::{Loss, Mode, Rel, Scan, Work};
use crate::effect::known::{ConstraintKind, Event, Kind, Object};

impl Work<'_> {
    /// All changes of rows in a statement, those in its WITH clause included.
    pub(super) fn changes(&mut self, node: &NodeEnum) {
        let mut changes: Vec<&NodeEnum> = Vec::new();
        tree::visit(node, &mut |node| {
            if target_of(node).is_some() {
                changes.push(node);
            }
        });
        for change in changes {
            let Some(written) = target_of(change) else { continue };
            let table = self.known.resolve(written);
            match change {
                NodeEnum::InsertStmt(it) => self.inserted(&table, it),
                NodeEnum::UpdateStmt(it) => self.updated(&table, it),
                NodeEnum::DeleteStmt(it) => {
                    self.loses(match it.where_clause {
                        Some(_) => Loss::SomeRows { table: table.clone() },
                        None => Loss::Rows { table: table.clone() },
                    });
                    self.change(&table, Event::Delete, None, false);
                    self.read_of_change(&table, it.where_clause.as_deref());
                }
                NodeEnum::MergeStmt(it) => self.merged(&table, it),
                _ => {}
            }
        }
    }

    fn inserted(&mut self, table: &Rel, it: &InsertStmt) {
        let query = tree::boxed(it.select_stmt.as_deref());
        let rows = match query {
            Some(NodeEnum::SelectStmt(select)) => select.values_lists.len(),
            _ => 0,
        };
        let given = self.columns_given(table, &it.cols, query);
        // DEFAULT VALUES is a row, too
        self.defaults(table, &given, rows > 0 || query.is_none());
        self.change(table, Event::Insert, None, rows > 0 || query.is_none());
        let updates =
            it.on_conflict_clause.as_ref().filter(|it| it.action() == OnConflictAction::OnconflictUpdate);
        if let Some(clause) = updates {
            self.change(table, Event::Update, Some(&names(&clause.target_list)), false);
        }
        if let Some(NodeEnum::SelectStmt(select)) = query {
            self.selected(select);
        }
    }

    fn updated(&mut self, table: &Rel, it: &UpdateStmt) {
        let columns = names(&it.target_list);
        self.change(table, Event::Update, Some(&columns), false);
        self.read_of_change(table, it.where_clause.as_deref());
        self.loses(Loss::Values { table: table.clone(), columns });
    }

    fn merged(&mut self, table: &Rel, it: &MergeStmt) {
        let clauses = it.merge_when_clauses.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::MergeWhenClause(clause) => Some(clause),
            _ => None,
        });
        for clause in clauses {
            match clause.command_type() {
                tree::CmdType::CmdInsert => {
                    let given = names(&clause.target_list);
                    let given = if given.is_empty() { self.first(table, clause.values.len()) } else { given };
                    self.defaults(table, &given, false);
                    self.change(table, Event::Insert, None, false);
                }
                tree::CmdType::CmdUpdate => {
                    self.change(table, Event::Update, Some(&names(&clause.target_list)), false);
                }
                tree::CmdType::CmdDelete => self.change(table, Event::Delete, None, false),
                _ => {}
            }
        }
        self.loses(Loss::SomeRows { table: table.clone() });
    }

    /// `COPY FROM`: as many rows as the file has.
    pub(super) fn copy_from(&mut self, rel: &RangeVar, columns: &[tree::Node]) {
        let table = self.known.resolve(rel);
        self.lock(&table, Mode::RowExclusive);
        let given: Vec<String> = tree::texts(columns).into_iter().map(str::to_owned).collect();
        if !given.is_empty() {
            self.defaults(&table, &given, false);
        }
        self.change(&table, Event::Insert, None, false);
    }

    /// What a changed row of a table, or of the one that a view stands for, sets off. `sure` when there is one at least.
    fn change(&mut self, table: &Rel, event: Event, columns: Option<&[String]>, sure: bool) {
        self.rules(table, event);
        self.triggers(table, event, columns, sure);
        if self.is_instead(table, event) {
            return;
        }
        let relation = self.known.get(table);
        if let Some(view) = relation.filter(|it| it.kind == Kind::View) {
            if let Some((base, _)) = view.reads.first().cloned() {
                self.change(&base, event, None, sure);
            }
            return;
        }
        match event {
            Event::Insert => {
                self.partitions_perhaps(table);
                self.looks_up(table, None);
            }
            Event::Update => {
                self.looks_up(table, columns);
                self.key_changes(table, columns);
                // a row may go to another partition
                if self.kind(table) == Kind::Partitioned {
                    self.partitions_perhaps(table);
                }
            }
            Event::Delete => self.key_goes(table),
            Event::Select | Event::Truncate => {}
        }
    }

    /// The triggers of a table and, for rows, of those that inherit from it.
    pub(super) fn triggers(&mut self, table: &Rel, event: Event, columns: Option<&[String]>, sure: bool) {
        for one in self.known.tree(table) {
            let Some(relation) = self.known.get(&one) else { continue };
            let own = one == *table;
            let fires = relation.triggers.iter().filter(|it| {
                let named = columns.is_none_or(|columns| {
                    it.columns.is_empty() || it.columns.iter().any(|column| columns.contains(column))
                });
                it.enabled
                    && it.events.contains(&event)
                    && (it.row || own)
                    && (named || event != Event::Update)
            });
            let fires: Vec<(Rel, bool)> =
                fires.map(|it| (it.function.clone(), it.sure && own && (!it.row || sure))).collect();
            for (function, sure) in fires {
                self.run_routine(&function, sure);
            }
        }
    }

    /// The columns that an INSERT gives values for.
    fn columns_given(&self, table: &Rel, written: &[tree::Node], query: Option<&NodeEnum>) -> Vec<String> {
        let written = names(written);
        if !written.is_empty() || query.is_none() {
            return written;
        }
        let Some(NodeEnum::SelectStmt(select)) = query else { return Vec::new() };
        let row = select.values_lists.first().and_then(tree::inner);
        let items = match row {
            Some(NodeEnum::List(list)) => &list.items,
            _ => &select.target_list,
        };
        let is_default = |node: &tree::Node| matches!(tree::inner(node), Some(NodeEnum::SetToDefault(_)));
        let is_star = |node: &tree::Node| match tree::inner(node) {
            Some(NodeEnum::ResTarget(target)) => matches!(
                tree::boxed(target.val.as_deref()),
                Some(NodeEnum::ColumnRef(it)) if it.fields.last().and_then(tree::text).is_none()
            ),
            _ => false,
        };
        // nobody has counted what a star gives
        let count = if items.iter().any(is_star) { usize::MAX } else { items.len() };
        let first = self.first(table, count);
        let kept = first.into_iter().enumerate();
        kept.filter(|(at, _)| items.get(*at).is_none_or(|item| !is_default(item)))
            .map(|(_, name)| name)
            .collect()
    }

    fn first(&self, table: &Rel, count: usize) -> Vec<String> {
        let columns = self.known.get(table).into_iter().flat_map(|it| it.columns.iter().flatten());
        columns.take(count).map(|column| column.name.clone()).collect()
    }

    /// The defaults of the columns that get no value: their sequences, and what their functions run.
    fn defaults(&mut self, table: &Rel, given: &[String], sure: bool) {
        let Some(relation) = self.known.get(table).filter(|it| it.kind != Kind::View) else { return };
        let rest = relation.columns.iter().flatten().filter(|column| !given.contains(&column.name));
        let (mut sequences, mut routines) = (Vec::new(), Vec::new());
        for column in rest {
            for object in column.names.iter() {
                match object {
                    Object::Sequence(name) => sequences.push(name.clone()),
                    Object::Routine(name) => routines.push(name.clone()),
                    _ => {}
                }
            }
            let own = relation.sequences.iter().filter(|name| {
                let of = self.known.get(name).and_then(|it| it.of.as_ref());
                column.identity && of.is_some_and(|(_, name)| *name == column.name)
            });
            sequences.extend(own.cloned());
        }
        for sequence in sequences {
            if sure {
                self.lock(&sequence, Mode::RowExclusive);
            } else {
                self.perhaps(&sequence, Mode::RowExclusive);
            }
        }
        for routine in routines {
            self.run_routine(&routine, sure);
        }
    }

    fn read_of_change(&mut self, table: &Rel, condition: Option<&tree::Node>) {
        if condition.is_none() {
            for one in self.known.tree(table) {
                self.scan(&one, Scan::Query);
            }
        }
    }

    /// A new row goes to one partition, and nobody knows to which before; its indexes are let go at once.
    fn partitions_perhaps(&mut self, table: &Rel) {
        for parent in self.known.get(table).map(|t| t.parents.clone()).unwrap_or_default() {
            self.perhaps(&parent, Mode::AccessShare);
        }
        if self.kind(table) == Kind::Partitioned {
            for one in self.known.tree(table).into_iter().skip(1) {
                self.perhaps(&one, Mode::RowExclusive);
            }
        }
    }

    /// A row with a foreign key looks its key up, and locks it (`SELECT ... FOR KEY SHARE`).
    fn looks_up(&mut self, table: &Rel, changed: Option<&[String]>) {
        let keys: Vec<Rel> = self
            .known
            .get(table)
            .into_iter()
            .flat_map(|t| &t.constraints)
            .filter(|c| c.enforced)
            .filter(|c| changed.is_none_or(|names| c.columns.iter().any(|column| names.contains(column))))
            .filter_map(|c| match &c.kind {
                ConstraintKind::ForeignKey { to, .. } => Some(to.clone()),
                _ => None,
            })
            .collect();
        for to in keys {
            for one in self.known.tree(&to) {
                self.perhaps_with_indexes(&one, Mode::RowShare);
            }
        }
    }

    /// A key that changes or goes is looked for in the tables that refer to it.
    fn key_changes(&mut self, table: &Rel, columns: Option<&[String]>) {
        let primary = self
            .known
            .get(table)
            .and_then(|t| t.primary_key())
            .map(|k| k.columns.clone())
            .unwrap_or_default();
        let touched = self.known.foreign_keys_to(table).into_iter().any(|(_, c)| match &c.kind {
            ConstraintKind::ForeignKey { columns: to, .. } => {
                let key = if to.is_empty() { &primary } else { to };
                columns.is_none_or(|columns| key.iter().any(|column| columns.contains(column)))
            }
            _ => false,
        });
        if touched {
            self.key_goes(table);
        }
    }

    fn key_goes(&mut self, table: &Rel) {
        let from: Vec<Rel> =
            self.known.foreign_keys_to(table).into_iter().map(|(rel, _)| rel.clone()).collect();
        for rel in from {
            for one in self.known.tree(&rel) {
                // what the key's action is decides; the stronger is told
                self.perhaps_with_indexes(&one, Mode::RowExclusive);
            }
        }
    }
}

/// The columns of a list of targets.
fn names(nodes: &[tree::Node]) -> Vec<String> {
    let names = nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::ResTarget(target) => Some(target.name.clone()),
        _ => None,
    });
    names.collect()
}
