//! `int-to-bigint`: a key that runs out of numbers, and everything that refers to it.

use cutover_sql::ident::quote_ident;

use super::columns::{beside, exchange};
use super::finish::drafted;
use super::names::Names;
use super::twin::{Referring, Successors, Twin, Wanted};
use super::{Argument, Given, Recipe, Refusal, Target, clients, published, shape, within};
use crate::catalog::Id;
use crate::rollout::draft::{Draft, Part};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "int-to-bigint",
    summary: "Make an integer key bigint, with everything that refers to it",
    about: "Makes an integer column bigint, and with it each column that refers to it by a foreign key, and those that refer to these. At the
end all have their old names, keys, indexes and sequences.

Steps, table by table: a bigint column beside each; triggers keep the two in agreement; backfills; guards that they agree; indexes, NOT
NULL, checks, and foreign keys from new column to new column, all valid; a deploy of everybody, who can read 64 bits from then on;
the old foreign keys go; the tables exchange their columns one after the other, the referred one last, with identity or sequence, which
is bigint from then on; a deploy when that has proven itself; then the old columns go.

Until the last exchange no number is larger than an integer. Behind it what was set aside has NULL for a larger one, and the way back
stops at its guard.

Programs see the exchange as a change of the type between two statements. A prepared statement that returns the column fails once with
\"cached plan must not change result type\": pools that prepare again on that error do not notice; others are restarted.

Locks: changes of the catalog take ACCESS EXCLUSIVE, one table at a time. Nothing reads or rewrites a table under such a lock. While a
table has both columns each write costs a second index on the key.

Undo: at any time, behind the last step as well, as long as all numbers fit an integer.

It refuses: a column that is not an integer, partitioned tables that have it in a key, and what change-type refuses, in each of the
tables.",
    example: "int-to-bigint shop.orders.id --reader frontend --writer backend",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "the column, most often the primary key"),
        clients::READER,
        clients::WRITER,
        published::PUBLISHED,
    ],
    draft,
};

/// The columns that become bigint, and those that are and only refer to one.
type Found = Vec<(Id, String)>;

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, _, column) = target.table_column(given.need("column")?)?;
    let path = shape::named(id, &column.name);
    if !is_small(&column.data_type) {
        return Err(Refusal::new(format!("{path} is of type {}", column.data_type))
            .help("this recipe is for integer and smallint; others have change-type"));
    }
    let rollout = given.rollout_or(format!("bigint-{}-{}", id.name, column.name));
    let all = closure(target, id, &column.name);
    let mut tables: Vec<Id> = Vec::new();
    // those that refer come before what they refer to; the key itself is the last
    for (table, _) in all.iter().rev() {
        if !tables.contains(table) {
            tables.push(table.clone());
        }
    }
    tables.retain(|table| table != id);
    tables.push(id.clone());
    let mut names = Names::of(target);
    let mut successors: Successors = Vec::new();
    for (table, name) in &all {
        let (_, definition) = target.table(&table.path())?;
        if definition.column(name).is_some_and(|c| is_small(&c.data_type)) {
            let new = fresh(definition, name)?;
            match successors.iter_mut().find(|(of, _)| of == table) {
                Some((_, map)) => map.push((name.clone(), new)),
                None => successors.push((table.clone(), vec![(name.clone(), new)])),
            }
        }
    }
    let mut twins = Vec::new();
    for table in &tables {
        published::known(given, target, table)?;
        let (id, definition) = target.table(&table.path())?;
        let map =
            successors.iter().find(|(of, _)| of == table).map(|(_, map)| map.as_slice()).unwrap_or_default();
        let wanted: Vec<Wanted> =
            map.iter().map(|(old, new)| wanted(definition.column(old), old, new)).collect();
        twins.push(Twin::scan(*target, &mut names, id, definition, &rollout, &wanted, &successors)?);
    }
    let referring = referring(target, &twins);
    for twin in &mut twins {
        twin.referring = referring.iter().filter(|it| it.to == *twin.id).cloned().collect();
    }
    let mut parts = Vec::new();
    for twin in twins.iter().filter(|twin| !twin.pairs.is_empty()) {
        let columns: Vec<String> = twin.pairs.iter().map(|p| shape::named(twin.id, &p.old.name)).collect();
        parts.extend(beside(twin, &format!("A bigint beside {}", columns.join(", ")))?);
    }
    parts.extend(twins.iter().flat_map(foreign_keys));
    parts.sort_by_key(|part| part.phase);
    let before = twins.iter().flat_map(old_foreign_keys).collect();
    parts.extend(exchange(given, &twins, &path, before)?);
    Ok(drafted(rollout, parts))
}

fn is_small(data_type: &str) -> bool {
    matches!(data_type, "integer" | "smallint")
}

/// The column, and all columns that refer to one of these.
fn closure(target: &Target<'_>, id: &Id, column: &str) -> Found {
    let mut found: Found = vec![(id.clone(), column.to_owned())];
    let mut at = 0;
    while let Some((table, column)) = found.get(at).cloned() {
        at += 1;
        for (key, it) in target.referring(&table) {
            let lists = within::all_lists(&it.definition);
            let (Some(own), Some(to)) = (lists.first(), lists.get(1)) else { continue };
            let Some(place) = to.iter().position(|name| *name == column) else { continue };
            let from = Id::of(crate::catalog::Kind::Table, key.namespace.clone(), key.name.clone());
            let partition = target
                .catalog
                .definition(&from)
                .and_then(|d| d.as_table())
                .is_some_and(|t| t.partition_of.is_some());
            if let Some(own) = own.get(place)
                && it.part_of.is_none()
                && !partition
                && !found.contains(&(from.clone(), own.clone()))
            {
                found.push((from, own.clone()));
            }
        }
    }
    found
}

fn fresh(table: &crate::object::table::Table, column: &str) -> Result<String, Refusal> {
    let mut name = format!("{column}_new");
    while table.column(&name).is_some() {
        name.insert(0, '_');
    }
    if name.len() > super::names::LONGEST {
        return Err(Refusal::new(format!("the name {column} leaves no room for that of its successor"))
            .help("give it a shorter name first, with the recipe rename-column"));
    }
    Ok(name)
}

fn wanted(column: Option<&crate::object::column::Column>, old: &str, new: &str) -> Wanted {
    let name = quote_ident(old);
    let kind = column.map_or("integer", |c| &c.data_type);
    let (least, most) =
        if kind == "smallint" { (-32_768, 32_767) } else { (-2_147_483_648_i64, 2_147_483_647) };
    Wanted {
        old: old.to_owned(),
        new: new.to_owned(),
        data_type: "bigint".into(),
        forward: format!("{name}::bigint"),
        backward: format!("CASE WHEN {name} BETWEEN {least} AND {most} THEN {name}::{kind} END"),
    }
}

/// The foreign keys between the tables, as they are while the one that is referred to has both columns and the one that refers has
/// exchanged its own.
fn referring(target: &Target<'_>, twins: &[Twin<'_>]) -> Vec<Referring> {
    let mut found = Vec::new();
    for twin in twins {
        for (id, it) in target.constraints(twin.id) {
            let Some(other) = it.references.as_ref().and_then(|to| twins.iter().find(|t| t.id == to)) else {
                continue;
            };
            let Some(rule) = twin.rules.iter().find(|rule| rule.within && rule.rule.old.name == *id.detail)
            else {
                continue;
            };
            let own = if other.id == twin.id { twin.maps().new } else { Vec::new() };
            let to = other.maps().new;
            let definition = within::lists(&it.definition, &[&own, &to, &own]).unwrap_or_default();
            found.push(Referring {
                from: twin.id.clone(),
                to: other.id.clone(),
                now: rule.rule.old.name.clone(),
                back: if other.id == twin.id {
                    rule.rule.new.name.clone()
                } else {
                    rule.rule.old.name.clone()
                },
                definition: format!("{definition}{}", it.timing.clause()),
                comment: rule.comment.clone(),
            });
        }
    }
    found
}

fn foreign_keys<'t>(twin: &'t Twin<'_>) -> impl Iterator<Item = Part> + 't {
    twin.rules.iter().filter(|it| it.within).map(move |it| {
        let part = Part::new(
            Phase::Validate,
            format!("{} of {} for the new columns", it.rule.old.name, twin.id.path()),
        )
        .prose("Why: the new columns keep to the foreign key before they take over.\n\nSafe: NOT VALID takes SHARE ROW EXCLUSIVE on both tables for a change of the catalog; VALIDATE reads beside reads and writes.")
        .up(it.rule.new.add())
        .up(it.rule.new.validate())
        .up(it.described(twin.id, &it.rule.new.name))
        .down(it.rule.new.drop());
        it.rule.new.accepted(part, false)
    })
}

fn old_foreign_keys<'t>(twin: &'t Twin<'_>) -> impl Iterator<Item = Part> + 't {
    twin.rules.iter().filter(|it| it.within).map(move |it| {
        let drop = format!(
            "ALTER TABLE {} DROP CONSTRAINT {}",
            twin.id.path(),
            quote_ident(&it.rule.old.name)
        );
        let mut back = it.rule.old.add();
        back.extend(it.rule.old.validate());
        back.extend(it.described(twin.id, &it.rule.old.name));
        let part = Part::new(Phase::CutOver, format!("{} of {} goes for the old columns", it.rule.old.name, twin.id.path()))
            .prose("Why: it hangs on the key that is exchanged next. The same one on the new columns is valid, and the triggers keep both sides in agreement.\n\nSafe: ACCESS EXCLUSIVE on both tables for a change of the catalog.")
            .up([crate::rollout::draft::Block::sql([drop])])
            .down(back)
            .allow("drop-foreign-key", "the same one on the new columns is there and valid");
        it.rule.old.accepted(part, false)
    })
}
