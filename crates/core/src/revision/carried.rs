//! What of a stretch of revisions its result does not say: programs that run, and what happens to rows that were there
//! before. A new database has none, so that from the beginning of the graph only programs are left.

use std::collections::BTreeSet;

use cutover_sql::document::{Block, BlockKind, Document, Trees};
use cutover_sql::span::place;
use cutover_sql::tree::{self, AlterTableType, NodeEnum, RangeVar, RenameStmt};

use crate::diff::Wish;

/// Why a statement or block cannot be put into a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// An external program.
    Program,
    /// A backfill of rows that were there before.
    Backfill,
    /// It waits for something.
    Waits,
    /// It changes rows of a table that was there before, or makes rows of them.
    Rows,
    /// A type changes by an expression.
    Using,
    /// A column of a table that was there comes with a default that it does not keep.
    Default,
    /// Code that cannot be looked into.
    Code,
    /// A setting for the rest of its revision.
    Settings,
}

impl Reason {
    /// In words, after the place.
    pub fn words(self) -> &'static str {
        match self {
            Self::Program => "runs a program, and what that does is no schema",
            Self::Backfill => "is a backfill of rows that were there before",
            Self::Waits => "waits for a gate or a deploy, and the result would not",
            Self::Rows => "changes rows that were there before, or makes rows of them",
            Self::Using => "computes the values of a column that was there before",
            Self::Default => {
                "gives the rows of a table that was there before values of a column whose default changes later"
            }
            Self::Code => "runs code that may change rows that were there before",
            Self::Settings => "holds for the rest of its revision, and would hold for the others, too",
        }
    }

    /// Whether the step can be carried over as it stands.
    pub fn can_stand(self) -> bool {
        match self {
            Self::Program | Self::Backfill | Self::Rows | Self::Using | Self::Default | Self::Code => true,
            Self::Waits | Self::Settings => false,
        }
    }
}

/// A place in a revision that its result does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The line, from 1.
    pub line: usize,
    /// The statement or block, shortened.
    pub what: String,
    /// Why.
    pub reason: Reason,
}

/// What one looks for.
#[derive(Clone, Debug, Default)]
pub struct Look {
    /// The names of relations that were there before the stretch.
    before: BTreeSet<String>,
    /// Whether the stretch begins with the graph: then no rows were there.
    is_from_nothing: bool,
    /// Columns that came with a default: table and name.
    given: BTreeSet<(String, String)>,
    /// What was renamed, in order.
    pub renamed: Vec<Wish>,
}

impl Look {
    /// With the names of the relations that were there before the stretch; nothing when it begins with the graph.
    pub fn new(before: Option<BTreeSet<String>>) -> Self {
        Self { is_from_nothing: before.is_none(), before: before.unwrap_or_default(), ..Self::default() }
    }

    /// What of a revision's upgrade the result does not say. Revisions come in their order.
    pub fn at(&mut self, text: &str, document: &Document, trees: &Trees) -> Vec<Lost> {
        let mut found = Vec::new();
        if !document.header.requires.is_empty() && !self.is_from_nothing {
            found.push(Lost { line: 1, what: "requires".into(), reason: Reason::Waits });
        }
        for block in &document.upgrade.blocks {
            if let Some(reason) = self.block(block) {
                let span = block.directive.unwrap_or(block.span);
                found.push(Lost {
                    line: place(text, span.start).line,
                    what: span.text(text).to_owned(),
                    reason,
                });
                continue;
            }
            for statement in &block.statements {
                let Some(node) = trees.get(&statement.span.start) else { continue };
                if let Some(reason) = self.statement(node) {
                    found.push(Lost { line: statement.line, what: statement.title(), reason });
                }
            }
        }
        found
    }

    /// One more rename; of what was renamed before, it is the same one that goes on.
    fn rename(&mut self, wish: Option<Wish>) {
        let Some(wish) = wish else { return };
        let is_same = |it: &Wish| it.to.last() == wish.from.last() && it.from.len() == wish.from.len();
        match self.renamed.iter_mut().find(|it| is_same(it)) {
            Some(before) => before.to = wish.to,
            None => self.renamed.push(wish),
        }
    }

    fn block(&self, block: &Block) -> Option<Reason> {
        match &block.kind {
            BlockKind::Run { .. } => Some(Reason::Program),
            BlockKind::Backfill { .. } if !self.is_from_nothing => Some(Reason::Backfill),
            BlockKind::Deploy { .. } if !self.is_from_nothing => Some(Reason::Waits),
            BlockKind::Sql
            | BlockKind::Backfill { .. }
            | BlockKind::Guard { .. }
            | BlockKind::Deploy { .. } => None,
        }
    }

    fn statement(&mut self, node: &NodeEnum) -> Option<Reason> {
        if let NodeEnum::RenameStmt(it) = node {
            self.rename(renamed(it));
        }
        if self.is_from_nothing {
            return None;
        }
        match node {
            NodeEnum::DoStmt(_) | NodeEnum::CallStmt(_) => return Some(Reason::Code),
            NodeEnum::SelectStmt(_) if calls(node) => return Some(Reason::Code),
            NodeEnum::TruncateStmt(it) => {
                let old = it.relations.iter().filter_map(tree::inner).any(|node| self.is_old_node(node));
                return old.then_some(Reason::Rows);
            }
            NodeEnum::CreateTableAsStmt(it) if it.objtype() == tree::ObjectType::ObjectTable => {
                let query = tree::boxed(it.query.as_deref());
                return query.is_some_and(|query| self.names_old(query)).then_some(Reason::Rows);
            }
            NodeEnum::AlterTableStmt(it) => {
                let table = it.relation.as_ref().filter(|table| self.is_old(table))?;
                return self.alter(&table.relname.clone(), &it.cmds);
            }
            _ => {}
        }
        self.rows(node).then_some(Reason::Rows)
    }

    /// Whether rows change that were there before, or are made of such.
    fn rows(&self, node: &NodeEnum) -> bool {
        let mut writes = false;
        tree::visit(node, &mut |inner| {
            writes |= match inner {
                NodeEnum::InsertStmt(it) => {
                    // rows that are written out are among those that the result has
                    let source = tree::boxed(it.select_stmt.as_deref());
                    let is_made_of_old = source.is_some_and(|source| self.names_old(source));
                    let may_update = it.on_conflict_clause.is_some();
                    is_made_of_old || (may_update && self.is_old_target(it.relation.as_ref()))
                }
                NodeEnum::UpdateStmt(it) => self.is_old_target(it.relation.as_ref()) || self.names_old(inner),
                NodeEnum::DeleteStmt(it) => self.is_old_target(it.relation.as_ref()) || self.names_old(inner),
                NodeEnum::MergeStmt(it) => self.is_old_target(it.relation.as_ref()) || self.names_old(inner),
                _ => false,
            };
        });
        writes
    }

    fn alter(&mut self, table: &str, commands: &[tree::Node]) -> Option<Reason> {
        for command in commands.iter().filter_map(tree::inner) {
            let NodeEnum::AlterTableCmd(command) = command else { continue };
            let column = match tree::boxed(command.def.as_deref()) {
                Some(NodeEnum::ColumnDef(column)) => Some(column),
                _ => None,
            };
            match (command.subtype(), column) {
                (AlterTableType::AtAddColumn, Some(column)) => {
                    let has_default = tree::column_constraints(column).iter().any(|it| it.raw_expr.is_some());
                    if has_default {
                        self.given.insert((table.to_owned(), column.colname.clone()));
                    }
                }
                (AlterTableType::AtAlterColumnType, Some(column)) if column.raw_default.is_some() => {
                    return Some(Reason::Using);
                }
                (AlterTableType::AtColumnDefault, _)
                    if self.given.contains(&(table.to_owned(), command.name.clone())) =>
                {
                    return Some(Reason::Default);
                }
                _ => {}
            }
        }
        None
    }

    fn is_old(&self, relation: &RangeVar) -> bool {
        self.before.contains(&relation.relname)
    }

    fn is_old_target(&self, relation: Option<&RangeVar>) -> bool {
        relation.is_some_and(|it| self.is_old(it))
    }

    fn is_old_node(&self, node: &NodeEnum) -> bool {
        matches!(node, NodeEnum::RangeVar(it) if self.is_old(it))
    }

    fn names_old(&self, node: &NodeEnum) -> bool {
        let mut found = false;
        tree::visit(node, &mut |inner| found |= self.is_old_node(inner));
        found
    }
}

/// Whether a query calls functions; where a sequence goes on is among what the result has.
fn calls(node: &NodeEnum) -> bool {
    let mut found = false;
    tree::visit(node, &mut |inner| {
        if let NodeEnum::FuncCall(it) = inner {
            let (_, name) = tree::qualified(&it.funcname);
            found |= !matches!(name, "setval" | "set_config" | "max" | "coalesce" | "pg_get_serial_sequence");
        }
    });
    found
}

/// What a statement renames, as a wish: what was there under the old name is meant by the new one.
fn renamed(it: &RenameStmt) -> Option<Wish> {
    let relation = it.relation.as_ref();
    let namespace = relation.and_then(tree::schema).map(str::to_owned);
    let table = relation.map(|relation| relation.relname.clone());
    let mut from: Vec<String> = namespace.into_iter().chain(table).collect();
    if !it.subname.is_empty() {
        from.push(it.subname.clone());
    }
    (!from.is_empty()).then(|| Wish { from, to: vec![it.newname.clone()] })
}
