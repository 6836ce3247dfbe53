//! Whether a statement means the same when it runs batch by batch. It knows the statement alone.

use cutover_sql::span::Span;
use cutover_sql::tree::{
    self, AExprKind as Kind, DeleteStmt, InsertStmt, Node, NodeEnum, RangeVar, SelectStmt, SetOperation,
    UpdateStmt, WithClause, inner, is_null, visit,
};

use super::from::sources;
use super::insert::{Slot, only};
use super::{Batched, Refusal, RefusalKind, TableName, Verb};

/// What the directive says.
struct Asked<'a> {
    table: TableName,
    /// Empty for ctid.
    key: &'a [String],
}

/// A refusal and the byte of the statement that it is about.
type No = (RefusalKind, i32);

/// Aggregates of PostgreSQL that people use; of others the database is asked.
const AGGREGATES: &[&str] = &[
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bool_and",
    "bool_or",
    "count",
    "every",
    "json_agg",
    "json_object_agg",
    "jsonb_agg",
    "jsonb_object_agg",
    "max",
    "min",
    "string_agg",
    "stddev",
    "sum",
    "variance",
];

/// Reads the statement `text` of a backfill through `table` (as the directive has it) along `key`
/// (column names; empty for ctid).
///
/// # Errors
/// [`Refusal`] when batches would mean something else than the whole.
pub fn read(text: &str, table: &str, key: &[String]) -> Result<Batched, Refusal> {
    let whole = Span::new(0, text.len());
    let other = || Refusal { kind: RefusalKind::OtherStatement, span: whole };
    let statement = only(text).ok_or_else(other)?;
    let asked = Asked { table: table_name(table).ok_or_else(other)?, key };
    let found = match &statement {
        NodeEnum::UpdateStmt(it) => update(it, &asked),
        NodeEnum::DeleteStmt(it) => delete(it, &asked),
        NodeEnum::InsertStmt(it) => insert(it, &asked),
        _ => return Err(other()),
    };
    let draft = found.map_err(|(kind, at)| {
        let at = usize::try_from(at).unwrap_or(0).min(text.len());
        Refusal { kind, span: if at == 0 { whole } else { Span::new(at, text.len()) } }
    })?;
    let slot = Slot::find(text, &statement).ok_or_else(other)?;
    Ok(Batched {
        verb: draft.verb,
        table: draft.table,
        qualifier: draft.qualifier,
        sets: draft.sets,
        calls: draft.calls,
        reads_others: draft.verb == Verb::Insert || names_table(&statement),
        slot,
    })
}

/// What is known of a statement before its text is looked at.
struct Draft {
    verb: Verb,
    table: TableName,
    qualifier: String,
    sets: Vec<String>,
    calls: Vec<String>,
}

fn update(it: &UpdateStmt, asked: &Asked<'_>) -> Result<Draft, No> {
    let relation = target(it.relation.as_ref(), asked)?;
    common(it.with_clause.as_ref(), it.returning_clause.is_some(), it.where_clause.as_deref())?;
    let sets: Vec<(String, i32)> = it.target_list.iter().filter_map(set_column).collect();
    if let Some((column, at)) = sets.iter().find(|(column, _)| asked.key.contains(column)) {
        return Err((RefusalKind::SetsKey { column: column.clone() }, *at));
    }
    let sets: Vec<String> = sets.into_iter().map(|(column, _)| column).collect();
    let alias = qualifier(relation);
    let node = NodeEnum::UpdateStmt(Box::new(it.clone()));
    if mentions(&node, &asked.table) > 0 && reads_set(&node, alias, &sets) {
        return Err((RefusalKind::ReadsItself { table: asked.table.sql() }, relation.location));
    }
    if asked.key.is_empty() && !tells_done(it, &sets) {
        return Err((RefusalKind::NotTold, relation.location));
    }
    Ok(Draft {
        verb: Verb::Update,
        table: named(relation),
        qualifier: cutover_sql::ident::quote_ident(alias).into_owned(),
        sets,
        calls: Vec::new(),
    })
}

fn delete(it: &DeleteStmt, asked: &Asked<'_>) -> Result<Draft, No> {
    let relation = target(it.relation.as_ref(), asked)?;
    common(it.with_clause.as_ref(), it.returning_clause.is_some(), it.where_clause.as_deref())?;
    let node = NodeEnum::DeleteStmt(Box::new(it.clone()));
    if mentions(&node, &asked.table) > 0 {
        return Err((RefusalKind::ReadsItself { table: asked.table.sql() }, relation.location));
    }
    Ok(Draft {
        verb: Verb::Delete,
        table: named(relation),
        qualifier: cutover_sql::ident::quote_ident(qualifier(relation)).into_owned(),
        sets: Vec::new(),
        calls: Vec::new(),
    })
}

fn insert(it: &InsertStmt, asked: &Asked<'_>) -> Result<Draft, No> {
    let Some(NodeEnum::SelectStmt(select)) = tree::boxed(it.select_stmt.as_deref()) else {
        return Err((RefusalKind::NoSelect, 0));
    };
    common(it.with_clause.as_ref(), it.returning_clause.is_some(), select.where_clause.as_deref())?;
    common(select.with_clause.as_ref(), false, None)?;
    rows_by_themselves(select)?;
    let into = it.relation.as_ref().map(named);
    if into.as_ref().is_some_and(|into| into.may_be(&asked.table)) {
        return Err((RefusalKind::IntoItself { table: asked.table.sql() }, 0));
    }
    let all = sources(&select.from_clause);
    let mut driving = all.iter().filter(|source| named(source.table).may_be(&asked.table));
    let table = || asked.table.sql();
    let Some(source) = driving.next() else {
        let kind = if select.from_clause.is_empty() {
            RefusalKind::NoSelect
        } else {
            RefusalKind::NotInFrom { table: table() }
        };
        return Err((kind, 0));
    };
    let at = source.table.location;
    if driving.next().is_some() {
        return Err((RefusalKind::TwiceInFrom { table: table() }, at));
    }
    if source.optional {
        return Err((RefusalKind::Outer { table: table() }, at));
    }
    if asked.key.is_empty() && it.on_conflict_clause.is_none() {
        return Err((RefusalKind::NotTold, at));
    }
    Ok(Draft {
        verb: Verb::Insert,
        table: named(source.table),
        qualifier: cutover_sql::ident::quote_ident(qualifier(source.table)).into_owned(),
        sets: Vec::new(),
        calls: calls(select)?,
    })
}

/// The table that an UPDATE or DELETE changes, which has to be the directive's.
fn target<'a>(relation: Option<&'a RangeVar>, asked: &Asked<'_>) -> Result<&'a RangeVar, No> {
    let relation = relation.ok_or((RefusalKind::OtherStatement, 0))?;
    if named(relation).may_be(&asked.table) {
        return Ok(relation);
    }
    let kind = RefusalKind::OtherTable { wanted: asked.table.sql(), found: named(relation).sql() };
    Err((kind, relation.location))
}

/// What no statement may have.
fn common(with: Option<&WithClause>, returning: bool, condition: Option<&Node>) -> Result<(), No> {
    if returning {
        return Err((RefusalKind::Returning, 0));
    }
    if let Some(NodeEnum::CurrentOfExpr(_)) = tree::boxed(condition) {
        return Err((RefusalKind::CurrentOf, 0));
    }
    for cte in with.into_iter().flat_map(|with| &with.ctes) {
        if let Some(NodeEnum::CommonTableExpr(it)) = inner(cte)
            && !matches!(tree::boxed(it.ctequery.as_deref()), Some(NodeEnum::SelectStmt(_)))
        {
            return Err((RefusalKind::ModifyingWith { name: it.ctename.clone() }, it.location));
        }
    }
    Ok(())
}

/// Refuses a SELECT whose rows depend on more than the rows that each is made of.
fn rows_by_themselves(select: &SelectStmt) -> Result<(), No> {
    let clauses = [
        (select.op() != SetOperation::SetopNone, "UNION, INTERSECT or EXCEPT"),
        (!select.distinct_clause.is_empty(), "DISTINCT"),
        (!select.group_clause.is_empty(), "GROUP BY"),
        (select.having_clause.is_some(), "HAVING"),
        (!select.window_clause.is_empty(), "WINDOW"),
        (select.limit_count.is_some(), "LIMIT"),
        (select.limit_offset.is_some(), "OFFSET"),
    ];
    if let Some((_, clause)) = clauses.into_iter().find(|(there, _)| *there) {
        return Err((RefusalKind::Whole { clause }, 0));
    }
    if !select.sort_clause.is_empty() {
        return Err((RefusalKind::Ordered, 0));
    }
    Ok(())
}

/// The functions that a SELECT calls in its list, without those in subqueries.
fn calls(select: &SelectStmt) -> Result<Vec<String>, No> {
    let mut found = Vec::new();
    let mut no = None;
    for node in select.target_list.iter().filter_map(inner) {
        outside_subqueries(node, &mut |node| {
            let NodeEnum::FuncCall(call) = node else { return };
            let (_, name) = tree::qualified(&call.funcname);
            if call.over.is_some() {
                no = no.take().or(Some((RefusalKind::Whole { clause: "a window function" }, call.location)));
            }
            let marked = call.agg_star
                || call.agg_distinct
                || call.agg_within_group
                || call.agg_filter.is_some()
                || !call.agg_order.is_empty();
            if marked || AGGREGATES.contains(&name) {
                no = no.take().or(Some((RefusalKind::Whole { clause: "an aggregate" }, call.location)));
            }
            found.push(name.to_owned());
        });
    }
    no.map_or(Ok(found), Err)
}

fn outside_subqueries<'a>(node: &'a NodeEnum, see: &mut dyn FnMut(&'a NodeEnum)) {
    see(node);
    if !matches!(node, NodeEnum::SubLink(_) | NodeEnum::SelectStmt(_)) {
        tree::children(node, &mut |child| outside_subqueries(child, see));
    }
}

/// How often a statement names a table besides its target, which is no node of its own.
fn mentions(statement: &NodeEnum, table: &TableName) -> usize {
    let mut count = 0;
    visit(statement, &mut |node| {
        if let NodeEnum::RangeVar(it) = node {
            count += usize::from(named(it).may_be(table));
        }
    });
    count
}

/// Whether a statement names a table besides its target.
fn names_table(statement: &NodeEnum) -> bool {
    let mut found = false;
    visit(statement, &mut |node| found |= matches!(node, NodeEnum::RangeVar(_)));
    found
}

/// Whether a column that is set is read by another name of the table, as far as names tell.
fn reads_set(statement: &NodeEnum, alias: &str, sets: &[String]) -> bool {
    let mut reads = false;
    visit(statement, &mut |node| {
        let NodeEnum::ColumnRef(it) = node else { return };
        let names = tree::texts(&it.fields);
        let own = names.len() >= 2 && names[names.len() - 2] == alias;
        let star = names.len() < it.fields.len();
        reads |= !own && (star || names.last().is_some_and(|name| sets.iter().any(|set| set == name)));
    });
    reads
}

/// Whether the WHERE excludes rows that are done: `col IS NULL`, `col IS DISTINCT FROM value` or
/// `col = constant` for a column that is set (to that value, to another constant).
fn tells_done(it: &UpdateStmt, sets: &[String]) -> bool {
    let values: Vec<(String, &NodeEnum)> = it.target_list.iter().filter_map(set_value).collect();
    let is_set = |node: &NodeEnum| column(node).filter(|name| sets.contains(name));
    let value_of = |name: &str| values.iter().find(|(set, _)| set == name).map(|(_, value)| *value);
    let same = |a: &NodeEnum, b: &NodeEnum| in_sql(a).is_some_and(|a| Some(a) == in_sql(b));
    conjuncts(it.where_clause.as_deref()).into_iter().any(|node| match node {
        NodeEnum::NullTest(test) => {
            let column = tree::boxed(test.arg.as_deref()).and_then(is_set);
            let becomes_null = column.as_deref().and_then(value_of).is_some_and(is_null);
            test.nulltesttype() == tree::NullTestType::IsNull && column.is_some() && !becomes_null
        }
        NodeEnum::AExpr(expression) => {
            let (Some(left), Some(right)) =
                (tree::boxed(expression.lexpr.as_deref()), tree::boxed(expression.rexpr.as_deref()))
            else {
                return false;
            };
            [(left, right), (right, left)].into_iter().any(|(one, other)| {
                let Some(value) = is_set(one).as_deref().and_then(value_of) else { return false };
                match expression.kind() {
                    Kind::AexprDistinct => same(value, other),
                    Kind::AexprOp => {
                        tree::texts(&expression.name) == ["="]
                            && constant(value)
                            && constant(other)
                            && !same(value, other)
                    }
                    _ => false,
                }
            })
        }
        _ => false,
    })
}

fn conjuncts(condition: Option<&Node>) -> Vec<&NodeEnum> {
    match tree::boxed(condition) {
        None => Vec::new(),
        Some(NodeEnum::BoolExpr(it)) if it.boolop() == tree::BoolExprType::AndExpr => {
            it.args.iter().flat_map(|arg| conjuncts(Some(arg))).collect()
        }
        Some(other) => vec![other],
    }
}

fn constant(node: &NodeEnum) -> bool {
    matches!(node, NodeEnum::AConst(it) if !it.isnull)
}

/// An expression as SQL, by way of a statement that the parser made.
fn in_sql(node: &NodeEnum) -> Option<String> {
    let mut select = only("SELECT 1")?;
    if let NodeEnum::SelectStmt(it) = &mut select
        && let Some(NodeEnum::ResTarget(target)) = it.target_list.first_mut()?.node.as_mut()
    {
        target.val = Some(Box::new(Node { node: Some(node.clone()) }));
    }
    tree::to_sql(&select)
}

fn column(node: &NodeEnum) -> Option<String> {
    match node {
        NodeEnum::ColumnRef(it) => tree::texts(&it.fields).last().map(|name| (*name).to_owned()),
        _ => None,
    }
}

fn set_column(node: &Node) -> Option<(String, i32)> {
    match inner(node)? {
        NodeEnum::ResTarget(it) => Some((it.name.clone(), it.location)),
        _ => None,
    }
}

fn set_value(node: &Node) -> Option<(String, &NodeEnum)> {
    match inner(node)? {
        NodeEnum::ResTarget(it) => Some((it.name.clone(), tree::boxed(it.val.as_deref())?)),
        _ => None,
    }
}

fn named(it: &RangeVar) -> TableName {
    TableName { schema: tree::schema(it).map(str::to_owned), name: it.relname.clone(), only: !it.inh }
}

fn qualifier(it: &RangeVar) -> &str {
    it.alias.as_ref().map_or(&it.relname, |alias| &alias.aliasname)
}

/// A table's name as a directive has it.
fn table_name(text: &str) -> Option<TableName> {
    let NodeEnum::SelectStmt(select) = only(&format!("TABLE {text}"))? else { return None };
    match select.from_clause.first().and_then(inner)? {
        NodeEnum::RangeVar(it) => Some(named(it)),
        _ => None,
    }
}
