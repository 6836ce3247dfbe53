//! What a statement makes, for the rules about how a schema is made: columns with their types, constraints, indexes.

use cutover_core::effect::Rel;
use cutover_core::effect::known::DataType;
use cutover_sql::span::Span;
use cutover_sql::tree::{self, AlterTableType, ColumnDef, Constraint, CreateStmt, Node, NodeEnum};

use crate::context::Place;
use crate::look::commands::commands;
use crate::look::names;
use crate::rule::Findings;

/// A column that a statement makes, or gives another type.
pub struct NewColumn<'p> {
    /// Its table.
    pub table: Rel,
    /// Its name.
    pub name: &'p str,
    /// Its definition; of a column that gets another type only the type.
    pub definition: &'p ColumnDef,
    /// Whether the column was there before.
    pub retyped: bool,
}

impl NewColumn<'_> {
    /// Where its type is written.
    pub fn type_span(&self, place: &Place<'_>) -> Span {
        let location = self.definition.type_name.as_ref().map_or(-1, |it| it.location);
        place.word_at(location)
    }
}

/// The columns of a statement in an upgrade that does not fail.
pub fn columns<'p>(place: &'p Place<'_>) -> Vec<NewColumn<'p>> {
    if !is_looked_at(place) {
        return Vec::new();
    }
    let mut found = Vec::new();
    match place.tree() {
        NodeEnum::CreateStmt(it) => {
            let Some(table) = made_table(place, it) else { return found };
            found.extend(it.table_elts.iter().filter_map(|node| match tree::inner(node)? {
                NodeEnum::ColumnDef(definition) => Some(NewColumn {
                    table: table.clone(),
                    name: &definition.colname,
                    definition,
                    retyped: false,
                }),
                _ => None,
            }));
        }
        NodeEnum::AlterTableStmt(it) => {
            let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { return found };
            for command in commands(place.tree()) {
                let Some(NodeEnum::ColumnDef(definition)) = tree::boxed(command.def.as_deref()) else {
                    continue;
                };
                let (name, retyped) = match command.subtype() {
                    AlterTableType::AtAddColumn => (&definition.colname, false),
                    AlterTableType::AtAlterColumnType => (&command.name, true),
                    _ => continue,
                };
                found.push(NewColumn { table: table.clone(), name, definition, retyped });
            }
        }
        _ => {}
    }
    found
}

/// Reports the columns whose new type a rule objects to.
pub fn report_types(
    place: &Place<'_>,
    out: &mut Findings<'_>,
    help: &str,
    objects: impl Fn(&DataType) -> Option<String>,
) {
    for column in columns(place) {
        let data_type = place.known.data_type(column.definition.type_name.as_ref());
        let Some(why) = objects(&data_type).filter(|_| data_type.schema.is_none()) else { continue };
        let message = format!("{}.{} {why}", column.table, column.name);
        out.report(column.type_span(place), message).help(help);
    }
}

/// A constraint that a statement makes, with its table, and the column that it is written at.
pub struct NewConstraint<'p> {
    /// Its table.
    pub table: Rel,
    /// The column that it is written at.
    pub column: Option<&'p str>,
    /// Its definition.
    pub definition: &'p Constraint,
}

/// The constraints of a statement in an upgrade that does not fail.
pub fn constraints<'p>(place: &'p Place<'_>) -> Vec<NewConstraint<'p>> {
    let mut found = Vec::new();
    for column in columns(place) {
        let all = constraints_of(&column.definition.constraints);
        found.extend(all.map(|definition| NewConstraint {
            table: column.table.clone(),
            column: Some(column.name),
            definition,
        }));
    }
    if !is_looked_at(place) {
        return found;
    }
    let mut push = |table: &Rel, definition| {
        found.push(NewConstraint { table: table.clone(), column: None, definition });
    };
    match place.tree() {
        NodeEnum::CreateStmt(it) => {
            let Some(table) = made_table(place, it) else { return found };
            let all = constraints_of(&it.table_elts).chain(constraints_of(&it.constraints));
            all.for_each(|definition| push(&table, definition));
        }
        NodeEnum::AlterTableStmt(it) => {
            let Some(table) = it.relation.as_ref().map(|rel| place.known.resolve(rel)) else { return found };
            for command in commands(place.tree()).filter(|it| it.subtype() == AlterTableType::AtAddConstraint)
            {
                if let Some(NodeEnum::Constraint(definition)) = tree::boxed(command.def.as_deref()) {
                    push(&table, definition);
                }
            }
        }
        _ => {}
    }
    found
}

/// Whether the rules about design look at a statement: what goes up, and does not fail.
pub fn is_looked_at(place: &Place<'_>) -> bool {
    place.is_upgrade() && place.effects.fails.is_empty()
}

fn constraints_of(nodes: &[Node]) -> impl Iterator<Item = &Constraint> {
    nodes.iter().filter_map(|node| match tree::inner(node)? {
        NodeEnum::Constraint(it) => Some(it.as_ref()),
        _ => None,
    })
}

/// The table that a statement makes, unless it ends with the session.
fn made_table(place: &Place<'_>, it: &CreateStmt) -> Option<Rel> {
    let written = it.relation.as_ref()?;
    if written.relpersistence == "t" || written.schemaname == "pg_temp" {
        return None;
    }
    Some(names::new(place.known, written))
}
