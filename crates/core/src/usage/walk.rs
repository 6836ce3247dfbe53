//! Follows statements and finds where they use what is watched.
//!
//! Source of the scoping rules: <https://www.postgresql.org/docs/current/queries-table-expressions.html>, and of CTEs,
//! <https://www.postgresql.org/docs/current/queries-with.html>.

use cutover_sql::tree::{
    self, Alias, CopyStmt, DeleteStmt, FuncCall, InsertStmt, JoinExpr, MergeStmt, Node, NodeEnum,
    OnConflictClause, RangeVar, ReturningClause, SelectStmt, SetOperation, UpdateStmt, WithClause, boxed,
    children, inner,
};

use super::scope::{Item, Kind, Scopes};
use super::{Touch, Wanted, Watch};

/// How statements use what is watched.
pub fn touches<'a>(watch: &'a Watch, statements: impl Iterator<Item = &'a NodeEnum>) -> Touch {
    let mut walk = Walk { watch, scopes: Scopes::default(), ctes: Vec::new(), touch: Touch::default() };
    for statement in statements {
        walk.statement(statement);
    }
    walk.touch
}

struct Walk<'a> {
    watch: &'a Watch,
    scopes: Scopes<'a>,
    /// Names of CTEs that are in sight; they hide relations of that name.
    ctes: Vec<&'a str>,
    touch: Touch,
}

impl<'a> Walk<'a> {
    /// A statement as it stands by itself. Those that are not named here (they change schemas or settings) are no use.
    fn statement(&mut self, node: &'a NodeEnum) {
        match node {
            NodeEnum::SelectStmt(_)
            | NodeEnum::InsertStmt(_)
            | NodeEnum::UpdateStmt(_)
            | NodeEnum::DeleteStmt(_)
            | NodeEnum::MergeStmt(_) => self.expression(node),
            NodeEnum::ExplainStmt(it) => self.inside(it.query.as_deref()),
            NodeEnum::PrepareStmt(it) => self.inside(it.query.as_deref()),
            NodeEnum::DeclareCursorStmt(it) => self.inside(it.query.as_deref()),
            NodeEnum::CreateTableAsStmt(it) => self.inside(it.query.as_deref()),
            NodeEnum::CopyStmt(it) => self.copy(it),
            NodeEnum::CallStmt(it) => {
                if let Some(call) = &it.funccall {
                    self.call(call);
                    self.all(&call.args);
                }
            }
            NodeEnum::RefreshMatViewStmt(it) => {
                if let Some(relation) = &it.relation {
                    self.read_relation(relation);
                }
            }
            NodeEnum::LockStmt(it) => self.named(&it.relations, false),
            NodeEnum::TruncateStmt(it) => self.named(&it.relations, true),
            NodeEnum::DoStmt(it) => {
                for argument in &it.args {
                    if let Some(NodeEnum::DefElem(option)) = inner(argument)
                        && let Some(NodeEnum::String(body)) = boxed(option.arg.as_deref())
                        && self.watch.names(&body.sval)
                    {
                        self.touch.by_word = true;
                    }
                }
            }
            _ => {}
        }
    }

    fn inside(&mut self, query: Option<&'a Node>) {
        if let Some(node) = boxed(query) {
            self.statement(node);
        }
    }

    /// Any node of a query.
    fn expression(&mut self, node: &'a NodeEnum) {
        match node {
            NodeEnum::SelectStmt(it) => self.select(it),
            NodeEnum::InsertStmt(it) => self.insert(it),
            NodeEnum::UpdateStmt(it) => self.update(it),
            NodeEnum::DeleteStmt(it) => self.delete(it),
            NodeEnum::MergeStmt(it) => self.merge(it),
            NodeEnum::ColumnRef(it) => self.column(&it.fields),
            NodeEnum::FuncCall(it) => {
                self.call(it);
                children(node, &mut |child| self.expression(child));
            }
            NodeEnum::JoinExpr(it) => {
                self.join(it);
                children(node, &mut |child| self.expression(child));
            }
            _ => children(node, &mut |child| self.expression(child)),
        }
    }

    fn all(&mut self, nodes: &'a [Node]) {
        for node in nodes.iter().filter_map(inner) {
            self.expression(node);
        }
    }

    fn one(&mut self, node: Option<&'a Node>) {
        if let Some(node) = boxed(node) {
            self.expression(node);
        }
    }

    fn select(&mut self, it: &'a SelectStmt) {
        let before = self.with(it.with_clause.as_ref());
        if it.op() == SetOperation::SetopNone || it.op() == SetOperation::Undefined {
            let items = self.items(&it.from_clause);
            self.scopes.enter(items);
        } else {
            for side in [&it.larg, &it.rarg].into_iter().flatten() {
                self.select(side);
            }
            self.scopes.enter(Vec::new());
        }
        for list in [
            &it.distinct_clause,
            &it.target_list,
            &it.from_clause,
            &it.group_clause,
            &it.window_clause,
            &it.values_lists,
            &it.sort_clause,
        ] {
            self.all(list);
        }
        for one in [&it.where_clause, &it.having_clause, &it.limit_offset, &it.limit_count] {
            self.one(one.as_deref());
        }
        self.scopes.leave();
        self.ctes.truncate(before);
    }

    fn insert(&mut self, it: &'a InsertStmt) {
        let before = self.with(it.with_clause.as_ref());
        let Some(relation) = &it.relation else { return };
        let target = self.written(relation);
        if target == Kind::Wanted {
            let writes = if it.cols.is_empty() {
                self.reaches_place(it.select_stmt.as_deref())
            } else {
                self.assigns(&it.cols)
            };
            self.touch.write |= writes;
        }
        self.one(it.select_stmt.as_deref());
        let mut items = vec![Item { name: name_of(relation), kind: target }];
        items.push(Item { name: "excluded", kind: target });
        self.scopes.enter(items);
        if let Some(conflict) = &it.on_conflict_clause {
            self.conflict(conflict, target);
        }
        self.returning(it.returning_clause.as_ref());
        self.scopes.leave();
        self.ctes.truncate(before);
    }

    fn conflict(&mut self, it: &'a OnConflictClause, target: Kind) {
        if let Some(infer) = &it.infer {
            for element in &infer.index_elems {
                if let Some(NodeEnum::IndexElem(element)) = inner(element) {
                    self.touch.read |= target == Kind::Wanted && self.is_column(&element.name);
                    self.one(element.expr.as_deref());
                }
            }
            self.one(infer.where_clause.as_deref());
        }
        self.touch.write |= target == Kind::Wanted && self.assigns(&it.target_list);
        self.all(&it.target_list);
        self.one(it.where_clause.as_deref());
    }

    fn update(&mut self, it: &'a UpdateStmt) {
        let before = self.with(it.with_clause.as_ref());
        let Some(relation) = &it.relation else { return };
        let target = self.written(relation);
        self.touch.write |= target == Kind::Wanted && self.assigns(&it.target_list);
        let mut items = self.items(&it.from_clause);
        items.push(Item { name: name_of(relation), kind: target });
        self.scopes.enter(items);
        self.all(&it.target_list);
        self.all(&it.from_clause);
        self.one(it.where_clause.as_deref());
        self.returning(it.returning_clause.as_ref());
        self.scopes.leave();
        self.ctes.truncate(before);
    }

    fn delete(&mut self, it: &'a DeleteStmt) {
        let before = self.with(it.with_clause.as_ref());
        let Some(relation) = &it.relation else { return };
        let target = self.written(relation);
        let mut items = self.items(&it.using_clause);
        items.push(Item { name: name_of(relation), kind: target });
        self.scopes.enter(items);
        self.all(&it.using_clause);
        self.one(it.where_clause.as_deref());
        self.returning(it.returning_clause.as_ref());
        self.scopes.leave();
        self.ctes.truncate(before);
    }

    fn merge(&mut self, it: &'a MergeStmt) {
        let before = self.with(it.with_clause.as_ref());
        let Some(relation) = &it.relation else { return };
        let target = self.written(relation);
        let mut items = Vec::new();
        if let Some(source) = boxed(it.source_relation.as_deref()) {
            self.item(source, &mut items);
        }
        items.push(Item { name: name_of(relation), kind: target });
        self.scopes.enter(items);
        self.one(it.source_relation.as_deref());
        self.one(it.join_condition.as_deref());
        for clause in &it.merge_when_clauses {
            let Some(NodeEnum::MergeWhenClause(when)) = inner(clause) else { continue };
            let inserts_all = when.target_list.is_empty() && !when.values.is_empty();
            let writes = inserts_all || self.assigns(&when.target_list);
            self.touch.write |= target == Kind::Wanted && writes;
            self.all(&when.target_list);
            self.all(&when.values);
            self.one(when.condition.as_deref());
        }
        self.returning(it.returning_clause.as_ref());
        self.scopes.leave();
        self.ctes.truncate(before);
    }

    fn copy(&mut self, it: &'a CopyStmt) {
        self.inside(it.query.as_deref());
        let Some(relation) = &it.relation else { return };
        let kind = if it.is_from { self.written(relation) } else { self.read_relation(relation) };
        let takes = match &self.watch.wanted {
            Wanted::Relation => true,
            Wanted::Column { name, .. } => {
                it.attlist.is_empty() || tree::texts(&it.attlist).contains(&name.as_str())
            }
            Wanted::Function => false,
        };
        self.scopes.enter(vec![Item { name: name_of(relation), kind }]);
        self.one(it.where_clause.as_deref());
        self.scopes.leave();
        if kind == Kind::Wanted && takes {
            if it.is_from { self.touch.write = true } else { self.touch.read = true }
        }
    }

    /// LOCK and TRUNCATE: they name tables and no columns.
    fn named(&mut self, relations: &'a [Node], write: bool) {
        for node in relations {
            if let Some(NodeEnum::RangeVar(relation)) = inner(node) {
                if write {
                    self.written(relation)
                } else {
                    self.read_relation(relation)
                };
            }
        }
    }

    fn returning(&mut self, it: Option<&'a ReturningClause>) {
        if let Some(it) = it {
            self.all(&it.exprs);
        }
    }

    /// Takes in the CTEs of a statement; gives how many were in sight before.
    fn with(&mut self, it: Option<&'a WithClause>) -> usize {
        let before = self.ctes.len();
        let Some(it) = it else { return before };
        let ctes = it.ctes.iter().filter_map(|node| match inner(node) {
            Some(NodeEnum::CommonTableExpr(cte)) => Some(cte),
            _ => None,
        });
        if it.recursive {
            self.ctes.extend(ctes.clone().map(|cte| cte.ctename.as_str()));
        }
        for cte in ctes {
            self.one(cte.ctequery.as_deref());
            self.ctes.push(&cte.ctename);
        }
        before
    }

    fn items(&mut self, from: &'a [Node]) -> Vec<Item<'a>> {
        let mut items = Vec::new();
        for node in from.iter().filter_map(inner) {
            self.item(node, &mut items);
        }
        items
    }

    fn item(&mut self, node: &'a NodeEnum, items: &mut Vec<Item<'a>>) {
        let unknown = |alias: &'a Option<Alias>| Item {
            name: alias.as_ref().map_or("", |it| it.aliasname.as_str()),
            kind: Kind::Unknown,
        };
        match node {
            NodeEnum::RangeVar(it) => {
                let kind = self.read_relation(it);
                // `task AS t (a, b)` gives the columns other names
                let renames = it.alias.as_ref().is_some_and(|alias| !alias.colnames.is_empty());
                self.touch.read |= renames && kind == Kind::Wanted;
                items.push(Item { name: name_of(it), kind });
            }
            NodeEnum::JoinExpr(it) => {
                let mut inside = Vec::new();
                for side in [&it.larg, &it.rarg] {
                    if let Some(side) = boxed(side.as_deref()) {
                        self.item(side, &mut inside);
                    }
                }
                // the whole join under a name
                let wanted = inside.iter().any(|item| item.kind == Kind::Wanted);
                if let (true, Some(alias)) = (wanted, &it.alias) {
                    items.push(Item { name: &alias.aliasname, kind: Kind::Wanted });
                }
                items.append(&mut inside);
            }
            NodeEnum::RangeTableSample(it) => {
                if let Some(relation) = boxed(it.relation.as_deref()) {
                    self.item(relation, items);
                }
            }
            NodeEnum::RangeSubselect(it) => items.push(unknown(&it.alias)),
            NodeEnum::RangeFunction(it) => items.push(unknown(&it.alias)),
            _ => items.push(Item { name: "", kind: Kind::Unknown }),
        }
    }

    /// A relation that is read: whether it is the watched one, and whether it leads to it.
    fn read_relation(&mut self, it: &RangeVar) -> Kind {
        let (schema, name) = (tree::schema(it), it.relname.as_str());
        if schema.is_none() && self.ctes.contains(&name) {
            return Kind::Unknown;
        }
        self.touch.read |= Watch::is_in(&self.watch.carriers, schema, name);
        let kind = self.kind(schema, name);
        self.touch.read |= kind == Kind::Wanted && self.watch.wanted == Wanted::Relation;
        kind
    }

    /// A relation that is written.
    fn written(&mut self, it: &RangeVar) -> Kind {
        let (schema, name) = (tree::schema(it), it.relname.as_str());
        let leads = Watch::is_in(&self.watch.carriers, schema, name)
            || Watch::is_in(&self.watch.triggers, schema, name);
        let kind = self.kind(schema, name);
        self.touch.write |= leads || (kind == Kind::Wanted && self.watch.wanted == Wanted::Relation);
        kind
    }

    fn kind(&self, schema: Option<&str>, name: &str) -> Kind {
        if self.watch.wanted != Wanted::Function && Watch::is(&self.watch.object, schema, name) {
            Kind::Wanted
        } else {
            Kind::Other { has_column: Watch::is_in(&self.watch.same_column, schema, name) }
        }
    }

    fn column(&mut self, fields: &'a [Node]) {
        if !matches!(self.watch.wanted, Wanted::Column { .. }) {
            return;
        }
        let is_star = fields.last().and_then(inner).is_some_and(|it| matches!(it, NodeEnum::AStar(_)));
        let names = tree::texts(fields);
        let used = match (names.as_slice(), is_star) {
            ([], true) => self.scopes.star(),
            ([.., alias], true) => self.scopes.alias(alias).is_none_or(|kind| kind == Kind::Wanted),
            // a column, or a whole row by the name of its relation
            ([name], false) => {
                (self.is_column(name) && self.scopes.column())
                    || self.scopes.alias(name) == Some(Kind::Wanted)
            }
            ([.., alias, name], false) => {
                self.is_column(name) && self.scopes.alias(alias).is_none_or(|kind| kind == Kind::Wanted)
            }
            ([], false) => false,
        };
        self.touch.read |= used;
    }

    /// USING and NATURAL name columns without a reference to them.
    fn join(&mut self, it: &'a JoinExpr) {
        if !matches!(self.watch.wanted, Wanted::Column { .. }) {
            return;
        }
        let named = tree::texts(&it.using_clause).into_iter().any(|name| self.is_column(name));
        self.touch.read |= (named || it.is_natural) && self.scopes.star();
    }

    fn call(&mut self, it: &'a FuncCall) {
        let (schema, name) = tree::qualified(&it.funcname);
        let itself = self.watch.wanted == Wanted::Function && Watch::is(&self.watch.object, schema, name);
        self.touch.read |= itself || Watch::is_in(&self.watch.functions, schema, name);
    }

    fn is_column(&self, name: &str) -> bool {
        matches!(&self.watch.wanted, Wanted::Column { name: wanted, .. } if wanted == name)
    }

    /// Whether a list of assignments or of an INSERT's columns names the column.
    fn assigns(&self, targets: &[Node]) -> bool {
        targets.iter().filter_map(inner).any(|node| match node {
            NodeEnum::ResTarget(it) => self.is_column(&it.name),
            _ => false,
        })
    }

    /// Whether an INSERT without a list of columns has a value for the column: it fills them from the left.
    fn reaches_place(&self, source: Option<&Node>) -> bool {
        let Wanted::Column { place, .. } = &self.watch.wanted else { return false };
        let Some(NodeEnum::SelectStmt(it)) = boxed(source) else { return false };
        match it.values_lists.first().and_then(inner) {
            Some(NodeEnum::List(row)) => row.items.len() > *place,
            _ => true,
        }
    }
}

/// The name that an item of FROM goes by.
fn name_of(it: &RangeVar) -> &str {
    it.alias.as_ref().map_or(it.relname.as_str(), |alias| &alias.aliasname)
}
