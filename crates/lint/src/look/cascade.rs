//! What goes along with something that is dropped with CASCADE, as far as it is known.

use cutover_core::effect::known::{Constraint, ConstraintKind, Object, User};
use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, DropStmt, Node};

use crate::look::old::What;

/// What goes along with one of the objects of a DROP.
pub fn with_object(known: &Known, it: &DropStmt, node: &Node) -> Vec<String> {
    let (schema, name) = tree::name_of(node);
    let mut found = match What::of(it.remove_type()) {
        What::Table | What::View | What::MaterializedView => with_relation(known, &known.named(schema, name)),
        What::Sequence => {
            let sequence = known.named(schema, name);
            let owner = known.get(&sequence).and_then(|it| it.of.clone());
            let drawing = known.users_of(&Object::Sequence(sequence)).into_iter();
            let drawing = drawing.filter_map(|user| match user {
                User::Default(table, column) => Some((table, column)),
                User::Column(..)
                | User::Constraint(..)
                | User::Index(_)
                | User::View(_)
                | User::Policy(..)
                | User::Trigger(..)
                | User::Rule(..) => None,
            });
            let defaults = owner.into_iter().chain(drawing);
            defaults.map(|(table, column)| format!("the default of {table}.{column}")).collect()
        }
        What::Type => {
            let name = known.type_named(schema, name);
            let columns = known.tables_with(&name).into_iter();
            columns.map(|(table, column)| format!("the column {table}.{column}")).collect()
        }
        What::Routine => with_routine(known, &known.routine_named(schema, name)),
        What::Schema => {
            let inside = known.relations().filter(|(rel, it)| rel.schema == name && it.index.is_none());
            inside.map(|(rel, _)| rel.to_string()).collect()
        }
        What::Index | What::Extension | What::Leaf | What::Other => Vec::new(),
    };
    found.sort();
    found.dedup();
    found
}

/// The views that read a relation, those that read them, and the foreign keys that refer to it.
fn with_relation(known: &Known, relation: &Rel) -> Vec<String> {
    let mut found = views(known, known.get(relation).map(|it| it.read_by.clone()).unwrap_or_default());
    found.extend(foreign_keys(known.foreign_keys_to(relation).into_iter()));
    found
}

/// What goes along with a column.
pub fn with_column(known: &Known, table: &Rel, column: &str) -> Vec<String> {
    let Some(relation) = known.get(table) else { return Vec::new() };
    let reads = |view: &&Rel| {
        known.get(view).is_some_and(|it| {
            it.reads.iter().any(|(rel, columns)| rel == table && columns.iter().any(|name| name == column))
        })
    };
    let mut found = views(known, relation.read_by.iter().filter(reads).cloned().collect());
    let keys =
        known.foreign_keys_to(table).into_iter().filter(|(_, key)| refers_to(known, table, key, column));
    found.extend(foreign_keys(keys));
    let generated = relation.columns.iter().flatten().filter(|it| {
        it.generated.as_ref().is_some_and(|generated| generated.uses.iter().any(|name| name == column))
    });
    found.extend(generated.map(|it| format!("the column {table}.{}", it.name)));
    found
}

/// What goes along with a constraint: the foreign keys that refer to its columns.
pub fn with_constraint(known: &Known, table: &Rel, constraint: &Constraint) -> Vec<String> {
    if !constraint.has_index() {
        return Vec::new();
    }
    let first = constraint.columns.first();
    let keys = known
        .foreign_keys_to(table)
        .into_iter()
        .filter(|(_, key)| first.is_some_and(|column| refers_to(known, table, key, column)));
    foreign_keys(keys).collect()
}

/// Whether a foreign key refers to a column; without columns it refers to the primary key.
fn refers_to(known: &Known, table: &Rel, key: &Constraint, column: &str) -> bool {
    let primary = || known.get(table).and_then(|it| it.primary_key());
    match &key.kind {
        ConstraintKind::ForeignKey { columns, .. } if columns.is_empty() => {
            primary().is_some_and(|key| key.columns.iter().any(|name| name == column))
        }
        ConstraintKind::ForeignKey { columns, .. } => columns.iter().any(|name| name == column),
        ConstraintKind::PrimaryKey
        | ConstraintKind::Unique
        | ConstraintKind::Exclusion
        | ConstraintKind::Check { .. }
        | ConstraintKind::NotNull => false,
    }
}

fn views(known: &Known, mut open: Vec<Rel>) -> Vec<String> {
    let mut seen: Vec<Rel> = Vec::new();
    while let Some(view) = open.pop() {
        if !seen.contains(&view) {
            open.extend(known.get(&view).map(|it| it.read_by.clone()).unwrap_or_default());
            seen.push(view);
        }
    }
    seen.sort();
    seen.iter().map(|view| format!("the view {view}")).collect()
}

fn foreign_keys<'k>(keys: impl Iterator<Item = (&'k Rel, &'k Constraint)>) -> impl Iterator<Item = String> {
    keys.map(|(table, key)| format!("the foreign key {} of {table}", key.name))
}

/// The triggers, indexes, checks and generated columns that call a function.
fn with_routine(known: &Known, routine: &Rel) -> Vec<String> {
    let mut found = users_of(known, routine);
    for (table, relation) in known.relations() {
        let triggers = relation.triggers.iter().filter(|trigger| trigger.function == *routine);
        found.extend(triggers.map(|trigger| format!("the trigger {} of {table}", trigger.name)));
    }
    found
}

/// The indexes, checks and generated columns that call a function: their values are computed when a row is written.
pub fn users_of(known: &Known, routine: &Rel) -> Vec<String> {
    let users = known.users_of(&Object::Routine(routine.clone()));
    let mut found: Vec<String> = users
        .into_iter()
        .filter_map(|user| match user {
            User::Index(name) => Some(format!("the index {name}")),
            User::Constraint(table, check) => Some(format!("the check {check} of {table}")),
            User::Column(table, column) => Some(format!("the generated column {table}.{column}")),
            User::Default(..) | User::View(_) | User::Policy(..) | User::Trigger(..) | User::Rule(..) => None,
        })
        .collect();
    found.sort();
    found
}
