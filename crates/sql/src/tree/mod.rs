//! The syntax trees of PostgreSQL's parser, for those who look into statements.
//!
//! The types are libpg_query's; what is here reads the few things of them that everybody needs.

mod children;

pub use children::{children, visit};
pub use pg_query::NodeEnum;
pub use pg_query::protobuf::*;

/// What a node holds.
pub fn inner(node: &Node) -> Option<&NodeEnum> {
    node.node.as_ref()
}

/// What an optional node holds.
pub fn boxed(node: Option<&Node>) -> Option<&NodeEnum> {
    node.and_then(inner)
}

/// The text of a string node.
pub fn text(node: &Node) -> Option<&str> {
    match inner(node)? {
        NodeEnum::String(it) => Some(&it.sval),
        _ => None,
    }
}

/// The texts of a list of string nodes: the parts of a qualified name.
pub fn texts(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().filter_map(text).collect()
}

/// The schema, if there is one, and the name, of a list of string nodes.
pub fn qualified(nodes: &[Node]) -> (Option<&str>, &str) {
    match texts(nodes)[..] {
        [.., schema, name] => (Some(schema), name),
        [name] => (None, name),
        [] => (None, ""),
    }
}

/// The same of a node that is a list, a type's name, a string, or an object with arguments.
pub fn name_of(node: &Node) -> (Option<&str>, &str) {
    match inner(node) {
        Some(NodeEnum::List(list)) => qualified(&list.items),
        Some(NodeEnum::TypeName(it)) => qualified(&it.names),
        Some(NodeEnum::ObjectWithArgs(it)) => qualified(&it.objname),
        Some(NodeEnum::String(it)) => (None, &it.sval),
        Some(NodeEnum::RangeVar(it)) => (schema(it), &it.relname),
        _ => (None, ""),
    }
}

/// The schema that a relation is written with.
pub fn schema(relation: &RangeVar) -> Option<&str> {
    (!relation.schemaname.is_empty()).then_some(relation.schemaname.as_str())
}

/// An option of a list `(name = value, ...)`.
pub fn option<'a>(options: &'a [Node], name: &str) -> Option<&'a DefElem> {
    options.iter().find_map(|node| match inner(node) {
        Some(NodeEnum::DefElem(it)) if it.defname.eq_ignore_ascii_case(name) => Some(it.as_ref()),
        _ => None,
    })
}

/// Whether an option is there and says yes.
pub fn is_on(options: &[Node], name: &str) -> bool {
    option(options, name).is_some_and(|it| match boxed(it.arg.as_deref()) {
        None => true,
        Some(NodeEnum::Boolean(value)) => value.boolval,
        Some(NodeEnum::Integer(value)) => value.ival != 0,
        Some(NodeEnum::String(value)) => {
            ["true", "on", "yes", "1"].iter().any(|yes| value.sval.eq_ignore_ascii_case(yes))
        }
        Some(_) => true,
    })
}

/// The value of an integer constant.
pub fn integer(node: &Node) -> Option<i64> {
    match inner(node)? {
        NodeEnum::Integer(it) => Some(i64::from(it.ival)),
        NodeEnum::AConst(it) => match it.val.as_ref()? {
            a_const::Val::Ival(value) => Some(i64::from(value.ival)),
            a_const::Val::Fval(value) => value.fval.parse().ok(),
            a_const::Val::Boolval(_) | a_const::Val::Sval(_) | a_const::Val::Bsval(_) => None,
        },
        _ => None,
    }
}

/// Whether an expression is NULL, as a constant, whatever it is cast to.
pub fn is_null(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::AConst(it) => it.isnull,
        NodeEnum::TypeCast(it) => boxed(it.arg.as_deref()).is_some_and(is_null),
        _ => false,
    }
}

/// The constraints of a column. What is written behind one (`DEFERRABLE`, `NOT ENFORCED`) stands in it, as it does
/// for a constraint of a table. Source: `transformConstraintAttrs` of `parse_utilcmd.c`.
pub fn column_constraints(column: &ColumnDef) -> Vec<Constraint> {
    let mut found: Vec<Constraint> = Vec::new();
    for node in &column.constraints {
        let Some(NodeEnum::Constraint(it)) = inner(node) else { continue };
        match (it.contype(), found.last_mut()) {
            (ConstrType::ConstrAttrDeferrable, Some(last)) => last.deferrable = true,
            (ConstrType::ConstrAttrDeferred, Some(last)) => {
                (last.deferrable, last.initdeferred) = (true, true);
            }
            (ConstrType::ConstrAttrNotEnforced, Some(last)) => {
                (last.is_enforced, last.skip_validation, last.initially_valid) = (false, true, false);
            }
            (
                ConstrType::ConstrAttrNotDeferrable
                | ConstrType::ConstrAttrImmediate
                | ConstrType::ConstrAttrEnforced,
                _,
            ) => {}
            _ => found.push(it.as_ref().clone()),
        }
    }
    found
}

/// The names of the columns that an expression names, without the tables that they are named with.
pub fn columns(node: &NodeEnum) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    visit(node, &mut |node| {
        if let NodeEnum::ColumnRef(it) = node
            && let Some(name) = it.fields.last().and_then(text)
            && !found.contains(&name)
        {
            found.push(name);
        }
    });
    found
}

/// An expression as SQL again, on one line; nothing where the tree is not one that the parser made.
pub fn expression_to_sql(node: &NodeEnum) -> Option<std::string::String> {
    let of = |node| Node { node: Some(node) };
    let target = ResTarget { val: Some(Box::new(of(node.clone()))), ..ResTarget::default() };
    let select = SelectStmt {
        target_list: vec![of(NodeEnum::ResTarget(Box::new(target)))],
        op: SetOperation::SetopNone.into(),
        limit_option: LimitOption::Default.into(),
        ..SelectStmt::default()
    };
    let sql = to_sql(&NodeEnum::SelectStmt(Box::new(select)))?;
    sql.strip_prefix("SELECT ").map(str::to_owned)
}

/// A statement as SQL again, on one line; nothing where the tree is not one that the parser made.
pub fn to_sql(node: &NodeEnum) -> Option<std::string::String> {
    node.deparse(pg_query::DeparseOptions::default()).ok()
}
