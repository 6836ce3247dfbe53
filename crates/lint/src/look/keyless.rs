//! Tables without a primary key: those that a revision makes, and what could be one.

use cutover_core::effect::known::{Index, Kind, Relation};
use cutover_core::effect::{Known, Rel};
use cutover_sql::span::Span;
use cutover_sql::tree::NodeEnum;

use crate::context::RevisionView;
use crate::source::Section;

/// A new table without a primary key.
pub struct Keyless<'v> {
    /// The table.
    pub table: &'v Rel,
    /// The statement that makes it.
    pub span: Span,
    known: &'v Known,
    relation: &'v Relation,
}

/// Those that have none when the upgrade is done.
pub fn new_tables<'v>(view: &'v RevisionView<'_>) -> impl Iterator<Item = Keyless<'v>> {
    let known = view.known;
    view.section(Section::Upgrade).filter_map(move |judged| {
        let item = view.item(judged);
        let is_query = match &*item.tree {
            NodeEnum::CreateStmt(_) => false,
            NodeEnum::CreateTableAsStmt(_) => true,
            _ => return None,
        };
        let table = judged.makes.first()?;
        let relation = known.get(table)?;
        let is_table = matches!(relation.kind, Kind::Table | Kind::Partitioned);
        // LIKE a table that nobody knows may bring a key
        let is_whole = relation.columns.is_some() || is_query;
        let is_whole = is_whole && relation.partition.is_none() && !relation.temporary;
        let lacks =
            is_table && is_whole && relation.primary_key().is_none() && judged.effects.fails.is_empty();
        lacks.then_some(Keyless { table, span: item.statement.span, known, relation })
    })
}

impl Keyless<'_> {
    /// The columns of a unique index that could be the primary key.
    pub fn substitute(&self) -> Option<&[String]> {
        key_index(self.known, self.table, self.relation).map(|index| index.columns.as_slice())
    }
}

/// A unique index of a table that could be its primary key.
pub fn key_index<'k>(known: &'k Known, table: &Rel, relation: &Relation) -> Option<&'k Index> {
    let mut indexes = known.indexes(table).map(|(_, index)| index);
    indexes.find(|index| {
        index.unique
            && !index.partial
            && !index.expression
            && index.columns.iter().all(|column| relation.is_not_null(column))
    })
}
