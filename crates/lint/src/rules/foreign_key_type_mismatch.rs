//! The columns of a foreign key have other types than those that they refer to.
//!
//! ## Why
//!
//! A smaller integer cannot refer to the rows that a larger one will number: their INSERT fails when the counter
//! gets there. Where the two types have no operator in common, PostgreSQL refuses the foreign key. And to make the
//! types the same later means to write the table anew.
//!
//! ## Example
//!
//! ```sql
//! CREATE TABLE customers (id bigint PRIMARY KEY);
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id int REFERENCES customers (id));
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE TABLE customers (id bigint PRIMARY KEY);
//! CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers (id));
//! ```
//!
//! ## When to allow it
//!
//! The larger column never has more than the smaller one holds.

use cutover_core::effect::Rel;
use cutover_core::effect::known::{Column, DataType, Known, TypeKind};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, ColumnDef, ConstrType, Constraint, Node, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::commands::{altered, commands};
use crate::look::names;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "foreign-key-type-mismatch",
    level: Level::Warning,
    area: Area::Code,
    title: "The columns of a foreign key have other types than those that they refer to",
    check: Check::Statement(check),
};

/// The table that a statement makes or changes: the columns that it brings, and its foreign keys.
struct Written<'p> {
    table: Rel,
    columns: Vec<Column>,
    keys: Vec<(&'p Constraint, Option<&'p str>)>,
    primary: Vec<String>,
}

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    // the way back makes again what was
    if !place.is_upgrade() || place.is_refused() {
        return;
    }
    let Some(written) = written(place) else { return };
    for (key, column) in &written.keys {
        let Some(to) = key.pktable.as_ref().map(|rel| place.known.resolve(rel)) else { continue };
        let own: Vec<&str> = column.map_or_else(|| tree::texts(&key.fk_attrs), |column| vec![column]);
        let others = referred_to(place, &written, &to, key);
        for (from, other) in own.iter().zip(&others) {
            let types = (
                type_of(place.known, &written, &written.table, from),
                type_of(place.known, &written, &to, other),
            );
            if let (Some(one), Some(two)) = types
                && !is_same(place.known, &one, &two)
            {
                let message = format!(
                    "{}.{} is {one} and refers to {to}.{}, which is {two}",
                    written.table,
                    quote_ident(from),
                    quote_ident(other)
                );
                out.report(place.span(), message).help(format!("make it {two}"));
            }
        }
    }
}

fn written<'p>(place: &Place<'p>) -> Option<Written<'p>> {
    let mut columns: Vec<&'p ColumnDef> = Vec::new();
    let mut constraints: Vec<&'p Constraint> = Vec::new();
    let mut take = |node: Option<&'p NodeEnum>| match node {
        Some(NodeEnum::ColumnDef(column)) => columns.push(column),
        Some(NodeEnum::Constraint(constraint)) => constraints.push(constraint),
        _ => {}
    };
    let table = match place.tree() {
        NodeEnum::CreateStmt(it) => {
            it.table_elts.iter().chain(&it.constraints).for_each(|node| take(tree::inner(node)));
            names::new(place.known, it.relation.as_ref()?)
        }
        _ => {
            commands(place.tree()).for_each(|it| take(tree::boxed(it.def.as_deref())));
            altered(place)?
        }
    };
    let mut keys: Vec<(&Constraint, Option<&str>)> = constraints.iter().map(|it| (*it, None)).collect();
    for column in &columns {
        keys.extend(column.constraints.iter().filter_map(|node| match tree::inner(node)? {
            NodeEnum::Constraint(it) => Some((it.as_ref(), Some(column.colname.as_str()))),
            _ => None,
        }));
    }
    let primary = keys.iter().find(|(it, _)| it.contype() == ConstrType::ConstrPrimary);
    let primary = primary.map(|(it, column)| names(column.as_deref(), &it.keys)).unwrap_or_default();
    keys.retain(|(it, _)| it.contype() == ConstrType::ConstrForeign);
    if keys.is_empty() {
        return None;
    }
    let columns = columns.into_iter().map(|it| place.known.column_of(it)).collect();
    Some(Written { table, columns, keys, primary })
}

fn names(column: Option<&str>, nodes: &[Node]) -> Vec<String> {
    match column {
        Some(column) => vec![column.to_owned()],
        None => tree::texts(nodes).into_iter().map(str::to_owned).collect(),
    }
}

/// The columns that a foreign key refers to: those that are written, or the primary key.
fn referred_to(place: &Place<'_>, written: &Written<'_>, to: &Rel, key: &Constraint) -> Vec<String> {
    if !key.pk_attrs.is_empty() {
        return names(None, &key.pk_attrs);
    }
    if *to == written.table && !written.primary.is_empty() {
        return written.primary.clone();
    }
    let known = place.known.get(to).and_then(|it| it.primary_key());
    known.map(|key| key.columns.clone()).unwrap_or_default()
}

fn type_of(known: &Known, written: &Written<'_>, table: &Rel, column: &str) -> Option<DataType> {
    let own = written.columns.iter().find(|it| it.name == column).filter(|_| *table == written.table);
    own.or_else(|| known.get(table)?.column(column)).map(|it| it.data_type.clone())
}

/// Lengths do not matter, nor whether a text has one; a domain is what it is made of.
fn is_same(known: &Known, one: &DataType, two: &DataType) -> bool {
    let (one, two) = (base(known, one), base(known, two));
    let name = |it: &DataType| if it.is("varchar") { "text".to_owned() } else { it.name.clone() };
    one.schema == two.schema && one.array == two.array && name(&one) == name(&two)
}

fn base(known: &Known, data_type: &DataType) -> DataType {
    match known.made_type(data_type).map(|it| &it.kind) {
        Some(TypeKind::Domain { base: below, .. }) if !data_type.array => base(known, below),
        Some(TypeKind::Domain { .. } | TypeKind::Enum(_) | TypeKind::Other) | None => data_type.clone(),
    }
}
