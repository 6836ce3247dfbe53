//! Names that change: `RENAME` and `SET SCHEMA`, as far as others may be using the old name.

use cutover_core::effect::known::Kind;
use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{self, AlterObjectSchemaStmt, NodeEnum, ObjectType, RenameStmt};

use crate::context::Place;
use crate::look::old;
use crate::look::runs::{One, each_in_upgrade};
use crate::look::together::view_comes;

/// What gets another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A table, a foreign one too.
    Table,
    /// A view, a materialized one too.
    View,
    /// A column, or an attribute of a row type.
    Column,
    /// A type or a domain.
    Type,
    /// A function, a procedure or an aggregate.
    Routine,
    /// A schema.
    Schema,
}

/// Something that was there before and gets another name.
pub struct Renamed {
    /// What it is, in words.
    pub noun: &'static str,
    /// The name that it had, in full.
    pub from: String,
    /// The name that it gets, without a schema.
    pub to: String,
}

/// Passes each thing of a kind that gets another name in what goes up to `look`. What goes down gives back what the
/// upgrade took.
pub fn each_renamed(place: &Place<'_>, what: What, mut look: impl FnMut(&Renamed)) {
    each_in_upgrade(place, |one| {
        if let NodeEnum::RenameStmt(it) = one.node
            && let Some((found, renamed)) = renamed(one, it)
            && found == what
            && !is_kept_as_view(place, one, it)
        {
            look(&renamed);
        }
    });
}

fn renamed(one: &One<'_>, it: &RenameStmt) -> Option<(What, Renamed)> {
    let known = one.known;
    let relation = it.relation.as_ref().map(|rel| known.resolve(rel));
    let object = it.object.as_deref();
    let named = |noun, from: String| Renamed { noun, from, to: it.newname.clone() };
    match (it.rename_type(), relation) {
        (
            kind @ (ObjectType::ObjectTable
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview),
            Some(rel),
        ) if one.is_old(&rel) => {
            let (what, noun) = relation_noun(known, &rel, kind)?;
            Some((what, named(noun, rel.to_string())))
        }
        (ObjectType::ObjectColumn | ObjectType::ObjectAttribute, Some(rel)) => {
            let noun = if it.rename_type() == ObjectType::ObjectColumn { "column" } else { "attribute" };
            old::column(known, &rel, &it.subname)?;
            let from = format!("{rel}.{}", it.subname);
            Some((What::Column, named(noun, from)))
        }
        (ObjectType::ObjectType | ObjectType::ObjectDomain, _) => {
            let (schema, name) = tree::name_of(object?);
            let name = known.type_named(schema, name);
            old::type_is_old(known, &name).then(|| (What::Type, named("type", name.to_string())))
        }
        (
            ObjectType::ObjectFunction
            | ObjectType::ObjectProcedure
            | ObjectType::ObjectRoutine
            | ObjectType::ObjectAggregate,
            _,
        ) => {
            let (schema, name) = tree::name_of(object?);
            let from = known.routine_named(schema, name).to_string();
            let noun = routine_noun(it.rename_type());
            old::routine_is_old(known, object?).then(|| (What::Routine, named(noun, from)))
        }
        (ObjectType::ObjectSchema, _) => old::schema_is_old(known, &it.subname)
            .then(|| (What::Schema, named("schema", it.subname.clone()))),
        _ => None,
    }
}

/// The word for a kind of routine.
pub fn routine_noun(kind: ObjectType) -> &'static str {
    match kind {
        ObjectType::ObjectProcedure => "procedure",
        ObjectType::ObjectAggregate => "aggregate",
        _ => "function",
    }
}

/// `ALTER TABLE` is also written for views, indexes and sequences.
fn relation_noun(known: &Known, rel: &Rel, kind: ObjectType) -> Option<(What, &'static str)> {
    match (known.get(rel).map(|it| it.kind), kind) {
        (Some(Kind::View), _) => Some((What::View, "view")),
        (Some(Kind::MaterializedView), _) => Some((What::View, "materialized view")),
        (Some(Kind::Sequence | Kind::Index), _) => None,
        (Some(Kind::Composite), _) => Some((What::Type, "type")),
        (Some(Kind::Table | Kind::Partitioned | Kind::Foreign), _) => Some((What::Table, "table")),
        (None, ObjectType::ObjectView) => Some((What::View, "view")),
        (None, ObjectType::ObjectMatview) => Some((What::View, "materialized view")),
        (None, _) => Some((What::Table, "table")),
    }
}

/// Whether a view takes the old name in the same transaction, so that nobody misses it.
fn is_kept_as_view(place: &Place<'_>, one: &One<'_>, it: &RenameStmt) -> bool {
    let is_relation = matches!(
        it.rename_type(),
        ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
    );
    let old = it.relation.as_ref().map(|rel| one.known.resolve(rel));
    is_relation && old.is_some_and(|old| view_comes(place, place.known, &old))
}

/// Passes what goes to another schema to `look`: what it is, and what it was called.
pub fn each_moved(place: &Place<'_>, mut look: impl FnMut(&'static str, String, &str)) {
    each_in_upgrade(place, |one| {
        let NodeEnum::AlterObjectSchemaStmt(it) = one.node else { return };
        if let Some((noun, name)) = moved(place, one, it) {
            look(noun, name, &it.newschema);
        }
    });
}

fn moved(place: &Place<'_>, one: &One<'_>, it: &AlterObjectSchemaStmt) -> Option<(&'static str, String)> {
    let known = one.known;
    if let Some(rel) = it.relation.as_ref().map(|rel| known.resolve(rel)) {
        let noun = match known.get(&rel).map(|it| it.kind) {
            Some(Kind::Sequence) => "sequence",
            Some(Kind::Index) => return None,
            Some(_) | None if it.object_type() == ObjectType::ObjectSequence => "sequence",
            Some(_) | None => relation_noun(known, &rel, it.object_type())?.1,
        };
        return (one.is_old(&rel) && !view_comes(place, place.known, &rel)).then(|| (noun, rel.to_string()));
    }
    let object = it.object.as_deref()?;
    let (schema, name) = tree::name_of(object);
    match it.object_type() {
        ObjectType::ObjectType | ObjectType::ObjectDomain => {
            let name = known.type_named(schema, name);
            old::type_is_old(known, &name).then(|| ("type", name.to_string()))
        }
        kind @ (ObjectType::ObjectFunction
        | ObjectType::ObjectProcedure
        | ObjectType::ObjectRoutine
        | ObjectType::ObjectAggregate) => {
            let name = known.routine_named(schema, name).to_string();
            old::routine_is_old(known, object).then(|| (routine_noun(kind), name))
        }
        ObjectType::ObjectExtension => {
            old::extension_is_old(known, name).then(|| ("extension", name.to_owned()))
        }
        _ => None,
    }
}
