//! What a node of a query or an expression is made of: the parser's own walker, in Rust.
//!
//! Source: `raw_expression_tree_walker` of PostgreSQL 18's `nodeFuncs.c`. Utility statements have no
//! children here; those who look into one name the parts that they want.

use super::{
    JsonAggConstructor, JsonBehavior, JsonValueExpr, Node, NodeEnum, ReturningClause, SelectStmt, WindowDef,
    WithClause,
};

/// Passes a node and everything below it to `see`, from the outside in.
pub fn visit<'a>(node: &'a NodeEnum, see: &mut dyn FnMut(&'a NodeEnum)) {
    see(node);
    children(node, &mut |child| visit(child, see));
}

/// Passes the nodes that stand right below a node to `see`. The two sides of a UNION have no node of
/// their own; what they are made of is passed.
pub fn children<'a>(node: &'a NodeEnum, see: &mut dyn FnMut(&'a NodeEnum)) {
    let mut walk = Walk { see };
    match node {
        NodeEnum::List(it) => walk.all(&it.items),
        NodeEnum::AArrayExpr(it) => walk.all(&it.elements),
        NodeEnum::RowExpr(it) => walk.all(&it.args),
        NodeEnum::BoolExpr(it) => walk.all(&it.args),
        NodeEnum::CoalesceExpr(it) => walk.all(&it.args),
        NodeEnum::MinMaxExpr(it) => walk.all(&it.args),
        NodeEnum::GroupingFunc(it) => walk.all(&it.args),
        NodeEnum::GroupingSet(it) => walk.all(&it.content),
        NodeEnum::RangeFunction(it) => walk.all(&it.functions),
        NodeEnum::TypeCast(it) => walk.one(&it.arg),
        NodeEnum::CollateClause(it) => walk.one(&it.arg),
        NodeEnum::NullTest(it) => walk.one(&it.arg),
        NodeEnum::BooleanTest(it) => walk.one(&it.arg),
        NodeEnum::NamedArgExpr(it) => walk.one(&it.arg),
        NodeEnum::SortBy(it) => walk.one(&it.node),
        NodeEnum::MultiAssignRef(it) => walk.one(&it.source),
        NodeEnum::RangeSubselect(it) => walk.one(&it.subquery),
        NodeEnum::CommonTableExpr(it) => walk.one(&it.ctequery),
        NodeEnum::IndexElem(it) => walk.one(&it.expr),
        NodeEnum::PartitionElem(it) => walk.one(&it.expr),
        NodeEnum::StatsElem(it) => walk.one(&it.expr),
        NodeEnum::DefElem(it) => walk.one(&it.arg),
        NodeEnum::XmlSerialize(it) => walk.one(&it.expr),
        NodeEnum::JsonIsPredicate(it) => walk.one(&it.expr),
        NodeEnum::JsonScalarExpr(it) => walk.one(&it.expr),
        NodeEnum::ReturnStmt(it) => walk.one(&it.returnval),
        NodeEnum::AExpr(it) => walk.two(&it.lexpr, &it.rexpr),
        NodeEnum::CaseWhen(it) => walk.two(&it.expr, &it.result),
        NodeEnum::AIndices(it) => walk.two(&it.lidx, &it.uidx),
        NodeEnum::SubLink(it) => walk.two(&it.testexpr, &it.subselect),
        NodeEnum::RangeTableFuncCol(it) => walk.two(&it.colexpr, &it.coldefexpr),
        NodeEnum::CaseExpr(it) => {
            walk.two(&it.arg, &it.defresult);
            walk.all(&it.args);
        }
        NodeEnum::AIndirection(it) => {
            walk.one(&it.arg);
            walk.all(&it.indirection);
        }
        NodeEnum::ResTarget(it) => {
            walk.one(&it.val);
            walk.all(&it.indirection);
        }
        NodeEnum::JoinExpr(it) => {
            walk.two(&it.larg, &it.rarg);
            walk.one(&it.quals);
        }
        NodeEnum::RangeTableSample(it) => {
            walk.two(&it.relation, &it.repeatable);
            walk.all(&it.args);
        }
        NodeEnum::RangeTableFunc(it) => {
            walk.two(&it.docexpr, &it.rowexpr);
            walk.all(&it.columns);
        }
        NodeEnum::XmlExpr(it) => {
            walk.all(&it.named_args);
            walk.all(&it.args);
        }
        NodeEnum::FuncCall(it) => {
            walk.all(&it.args);
            walk.all(&it.agg_order);
            walk.one(&it.agg_filter);
            walk.window(it.over.as_deref());
        }
        NodeEnum::WindowDef(it) => walk.window(Some(it)),
        NodeEnum::ColumnDef(it) => {
            walk.one(&it.raw_default);
            walk.all(&it.constraints);
        }
        NodeEnum::Constraint(it) => {
            walk.two(&it.raw_expr, &it.where_clause);
            walk.all(&it.exclusions);
        }
        NodeEnum::SelectStmt(it) => walk.select(it),
        NodeEnum::InsertStmt(it) => {
            walk.with(it.with_clause.as_ref());
            walk.all(&it.cols);
            walk.one(&it.select_stmt);
            if let Some(conflict) = &it.on_conflict_clause {
                if let Some(infer) = &conflict.infer {
                    walk.all(&infer.index_elems);
                    walk.one(&infer.where_clause);
                }
                walk.all(&conflict.target_list);
                walk.one(&conflict.where_clause);
            }
            walk.returning(it.returning_clause.as_ref());
        }
        NodeEnum::UpdateStmt(it) => {
            walk.with(it.with_clause.as_ref());
            walk.all(&it.target_list);
            walk.all(&it.from_clause);
            walk.one(&it.where_clause);
            walk.returning(it.returning_clause.as_ref());
        }
        NodeEnum::DeleteStmt(it) => {
            walk.with(it.with_clause.as_ref());
            walk.all(&it.using_clause);
            walk.one(&it.where_clause);
            walk.returning(it.returning_clause.as_ref());
        }
        NodeEnum::MergeStmt(it) => {
            walk.with(it.with_clause.as_ref());
            walk.two(&it.source_relation, &it.join_condition);
            walk.all(&it.merge_when_clauses);
            walk.returning(it.returning_clause.as_ref());
        }
        NodeEnum::MergeWhenClause(it) => {
            walk.one(&it.condition);
            walk.all(&it.target_list);
            walk.all(&it.values);
        }
        _ => walk.json(node),
    }
}

struct Walk<'w, 'a> {
    see: &'w mut dyn FnMut(&'a NodeEnum),
}

impl<'a> Walk<'_, 'a> {
    fn node(&mut self, node: Option<&'a Node>) {
        if let Some(inner) = node.and_then(|n| n.node.as_ref()) {
            (self.see)(inner);
        }
    }

    fn one(&mut self, node: &'a Option<Box<Node>>) {
        self.node(node.as_deref());
    }

    fn two(&mut self, a: &'a Option<Box<Node>>, b: &'a Option<Box<Node>>) {
        self.one(a);
        self.one(b);
    }

    fn all(&mut self, nodes: &'a [Node]) {
        nodes.iter().for_each(|node| self.node(Some(node)));
    }

    fn with(&mut self, with: Option<&'a WithClause>) {
        with.into_iter().for_each(|with| self.all(&with.ctes));
    }

    fn returning(&mut self, returning: Option<&'a ReturningClause>) {
        returning.into_iter().for_each(|it| self.all(&it.exprs));
    }

    fn window(&mut self, window: Option<&'a WindowDef>) {
        if let Some(it) = window {
            self.all(&it.partition_clause);
            self.all(&it.order_clause);
            self.two(&it.start_offset, &it.end_offset);
        }
    }

    fn select(&mut self, it: &'a SelectStmt) {
        self.with(it.with_clause.as_ref());
        for side in [&it.larg, &it.rarg].into_iter().flatten() {
            self.select(side);
        }
        self.all(&it.distinct_clause);
        self.all(&it.target_list);
        self.all(&it.from_clause);
        self.one(&it.where_clause);
        self.all(&it.group_clause);
        self.one(&it.having_clause);
        self.all(&it.window_clause);
        self.all(&it.values_lists);
        self.all(&it.sort_clause);
        self.two(&it.limit_offset, &it.limit_count);
    }

    fn json(&mut self, node: &'a NodeEnum) {
        match node {
            NodeEnum::JsonFuncExpr(it) => {
                self.value(it.context_item.as_deref());
                self.one(&it.pathspec);
                self.all(&it.passing);
                self.behaviour(it.on_empty.as_deref());
                self.behaviour(it.on_error.as_deref());
            }
            NodeEnum::JsonTable(it) => {
                self.value(it.context_item.as_deref());
                self.all(&it.passing);
                self.all(&it.columns);
                self.behaviour(it.on_error.as_deref());
            }
            NodeEnum::JsonTableColumn(it) => {
                self.all(&it.columns);
                self.behaviour(it.on_empty.as_deref());
                self.behaviour(it.on_error.as_deref());
            }
            NodeEnum::JsonArgument(it) => self.value(it.val.as_deref()),
            NodeEnum::JsonValueExpr(it) => self.value(Some(it)),
            NodeEnum::JsonParseExpr(it) => self.value(it.expr.as_deref()),
            NodeEnum::JsonSerializeExpr(it) => self.value(it.expr.as_deref()),
            NodeEnum::JsonKeyValue(it) => {
                self.one(&it.key);
                self.value(it.value.as_deref());
            }
            NodeEnum::JsonObjectConstructor(it) => self.all(&it.exprs),
            NodeEnum::JsonArrayConstructor(it) => self.all(&it.exprs),
            NodeEnum::JsonArrayQueryConstructor(it) => self.one(&it.query),
            NodeEnum::JsonObjectAgg(it) => {
                self.aggregate(it.constructor.as_deref());
                if let Some(pair) = &it.arg {
                    self.one(&pair.key);
                    self.value(pair.value.as_deref());
                }
            }
            NodeEnum::JsonArrayAgg(it) => {
                self.aggregate(it.constructor.as_deref());
                self.value(it.arg.as_deref());
            }
            _ => {}
        }
    }

    fn value(&mut self, value: Option<&'a JsonValueExpr>) {
        if let Some(it) = value {
            self.one(&it.raw_expr);
        }
    }

    fn behaviour(&mut self, behaviour: Option<&'a JsonBehavior>) {
        if let Some(it) = behaviour {
            self.one(&it.expr);
        }
    }

    fn aggregate(&mut self, aggregate: Option<&'a JsonAggConstructor>) {
        if let Some(it) = aggregate {
            self.one(&it.agg_filter);
            self.all(&it.agg_order);
            self.window(it.over.as_deref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::visit;
    use crate::parse::parse;
    use crate::span::Span;
    use crate::tree::NodeEnum;

    /// The relations that a query names, in the order of the walk.
    fn relations(sql: &str) -> Vec<String> {
        let trees = parse(sql, Span::new(0, sql.len())).expect("it parses");
        let mut found = Vec::new();
        for node in trees.iter().filter_map(|raw| raw.stmt.as_ref()?.node.as_ref()) {
            visit(node, &mut |node| {
                if let NodeEnum::RangeVar(it) = node {
                    found.push(it.relname.clone());
                }
            });
        }
        found
    }

    #[test]
    fn nothing_is_hidden_from_the_walk() {
        let sql = "WITH x AS (SELECT * FROM a) SELECT (SELECT 1 FROM b), sum(n) FILTER (WHERE EXISTS (SELECT FROM c)) \
                   OVER (PARTITION BY (SELECT 1 FROM d)), CASE WHEN EXISTS (SELECT FROM e) THEN 1 ELSE (SELECT 1 FROM f) END, \
                   ARRAY(SELECT 1 FROM g), json_object('k': (SELECT 1 FROM h)), (coalesce((SELECT 1 FROM i), 2))[(SELECT 1 FROM j)] \
                   FROM k JOIN l ON (SELECT true FROM m), LATERAL (SELECT * FROM n) n, ROWS FROM (f((SELECT 1 FROM o))) \
                   WHERE a = ANY (SELECT 1 FROM p) GROUP BY (SELECT 1 FROM q) HAVING (SELECT true FROM r) \
                   ORDER BY (SELECT 1 FROM s) LIMIT (SELECT 1 FROM t) OFFSET (SELECT 1 FROM u)";
        let mut found = relations(sql);
        found.sort();
        assert_eq!(found.concat(), "abcdefghijklmnopqrstu");
        assert_eq!(
            relations("SELECT 1 FROM a UNION (SELECT 1 FROM b EXCEPT SELECT 1 FROM c)").concat(),
            "abc"
        );
        let merge = "MERGE INTO t USING a ON (SELECT true FROM b) WHEN MATCHED AND (SELECT true FROM c) THEN \
                     UPDATE SET x = (SELECT 1 FROM d) WHEN NOT MATCHED THEN INSERT VALUES ((SELECT 1 FROM e))";
        assert_eq!(relations(merge).concat(), "abcde");
    }
}
