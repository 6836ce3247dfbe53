//! `drop-table`: a table goes when it is shown that nothing uses it. It knows no database.

use cutover_sql::ident::quote_ident;

use super::clients::Deploy;
use super::parts::{Tripwire, beside, nobody_missed, rename_table, sql, unused};
use super::read::{and, said, slug};
use super::{Argument, Given, Recipe, Refusal, Target};
use crate::catalog::{Id, Kind};
use crate::object::Definition;
use crate::object::constraint::Constraint;
use crate::object::table::Table;
use crate::object::types::made_name;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

pub const RECIPE: Recipe = Recipe {
    name: "drop-table",
    summary: "Drop a table, when it is shown that nothing uses it",
    about: "\
First the code stops using the table; then a gate waits until statistics and query texts show that nothing has read or written it for a \
while. Foreign keys of other tables that refer to it go next, each in a revision of its own, because dropping one locks both tables for \
a moment. With --tripwire the table is renamed, or everybody's rights are taken away, until somebody says that nothing has missed it: \
going back is a matter of milliseconds then. The last revision alone cannot be taken back.

What it refuses: views, functions, policies and columns of other tables that need the table or its sequences, tables that inherit \
from it, and partitions.",
    example: "drop-table old_orders --client backend --tripwire rename",
    arguments: &[
        Argument::place("table", "TABLE", "The table"),
        Argument::many("client", "OWNER", "Who deploys code that used it: one deploy each, in any order"),
        Argument::option("unused-for", "TIME", "How long nothing may have used it before it goes [default: 7 days]"),
        Argument::option("tripwire", "HOW", "Let it fail for whoever still uses it before it goes: rename or revoke"),
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    check(target, id, table)?;
    let mut parts = clients(target, id).parts(given.all("client"));
    let behind_gate = parts.len();
    let incoming =
        target.referring(id).filter(|(_, it)| it.table.0.as_ref() != Some(id) && it.part_of.is_none());
    parts.extend(incoming.map(|(key, it)| foreign_key(target, id, key, it)));
    let mut name = id.path();
    match Tripwire::of(given)? {
        None => {}
        Some(Tripwire::Rename) => {
            let retired = made_name(&id.name, "", "retired");
            name = beside(id, &retired);
            parts.push(renamed(id, &retired));
            parts.push(nobody_missed(said(id), "relation does not exist"));
        }
        Some(Tripwire::Revoke) => {
            parts.push(revoked(target, id)?);
            parts.push(nobody_missed(said(id), "permission denied"));
        }
    }
    parts.push(dropped(target, id, &name));
    let gate = unused(given, "table", id.path())?;
    parts[behind_gate].requires.push(gate);
    Ok(Draft { rollout: given.rollout_or(slug(&format!("drop {}", id.name))), parts })
}

fn check(target: &Target<'_>, id: &Id, table: &Table) -> Result<(), Refusal> {
    if let Some((parent, _)) = &table.partition_of {
        return Err(Refusal::new(format!(
            "{} is a partition of {}: to drop it locks all of that",
            said(id),
            said(parent)
        ))
        .help(format!(
            "take it out first: ALTER TABLE {} DETACH PARTITION {} CONCURRENTLY",
            parent.path(),
            id.path()
        )));
    }
    let heirs = target
        .catalog
        .objects()
        .iter()
        .filter(|o| o.definition.as_table().is_some_and(|t| t.inherits.contains(id)));
    if let Some(heir) = heirs.into_iter().next() {
        return Err(Refusal::new(format!("{} inherits from {}", heir.id, said(id))).help(format!(
            "make its columns its own first: ALTER TABLE {} NO INHERIT {}",
            heir.id.path(),
            id.path()
        )));
    }
    let sequences = target
        .catalog
        .objects()
        .iter()
        .filter(|object| object.id.kind == Kind::Sequence && object.belongs_to().as_ref() == Some(id));
    let own = |from: &&Id| **from != *id && target.catalog.get(from).is_none_or(|o| !o.owners().contains(id));
    for needed in std::iter::once(id).chain(sequences.map(|object| &object.id)) {
        if let Some(first) = target.dependents(needed).into_iter().find(own) {
            return Err(Refusal::new(format!("{first} needs {needed}, which is to go"))
                .help("change it so that it does not, or drop it, in a revision before the rollout"));
        }
    }
    Ok(())
}

fn clients(target: &Target<'_>, id: &Id) -> Deploy<'static> {
    let routines: Vec<String> = target.naming(&id.name).iter().map(ToString::to_string).collect();
    let also = if routines.is_empty() {
        String::new()
    } else {
        format!("\n\nMind: {} stands in the text of {}.", said(id), and(&routines))
    };
    Deploy {
        who: "code",
        does: format!("uses {} no longer", said(id)),
        undoes: format!("uses {} again", said(id)),
        prose: format!(
            "Why: {} is to go, and nothing must name it by then.\n\nSafe: nothing runs here.{also}",
            said(id)
        ),
    }
}

/// DROP CONSTRAINT takes ACCESS EXCLUSIVE on both tables, for a change of the catalog. On the way back the key is added
/// NOT VALID and validated in a transaction of its own, which a partitioned table can before 18 not.
fn foreign_key(target: &Target<'_>, id: &Id, key: &Id, it: &Constraint) -> Part {
    let (from, name) = (key.path(), key.own_name());
    let (clause, partitioned) = (it.clause(key), it.on_partitioned.0 && target.major < 18);
    let again = if partitioned || it.not_valid {
        let tail = if it.not_valid { " NOT VALID" } else { "" };
        vec![sql([format!("ALTER TABLE {from} ADD {clause}{tail}")])]
    } else {
        vec![
            sql([format!("ALTER TABLE {from} ADD {clause} NOT VALID")]),
            sql([format!("ALTER TABLE {from} VALIDATE CONSTRAINT {name}")]),
        ]
    };
    let mut part = Part::new(Phase::Contract, format!("Drop the foreign key {} of {} to {}", key.detail, from_said(key), said(id)))
        .prose(format!(
            "Why: while it is there, {} cannot go, and every write of {} looks into it. The column stays, with what is in it.\n\n\
             Safe: a change of the catalog, which locks both tables for a moment; nothing is read. Rows that are written from here on are \
             not checked: going back checks all of them, and fails if one refers to nothing.",
            said(id), from_said(key)
        ))
        .up([sql([format!("ALTER TABLE {from} DROP CONSTRAINT {name}")])])
        .down(again)
        .allow("drop-foreign-key", "the table that it refers to goes")
        .allow("drop-locks-referenced-table", "nothing uses the table that it refers to; alone in its transaction");
    if partitioned {
        part = part.allow(
            "add-foreign-key-without-not-valid",
            "on the way down only: before PostgreSQL 18 a partitioned table has no NOT VALID",
        );
    }
    part
}

fn from_said(key: &Id) -> String {
    said(&Id::of(Kind::Table, key.namespace.clone(), key.name.clone()))
}

fn renamed(id: &Id, retired: &str) -> Part {
    Part::new(Phase::Contract, format!("Rename {} out of the way", said(id)))
        .prose(format!(
            "Why: a tripwire. Whoever still names {} fails at once, and going back is as quick.\n\n\
             Safe: a change of the catalog. The rows stay under the other name.",
            said(id)
        ))
        .up([sql([rename_table(&id.path(), retired)])])
        .down([sql([rename_table(&beside(id, retired), &id.name)])])
        .allow("rename-table", "a tripwire, behind a gate that says that nothing uses the table")
}

fn revoked(target: &Target<'_>, id: &Id) -> Result<Part, Refusal> {
    let (revoke, grant) = target.revoked(id);
    if revoke.is_empty() {
        return Err(Refusal::new(format!(
            "nobody but its owner has rights on {}: there is nothing to revoke",
            said(id)
        ))
        .help("write --tripwire rename"));
    }
    Ok(Part::new(Phase::Contract, format!("Take away the rights on {}", said(id)))
        .prose(format!(
            "Why: a tripwire. Whoever still names {} fails at once, unless it is its owner or a superuser, and going back is as quick.\n\n\
             Safe: a change of the catalog, without a lock on the table.",
            said(id)
        ))
        .up([sql(revoke)])
        .down([sql(grant)])
        .allow("revoke", "a tripwire, behind a gate that says that nothing uses the table"))
}

/// The table's own foreign keys lock what they refer to, so each goes in a transaction of its own before the table.
fn dropped(target: &Target<'_>, id: &Id, name: &str) -> Part {
    let keys = target.foreign_keys(id);
    let away = keys.iter().filter(|key| key.to != *id);
    let mut up: Vec<Block> = away
        .map(|key| sql([format!("ALTER TABLE {name} DROP CONSTRAINT {}", quote_ident(&key.id.detail))]))
        .collect();
    let has_keys = !up.is_empty();
    up.push(sql([format!("DROP TABLE {name}")]));
    let mut goes: Vec<String> = target.triggers(id).map(|trigger| trigger.id.own_name()).collect();
    goes.extend(target.publications(id).iter().map(|publication| format!("its place in {publication}")));
    let parts = target.catalog.objects().iter().filter(|o| {
        matches!(&o.definition, Definition::Table(it) if it.partition_of.as_ref().is_some_and(|(parent, _)| parent == id))
    });
    goes.extend(parts.map(|part| format!("its partition {}", said(&part.id))));
    let also = if goes.is_empty() { String::new() } else { format!(" With it go {}.", and(&goes)) };
    let mut part = Part::new(Phase::Contract, format!("Drop {}", said(id)))
        .prose(format!(
            "Why: nothing uses {}. Take a copy of its rows first if anybody may ever want them: cutover upgrade --backup, or pg_dump.\n\n\
             Safe: no code that runs names it.{also}",
            said(id)
        ))
        .up(up)
        .allow("drop-table", "nothing has used it, as the gate shows");
    if has_keys {
        part = part.allow("drop-foreign-key", "its table goes").allow(
            "drop-locks-referenced-table",
            "each in a transaction of its own, for a moment, under the lock timeout",
        );
    }
    part.irreversible = Some(format!("the rows of {} are gone", said(id)));
    part
}
