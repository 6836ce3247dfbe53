//! `add-foreign-key`: a foreign key on a table that is in use.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::names::{Names, chosen};
use super::online::{NewConstraint, NewIndex};
use super::{Argument, Given, Recipe, Refusal, Target, clients, shape, within};
use crate::catalog::Id;
use crate::object::constraint::ConstraintKind;
use crate::object::table::Table;
use crate::object::types::{base, made_name};
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "add-foreign-key",
    summary: "Add a foreign key",
    about: "Adds FOREIGN KEY without reading the tables under a strong lock.

Steps: with --writer, a deploy of each writer, which writes no reference to nothing from then on; an index on the referring columns
where there is none (without it every DELETE of a referenced row reads the whole table); the constraint as NOT VALID; with
--orphans, a backfill that mends the rows that refer to nothing; its validation, after a guard.

Locks: the index is built concurrently. ADD FOREIGN KEY ... NOT VALID takes SHARE ROW EXCLUSIVE on both tables for a change of the
catalog. VALIDATE reads under SHARE UPDATE EXCLUSIVE, and ROW SHARE on the referenced table: reads and writes go on. Before 18 a
partitioned table has no NOT VALID: there each partition gets the constraint and is validated, and the parent takes them on.

Undo: drops the constraint and the index. What --orphans has mended stays mended.

It refuses: referenced columns that no unique key is made of, columns of other types than those that they refer to, a partition
(name the parent), and a name that is taken.",
    example: "add-foreign-key shop.orders --column customer_id --references shop.customer --on-delete cascade",
    arguments: &[
        Argument::place("table", "TABLE", "the table that refers"),
        Argument::many("column", "COLUMN", "a column that refers; as often as there are"),
        Argument::needed("references", "TABLE", "the table that is referred to"),
        Argument::many("to", "COLUMN", "a column that is referred to; otherwise those of the primary key"),
        Argument::option("on-delete", "ACTION", "cascade, restrict, set null or set default"),
        Argument::option("on-update", "ACTION", "the same for a key that changes"),
        Argument::option("constraint", "NAME", "the name of the constraint"),
        Argument::option("orphans", "delete|null", "what becomes of rows that refer to nothing"),
        Argument::flag("no-index", "make no index on the referring columns"),
        clients::WRITER,
    ],
    draft,
};

/// What refers to what.
struct Key<'a> {
    id: &'a Id,
    table: &'a Table,
    columns: Vec<String>,
    other: &'a Id,
    to: Vec<String>,
}

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let key = read(given, target)?;
    let id = key.id;
    let mut names = Names::of(target);
    let joined = key.columns.join("_");
    let name = match given.get("constraint").map(chosen).transpose()? {
        Some(name) if names.has_constraint(id, &name) => {
            return Err(Refusal::new(format!(
                "{} has a constraint {} already",
                id.path(),
                quote_ident(&name)
            ))
            .help("choose another name with --constraint"));
        }
        Some(name) => name,
        None => names.constraint(id, &made_name(&id.name, &joined, "fkey"), ""),
    };
    let constraint = NewConstraint::foreign_key(target, id, &name, definition(given, &key)?);
    let (from, to) = (list(&key.columns), format!("{} ({})", key.other.path(), list(&key.to)));
    let mut parts = clients::writers(
        given,
        &format!("Writers refer to rows of {} that are there", key.other.path()),
        &format!("writes no {from} of {} that {to} does not have", id.path()),
        &format!("may write a {from} of {} that {to} does not have", id.path()),
        "From the next steps on PostgreSQL refuses such rows, and a program that writes them fails.",
    );
    if !given.flag("no-index") && !has_index(target, &key) {
        let tail = format!("({from})");
        let index = made_name(&id.name, &joined, "idx");
        let index = names.relation(id, &index, "");
        let index = NewIndex::plan(target, &mut names, id, &index, &tail, (&joined, "idx"));
        parts.push(
            Part::new(Phase::Expand, format!("An index on {from} of {}", id.path()))
                .prose(format!("Why: for each row of {} that is deleted or gets another key, PostgreSQL looks for rows that refer to it.\n\nSafe: it is built while reads and writes go on.", key.other.path()))
                .up(index.create(target))
                .down(index.drop(target)),
        );
    }
    parts.push(constraint.accepted(
        Part::new(Phase::Expand, format!("New rows of {} refer to rows of {}", id.path(), key.other.path()))
            .prose("Why: from here on no reference to nothing can come.\n\nSafe: NOT VALID reads no row, so SHARE ROW EXCLUSIVE on both tables lasts for a change of the catalog.")
            .up(constraint.add())
            .down(constraint.drop()),
        false,
    ));
    parts.extend(mend(given, target, &key)?);
    parts.push(constraint.accepted(
        Part::new(Phase::Validate, format!("All rows of {} refer to rows of {}", id.path(), key.other.path()))
            .prose("Why: PostgreSQL itself relies on a foreign key only when it is valid.\n\nSafe: rows are read under SHARE UPDATE EXCLUSIVE; reads and writes go on.")
            .up([Block::Guard {
                text: format!("no row of {} refers to nothing", id.path()),
                expect: Expect::NoRows,
                query: format!("SELECT * FROM {} AS it WHERE {}\nLIMIT 1", id.path(), orphaned(&key)),
            }])
            .up(constraint.validate())
            .down(constraint.unvalidate()),
        true,
    ));
    Ok(drafted(given.rollout_or(format!("foreign-key-{name}")), parts))
}

fn read<'a>(given: &Given, target: &Target<'a>) -> Result<Key<'a>, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    shape::own(target, id, table)?;
    let (other, other_table) = target.table(given.need("references")?)?;
    let own: Vec<_> =
        given.all("column").iter().map(|c| target.column(id, table, c)).collect::<Result<_, _>>()?;
    if own.is_empty() {
        return Err(Refusal::new("no column was named").help("name each that refers with --column"));
    }
    let keys = || {
        target
            .constraints(other)
            .filter(|(_, it)| matches!(it.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique))
    };
    let to: Vec<String> = match given.all("to") {
        [] => keys()
            .find(|(_, it)| it.kind == ConstraintKind::PrimaryKey)
            .map(|(_, it)| within::key(&it.definition))
            .ok_or_else(|| {
                Refusal::new(format!("{} has no primary key", other.path()))
                    .help("name the columns with --to")
            })?,
        named => named
            .iter()
            .map(|c| target.column(other, other_table, c).map(|c| c.name.to_string()))
            .collect::<Result<_, _>>()?,
    };
    if to.len() != own.len() {
        return Err(Refusal::new(format!("{} columns refer to {}: {}", own.len(), to.len(), to.join(", ")))
            .help("give --column once for each, in the same order"));
    }
    let sorted = |list: &[String]| {
        let mut list = list.to_vec();
        list.sort();
        list
    };
    let by_index = target.indexes(other).filter(|(_, it)| it.unique && it.predicate.is_none());
    let mut unique = keys().map(|(_, it)| &*it.definition).chain(by_index.map(|(_, it)| &*it.definition));
    if !unique.any(|definition| sorted(&within::key(definition)) == sorted(&to)) {
        return Err(Refusal::new(format!("nothing keeps {} of {} unique", to.join(", "), other.path()))
            .help("make it a key first, with the recipe add-unique"));
    }
    for (column, name) in own.iter().zip(&to) {
        let there = other_table.column(name).map_or("", |c| &c.data_type);
        let whole = ["smallint", "integer", "bigint", "numeric"];
        let (a, b) = (base(&column.data_type), base(there));
        let family = |list: &[&str]| list.contains(&a.as_str()) && list.contains(&b.as_str());
        if a != b && !family(&whole) && !family(&["text", "character varying"]) {
            return Err(Refusal::new(format!(
                "{} is of type {} and {} of type {there}",
                shape::named(id, &column.name),
                column.data_type,
                shape::named(other, name)
            ))
            .help("change one of them first, with the recipe change-type"));
        }
    }
    Ok(Key { id, table, columns: own.iter().map(|c| c.name.to_string()).collect(), other, to })
}

fn definition(given: &Given, key: &Key<'_>) -> Result<String, Refusal> {
    let mut definition =
        format!("FOREIGN KEY ({}) REFERENCES {} ({})", list(&key.columns), key.other.path(), list(&key.to));
    for (name, words) in [("on-update", "ON UPDATE"), ("on-delete", "ON DELETE")] {
        let Some(action) = given.get(name) else { continue };
        let action = action.replace('-', " ").to_uppercase();
        if !["CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT", "NO ACTION"].contains(&action.as_str()) {
            return Err(Refusal::new(format!("--{name} cannot be \"{action}\""))
                .help("it is cascade, restrict, set null or set default"));
        }
        definition += &format!(" {words} {action}");
    }
    Ok(definition)
}

/// Whether an index begins with the columns, in whatever order.
fn has_index(target: &Target<'_>, key: &Key<'_>) -> bool {
    let constraints = target.constraints(key.id).filter(|(_, it)| it.kind.has_index());
    let constraints = constraints.map(|(_, it)| &*it.definition);
    let indexes = target.indexes(key.id).filter(|(_, it)| it.predicate.is_none() && !it.invalid);
    constraints.chain(indexes.map(|(_, it)| &*it.definition)).any(|definition| {
        let first: Vec<_> = within::items(definition)
            .into_iter()
            .take(key.columns.len())
            .filter_map(|item| cutover_sql::ident::split_qualified(item.split(' ').next()?)?.pop())
            .collect();
        key.columns.iter().all(|column| first.contains(column))
    })
}

/// Whether a row `it` refers to nothing: a NULL in one column refers to nothing and is allowed to.
fn orphaned(key: &Key<'_>) -> String {
    let known: Vec<String> =
        key.columns.iter().map(|c| format!("it.{} IS NOT NULL", quote_ident(c))).collect();
    let same: Vec<String> = key
        .columns
        .iter()
        .zip(&key.to)
        .map(|(c, to)| format!("other.{} = it.{}", quote_ident(to), quote_ident(c)))
        .collect();
    format!(
        "{}\n    AND NOT EXISTS (SELECT FROM {} AS other WHERE {})",
        known.join(" AND "),
        key.other.path(),
        same.join(" AND ")
    )
}

fn mend(given: &Given, target: &Target<'_>, key: &Key<'_>) -> Result<Option<Part>, Refusal> {
    let path = key.id.path();
    let statement = match given.get("orphans") {
        None => return Ok(None),
        Some("delete") => format!("DELETE FROM {path} AS it WHERE {}", orphaned(key)),
        Some("null") => {
            let nullable = |c: &&String| key.table.column(c).is_some_and(|c| c.not_null.is_none());
            let columns: Vec<String> =
                key.columns.iter().filter(nullable).map(|c| format!("{} = NULL", quote_ident(c))).collect();
            if columns.is_empty() {
                return Err(Refusal::new(format!("{} of {path} cannot be NULL", list(&key.columns)))
                    .help("delete such rows (--orphans delete), or mend them by hand"));
            }
            format!("UPDATE {path} AS it SET {} WHERE {}", columns.join(", "), orphaned(key))
        }
        Some(other) => {
            return Err(Refusal::new(format!("--orphans cannot be \"{other}\"")).help("it is delete or null"));
        }
    };
    let part = Part::new(Phase::Backfill, format!("Mend the rows of {path} that refer to nothing"))
        .prose("Why: they would make the validation fail.\n\nSafe: in batches by the key of the table; the constraint is there, so no more of them come. There is no way back to a reference to nothing.")
        .up([Block::Backfill {
            table: path,
            key: shape::key(target, key.id, key.table)?.iter().map(|c| quote_ident(c).into_owned()).collect(),
            options: BackfillOptions::default(),
            statement,
        }])
        .allow("empty-downgrade", "references to nothing are not brought back");
    Ok(Some(part))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|c| quote_ident(c)).collect::<Vec<_>>().join(", ")
}
