//! Two `ALTER TABLE` as one, where nothing hangs on which comes first.

use cutover_sql::lex::{Token, tokens};
use cutover_sql::span::Span;
use cutover_sql::tree::{self, AlterTableType, ConstrType, NodeEnum};

use crate::context::RevisionView;
use crate::finding::{Edit, Fix};
use crate::look::passes::Again;

/// The second statement as more subcommands of the first, where nothing hangs on which comes first: columns and
/// named checks that come, types that change, columns that become NOT NULL.
pub fn merged(view: &RevisionView<'_>, again: &Again<'_>) -> Option<Fix> {
    let (first, second) = (view.item(again.first), view.item(again.second));
    let between = &view.source.items[again.first.item + 1..again.second.item];
    if !between.is_empty() || first.transaction != second.transaction || first.in_begin != second.in_begin {
        return None;
    }
    let (NodeEnum::AlterTableStmt(a), NodeEnum::AlterTableStmt(b)) = (&*first.tree, &*second.tree) else {
        return None;
    };
    let same = |get: fn(&tree::RangeVar) -> (&str, &str, bool)| {
        a.relation.as_ref().map(get) == b.relation.as_ref().map(get)
    };
    if !same(|rel| (&rel.schemaname, &rel.relname, rel.inh)) || a.missing_ok || b.missing_ok {
        return None;
    }
    if !commute(a.cmds.iter().chain(&b.cmds)) {
        return None;
    }
    let text = second.statement.span.text(&view.source.text);
    let more = &text[behind_table(text)?..];
    let words = &view.source.text[first.statement.span.end..second.statement.span.start];
    if words.trim() != ";" {
        return None;
    }
    let gone = Span::new(first.statement.span.end, second.statement.span.end);
    let text = format!(",\n  {}", more.trim_start());
    Some(Fix { title: "one ALTER TABLE".into(), edits: vec![Edit { span: gone, text }], safe: true })
}

/// Whether it does not matter in which order subcommands run. Types change by themselves only: a check that comes
/// along would be read with another type.
fn commute<'a>(commands: impl Iterator<Item = &'a tree::Node>) -> bool {
    let mut names: Vec<&str> = Vec::new();
    let (mut types, mut others) = (false, false);
    for command in commands {
        let Some(command) = tree::inner(command) else { return false };
        let Some(name) = commuting(command).filter(|name| !names.contains(name)) else { return false };
        names.push(name);
        let retypes = matches!(command, NodeEnum::AlterTableCmd(it)
            if it.subtype() == AlterTableType::AtAlterColumnType);
        types |= retypes;
        others |= !retypes;
    }
    !(types && others)
}

/// The column or constraint of a subcommand that can stand anywhere among others of its kind.
fn commuting(command: &NodeEnum) -> Option<&str> {
    let NodeEnum::AlterTableCmd(it) = command else { return None };
    match (it.subtype(), tree::boxed(it.def.as_deref())) {
        (AlterTableType::AtAddColumn, Some(NodeEnum::ColumnDef(column))) => Some(&column.colname),
        (AlterTableType::AtAlterColumnType, Some(NodeEnum::ColumnDef(column))) => {
            column.raw_default.is_none().then_some(&it.name)
        }
        (AlterTableType::AtSetNotNull, _) => Some(&it.name),
        (AlterTableType::AtAddConstraint, Some(NodeEnum::Constraint(constraint)))
            if constraint.contype() == ConstrType::ConstrCheck && !constraint.conname.is_empty() =>
        {
            Some(&constraint.conname)
        }
        _ => None,
    }
}

/// Where the subcommands of an `ALTER TABLE` begin.
fn behind_table(text: &str) -> Option<usize> {
    let is = |token: &Token, word: &str| token.span.text(text).eq_ignore_ascii_case(word);
    let mut solid = tokens(text).filter(|token| !token.is_blank()).peekable();
    solid.next_if(|token| is(token, "alter"))?;
    solid.next_if(|token| is(token, "table"))?;
    solid.next_if(|token| is(token, "only"));
    let mut end = solid.next()?.span.end;
    while solid.next_if(|token| is(token, ".")).is_some() {
        end = solid.next()?.span.end;
    }
    if let Some(star) = solid.next_if(|token| is(token, "*")) {
        end = star.span.end;
    }
    Some(end)
}
