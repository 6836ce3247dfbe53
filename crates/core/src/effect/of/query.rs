//! Queries: what is locked when one is looked at, when it is planned, and when it runs.
//!
//! Source: `parse_relation.c`, `rewriteHandler.c` and `plancat.c`: a relation is locked as its place in the query says
//! when it is parsed; what a view and a policy read, when it is rewritten; the indexes, when it is planned.

use std::sync::Arc;

use cutover_sql::tree::{self, NodeEnum, RangeVar, SelectStmt};

use super::{Mode, Rel, Scan, Work, assignment};
use crate::effect::code;
use crate::effect::known::{Event, Kind};
use crate::effect::query::{Target, Use, uses};

/// Views that read views are followed so far.
const DEPTH: usize = 32;

/// How a relation is looked at.
#[derive(Clone, Copy)]
struct Look {
    mode: Mode,
    target: Option<Target>,
    inherits: bool,
    /// Whether it is planned, which locks indexes and those that inherit.
    planned: bool,
    /// Whether partitions may be left out.
    prunes: bool,
    depth: usize,
}

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
                    if runs { self.statement(query) } else { self.explained(query) }
                }
            }
            NodeEnum::PrepareStmt(it) => {
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.parsed(query);
                }
            }
            NodeEnum::ExecuteStmt(it) => match self.known.prepared(&it.name) {
                Some(query) => self.statement(&query),
                None => {
                    self.out.blind = true;
                    self.unknown(format!("EXECUTE {} runs what was prepared before", it.name));
                }
            },
            NodeEnum::DeclareCursorStmt(it) => {
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.planned(query);
                }
            }
            NodeEnum::CopyStmt(it) => match (&it.relation, tree::boxed(it.query.as_deref())) {
                (Some(rel), _) if it.is_from => self.copy_from(rel, &it.attlist),
                (Some(rel), _) => {
                    let table = self.known.resolve(rel);
                    // 12 lets go of it when it is done
                    match self.known.major >= 13 {
                        true => self.lock(&table, Mode::AccessShare),
                        false => self.perhaps(&table, Mode::AccessShare),
                    }
                    self.secured(&table, Event::Select, true, 0);
                    self.scan(&table, Scan::Query);
                }
                (None, Some(query)) => self.query(query),
                (None, None) => {}
            },
            NodeEnum::DoStmt(it) => self.code(code::of_do(it), "DO", true),
            NodeEnum::CallStmt(it) => {
                if let Some(call) = &it.funccall {
                    for argument in call.args.iter().filter_map(tree::inner) {
                        self.planned(argument);
                    }
                    self.call(&call.funcname);
                    self.not_known(&call.funcname);
                }
            }
            _ => {
                self.planned(node);
                self.changes(node);
                if let NodeEnum::SelectStmt(it) = node {
                    self.selected(it);
                    self.called_alone(it);
                }
            }
        }
    }

    /// EXPLAIN plans what it could run.
    fn explained(&mut self, query: &NodeEnum) {
        match query {
            NodeEnum::CreateTableAsStmt(it) => {
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.explained(query);
                }
            }
            NodeEnum::DeclareCursorStmt(it) => {
                if let Some(query) = tree::boxed(it.query.as_deref()) {
                    self.explained(query);
                }
            }
            NodeEnum::ExecuteStmt(it) => match self.known.prepared(&it.name) {
                Some(query) => self.planned(&query),
                None => self.unknown(format!("EXECUTE {} plans what was prepared before", it.name)),
            },
            _ => self.planned(query),
        }
    }

    /// The locks of a plan: each relation as it stands in the query, each index with it.
    pub(super) fn planned(&mut self, node: &NodeEnum) {
        let prunes = has_condition(node);
        for one in uses(self.known, node) {
            self.look(&one, true, prunes);
        }
        self.calls(node);
    }

    /// The locks of a query that is looked at and not planned.
    pub(super) fn parsed(&mut self, node: &NodeEnum) {
        let query = match node {
            NodeEnum::ExplainStmt(it) => tree::boxed(it.query.as_deref()),
            NodeEnum::CreateTableAsStmt(it) => tree::boxed(it.query.as_deref()),
            NodeEnum::DeclareCursorStmt(it) => tree::boxed(it.query.as_deref()),
            _ => Some(node),
        };
        for one in query.map(|query| uses(self.known, query)).unwrap_or_default() {
            self.look(&one, false, false);
        }
    }

    fn look(&mut self, one: &Use, planned: bool, prunes: bool) {
        let look =
            Look { mode: one.mode, target: one.target, inherits: one.inherits, planned, prunes, depth: 0 };
        self.look_at(&one.relation, look);
    }

    fn look_at(&mut self, relation: &Rel, look: Look) {
        let kind = self.kind(relation);
        if let Some(target) = look.target.filter(|target| self.is_instead(relation, target.event)) {
            self.lock(relation, look.mode);
            // the rows that are changed are read all the same, unless nothing is done with them
            if target.event == Event::Insert || self.is_nothing(relation, target.event) {
                return;
            }
            if kind == Kind::View {
                self.look_below(relation, Look { mode: Mode::AccessShare, target: None, ..look });
                return;
            }
        }
        // where a row goes is seen when it goes there
        let is_insert = look.target.is_some_and(|target| target.event == Event::Insert);
        let children = look.planned && look.inherits && !is_insert;
        for one in self.tree(relation, children) {
            // a condition may leave partitions out
            if look.prunes && one != *relation && kind == Kind::Partitioned {
                self.perhaps_with_indexes(&one, look.mode);
                continue;
            }
            self.lock(&one, look.mode);
            let by_index = look.planned && look.target.is_none_or(|target| target.by_index);
            if by_index && self.looks_into_indexes(&one) {
                self.lock_indexes(&one, look.mode);
            }
        }
        // what is only put in is not read, unless it is given back
        self.either(!is_insert, |work| work.secured(relation, Event::Select, look.planned, look.depth));
        if let Some(target) = look.target {
            self.secured(relation, target.event, look.planned, look.depth);
        }
        if kind == Kind::View && look.depth < DEPTH {
            self.look_below(relation, look);
        }
    }

    /// Since 16 the planner looks into the indexes of partitioned tables, too.
    pub(super) fn looks_into_indexes(&self, table: &Rel) -> bool {
        self.known.major >= 16 || self.kind(table) != Kind::Partitioned
    }

    /// What a view reads is locked as the view is; of one that is written to, the one that it stands for.
    fn look_below(&mut self, view: &Rel, look: Look) {
        let reads = self.known.get(view).map(|view| view.reads.clone()).unwrap_or_default();
        for (at, (read, _)) in reads.into_iter().enumerate() {
            let is_base = look.target.is_none() || at == 0;
            let mode = if is_base { look.mode } else { Mode::AccessShare };
            let target = look.target.filter(|_| is_base);
            let look = Look { mode, target, inherits: true, prunes: true, depth: look.depth + 1, ..look };
            self.look_at(&read, look);
        }
    }

    /// The policies of a table read what their expressions name, when row security is on for who asks.
    pub(super) fn secured(&mut self, table: &Rel, event: Event, planned: bool, depth: usize) {
        let Some(relation) = self.known.get(table).filter(|it| it.row_security && depth < DEPTH) else {
            return;
        };
        // who logged in may be above it; a role that was chosen is not, unless it owns the table
        let role = self.known.role.as_ref();
        let sure = role.is_some() && relation.owner.as_ref() != role;
        let applies = relation.policies.iter().filter(|it| it.event.is_none_or(|of| of == event));
        let meant: Vec<(Vec<Rel>, bool)> =
            applies.map(|it| (it.reads.clone(), it.roles.is_empty())).collect();
        for (reads, for_all) in meant {
            self.either(sure && for_all, |work| {
                for read in reads {
                    let look = Look {
                        mode: Mode::AccessShare,
                        target: None,
                        inherits: true,
                        planned,
                        prunes: true,
                        depth: depth + 1,
                    };
                    work.look_at(&read, look);
                }
            });
        }
    }

    /// A rule or a trigger that does something else instead.
    pub(super) fn is_instead(&self, relation: &Rel, event: Event) -> bool {
        self.known.get(relation).is_some_and(|it| {
            it.rules.iter().any(|rule| rule.event == event && rule.instead)
                || it.triggers.iter().any(|trigger| trigger.instead && trigger.events.contains(&event))
        })
    }

    /// A rule that does nothing instead.
    fn is_nothing(&self, relation: &Rel, event: Event) -> bool {
        self.known.get(relation).is_some_and(|it| {
            it.rules.iter().any(|rule| rule.event == event && rule.instead && rule.actions.is_empty())
        })
    }

    /// A query without a condition reads all of what it names.
    pub(super) fn selected(&mut self, it: &SelectStmt) {
        if it.where_clause.is_none() && it.limit_count.is_none() {
            for node in &it.from_clause {
                if let Some(node @ NodeEnum::RangeVar(_)) = tree::inner(node) {
                    self.read_all(node);
                }
            }
        }
    }

    fn read_all(&mut self, node: &NodeEnum) {
        for one in uses(self.known, node) {
            for table in self.tree(&one.relation, one.inherits) {
                self.scan(&table, Scan::Query);
            }
        }
    }

    pub(super) fn perhaps_with_indexes(&mut self, relation: &Rel, mode: Mode) {
        self.perhaps(relation, mode);
        for index in self.known.get(relation).map(|t| t.indexes.clone()).unwrap_or_default() {
            self.perhaps(&index, mode);
        }
    }

    /// The actions of the rules for an event.
    pub(super) fn rules(&mut self, relation: &Rel, event: Event) {
        let rules = self.known.get(relation).into_iter().flat_map(|it| &it.rules);
        let actions: Vec<Arc<NodeEnum>> =
            rules.filter(|rule| rule.event == event).flat_map(|rule| rule.actions.clone()).collect();
        for action in actions {
            if self.inside.len() < DEPTH {
                self.inside.push(relation.clone());
                self.query(&action);
                self.inside.pop();
            }
        }
    }
}

/// Whether a statement has a condition that may leave partitions out.
pub(super) fn has_condition(node: &NodeEnum) -> bool {
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

/// The relation that a statement names as its target.
pub(super) fn target_of(node: &NodeEnum) -> Option<&RangeVar> {
    match node {
        NodeEnum::InsertStmt(it) => it.relation.as_ref(),
        NodeEnum::UpdateStmt(it) => it.relation.as_ref(),
        NodeEnum::DeleteStmt(it) => it.relation.as_ref(),
        NodeEnum::MergeStmt(it) => it.relation.as_ref(),
        _ => None,
    }
}
