//! Two statements that create the same thing: whether they make the same of it, and what differs.
//!
//! They are compared as the parser prints them, so neither case nor white space counts.

use std::collections::BTreeMap;

use cutover_sql::tree::{
    ColumnDef, ConstrType, CreateStmt, Node, NodeEnum, RangeVar, String as PgString, boxed, inner, texts,
    to_sql,
};

/// What differs, a line each; nothing when both make the same. `first` and `second` are how the two are called.
pub(super) fn difference(a: &NodeEnum, b: &NodeEnum, (first, second): (&str, &str)) -> Vec<String> {
    if let (NodeEnum::CreateStmt(a), NodeEnum::CreateStmt(b)) = (a, b) {
        return tables(a, b, (first, second));
    }
    let (a, b) = (plain(a), plain(b));
    if a == b { Vec::new() } else { vec![format!("{first}: {a}"), format!("{second}: {b}")] }
}

/// What differs in two definitions of a column.
pub(super) fn columns(a: &ColumnDef, b: &ColumnDef, (first, second): (&str, &str)) -> Vec<String> {
    let of = |it: &ColumnDef| element(&Node { node: Some(NodeEnum::ColumnDef(Box::new(it.clone()))) });
    let (a, b) = (of(a), of(b));
    if a == b { Vec::new() } else { vec![format!("{first}: {a}"), format!("{second}: {b}")] }
}

/// The definition of a column in a statement that creates or adds it; `name` is the column's.
pub(super) fn column<'n>(node: &'n NodeEnum, name: &str) -> Option<&'n ColumnDef> {
    let of = |node: &'n Node| match inner(node)? {
        NodeEnum::ColumnDef(it) => Some(it.as_ref()),
        NodeEnum::AlterTableCmd(it) => match boxed(it.def.as_deref())? {
            NodeEnum::ColumnDef(it) => Some(it.as_ref()),
            _ => None,
        },
        _ => None,
    };
    let all: Vec<&ColumnDef> = match node {
        NodeEnum::CreateStmt(it) => it.table_elts.iter().filter_map(of).collect(),
        NodeEnum::AlterTableStmt(it) => it.cmds.iter().filter_map(of).collect(),
        NodeEnum::CreateForeignTableStmt(it) => {
            it.base_stmt.as_ref().map_or(Vec::new(), |it| it.table_elts.iter().filter_map(of).collect())
        }
        _ => Vec::new(),
    };
    all.into_iter().find(|it| it.colname == name)
}

fn tables(a: &CreateStmt, b: &CreateStmt, (first, second): (&str, &str)) -> Vec<String> {
    let (left, right) = (elements(a), elements(b));
    let mut found = Vec::new();
    for (name, text) in &left {
        match right.get(name) {
            None => found.push(format!("only in {first}: {text}")),
            Some(other) if other != text => found.push(format!("{first}: {text}\n{second}: {other}")),
            Some(_) => {}
        }
    }
    let new = right.iter().filter(|it| !left.contains_key(it.0));
    found.extend(new.map(|it| format!("only in {second}: {}", it.1)));
    let frame = |it: &CreateStmt| {
        let bare = CreateStmt { table_elts: Vec::new(), relation: Some(anonymous()), ..it.clone() };
        plain(&NodeEnum::CreateStmt(bare))
    };
    if frame(a) != frame(b) {
        found.push(format!("{first}: {}\n{second}: {}", frame(a), frame(b)));
    }
    found
}

/// Columns by their names, and constraints by what they say.
fn elements(table: &CreateStmt) -> BTreeMap<String, String> {
    let one = |node: &Node| {
        let text = element(node);
        let key = match inner(node) {
            Some(NodeEnum::ColumnDef(it)) => format!("column {}", it.colname),
            _ => format!("other {text}"),
        };
        (key, text)
    };
    table.table_elts.iter().map(one).collect()
}

/// A column or constraint as SQL.
fn element(node: &Node) -> String {
    let mut node = node.clone();
    if let Some(NodeEnum::ColumnDef(it)) = &mut node.node {
        settle(it);
    }
    let table = CreateStmt {
        relation: Some(anonymous()),
        table_elts: vec![node],
        oncommit: 1,
        ..CreateStmt::default()
    };
    let text = to_sql(&NodeEnum::CreateStmt(table)).unwrap_or_default();
    let inner = text.split_once('(').and_then(|it| it.1.rsplit_once(')')).map(|it| it.0.trim());
    inner.unwrap_or(&text).to_owned()
}

/// Types that have two names; the grammar knows only one of each.
const ALIASES: [&str; 10] =
    ["bool", "int2", "int4", "int8", "float4", "float8", "bpchar", "varchar", "timestamptz", "timetz"];

/// Takes out what may be written in two ways: `bool` and `boolean`, the order of NOT NULL and DEFAULT.
fn settle(column: &mut ColumnDef) {
    if let Some(name) = &mut column.type_name
        && let [only] = texts(&name.names)[..]
        && ALIASES.contains(&only)
    {
        let catalog = PgString { sval: "pg_catalog".into() };
        name.names.insert(0, Node { node: Some(NodeEnum::String(catalog)) });
    }
    let order = |node: &Node| match inner(node) {
        Some(NodeEnum::Constraint(it)) => Some(it.contype()),
        _ => None,
    };
    let is_free = |it: &Node| {
        matches!(
            order(it),
            Some(
                ConstrType::ConstrNull
                    | ConstrType::ConstrNotnull
                    | ConstrType::ConstrDefault
                    | ConstrType::ConstrCheck
                    | ConstrType::ConstrPrimary
                    | ConstrType::ConstrUnique
                    | ConstrType::ConstrForeign
            )
        )
    };
    // DEFERRABLE and the like belong to what stands before them
    if column.constraints.iter().all(is_free) {
        column.constraints.sort_by_key(|it| order(it).map(|it| it as i32));
    }
}

fn anonymous() -> RangeVar {
    RangeVar { relname: "t".into(), inh: true, relpersistence: "p".into(), ..RangeVar::default() }
}

/// A statement as the parser prints it, without IF NOT EXISTS and OR REPLACE.
fn plain(node: &NodeEnum) -> String {
    let mut node = node.clone();
    match &mut node {
        NodeEnum::CreateStmt(it) => it.if_not_exists = false,
        NodeEnum::CreateTableAsStmt(it) => it.if_not_exists = false,
        NodeEnum::CreateSeqStmt(it) => it.if_not_exists = false,
        NodeEnum::IndexStmt(it) => (it.if_not_exists, it.concurrent) = (false, false),
        NodeEnum::CreateSchemaStmt(it) => it.if_not_exists = false,
        NodeEnum::CreateExtensionStmt(it) => it.if_not_exists = false,
        NodeEnum::CreateStatsStmt(it) => it.if_not_exists = false,
        NodeEnum::ViewStmt(it) => it.replace = false,
        NodeEnum::CreateFunctionStmt(it) => it.replace = false,
        _ => {}
    }
    to_sql(&node).unwrap_or_default()
}
