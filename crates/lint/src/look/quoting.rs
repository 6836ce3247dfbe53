//! Whether a text that a function puts together and runs has values in it that are not quoted.

use cutover_sql::span::Span;
use cutover_sql::statement::parse_what_can;
use cutover_sql::tree::{self, FuncCall, Node, NodeEnum, SelectStmt, a_const};

/// Whether an expression puts a text together, and something in it comes from elsewhere and is not quoted.
pub(crate) fn is_unquoted(expression: &str) -> bool {
    let text = format!("SELECT {expression}");
    let (statements, _) = parse_what_can(&text, Span::new(0, text.len()));
    let Some((_, NodeEnum::SelectStmt(select))) = statements.first() else { return false };
    selected(select).any(|node| is_put_together(node) && !is_quoted(node))
}

fn selected(select: &SelectStmt) -> impl Iterator<Item = &NodeEnum> {
    select.target_list.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::ResTarget(target) => tree::boxed(target.val.as_deref()),
        _ => None,
    })
}

/// Whether it is more than the name of a text that was put together before.
fn is_put_together(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::AExpr(it) => tree::qualified(&it.name).1 == "||",
        NodeEnum::FuncCall(it) => {
            matches!(tree::qualified(&it.funcname).1, "format" | "concat" | "concat_ws")
        }
        NodeEnum::TypeCast(it) => tree::boxed(it.arg.as_deref()).is_some_and(is_put_together),
        _ => false,
    }
}

fn is_quoted_node(node: &Node) -> bool {
    tree::inner(node).is_none_or(is_quoted)
}

/// Whether nothing in an expression can be more than a name, a value or a text that the function has itself.
fn is_quoted(node: &NodeEnum) -> bool {
    match node {
        NodeEnum::AConst(_) => true,
        NodeEnum::TypeCast(it) => {
            let to = it.type_name.as_ref().map_or("", |it| tree::qualified(&it.names).1);
            is_harmless_type(to) || it.arg.as_deref().is_none_or(is_quoted_node)
        }
        NodeEnum::AExpr(it) => match tree::qualified(&it.name).1 {
            "||" => [&it.lexpr, &it.rexpr].into_iter().flatten().all(|node| is_quoted_node(node)),
            // what is counted is a number
            "+" | "-" | "*" | "/" | "%" => true,
            _ => false,
        },
        NodeEnum::FuncCall(it) => call_is_quoted(it),
        NodeEnum::CoalesceExpr(it) => it.args.iter().all(is_quoted_node),
        NodeEnum::CaseExpr(it) => {
            let results = it.args.iter().filter_map(|node| match tree::inner(node)? {
                NodeEnum::CaseWhen(when) => when.result.as_deref(),
                _ => None,
            });
            results.chain(it.defresult.as_deref()).all(is_quoted_node)
        }
        NodeEnum::SubLink(it) => match tree::boxed(it.subselect.as_deref()) {
            Some(NodeEnum::SelectStmt(select)) => selected(select).all(is_quoted),
            _ => false,
        },
        NodeEnum::AArrayExpr(it) => it.elements.iter().all(is_quoted_node),
        _ => false,
    }
}

/// Whether values of a type are written without anything that could be read as SQL.
fn is_harmless_type(name: &str) -> bool {
    matches!(
        name,
        "regclass"
            | "regtype"
            | "regproc"
            | "regprocedure"
            | "regrole"
            | "regnamespace"
            | "int2"
            | "int4"
            | "int8"
            | "oid"
            | "numeric"
            | "float4"
            | "float8"
            | "bool"
            | "uuid"
    )
}

fn call_is_quoted(it: &FuncCall) -> bool {
    match tree::qualified(&it.funcname).1 {
        "quote_ident" | "quote_literal" | "quote_nullable" | "count" | "length" => true,
        "format" => format_is_quoted(&it.args),
        "concat" | "concat_ws" | "string_agg" | "array_agg" | "array_to_string" => {
            it.args.iter().all(is_quoted_node)
        }
        _ => false,
    }
}

/// Whether what `%s` takes is quoted by itself; `%I` and `%L` quote.
fn format_is_quoted(args: &[Node]) -> bool {
    let Some((template, values)) = args.split_first() else { return true };
    let Some(NodeEnum::AConst(it)) = tree::inner(template) else { return false };
    let Some(a_const::Val::Sval(template)) = &it.val else { return true };
    taken_as_they_are(&template.sval).into_iter().all(|at| values.get(at).is_none_or(is_quoted_node))
}

/// The arguments, counted from zero, that a format takes with `%s`. Source: the documentation of `format`.
fn taken_as_they_are(template: &str) -> Vec<usize> {
    let (mut found, mut next) = (Vec::new(), 0);
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            rest = after;
            continue;
        }
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let position =
            rest[digits..].starts_with('$').then(|| rest[..digits].parse::<usize>().ok()).flatten();
        // flags and a width; a width from an argument takes that one
        let width = rest.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest.len());
        if rest[..width].contains('*') && position.is_none() {
            next += 1;
        }
        let at = position.map_or(next, |position| position.saturating_sub(1));
        next = at + 1;
        if rest[width..].starts_with('s') {
            found.push(at);
        }
        rest = &rest[width..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::is_unquoted;

    #[test]
    fn what_is_quoted_is_no_danger() {
        for text in [
            "format('DROP TABLE %I', t)",
            "format('SELECT %L, %2$I', a, b)",
            "format('SELECT 100 %% of %I', b)",
            "'SELECT * FROM ' || quote_ident(t) || ' LIMIT 5'",
            "format('SELECT * FROM %s', t::regclass)",
            "'SELECT * FROM ' || t::regclass::text",
            "'SELECT 1 LIMIT ' || n::int",
            "format('SELECT %s', (SELECT string_agg(quote_ident(c), ', ') FROM names))",
            "'SELECT 1' || CASE WHEN n > 1 THEN ' FROM a' ELSE '' END",
            "query",
        ] {
            assert!(!is_unquoted(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_quoted_is_one() {
        for text in [
            "'SELECT * FROM ' || t",
            "format('DROP TABLE %s', t)",
            "format('SELECT %I FROM %s', a, t)",
            "format('SELECT %2$s FROM %1$I', t, a)",
            "format('SELECT %-10s', t)",
            "format(t, a)",
            "concat('SELECT ', t)",
            "'SELECT * FROM ' || $1",
            "'SELECT ' || upper(t)",
            "('SELECT ' || t)::text",
        ] {
            assert!(is_unquoted(text), "{text}");
        }
    }
}
