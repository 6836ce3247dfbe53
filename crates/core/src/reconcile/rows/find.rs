//! Finds what rows can stand against: what a schema newly asks of tables that are there.

use cutover_sql::ident::quote_ident;
use cutover_sql::span::Span;
use cutover_sql::statement::parse_all;
use cutover_sql::tree::{self, AlterTableCmd, IndexElem, NodeEnum};

use super::{ANY_ROW, Breaks, Probe};
use crate::catalog::{Catalog, Id, Thing};
use crate::diff::Action;
use crate::object::Definition;
use crate::object::constraint::{Constraint, ConstraintKind};
use crate::object::index::Index;
use crate::object::ops::Loss;
use crate::object::table::Table;

/// What rows can stand against on the way from what is there, with its new names, to what is wanted.
pub fn probes(from: &Catalog, to: &Catalog, actions: &[Action]) -> Vec<Probe> {
    let mut found = Vec::new();
    for object in to.objects() {
        let before = from.definition(&object.id);
        match &object.definition {
            Definition::Table(table) => {
                if let Some(Definition::Table(before)) = before {
                    found.extend(not_null(&object.id, before, table));
                }
            }
            Definition::Constraint(it) => {
                let is_checked = |it: &Constraint| !it.not_valid && !it.not_enforced;
                let was = matches!(before, Some(Definition::Constraint(was)) if was.definition == it.definition && is_checked(was));
                if is_checked(it) && !was {
                    found.extend(constraint(&object.id, it, from));
                }
            }
            Definition::Index(it) if it.unique => {
                let was = matches!(before, Some(Definition::Index(was))
                    if was.unique && was.definition == it.definition && was.predicate == it.predicate && !was.invalid);
                if !was {
                    found.extend(index(&object.id, it));
                }
            }
            _ => {}
        }
    }
    found.extend(actions.iter().filter(|it| it.loss == Some(Loss::Narrowed)).filter_map(|it| cast(it, to)));
    // what is made by the revision has no rows
    found.retain(|probe| matches!(from.definition(&probe.table), Some(Definition::Table(_))));
    found.iter_mut().for_each(|probe| probe.key = key(from, &probe.table));
    found
}

fn probe(thing: Thing, table: &Id, text: String, breaks: Breaks) -> Probe {
    Probe { thing, text, table: table.clone(), breaks, key: Vec::new() }
}

fn not_null(id: &Id, before: &Table, table: &Table) -> Vec<Probe> {
    let is_checked =
        |column: &crate::object::column::Column| column.not_null.as_ref().is_some_and(|it| !it.not_valid);
    let mut found = Vec::new();
    for column in table.columns.iter().filter(|column| is_checked(column)) {
        let (thing, name) = (Thing::column(id, &column.name), quote_ident(&column.name));
        match before.columns.iter().find(|it| it.name == column.name) {
            Some(was) if is_checked(was) => {}
            Some(_) => {
                let text = format!("no row has NULL in {}.{name}", id.path());
                found.push(probe(thing, id, text, Breaks::Where(format!("it.{name} IS NULL"))));
            }
            None if column.default.is_none() && column.identity.is_none() => {
                let text =
                    format!("{} has no row, for which the new column {name} would have no value", id.path());
                found.push(probe(thing, id, text, Breaks::Where(ANY_ROW.into())));
            }
            None => {}
        }
    }
    found
}

fn constraint(id: &Id, it: &Constraint, from: &Catalog) -> Option<Probe> {
    let table = it.table.0.clone()?;
    let parsed = definition(&it.definition)?;
    let thing = Thing::whole(id);
    let named = format!("{} of {}", quote_ident(&id.detail), table.path());
    let names = |nodes: &[tree::Node]| -> Vec<String> {
        tree::texts(nodes).iter().map(|name| quote_ident(name).into_owned()).collect()
    };
    match it.kind {
        ConstraintKind::Check => {
            let expression = tree::expression_to_sql(tree::boxed(parsed.raw_expr.as_deref())?)?;
            let text = format!("no row breaks {named}");
            Some(probe(thing, &table, text, Breaks::Where(format!("NOT ({expression})"))))
        }
        ConstraintKind::PrimaryKey | ConstraintKind::Unique => {
            let of: Vec<String> = names(&parsed.keys).iter().map(|name| format!("it.{name}")).collect();
            let nulls_count = parsed.nulls_not_distinct;
            let only = of.iter().filter(|_| !nulls_count).map(|it| format!("{it} IS NOT NULL")).collect();
            let text = format!("no two rows have the same values for {named}");
            Some(probe(thing, &table, text, Breaks::Twice { of, only }))
        }
        ConstraintKind::ForeignKey => {
            let (own, others) = (names(&parsed.fk_attrs), names(&parsed.pk_attrs));
            let other = it.references.clone()?;
            let has = |word: &str| {
                let each: Vec<String> = own.iter().map(|name| format!("it.{name} IS NOT NULL")).collect();
                each.join(word)
            };
            let refer = if parsed.fk_matchtype == "f" { has(" OR ") } else { has(" AND ") };
            let pairs = own.iter().zip(&others).map(|(own, name)| format!("other.{name} = it.{own}"));
            let (to, is_there) = (pairs.collect::<Vec<_>>().join(" AND "), from.get(&other).is_some());
            let text = format!("no row refers to nothing by {named}");
            Some(probe(thing, &table, text, Breaks::Orphans { other, refer, to, is_there }))
        }
        // its operators say what is in conflict; nothing short asks for that
        ConstraintKind::Exclusion => None,
    }
}

/// The constraint of a definition.
fn definition(definition: &str) -> Option<tree::Constraint> {
    let sql = format!("ALTER TABLE t ADD {definition}");
    let (_, node) = parse_all(&sql, Span::new(0, sql.len())).ok()?.into_iter().next()?;
    let NodeEnum::AlterTableStmt(it) = node else { return None };
    let cmd = it.cmds.first().and_then(tree::inner)?;
    let NodeEnum::AlterTableCmd(cmd) = cmd else { return None };
    let AlterTableCmd { def, .. } = &**cmd;
    match tree::boxed(def.as_deref())? {
        NodeEnum::Constraint(it) => Some(Clone::clone(it)),
        _ => None,
    }
}

fn index(id: &Id, it: &Index) -> Option<Probe> {
    let predicate = it.predicate.as_ref().map(|it| format!(" WHERE {it}")).unwrap_or_default();
    let sql = format!("CREATE UNIQUE INDEX i ON t {}{predicate}", it.definition);
    let (_, node) = parse_all(&sql, Span::new(0, sql.len())).ok()?.into_iter().next()?;
    let NodeEnum::IndexStmt(stmt) = node else { return None };
    let element = |node: &tree::Node| match tree::inner(node)? {
        NodeEnum::IndexElem(it) => expression(it),
        _ => None,
    };
    let of: Vec<String> = stmt.index_params.iter().map(element).collect::<Option<_>>()?;
    let mut only: Vec<String> = match stmt.nulls_not_distinct {
        true => Vec::new(),
        false => of.iter().map(|it| format!("{it} IS NOT NULL")).collect(),
    };
    only.extend(it.predicate.as_ref().map(|it| format!("({it})")));
    let text = format!(
        "no two rows of {} have the same values for the index {}",
        it.table.path(),
        quote_ident(&id.name)
    );
    Some(probe(Thing::whole(id), &it.table, text, Breaks::Twice { of, only }))
}

fn expression(it: &IndexElem) -> Option<String> {
    match tree::boxed(it.expr.as_deref()) {
        Some(node) => tree::expression_to_sql(node).map(|sql| format!("({sql})")),
        None => Some(format!("it.{}", quote_ident(&it.name))),
    }
}

fn cast(action: &Action, to: &Catalog) -> Option<Probe> {
    let name = action.thing.part.column()?;
    let id = &action.thing.id;
    let column = to.definition(id)?.columns().iter().find(|it| it.name == *name)?;
    let text = format!("all values of {}.{} become {}", id.path(), quote_ident(name), column.data_type);
    let breaks = Breaks::Cast { column: name.clone(), to: column.data_type.clone() };
    Some(probe(action.thing.clone(), id, text, breaks))
}

/// The columns of a table's primary key.
fn key(catalog: &Catalog, table: &Id) -> Vec<String> {
    let keys = catalog.objects().iter().filter_map(|object| match &object.definition {
        Definition::Constraint(it) if it.kind == ConstraintKind::PrimaryKey => Some(it),
        _ => None,
    });
    let mut of = keys.filter(|it| it.table.0.as_ref() == Some(table));
    let parsed = of.next().and_then(|it| definition(&it.definition));
    let names = parsed.map(|it| tree::texts(&it.keys).iter().map(|name| (*name).to_owned()).collect());
    names.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_keys_and_expressions_become_conditions() {
        let parsed = definition("CHECK (((n >= 0) AND (n < 5))) NO INHERIT")
            .and_then(|it| tree::expression_to_sql(tree::boxed(it.raw_expr.as_deref())?));
        assert_eq!(parsed.as_deref(), Some("n >= 0 AND n < 5"));
        let keys =
            definition("PRIMARY KEY (\"A b\", c) INCLUDE (d)").map(|it| tree::texts(&it.keys).join("|"));
        assert_eq!(keys.as_deref(), Some("A b|c"));
    }
}
