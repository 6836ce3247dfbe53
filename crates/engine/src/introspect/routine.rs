//! Rows of functions, operators and what is made of them.

use cutover_core::catalog::{Id, Kind, Name};
use cutover_core::object::Definition;
use cutover_core::object::common::{Common, Unjudged};
use cutover_core::object::operators::{Cast, Operator, OperatorClass, OperatorFamily, Transform};
use cutover_core::object::routine::{Aggregate, Routine};

use super::builder::Builder;
use super::code::{self, Oid};
use super::row::Row;

pub fn routine(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, mut id, owner)) = builder.head(code::ROUTINE, Kind::Function, row) else { return };
    let (grants, kind, types) = (row.json(), row.text(), row.text());
    id.kind = if kind == "p" { Kind::Procedure } else { Kind::Function };
    id.detail = builder.name(types);
    let definition = row.text().trim_end().into();
    let result = Unjudged(builder.name(row.text()));
    let (names, modes) = (row.list(), row.list());
    let (inputs, defaults) = (row.number::<usize>(), Unjudged(row.number()));
    let outputs = Unjudged(outputs(&names, &modes, row.text()));
    let inputs = Unjudged(input_names(&names, &modes, inputs));
    let common = builder.common(owner, grants);
    let is_window = Unjudged(kind == "w");
    builder.add(
        code::ROUTINE,
        oid,
        id,
        common,
        Routine { definition, result, inputs, outputs, defaults, is_window },
    );
}

/// Names of the parameters that something is given to; empty for those without.
fn input_names(names: &[String], modes: &[String], inputs: usize) -> Vec<Name> {
    if modes.is_empty() {
        return (0..inputs).map(|at| names.get(at).map_or("".into(), |name| name.as_str().into())).collect();
    }
    let given = modes.iter().enumerate().filter(|(_, mode)| matches!(mode.as_str(), "i" | "b" | "v"));
    given.map(|(at, _)| names.get(at).map_or("".into(), |name| name.as_str().into())).collect()
}

/// Names and types of the parameters that give something back.
fn outputs(names: &[String], modes: &[String], types: &str) -> Name {
    let given = modes.iter().enumerate().filter(|(_, mode)| matches!(mode.as_str(), "o" | "b" | "t"));
    let names: Vec<&str> = given.filter_map(|(at, _)| names.get(at).map(String::as_str)).collect();
    format!("{}: {types}", names.join(", ")).into()
}

pub fn aggregate(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, mut id, owner)) = builder.head(code::ROUTINE, Kind::Aggregate, row) else { return };
    let grants = row.json();
    let (_identity, arguments, result) = (row.text(), row.text(), row.text());
    let (kind, types) = (row.text(), row.text());
    let arguments = if arguments.is_empty() { "*" } else { arguments };
    // ORDER BY parts the direct arguments from the others
    let has_order = arguments.contains("ORDER BY");
    let detail = if types.is_empty() {
        "*"
    } else if has_order {
        arguments
    } else {
        types
    };
    id.detail = builder.name(detail);
    let properties = row.json().unwrap_or_default();
    let properties = builder.properties(properties);
    let (arguments, result, kind) =
        (builder.name(arguments), Unjudged(builder.name(result)), builder.name(kind));
    let common = builder.common(owner, grants);
    builder.add(code::ROUTINE, oid, id, common, Aggregate { arguments, result, kind, properties });
}

pub fn operator(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, mut id, owner)) = builder.head(code::OPERATOR, Kind::Operator, row) else { return };
    id.detail = builder.name(row.text());
    let properties = row.json().unwrap_or_default();
    let properties = builder.properties(properties);
    let common = builder.common(owner, None);
    builder.add(code::OPERATOR, oid, id, common, Operator { properties });
}

pub fn operator_family(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, mut id, owner)) = builder.head(code::OPERATOR_FAMILY, Kind::OperatorFamily, row) else {
        return;
    };
    id.detail = builder.name(row.text());
    let common = builder.common(owner, None);
    builder.add(code::OPERATOR_FAMILY, oid, id, common, OperatorFamily { members: Vec::new() });
}

pub fn operator_class(builder: &mut Builder, row: &mut Row<'_>) {
    let Some((oid, mut id, owner)) = builder.head(code::OPERATOR_CLASS, Kind::OperatorClass, row) else {
        return;
    };
    id.detail = builder.name(row.text());
    let (is_default, data_type, family) = (row.is(), row.text().into(), row.text().into());
    let members = row.opt().map(|stored| Name::from(format!("STORAGE {stored}"))).into_iter().collect();
    let common = builder.common(owner, None);
    builder.add(
        code::OPERATOR_CLASS,
        oid,
        id,
        common,
        OperatorClass { is_default, data_type, family, members },
    );
}

pub fn operator_member(builder: &mut Builder, row: &mut Row<'_>) {
    let (class, owner, oid, member_class): (Oid, Oid, Oid, Oid) =
        (row.number(), row.number(), row.number(), row.number());
    let (adds, drops): (Name, Name) = (row.text().into(), row.text().into());
    // what the member needs, its class or family needs
    if let Some(slot) = builder.slots.get(&(class, owner)).copied() {
        builder.slots.insert((member_class, oid), slot);
    }
    match builder.get_mut(class, owner).map(|object| &mut object.definition) {
        Some(Definition::OperatorClass(it)) => it.members.push(adds),
        Some(Definition::OperatorFamily(it)) => it.members.push((adds, drops)),
        _ => {}
    }
}

pub fn cast(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, source, target) = (row.number(), builder.name(row.text()), builder.name(row.text()));
    if !builder.is_member(code::CAST, oid) {
        let id = Id::detailed(Kind::Cast, "".into(), source, target);
        let definition = row.text().into();
        builder.add(code::CAST, oid, id, Common::default(), Cast { definition });
    }
}

pub fn transform(builder: &mut Builder, row: &mut Row<'_>) {
    let (oid, of, language) = (row.number(), builder.name(row.text()), builder.name(row.text()));
    if !builder.is_member(code::TRANSFORM, oid) {
        let id = Id::detailed(Kind::Transform, "".into(), of, language);
        let definition = row.text().into();
        builder.add(code::TRANSFORM, oid, id, Common::default(), Transform { definition });
    }
}
