//! Queries and changes of rows, and the code that they call.

use cutover_sql::tree::{self, NodeEnum, RangeVar, SelectStmt};

use super::{Loss, Mode, Rel, Scan, Work, assignment};
use crate::effect::code;
use crate::effect::known::{ConstraintKind, Kind};
use crate::effect::query::uses;

impl Work<'_> {
    pub(super) fn query(&mut self, node: &NodeEnum) {
        for reason in assignment::twice(node) {
            if !self.out.fails.contains(&reason) {
                self.out.fails.push(reason);
            }
        }
        match node {
            NodeEnum::ExplainStmt(it) => {
                let runs = tree::is_on(&it.options, "analyze");
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    if runs { self.statement(query) } else { self.planned(query) }
                }
            }
            // only what is prepared now and run now is seen; EXECUTE names what was prepared
            NodeEnum::PrepareStmt(_) => {}
            NodeEnum::ExecuteStmt(it) => {
                self.unknown(format!("EXECUTE {} runs what was prepared before", it.name))
            }
            NodeEnum::DeclareCursorStmt(it) => {
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.planned(query);
                }
            }
            NodeEnum::CopyStmt(it) => {
                match (&it.relation, tree::boxed(it.query.as_deref())) {
                    (Some(rel), _) => self.copy_rows(rel, it.is_from),
                    (None, Some(query)) => self.query(query),
                    (None, None) => {}
                };
            }
            NodeEnum::DoStmt(it) => self.code(code::of_do(it), "DO"),
            NodeEnum::CallStmt(it) => {
                if let Some(call) = &it.funccall {
                    self.call(&call.funcname, 0);
                    self.not_known(&call.funcname);
                }
            }
            _ => self.rows(node),
        }
    }

    fn copy_rows(&mut self, rel: &RangeVar, is_from: bool) {
        let table = self.known.resolve(rel);
        if is_from {
            self.lock(&table, Mode::RowExclusive);
            self.lock_indexes(&table, Mode::RowExclusive);
            self.partitions_perhaps(&table);
            self.looks_up(&table, None);
        } else {
            self.lock(&table, Mode::AccessShare);
            self.scan(&table, Scan::Query);
        }
    }

    /// The locks of a plan: each relation as it stands in the query, each index with it.
    fn planned(&mut self, node: &NodeEnum) {
        let prunes = has_condition(node);
        for one in uses(self.known, node) {
            self.planned_relation(&one.relation, one.mode, one.inherits, prunes, 0);
        }
        self.calls(node);
    }

    fn planned_relation(&mut self, relation: &Rel, mode: Mode, inherits: bool, prunes: bool, depth: usize) {
        let kind = self.kind(relation);
        let children = inherits && (mode != Mode::RowExclusive || kind != Kind::Partitioned);
        for one in self.tree(relation, children) {
            // a condition may leave partitions out
            if prunes && one != *relation && kind == Kind::Partitioned {
                self.perhaps_with_indexes(&one, mode);
                continue;
            }
            self.lock(&one, mode);
            if self.kind(&one) != Kind::Partitioned {
                self.lock_indexes(&one, mode);
            }
        }
        // what a view reads is locked as the view is
        if kind == Kind::View && depth < 32 {
            for (read, _) in self.known.get(relation).map(|view| view.reads.clone()).unwrap_or_default() {
                self.planned_relation(&read, mode, true, true, depth + 1);
            }
        }
    }

    fn rows(&mut self, node: &NodeEnum) {
        self.planned(node);
        match node {
            NodeEnum::SelectStmt(it) => {
                self.selected(it);
                self.called_alone(it);
            }
            NodeEnum::InsertStmt(it) => {
                let Some(table) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) else { return };
                self.partitions_perhaps(&table);
                self.looks_up(&table, None);
                if let Some(query) = tree::boxed(it.select_stmt.as_deref()) {
                    self.whole_reads(query);
                }
            }
            NodeEnum::UpdateStmt(it) => {
                let Some(table) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) else { return };
                let columns: Vec<String> = it
                    .target_list
                    .iter()
                    .filter_map(|node| match tree::inner(node)? {
                        NodeEnum::ResTarget(target) => Some(target.name.clone()),
                        _ => None,
                    })
                    .collect();
                self.written_partitions(&table, it.relation.as_ref(), has_condition(node));
                self.looks_up(&table, Some(&columns));
                self.changed(&table, &columns);
                self.read_of_change(&table, it.where_clause.as_deref());
                self.loses(Loss::Values { table, columns });
            }
            NodeEnum::DeleteStmt(it) => {
                let Some(table) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) else { return };
                self.written_partitions(&table, it.relation.as_ref(), has_condition(node));
                self.deleted(&table);
                self.read_of_change(&table, it.where_clause.as_deref());
                self.loses(match it.where_clause {
                    Some(_) => Loss::SomeRows { table },
                    None => Loss::Rows { table },
                });
            }
            NodeEnum::MergeStmt(it) => {
                let Some(table) = it.relation.as_ref().map(|rel| self.known.resolve(rel)) else { return };
                self.written_partitions(&table, it.relation.as_ref(), has_condition(node));
                self.looks_up(&table, None);
                self.loses(Loss::SomeRows { table });
            }
            _ => {}
        }
    }

    fn read_of_change(&mut self, table: &Rel, condition: Option<&tree::Node>) {
        if condition.is_none() {
            for one in self.known.tree(table) {
                self.scan(&one, Scan::Query);
            }
        }
    }

    /// UPDATE and DELETE lock every partition that the plan may touch.
    fn written_partitions(&mut self, table: &Rel, written: Option<&RangeVar>, prunes: bool) {
        let inherits = written.is_none_or(|rel| rel.inh);
        let is_partitioned = self.kind(table) == Kind::Partitioned;
        for one in self.tree(table, inherits) {
            if prunes && is_partitioned && one != *table {
                self.perhaps_with_indexes(&one, Mode::RowExclusive);
                continue;
            }
            self.lock(&one, Mode::RowExclusive);
            if self.kind(&one) != Kind::Partitioned {
                self.lock_indexes(&one, Mode::RowExclusive);
            }
        }
    }

    /// A new row goes to one partition, and nobody knows to which before.
    fn partitions_perhaps(&mut self, table: &Rel) {
        for parent in self.known.get(table).map(|t| t.parents.clone()).unwrap_or_default() {
            self.perhaps(&parent, Mode::AccessShare);
        }
        if self.kind(table) != Kind::Partitioned {
            return;
        }
        for one in self.known.tree(table).into_iter().skip(1) {
            for index in self.known.get(&one).map(|t| t.indexes.clone()).unwrap_or_default() {
                self.out.perhaps.insert(index, Mode::RowExclusive);
            }
            self.out.perhaps.insert(one, Mode::RowExclusive);
        }
    }

    /// A query without a condition reads all of what it names.
    fn selected(&mut self, it: &SelectStmt) {
        if it.where_clause.is_none() && it.limit_count.is_none() {
            for node in &it.from_clause {
                if let Some(node @ NodeEnum::RangeVar(_)) = tree::inner(node) {
                    self.read_all(node);
                }
            }
        }
    }

    fn whole_reads(&mut self, query: &NodeEnum) {
        if let NodeEnum::SelectStmt(it) = query {
            self.selected(it);
        }
    }

    fn read_all(&mut self, node: &NodeEnum) {
        for one in uses(self.known, node) {
            for table in self.tree(&one.relation, one.inherits) {
                self.scan(&table, Scan::Query);
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
    fn changed(&mut self, table: &Rel, columns: &[String]) {
        let primary = self
            .known
            .get(table)
            .and_then(|t| t.primary_key())
            .map(|k| k.columns.clone())
            .unwrap_or_default();
        let touched = self.known.foreign_keys_to(table).into_iter().any(|(_, c)| match &c.kind {
            ConstraintKind::ForeignKey { columns: to, .. } => {
                let key = if to.is_empty() { &primary } else { to };
                key.iter().any(|column| columns.contains(column))
            }
            _ => false,
        });
        if touched {
            self.deleted(table);
        }
    }

    fn deleted(&mut self, table: &Rel) {
        let from: Vec<Rel> =
            self.known.foreign_keys_to(table).into_iter().map(|(rel, _)| rel.clone()).collect();
        for rel in from {
            for one in self.known.tree(&rel) {
                // what the key's action is decides; the stronger is told
                self.perhaps_with_indexes(&one, Mode::RowExclusive);
            }
        }
    }

    fn perhaps_with_indexes(&mut self, relation: &Rel, mode: Mode) {
        self.perhaps(relation, mode);
        for index in self.known.get(relation).map(|t| t.indexes.clone()).unwrap_or_default() {
            self.perhaps(&index, mode);
        }
    }

    /// The functions that an expression calls, as far as somebody made them.
    pub(super) fn calls(&mut self, node: &NodeEnum) {
        let mut called: Vec<&[tree::Node]> = Vec::new();
        let mut sequences: Vec<&str> = Vec::new();
        tree::visit(node, &mut |node| {
            let NodeEnum::FuncCall(call) = node else { return };
            called.push(&call.funcname);
            let (_, name) = tree::qualified(&call.funcname);
            if matches!(name, "nextval" | "setval" | "currval")
                && let Some(argument) = call.args.first()
                && let Some(text) = constant(argument)
            {
                sequences.push(text);
            }
        });
        for name in called {
            self.call(name, 0);
        }
        for text in sequences {
            self.sequence_is_used(text);
        }
    }

    /// A query that reads no table is there for the functions that it calls.
    fn called_alone(&mut self, it: &SelectStmt) {
        let is_table = |node: &&NodeEnum| !matches!(node, NodeEnum::RangeFunction(_));
        if it.larg.is_some() || it.from_clause.iter().filter_map(tree::inner).any(|node| is_table(&node)) {
            return;
        }
        let mut called: Vec<&[tree::Node]> = Vec::new();
        for node in it.target_list.iter().chain(&it.from_clause).filter_map(tree::inner) {
            tree::visit(node, &mut |node| {
                if let NodeEnum::FuncCall(call) = node
                    && call.funcname.len() > 1
                {
                    called.push(&call.funcname);
                }
            });
        }
        called.into_iter().for_each(|name| self.not_known(name));
    }

    /// What a routine does that nobody has seen the text of; PostgreSQL's own are known to its documentation.
    fn not_known(&mut self, name: &[tree::Node]) {
        let schema = tree::qualified(name).0;
        let (routines, full) = self.known.called(name);
        if routines.is_empty() && !matches!(schema, Some("pg_catalog" | "information_schema")) {
            self.unknown(format!("{full}: its text is not known"));
        }
    }

    fn sequence_is_used(&mut self, written: &str) {
        let (schema, name) = match written.rsplit_once('.') {
            Some((schema, name)) => (Some(schema.trim_matches('"')), name),
            None => (None, written),
        };
        let sequence = self.known.named(schema, name.trim_matches('"'));
        if self.known.get(&sequence).is_some() {
            self.out.perhaps.insert(sequence, Mode::RowExclusive);
        }
    }

    fn call(&mut self, name: &[tree::Node], depth: usize) {
        let (routines, full) = self.known.called(name);
        let routines = routines.to_vec();
        if depth > 8 {
            return;
        }
        for routine in routines {
            self.code(code::of_routine(&routine), &full.to_string());
        }
    }

    /// What the text of a routine or a DO block says.
    fn code(&mut self, code: code::Code, what: &str) {
        let mut known = self.known.clone();
        for statement in &code.statements {
            let range = cutover_sql::span::Span::new(0, statement.len());
            for (_, node) in cutover_sql::statement::parse_what_can(statement, range).0 {
                if calls_back(&node, what) {
                    continue;
                }
                self.out.add(crate::effect::effects(&known, &node));
                known.apply(&node);
            }
        }
        for unknown in code.unknown {
            self.unknown(format!("{what}: {unknown}"));
        }
    }
}

/// Whether a statement has a condition that may leave partitions out.
fn has_condition(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::SelectStmt(it) => {
            it.where_clause.is_some() || it.larg.is_some() || it.from_clause.len() > 1 || joins(it)
        }
        NodeEnum::UpdateStmt(it) => it.where_clause.is_some(),
        NodeEnum::DeleteStmt(it) => it.where_clause.is_some(),
        _ => true,
    }
}

fn joins(it: &SelectStmt) -> bool {
    it.from_clause.iter().any(|node| !matches!(tree::inner(node), Some(NodeEnum::RangeVar(_))))
}

/// Whether a statement calls the routine that it stands in.
fn calls_back(node: &NodeEnum, routine: &str) -> bool {
    let mut found = false;
    tree::visit(node, &mut |node| {
        if let NodeEnum::FuncCall(call) = node {
            found |= routine.rsplit('.').next() == Some(tree::qualified(&call.funcname).1);
        }
    });
    found
}

fn constant(node: &tree::Node) -> Option<&str> {
    match tree::inner(node)? {
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            tree::a_const::Val::Sval(text) => Some(&text.sval),
            _ => None,
        },
        NodeEnum::TypeCast(it) => constant(it.arg.as_deref()?),
        _ => None,
    }
}
