//! Which relations a query names, and how it locks each: names and common table expressions resolved.
//!
//! Source: `parse_relation.c`, `parse_clause.c` and `rewriteHandler.c`: a relation is locked as its place in the
//! query says, what a view reads as the view is.

use cutover_sql::tree::{self, NodeEnum, RangeVar, SelectStmt, WithClause};

use super::Mode;
use super::known::{Event, Known, Rel};

/// A relation in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The relation.
    pub relation: Rel,
    /// How it is locked.
    pub mode: Mode,
    /// Whether those that inherit from it are meant, too.
    pub inherits: bool,
    /// Whether rows are put into it, changed or taken out, and by which statement.
    pub target: Option<Target>,
}

/// How a statement changes a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it does.
    pub event: Event,
    /// Whether the planner looks into the indexes: always, but for an `INSERT` without a conflict that it names.
    pub by_index: bool,
}

/// The relations that a query or an expression names, in the order that they are met in.
pub fn uses(known: &Known, node: &NodeEnum) -> Vec<Use> {
    let mut reader = Reader { known, scopes: Vec::new(), found: Vec::new() };
    reader.node(node, None);
    reader.found
}

/// The relations that a view on `query` reads, each with the columns of it that the query names.
pub fn reads(known: &Known, query: &NodeEnum) -> Vec<(Rel, Vec<String>)> {
    let mut named: Vec<String> = tree::columns(query).into_iter().map(str::to_owned).collect();
    let mut star = false;
    tree::visit(query, &mut |node| {
        if let NodeEnum::ColumnRef(it) = node {
            star |= it.fields.iter().any(|f| matches!(tree::inner(f), Some(NodeEnum::AStar(_))));
        }
        if let NodeEnum::JoinExpr(it) = node {
            named.extend(tree::texts(&it.using_clause).into_iter().map(str::to_owned));
        }
    });
    let mut found: Vec<(Rel, Vec<String>)> = Vec::new();
    for one in uses(known, query) {
        if found.iter().any(|(rel, _)| *rel == one.relation) {
            continue;
        }
        let columns = match known.get(&one.relation).and_then(|it| it.columns.as_ref()) {
            Some(columns) => {
                let named = columns.iter().filter(|c| star || named.contains(&c.name));
                named.map(|c| c.name.clone()).collect()
            }
            None => named.clone(),
        };
        found.push((one.relation, columns));
    }
    found
}

struct Reader<'k> {
    known: &'k Known,
    /// Names of common table expressions that are in sight.
    scopes: Vec<String>,
    found: Vec<Use>,
}

/// How a locking clause locks what is in FROM: everything, or what it names.
#[derive(Clone)]
struct Locking {
    all: bool,
    names: Vec<String>,
}

impl Reader<'_> {
    fn node(&mut self, node: &NodeEnum, locking: Option<&Locking>) {
        match node {
            NodeEnum::SelectStmt(it) => self.select(it, locking),
            NodeEnum::RangeVar(it) => {
                let name = it.alias.as_ref().map_or(it.relname.as_str(), |alias| alias.aliasname.as_str());
                let locked = locking.is_some_and(|l| l.all || l.names.iter().any(|n| n == name));
                self.relation(it, if locked { Mode::RowShare } else { Mode::AccessShare });
            }
            NodeEnum::RangeSubselect(it) => {
                let name = it.alias.as_ref().map_or("", |alias| alias.aliasname.as_str());
                let all = locking.filter(|l| l.all || l.names.iter().any(|n| n == name));
                let all = all.map(|_| Locking { all: true, names: Vec::new() });
                if let Some(query) = tree::boxed(it.subquery.as_deref()) {
                    self.node(query, all.as_ref());
                }
            }
            NodeEnum::JoinExpr(it) => {
                for side in [&it.larg, &it.rarg] {
                    if let Some(side) = tree::boxed(side.as_deref()) {
                        self.node(side, locking);
                    }
                }
                if let Some(quals) = tree::boxed(it.quals.as_deref()) {
                    self.node(quals, None);
                }
            }
            NodeEnum::InsertStmt(it) => {
                let scope = self.scope(it.with_clause.as_ref());
                let infers = it.on_conflict_clause.as_ref().is_some_and(|clause| clause.infer.is_some());
                self.target(it.relation.as_ref(), Event::Insert, infers);
                self.below(node);
                self.scopes.truncate(scope);
            }
            NodeEnum::UpdateStmt(it) => {
                let scope = self.scope(it.with_clause.as_ref());
                self.target(it.relation.as_ref(), Event::Update, true);
                self.below(node);
                self.scopes.truncate(scope);
            }
            NodeEnum::DeleteStmt(it) => {
                let scope = self.scope(it.with_clause.as_ref());
                self.target(it.relation.as_ref(), Event::Delete, true);
                self.below(node);
                self.scopes.truncate(scope);
            }
            NodeEnum::MergeStmt(it) => {
                let scope = self.scope(it.with_clause.as_ref());
                self.target(it.relation.as_ref(), Event::Update, true);
                self.below(node);
                self.scopes.truncate(scope);
            }
            _ => self.below(node),
        }
    }

    fn below(&mut self, node: &NodeEnum) {
        let mut below: Vec<&NodeEnum> = Vec::new();
        tree::children(node, &mut |child| below.push(child));
        below.into_iter().for_each(|child| self.node(child, None));
    }

    /// Brings the names of a WITH clause into sight; gives how many were there before.
    fn scope(&mut self, with: Option<&WithClause>) -> usize {
        let before = self.scopes.len();
        for node in with.into_iter().flat_map(|with| &with.ctes) {
            if let Some(NodeEnum::CommonTableExpr(cte)) = tree::inner(node) {
                self.scopes.push(cte.ctename.clone());
            }
        }
        before
    }

    fn select(&mut self, it: &SelectStmt, outer: Option<&Locking>) {
        let scope = self.scope(it.with_clause.as_ref());
        for node in it.with_clause.iter().flat_map(|with| &with.ctes) {
            if let Some(inner) = tree::inner(node) {
                self.node(inner, None);
            }
        }
        let mut locking = outer.cloned();
        for node in &it.locking_clause {
            if let Some(NodeEnum::LockingClause(clause)) = tree::inner(node) {
                let locking = locking.get_or_insert(Locking { all: false, names: Vec::new() });
                locking.all |= clause.locked_rels.is_empty();
                for rel in &clause.locked_rels {
                    if let Some(NodeEnum::RangeVar(rel)) = tree::inner(rel) {
                        locking.names.push(rel.relname.clone());
                    }
                }
            }
        }
        for side in [&it.larg, &it.rarg].into_iter().flatten() {
            self.select(side, None);
        }
        for node in it.from_clause.iter().filter_map(tree::inner) {
            self.node(node, locking.as_ref());
        }
        let lists = [
            &it.distinct_clause,
            &it.target_list,
            &it.group_clause,
            &it.window_clause,
            &it.values_lists,
            &it.sort_clause,
        ];
        for node in lists.into_iter().flatten().filter_map(tree::inner) {
            self.node(node, None);
        }
        for node in [&it.where_clause, &it.having_clause, &it.limit_offset, &it.limit_count] {
            if let Some(node) = tree::boxed(node.as_deref()) {
                self.node(node, None);
            }
        }
        self.scopes.truncate(scope);
    }

    fn target(&mut self, name: Option<&RangeVar>, event: Event, by_index: bool) {
        if let Some(name) = name {
            let relation = self.known.resolve(name);
            let target = Some(Target { event, by_index });
            self.found.push(Use { relation, mode: Mode::RowExclusive, inherits: name.inh, target });
        }
    }

    fn relation(&mut self, name: &RangeVar, mode: Mode) {
        if name.schemaname.is_empty() && self.scopes.contains(&name.relname) {
            return;
        }
        if matches!(name.schemaname.as_str(), "pg_catalog" | "information_schema") {
            return;
        }
        let relation = self.known.resolve(name);
        // the system's own relations are found before those of the search path, unless it says otherwise
        if name.schemaname.is_empty()
            && name.relname.starts_with("pg_")
            && self.known.get(&relation).is_none()
        {
            return;
        }
        self.found.push(Use { relation, mode, inherits: name.inh, target: None });
    }
}
