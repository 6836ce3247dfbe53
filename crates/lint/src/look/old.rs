//! Whether the columns, constraints, types, routines and schemas that a statement names were there before.

use cutover_core::effect::known::{Column, Constraint, ConstraintKind, TypeKind};
use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, AlterTableType, DropStmt, Node, NodeEnum, ObjectType};

use crate::context::Place;
use crate::look::runs::{One, each};
use crate::words::list;

/// Whether a relation was there before this revision, so that others may be using it. One that nobody has seen made
/// was.
pub fn is_old(known: &Known, relation: &Rel) -> bool {
    !known.is_new_relation(relation) && (known.get(relation).is_some() || !known.complete)
}

/// What a DROP names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A table, a foreign one too.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A sequence.
    Sequence,
    /// An index.
    Index,
    /// A type or a domain.
    Type,
    /// A function, a procedure or an aggregate.
    Routine,
    /// A schema.
    Schema,
    /// An extension.
    Extension,
    /// What nothing depends on: a trigger, a policy, a rule, a publication.
    Leaf,
    /// Something else.
    Other,
}

impl What {
    /// What a kind of object is here.
    pub fn of(kind: ObjectType) -> Self {
        match kind {
            ObjectType::ObjectTable | ObjectType::ObjectForeignTable => Self::Table,
            ObjectType::ObjectView => Self::View,
            ObjectType::ObjectMatview => Self::MaterializedView,
            ObjectType::ObjectSequence => Self::Sequence,
            ObjectType::ObjectIndex => Self::Index,
            ObjectType::ObjectType | ObjectType::ObjectDomain => Self::Type,
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate => Self::Routine,
            ObjectType::ObjectSchema => Self::Schema,
            ObjectType::ObjectExtension => Self::Extension,
            ObjectType::ObjectTrigger
            | ObjectType::ObjectPolicy
            | ObjectType::ObjectRule
            | ObjectType::ObjectEventTrigger
            | ObjectType::ObjectPublication
            | ObjectType::ObjectStatisticExt => Self::Leaf,
            _ => Self::Other,
        }
    }
}

/// The names of what a statement drops of a kind and what was there before.
pub fn dropped(one: &One<'_>, what: What) -> Vec<String> {
    let NodeEnum::DropStmt(it) = one.node else { return Vec::new() };
    if What::of(it.remove_type()) != what {
        return Vec::new();
    }
    it.objects.iter().filter_map(|node| dropped_one(one.known, it, node)).collect()
}

/// Passes the names of what a statement drops of a kind and what was there before to `look`, as a list in words.
pub fn each_dropped(place: &Place<'_>, what: What, mut look: impl FnMut(&str)) {
    each(place, |one| {
        let names = dropped(one, what);
        if !names.is_empty() {
            look(&list(&names));
        }
    });
}

/// The name of one of the objects of a DROP, if it was there before.
pub fn dropped_one(known: &Known, it: &DropStmt, node: &Node) -> Option<String> {
    let (schema, name) = tree::name_of(node);
    match What::of(it.remove_type()) {
        What::Table | What::View | What::MaterializedView | What::Sequence | What::Index => {
            let rel = known.named(schema, name);
            is_old(known, &rel).then(|| rel.to_string())
        }
        What::Type => {
            let rel = known.type_named(schema, name);
            type_is_old(known, &rel).then(|| rel.to_string())
        }
        What::Routine => routine_is_old(known, node).then(|| known.routine_named(schema, name).to_string()),
        What::Schema => schema_is_old(known, name).then(|| name.to_owned()),
        What::Extension => extension_is_old(known, name).then(|| name.to_owned()),
        What::Leaf | What::Other => Some(name.to_owned()).filter(|name| !name.is_empty()),
    }
}

/// Something that was seen made in this era is new; what nobody has seen made is not.
fn made_before(known: &Known, made: Option<u32>) -> bool {
    made.map_or(!known.complete, |made| !known.is_new(made))
}

/// Whether a type was there before.
pub fn type_is_old(known: &Known, name: &Rel) -> bool {
    made_before(known, known.type_of(name).map(|it| it.made))
}

/// Whether a value of an enum was there before.
pub fn label_is_old(known: &Known, name: &Rel, label: &str) -> bool {
    let made = match known.type_of(name).map(|it| &it.kind) {
        Some(TypeKind::Enum(labels)) => labels.iter().find(|(own, _)| own == label).map(|(_, made)| *made),
        Some(TypeKind::Domain { .. } | TypeKind::Other) | None => None,
    };
    type_is_old(known, name) && made_before(known, made)
}

/// Whether a routine, named with or without its arguments, was there before.
pub fn routine_is_old(known: &Known, node: &Node) -> bool {
    let (schema, name) = tree::name_of(node);
    let routines = known.routines(&known.routine_named(schema, name));
    let arguments = match tree::inner(node) {
        Some(NodeEnum::ObjectWithArgs(it)) if !it.args_unspecified => Some(known.arguments(it)),
        _ => None,
    };
    let meant = routines.iter().find(|it| arguments.as_ref().is_none_or(|own| it.arguments == *own));
    made_before(known, meant.map(|it| it.made))
}

/// Whether a schema was there before.
pub fn schema_is_old(known: &Known, name: &str) -> bool {
    made_before(known, known.schema_made(name))
}

/// Whether an extension was there before.
pub fn extension_is_old(known: &Known, name: &str) -> bool {
    made_before(known, known.extension_made(name))
}

/// A column, if it can have been there before: known, or of a table whose columns nobody knows.
pub enum Old<'k, T> {
    /// It is known.
    Known(&'k T),
    /// Nobody has seen it made.
    Unknown,
}

/// A column of a table that was there before, as it was itself.
pub fn column<'k>(known: &'k Known, table: &Rel, name: &str) -> Option<Old<'k, Column>> {
    if !is_old(known, table) {
        return None;
    }
    let Some(relation) = known.get(table) else { return Some(Old::Unknown) };
    match &relation.columns {
        None => Some(Old::Unknown),
        Some(_) => relation.column(name).filter(|column| !known.is_new(column.made)).map(Old::Known),
    }
}

/// What a constraint that goes is, by what is known of it or by the name that PostgreSQL gives such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`, `EXCLUDE`.
    Unique,
    /// `CHECK`.
    Check,
    /// `FOREIGN KEY`.
    ForeignKey,
    /// `NOT NULL` with a name.
    NotNull,
}

/// A constraint of a table that was there before, as it was itself.
pub fn constraint<'k>(known: &'k Known, table: &Rel, name: &str) -> Option<(Kind, Old<'k, Constraint>)> {
    if !is_old(known, table) {
        return None;
    }
    let relation = known.get(table);
    if let Some(found) = relation.and_then(|it| it.constraint(name)) {
        let kind = match &found.kind {
            ConstraintKind::PrimaryKey => Kind::PrimaryKey,
            ConstraintKind::Unique | ConstraintKind::Exclusion => Kind::Unique,
            ConstraintKind::Check { .. } => Kind::Check,
            ConstraintKind::NotNull => Kind::NotNull,
            ConstraintKind::ForeignKey { .. } => Kind::ForeignKey,
        };
        return (!known.is_new(found.made)).then_some((kind, Old::Known(found)));
    }
    if known.complete || relation.is_some_and(|it| it.columns.is_some()) {
        return None;
    }
    let endings = [
        ("_pkey", Kind::PrimaryKey),
        ("_fkey", Kind::ForeignKey),
        ("_check", Kind::Check),
        ("_key", Kind::Unique),
        ("_excl", Kind::Unique),
    ];
    let kind = endings.into_iter().find(|(ending, _)| name.ends_with(ending))?.1;
    Some((kind, Old::Unknown))
}

/// Whether rows with the same values in these columns are refused by an index other than this one.
pub fn still_unique(known: &Known, table: &Rel, without: &Rel, columns: &[String]) -> bool {
    !columns.is_empty()
        && known.indexes(table).any(|(name, index)| {
            name != without
                && index.unique
                && !index.partial
                && !index.expression
                && index.columns.iter().all(|column| columns.contains(column))
        })
}

/// Passes each constraint of a kind to `look` that goes and was there before: its table, its name, itself.
pub fn each_constraint(one: &One<'_>, kind: Kind, mut look: impl FnMut(&Rel, &str, &Old<'_, Constraint>)) {
    for (table, command) in one.commands() {
        if command.subtype() != AlterTableType::AtDropConstraint {
            continue;
        }
        match constraint(one.known, &table, &command.name) {
            Some((found, it)) if found == kind => look(&table, &command.name, &it),
            _ => {}
        }
    }
}
