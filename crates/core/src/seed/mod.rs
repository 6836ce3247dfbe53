//! Rows of tables as statements: what a schema is not, and what a history leaves in it all the same.
//!
//! Pure: how a table's rows are asked for, what was read, and the INSERTs that bring it back. `order` says which
//! table comes first.

mod order;
mod write;

use cutover_sql::ident::quote_ident;

use crate::catalog::{Catalog, Id, Kind, Name};
use crate::object::Definition;
use crate::object::column::Generated;
use crate::object::constraint::ConstraintKind;
use crate::object::table::Table;

pub use write::{deletes, inserts, setval};

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    /// NULL.
    Null,
    /// As the type's output function writes it.
    Text(String),
    /// What the column's default gives when it is written.
    Default,
}

/// A column of which values are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: Name,
    /// Its type, as SQL has it.
    pub data_type: Name,
}

/// Rows of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    /// The table.
    pub table: Id,
    /// Its columns, without those that are computed.
    pub columns: Vec<Column>,
    /// The rows, each with a value for each column.
    pub rows: Vec<Vec<Value>>,
}

/// The columns of a table whose values can be written.
pub fn columns(table: &Table) -> Vec<Column> {
    let written = table.columns.iter().filter(|column| column.generated == Generated::No);
    written.map(|it| Column { name: it.name.clone(), data_type: it.data_type.clone() }).collect()
}

/// The tables that hold rows of their own: a partitioned one speaks for its partitions.
pub fn tables(catalog: &Catalog) -> Vec<(&Id, &Table)> {
    let is_own = |table: &Table| table.partition_of.is_none();
    let all = catalog.objects().iter().filter(|object| object.id.kind == Kind::Table);
    all.filter_map(|object| Some((&object.id, object.definition.as_table()?)))
        .filter(|(_, table)| is_own(table))
        .collect()
}

/// Asks for the rows of a table: a text for each value, in the order of the primary key.
pub fn query(catalog: &Catalog, id: &Id, table: &Table) -> String {
    let list: Vec<String> =
        columns(table).iter().map(|column| format!("t.{}::text", quote_ident(&column.name))).collect();
    // rows of tables that inherit from it are theirs; partitions have no others
    let only = if table.partition_by.is_some() { "" } else { "ONLY " };
    let list = if list.is_empty() { "NULL".to_owned() } else { list.join(", ") };
    let order = key(catalog, id).unwrap_or_else(|| "t::text".into());
    format!("SELECT {list} FROM {only}{} t ORDER BY {order}", id.path())
}

/// The columns of a table's primary key, as SQL has them.
pub fn key(catalog: &Catalog, table: &Id) -> Option<String> {
    let list = constraints(catalog, table).find(|it| it.kind == ConstraintKind::PrimaryKey)?;
    let (_, rest) = list.definition.split_once('(')?;
    let end = closing(rest)?;
    Some(rest[..end].to_owned())
}

/// The constraints of a table.
fn constraints<'a>(
    catalog: &'a Catalog,
    table: &Id,
) -> impl Iterator<Item = &'a crate::object::constraint::Constraint> {
    let (namespace, name) = (table.namespace.clone(), table.name.clone());
    catalog
        .objects()
        .iter()
        .filter(move |object| {
            object.id.kind == Kind::Constraint && object.id.namespace == namespace && object.id.name == name
        })
        .filter_map(|object| object.definition.as_constraint())
}

/// Where a list in parentheses ends: a quoted name may have a parenthesis in it.
fn closing(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    text.char_indices().find_map(|(at, c)| {
        is_quoted ^= c == '"';
        (c == ')' && !is_quoted).then_some(at)
    })
}

/// The sequences that give values to a table's columns, as SQL has them: of `serial` and of identities.
pub fn sequences(catalog: &Catalog, id: &Id, table: &Table) -> Vec<String> {
    let of_identities = table.columns.iter().filter_map(|column| {
        let identity = column.identity.as_ref()?;
        Some(Id::of(Kind::Sequence, id.namespace.clone(), identity.name(id, &column.name).into()).path())
    });
    let owned = catalog.objects().iter().filter_map(|object| match &object.definition {
        Definition::Sequence(it) if it.owned_by.as_ref().is_some_and(|(of, _)| of == id) => {
            Some(object.id.path())
        }
        _ => None,
    });
    of_identities.chain(owned).collect()
}

/// All sequences of a catalog, as SQL has them.
pub fn all_sequences(catalog: &Catalog) -> Vec<String> {
    let own = catalog.objects().iter().filter(|object| object.id.kind == Kind::Sequence);
    let own = own.map(|object| object.id.path());
    let with =
        catalog.objects().iter().filter_map(|object| Some((&object.id, object.definition.as_table()?)));
    let of_identities = with.flat_map(|(id, table)| {
        let is_here = |column: &&crate::object::column::Column| !column.is_inherited.0;
        let columns = table.columns.iter().filter(is_here);
        columns.filter_map(|column| {
            let name = column.identity.as_ref()?.name(id, &column.name);
            Some(Id::of(Kind::Sequence, id.namespace.clone(), name.into()).path())
        })
    });
    let mut all: Vec<String> = own.chain(of_identities).collect();
    all.sort();
    all.dedup();
    all
}
