//! `rename-column`: a column gets another name while programs use both.

use cutover_sql::ident::quote_ident;

use super::finish::drafted;
use super::names::{Names, chosen};
use super::twin::{Side, Twin, Wanted};
use super::{Argument, Given, Recipe, Refusal, Target, clients, published, shape, within};
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "rename-column",
    summary: "Rename a column that programs use",
    about: "Gives a column another name, while old programs use the old one and new programs the new one.

Steps: the new column is added beside the old one, with its comment, privileges and settings; triggers keep the two in agreement,
whichever is written; a backfill; a guard that they agree; the indexes, built concurrently; checks, foreign keys and NOT NULL, each
NOT VALID and then validated; a deploy of everybody; then the old column goes, and its indexes and constraints hand their names
to those of the new one.

Locks: ADD COLUMN, the triggers and the last step take ACCESS EXCLUSIVE (CREATE TRIGGER: SHARE ROW EXCLUSIVE) for changes of the
catalog. Nothing reads or rewrites the table under such a lock.

Undo: at any time, behind the last step as well: the old column is added again, filled in from the new one, and gets all that it
had. What new programs wrote is in it.

ADD COLUMN and DROP COLUMN make prepared statements that say SELECT * fail once with \"cached plan must not change result type\":
name the columns, or let the pool prepare again.

It refuses: generated columns, columns of the partition key, keys of partitioned tables, columns that views, functions, triggers
or policies are made from, that foreign keys refer to or that an exclusion constraint has, a published table unless --published
says that the subscribers know, and a name that is taken.

What the bodies of functions say PostgreSQL does not know: look for the name there yourself.",
    example: "rename-column shop.customer.mail email --reader frontend --writer backend",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "the column"),
        Argument::place("to", "NAME", "its new name"),
        clients::UNUSED_FOR,
        clients::READER,
        clients::WRITER,
        published::PUBLISHED,
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table, column) = target.table_column(given.need("column")?)?;
    let to = chosen(given.need("to")?)?;
    if table.column(&to).is_some() {
        return Err(Refusal::new(format!("{} has a column {} already", id.path(), quote_ident(&to)))
            .help("choose another name"));
    }
    published::known(given, target, id)?;
    let rollout = given.rollout_or(format!("rename-{}-{}", id.name, column.name));
    let own = quote_ident(&column.name).into_owned();
    let wanted = Wanted {
        old: column.name.to_string(),
        new: to.clone(),
        data_type: column.data_type.to_string(),
        forward: own.clone(),
        backward: own,
    };
    let mut twin = Twin::scan(*target, &mut Names::of(target), id, table, &rollout, &[wanted], &[])?;
    for pair in &mut twin.pairs {
        // so that an explicit NULL of a new program is told from a column that it left out
        pair.new.default = pair.old.default.clone().filter(|text| is_constant(text));
    }
    let (old, new) = (shape::named(id, &column.name), shape::named(id, &to));
    let mut parts = super::columns::beside(&twin, &format!("{new} stands beside {old}"))?;
    parts.extend(clients::deploys(
        given,
        Phase::CutOver,
        &format!("Everybody uses {new}"),
        &format!("uses {new} and no longer {old}"),
        &format!("uses {old} again"),
        "Why: the last step drops the old column.\n\nSafe: both columns have the same value at any time, in whatever order the programs are deployed, and back.",
    ));
    let mut last = contract(&twin)?;
    if let Some(time) = given.get("unused-for") {
        last.requires.push(format!("unused column {old} for {time}"));
    }
    parts.push(last);
    Ok(drafted(rollout, parts))
}

/// Whether an expression is the same value each time, by its looks.
fn is_constant(text: &str) -> bool {
    !text.contains('(')
        && within::columns(text).is_ok_and(|columns| columns.is_empty())
        && !text.to_uppercase().contains("CURRENT_")
}

/// What the linter asks of the exchange of what stands on the columns.
fn accepted(twin: &Twin<'_>, mut part: Part) -> Part {
    if twin.primary.is_some() {
        part =
            part.allow("drop-primary-key", "the same transaction adds it again, with an index that is there");
    }
    if twin.has_foreign_key() {
        part = part.allow("drop-locks-referenced-table", "a change of the catalog on both, for a moment");
    }
    part
}

fn contract(twin: &Twin<'_>) -> Result<Part, Refusal> {
    let (dual, back) = (twin.dual()?, twin.dual_back()?);
    let forward = |pair: &super::twin::Pair| (pair.old.name.to_string(), pair.new.name.to_string());
    let mut up = dual.drop.clone();
    up.extend(twin.drop_primary());
    up.extend(twin.move_values(forward, true, false));
    up.extend(twin.add_primary(Side::New));
    up.extend(twin.drop_columns(twin.pairs.iter().map(|pair| &*pair.old.name)));
    up.extend(twin.rename(Side::New, Side::Old));
    up.extend(twin.rename_not_nulls(Side::New, Side::Old));

    let mut add = twin.rename(Side::Old, Side::New);
    add.extend(twin.rename_not_nulls(Side::Old, Side::New));
    add.extend(twin.add_columns(twin.pairs.iter().map(|pair| &pair.old)));
    add.extend(back.create);
    let mut down = vec![Block::Sql(add), twin.backfill_back(Side::Old)?];
    if let Some(primary) = &twin.primary {
        down.extend(primary.index.new.create(&twin.target));
        let name = primary.index.aside.name.clone();
        down.extend(super::online::NewIndex { name, ..primary.index.old.clone() }.create(&twin.target));
    }
    down.extend(twin.build_indexes_but_primary(Side::Old));
    down.extend(twin.analyze());
    down.extend(twin.build_rules(Side::Old));
    let mut last = twin.drop_primary();
    last.extend(twin.move_values(|pair| (pair.new.name.to_string(), pair.old.name.to_string()), false, true));
    last.extend(twin.constant_defaults());
    last.extend(twin.add_primary(Side::Aside));
    last.extend(back.drop);
    last.extend(dual.create);
    down.push(Block::Sql(last));
    let names: Vec<String> = twin.pairs.iter().map(|pair| shape::named(twin.id, &pair.old.name)).collect();
    Ok(Part::new(Phase::Contract, format!("{} goes", names.join(", ")))
        .prose("Why: nobody uses it any more.\n\nSafe: all of it is changes of the catalog, in one transaction: ACCESS EXCLUSIVE for a moment. The way down adds the old column again and fills it in from the new one.")
        .up([Block::Sql(up)])
        .down(down)
        .allow("downgrade-loses-data", "the backfill brings the values back from the new column"))
        .map(|part| accepted(twin, part))
}
