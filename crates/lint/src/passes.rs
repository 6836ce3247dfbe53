//! The passes over a table that `ALTER TABLE` makes once for all of its subcommands.

use cutover_core::effect::{Rel, Rewrite, Scan};
use cutover_sql::lex::{Token, tokens};
use cutover_sql::span::Span;
use cutover_sql::tree::{self, AlterTableType, ConstrType, NodeEnum};

use crate::context::{Judged, RevisionView};
use crate::finding::{Edit, Fix};
use crate::source::{Item, Section};

/// A statement that passes over a table that an earlier one has passed over already.
pub struct Again<'v> {
    /// The table.
    pub table: &'v Rel,
    /// The earlier statement.
    pub first: &'v Judged,
    /// The later one.
    pub second: &'v Judged,
}

/// The statements of a section that pass again over a table, with nothing between that changes rows.
pub fn repeated<'v>(view: &'v RevisionView<'_>, section: Section) -> Vec<Again<'v>> {
    let mut found = Vec::new();
    let mut passed: Vec<(&Rel, &Judged)> = Vec::new();
    for judged in view.section(section) {
        let item = view.item(judged);
        if judged.changes_rows || item.guard || item.backfill || !judged.effects.unknown.is_empty() {
            passed.clear();
            continue;
        }
        let tables = passes(item, judged);
        if let Some((table, first)) = passed.iter().find(|(table, _)| tables.contains(table)) {
            found.push(Again { table, first, second: judged });
        }
        for table in tables {
            if !passed.iter().any(|(other, _)| *other == table) {
                passed.push((table, judged));
            }
        }
    }
    found
}

/// Whether a statement passes over a table for a second time in its section.
pub fn is_repeated(statements: &[Judged], items: &[Item], at: usize) -> bool {
    let tables = passes(&items[statements[at].item], &statements[at]);
    statements[..at]
        .iter()
        .any(|judged| passes(&items[judged.item], judged).iter().any(|it| tables.contains(it)))
}

/// The older tables of which an `ALTER TABLE` writes or reads every row, in the pass that its subcommands share.
fn passes<'j>(item: &Item, judged: &'j Judged) -> Vec<&'j Rel> {
    if !matches!(*item.tree, NodeEnum::AlterTableStmt(_)) || !judged.effects.fails.is_empty() {
        return Vec::new();
    }
    let effects = &judged.effects;
    let written = effects.rewrites.iter().filter(|(_, cause)| is_shared_rewrite(*cause)).map(|(rel, _)| rel);
    let read = effects.scans.iter().filter(|(_, cause)| is_shared_scan(*cause)).map(|(rel, _)| rel);
    written.chain(read).filter(|rel| judged.long.contains(rel)).collect()
}

fn is_shared_rewrite(cause: Rewrite) -> bool {
    match cause {
        Rewrite::VolatileDefault
        | Rewrite::SerialColumn
        | Rewrite::IdentityColumn
        | Rewrite::StoredColumn
        | Rewrite::ConstrainedDomain
        | Rewrite::Type
        | Rewrite::Expression
        | Rewrite::Persistence
        | Rewrite::AccessMethod => true,
        Rewrite::Tablespace
        | Rewrite::Cluster
        | Rewrite::VacuumFull
        | Rewrite::Refresh
        | Rewrite::Truncate => false,
    }
}

/// An index is built, and a foreign key looked up, by a pass of its own.
fn is_shared_scan(cause: Scan) -> bool {
    matches!(cause, Scan::Check | Scan::NotNull | Scan::TypeCheck)
}

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
