//! Names in statements: as they are written, what they mean, and those that a statement gives.

use cutover_core::effect::{Known, Rel};
use cutover_sql::ident::qualified;
use cutover_sql::tree::{self, Node, NodeEnum, ObjectType, RangeVar};

use crate::context::Place;
use crate::look::commands::commands;

/// A relation's name as a statement has it, with the schema only where it was written.
pub fn written(name: &RangeVar) -> String {
    match tree::schema(name) {
        Some(schema) => qualified(&[schema, &name.relname]),
        None => qualified(&[&name.relname]),
    }
}

/// The relations of a list of names.
pub fn relations(place: &Place<'_>, nodes: &[Node]) -> Vec<Rel> {
    let names = nodes.iter().map(|node| {
        let (schema, name) = tree::name_of(node);
        place.known.named(schema, name)
    });
    names.collect()
}

/// The name that something gets which a statement makes.
pub fn new(known: &Known, name: &RangeVar) -> Rel {
    let schema = tree::schema(name).unwrap_or_else(|| known.creation_schema());
    Rel::new(schema, name.relname.clone())
}

/// A name.
pub struct Named<'t> {
    /// What it is the name of.
    pub what: &'static str,
    /// The schema, if it is written.
    pub schema: Option<&'t str>,
    /// The name.
    pub name: &'t str,
    /// Whether it can have a schema.
    pub in_schema: bool,
}

/// The names that a statement gives to what it makes.
pub fn given(node: &NodeEnum) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    match node {
        NodeEnum::CreateStmt(it) => {
            found.extend(
                it.relation.as_ref().filter(|rel| rel.relpersistence != "t").map(|rel| of("table", rel)),
            );
            parts(it.table_elts.iter().chain(&it.constraints), &mut found);
        }
        NodeEnum::AlterTableStmt(_) => {
            parts(commands(node).filter_map(|command| command.def.as_deref()), &mut found);
        }
        NodeEnum::IndexStmt(it) => found.push(bare("index", &it.idxname)),
        NodeEnum::ViewStmt(it) => found.extend(it.view.as_ref().map(|rel| of("view", rel))),
        NodeEnum::CreateTableAsStmt(it) => {
            let is_view = it.objtype() == ObjectType::ObjectMatview;
            let what = if is_view { "materialized view" } else { "table" };
            let into = it.into.as_ref().and_then(|into| into.rel.as_ref());
            found.extend(into.filter(|rel| rel.relpersistence != "t").map(|rel| of(what, rel)));
        }
        NodeEnum::CreateSeqStmt(it) => found.extend(it.sequence.as_ref().map(|rel| of("sequence", rel))),
        NodeEnum::CompositeTypeStmt(it) => found.extend(it.typevar.as_ref().map(|rel| of("type", rel))),
        NodeEnum::CreateEnumStmt(it) => found.push(listed("type", &it.type_name)),
        NodeEnum::CreateRangeStmt(it) => found.push(listed("type", &it.type_name)),
        NodeEnum::CreateDomainStmt(it) => found.push(listed("domain", &it.domainname)),
        NodeEnum::CreateFunctionStmt(it) => {
            found.push(listed(if it.is_procedure { "procedure" } else { "function" }, &it.funcname));
        }
        NodeEnum::CreateSchemaStmt(it) => found.push(bare("schema", &it.schemaname)),
        NodeEnum::CreateTrigStmt(it) => found.push(bare("trigger", &it.trigname)),
        NodeEnum::CreatePolicyStmt(it) => found.push(bare("policy", &it.policy_name)),
        NodeEnum::RenameStmt(it) => found.push(bare("name", &it.newname)),
        _ => {}
    }
    found.retain(|named| !named.name.is_empty());
    found
}

/// What can have a schema among what a statement changes, reads its rows from or refers to by a foreign key.
pub fn meant(node: &NodeEnum) -> Vec<Named<'_>> {
    let mut found: Vec<Named<'_>> = match node {
        NodeEnum::AlterTableStmt(it) => relation(&it.relation),
        NodeEnum::IndexStmt(it) => relation(&it.relation),
        NodeEnum::RenameStmt(it) => relation(&it.relation),
        NodeEnum::AlterObjectSchemaStmt(it) => relation(&it.relation),
        NodeEnum::CreateTrigStmt(it) => relation(&it.relation),
        NodeEnum::CreatePolicyStmt(it) => relation(&it.table),
        NodeEnum::InsertStmt(it) => relation(&it.relation),
        NodeEnum::UpdateStmt(it) => relation(&it.relation),
        NodeEnum::DeleteStmt(it) => relation(&it.relation),
        NodeEnum::MergeStmt(it) => relation(&it.relation),
        NodeEnum::CopyStmt(it) => relation(&it.relation),
        NodeEnum::RefreshMatViewStmt(it) => relation(&it.relation),
        NodeEnum::TruncateStmt(it) => it.relations.iter().map(|node| named("table", node)).collect(),
        NodeEnum::LockStmt(it) => it.relations.iter().map(|node| named("table", node)).collect(),
        NodeEnum::DropStmt(it) => match dropped(it.remove_type()) {
            Some(what) => it.objects.iter().map(|node| named(what, node)).collect(),
            None => Vec::new(),
        },
        _ => Vec::new(),
    };
    found.extend(referenced(node));
    found.retain(|named| !named.name.is_empty());
    found
}

/// The tables that the foreign keys of a statement refer to.
fn referenced(node: &NodeEnum) -> Vec<Named<'_>> {
    let mut found = Vec::new();
    let elements: Vec<&Node> = match node {
        NodeEnum::CreateStmt(it) => it.table_elts.iter().chain(&it.constraints).collect(),
        NodeEnum::AlterTableStmt(_) => commands(node).filter_map(|command| command.def.as_deref()).collect(),
        _ => Vec::new(),
    };
    for node in elements.into_iter().filter_map(tree::inner) {
        match node {
            NodeEnum::Constraint(it) => found.extend(it.pktable.as_ref().map(|rel| of("table", rel))),
            NodeEnum::ColumnDef(it) => {
                for node in it.constraints.iter().filter_map(tree::inner) {
                    if let NodeEnum::Constraint(it) = node {
                        found.extend(it.pktable.as_ref().map(|rel| of("table", rel)));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// Columns and constraints with names.
fn parts<'t>(nodes: impl Iterator<Item = &'t Node>, found: &mut Vec<Named<'t>>) {
    for node in nodes.filter_map(tree::inner) {
        match node {
            NodeEnum::ColumnDef(it) => {
                found.push(bare("column", &it.colname));
                parts(it.constraints.iter(), found);
            }
            NodeEnum::Constraint(it) => found.push(bare("constraint", &it.conname)),
            _ => {}
        }
    }
}

fn dropped(what: ObjectType) -> Option<&'static str> {
    match what {
        ObjectType::ObjectTable => Some("table"),
        ObjectType::ObjectView => Some("view"),
        ObjectType::ObjectMatview => Some("materialized view"),
        ObjectType::ObjectIndex => Some("index"),
        ObjectType::ObjectSequence => Some("sequence"),
        ObjectType::ObjectType => Some("type"),
        ObjectType::ObjectDomain => Some("domain"),
        ObjectType::ObjectFunction | ObjectType::ObjectRoutine => Some("function"),
        ObjectType::ObjectProcedure => Some("procedure"),
        _ => None,
    }
}

fn relation(written: &Option<RangeVar>) -> Vec<Named<'_>> {
    written.iter().map(|rel| of("table", rel)).collect()
}

fn of<'t>(what: &'static str, rel: &'t RangeVar) -> Named<'t> {
    Named { what, schema: tree::schema(rel), name: &rel.relname, in_schema: true }
}

fn named<'t>(what: &'static str, node: &'t Node) -> Named<'t> {
    let (schema, name) = tree::name_of(node);
    Named { what, schema, name, in_schema: true }
}

fn listed<'t>(what: &'static str, nodes: &'t [Node]) -> Named<'t> {
    let (schema, name) = tree::qualified(nodes);
    Named { what, schema, name, in_schema: true }
}

fn bare<'t>(what: &'static str, name: &'t str) -> Named<'t> {
    Named { what, schema: None, name, in_schema: false }
}
