//! `collapse-join-table`: a many-to-many table whose rows are one to many becomes a column.
//!
//! `link` finds the two sides in the catalog and refuses what cannot be done; here is the rollout. It knows no database.

mod link;

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::quote_ident;

use self::link::Links;
use super::clients::Deploy;
use super::parts::{Tripwire, beside, nobody_missed, rename_table, sql, unused};
use super::read::{and, list, said, slug};
use super::{Argument, Given, Recipe, Refusal, Target};
use crate::object::common;
use crate::object::types::made_name;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::dual::{self, Dual};
use crate::rollout::phase::Phase;

pub const RECIPE: Recipe = Recipe {
    name: "collapse-join-table",
    summary: "Replace a join table by a column, when each row belongs to one row of the other table",
    about: "\
A many-to-many table whose rows say that a child belongs to exactly one parent becomes a column of the child, with an index \
and a foreign key. Old code goes on with the join table and new code with the column, at the same time: triggers keep the \
two equal, whoever writes. So readers and writers are deployed whenever they are ready, and every step before the last \
can be taken back without losing a row that new code wrote.

What it refuses: a child with several parents (a guard counts them), columns of the join table that nobody would fill or \
that would be lost unheard, keys that point to the join table, a partitioned child, and an ON DELETE that is laxer or \
stricter than what the join table does today.",
    example: "collapse-join-table plan_recommendations --into recommendation --on-delete cascade --reader backend --reader frontend --writer backend",
    arguments: &[
        Argument::place("table", "JOIN_TABLE", "The join table"),
        Argument::needed("into", "TABLE", "The table that gets the column: each of its rows belongs to one row of the other"),
        Argument::many("column", "NAME", "Name of the new column; one for each column of the key [default: as in the join table]"),
        Argument::option("on-delete", "ACTION", "What a delete of the row that is referred to does: cascade, set-null, restrict, no-action [default: what the join table does]"),
        Argument::option("child-key", "CONSTRAINT", "The foreign key of the join table to the table of --into, if there are several"),
        Argument::option("parent-key", "CONSTRAINT", "The foreign key of the join table to the other table, if there are several"),
        Argument::many("fill", "COLUMN=EXPRESSION", "What another column of the join table gets when new code makes the link"),
        Argument::many("discard", "NAME", "A column, trigger or policy of the join table that may go with it"),
        Argument::many("reader", "OWNER", "Who deploys readers: one deploy each, in any order"),
        Argument::many("writer", "OWNER", "Who deploys writers: one deploy each, in any order"),
        Argument::flag("team-dual-writes", "The team's own code writes both; no triggers"),
        Argument::option("unused-for", "TIME", "How long nothing may have used the join table before it goes [default: 7 days]"),
        Argument::option("tripwire", "HOW", "Let it fail for whoever still uses it before it goes: rename or revoke"),
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let links = Links::find(given, target)?;
    let rollout = given.rollout_or(slug(&format!("retire {}", links.join.name)));
    let writing = (!given.flag("team-dual-writes")).then(|| links.dual(&rollout, &links.join.name));
    let mut parts = vec![expand(&links, target), dual_write(given, &links, writing.as_ref())];
    parts.push(backfill(&links));
    parts.push(validate(&links));
    parts.extend(readers(given, &links).parts(given.all("reader")));
    parts.extend(writers(given, &links).parts(given.all("writer")));
    parts.extend(contract(given, &links, &rollout, writing.as_ref())?);
    Ok(Draft { rollout, parts })
}

/// The column, its index and its foreign key, each in a transaction of its own.
///
/// ADD COLUMN without a default takes ACCESS EXCLUSIVE for a change of the catalog only; CREATE INDEX CONCURRENTLY SHARE
/// UPDATE EXCLUSIVE; a foreign key that is NOT VALID SHARE ROW EXCLUSIVE on both tables, without a scan; VALIDATE SHARE
/// UPDATE EXCLUSIVE (<https://www.postgresql.org/docs/current/sql-altertable.html>).
fn expand(links: &Links<'_>, target: &Target<'_>) -> Part {
    let child = links.child.path();
    let (columns, to) = (list(&links.columns), links.to_parent.to.path());
    let first = links.columns.first().map_or("", String::as_str);
    let index = target.new_name(links.child, first, "idx");
    let key = quote_ident(&target.new_name(links.child, &links.columns.join("_"), "fkey")).into_owned();
    let add: Vec<String> = links.added().iter().map(|column| format!("ADD COLUMN {column}")).collect();
    let drop: Vec<String> =
        links.columns.iter().map(|c| format!("DROP COLUMN IF EXISTS {}", quote_ident(c))).collect();
    let text = format!("It took the place of {}.", said(links.join));
    let comments =
        links.columns.iter().map(|c| common::column_comment_sql(links.child, c, Some(&text.as_str().into())));
    let referenced = list(&links.to_parent.referenced);
    Part::new(Phase::Expand, format!("Add {} to {}", and(&links.columns), said(links.child)))
        .prose(links.why_expand())
        .up([
            sql(std::iter::once(format!("ALTER TABLE {child} {}", add.join(", "))).chain(comments)),
            sql([format!("CREATE INDEX CONCURRENTLY {} ON {child} ({columns})", quote_ident(&index))]),
            sql([format!(
                "ALTER TABLE {child} ADD CONSTRAINT {key} FOREIGN KEY ({columns}) REFERENCES {to} ({referenced}) ON DELETE {}{} NOT VALID",
                links.on_delete.as_str(),
                links.like_the_old_key()
            )]),
            sql([format!("ALTER TABLE {child} VALIDATE CONSTRAINT {key}")]),
        ])
        .down([
            sql([format!("ALTER TABLE {child} DROP CONSTRAINT IF EXISTS {key}")]),
            sql([format!("DROP INDEX CONCURRENTLY IF EXISTS {}", beside(links.child, &index))]),
            sql([format!("ALTER TABLE {child} {}", drop.join(", "))]),
        ])
        .allow("drop-locks-referenced-table", "on the way down only, for a moment, under the lock timeout")
}

fn dual_write(given: &Given, links: &Links<'_>, writing: Option<&Dual>) -> Part {
    let (join, column) = (said(links.join), links.column());
    let Some(dual) = writing else {
        let owners = given.all("writer");
        let who =
            if owners.is_empty() { "writers".to_owned() } else { format!("writers of {}", and(owners)) };
        let up = format!("{who} write both {join} and {column}, and no older version of them runs any more");
        let mut part = Part::deploy(format!("{who} write both {join} and {column}"), up, format!("{who} write {join} only")).prose(
            "Why: from here on every write goes to both, in one transaction: what the old code reads and what the new code reads is \
             the same. It comes before the backfill, or what is written between the two would be lost to new readers.\n\n\
             Safe: nothing runs here. It waits until somebody says that the deploy is through everywhere, jobs and consoles included."
        );
        part.phase = Phase::DualWrite;
        return part;
    };
    Part::new(Phase::DualWrite, format!("Keep {join} and {column} equal"))
        .prose(format!(
            "Why: from here on a write through {join} sets {column}, and a write of {column} makes, moves or removes the row of {join}. \
             Old and new readers and writers run at the same time. It comes before the backfill, or what is written between the \
             two would be lost to new readers.\n\n\
             Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. The triggers write only what \
             differs, so none of them calls the other for ever."
        ))
        .up([sql(dual.create.clone())])
        .down([sql(dual.drop.clone())])
        .allow(TWO_LOCKS.0, TWO_LOCKS.1)
}

/// The executor locks the rows of a batch before it runs the statement, and whoever changes a link locks that row, too,
/// before the end of the transaction: so a link that is deleted at this moment does not come back.
fn backfill(links: &Links<'_>) -> Part {
    let child = links.child.path();
    let statement = format!(
        "UPDATE {child} AS c\nSET {}\nFROM {} AS j\nWHERE {} AND {}",
        links.assignments(),
        links.join.path(),
        links.on("j", "c"),
        links.empty("c")
    );
    let runs = links.update_triggers();
    let also = if runs.is_empty() {
        String::new()
    } else {
        format!(" The triggers of {} run for every row that is filled: {}.", said(links.child), and(&runs))
    };
    let guard = Block::Guard {
        text: format!("a row of {} has one link in {}", said(links.child), said(links.join)),
        expect: Expect::NoRows,
        query: links.several(),
    };
    let options = BackfillOptions::default();
    Part::new(Phase::Backfill, format!("Fill {} from {}", links.column(), said(links.join)))
        .prose(format!(
            "Why: the links that were there before the dual write began.\n\n\
             Safe: it runs in batches, each a short transaction that locks its own rows first, so that a link that is deleted at this \
             moment does not come back. The guard stops it when a row has more than one link: there is no column for that.{also}"
        ))
        .up([guard, Block::Backfill { table: child, key: links.walk.clone(), options, statement }])
        .allow(
            "empty-downgrade",
            "the column goes with the revision that added it; to empty it here would remove the links through the triggers",
        )
}

fn validate(links: &Links<'_>) -> Part {
    let (join, column) = (said(links.join), links.column());
    Part::new(Phase::Validate, format!("Compare {column} with {join}"))
        .prose(format!(
            "Why: nobody reads {column} before it is known to say what {join} says, of every row, in one snapshot.\n\n\
             Safe: it reads, and takes no lock that anybody waits for. What it finds is a bug or a row with two links: mend it, \
             and run again."
        ))
        .up([Block::Guard {
            text: format!("every link of {join} is in {column}, and nothing else is"),
            expect: Expect::NoRows,
            query: links.differing(),
        }])
}

fn readers<'a>(given: &Given, links: &Links<'_>) -> Deploy<'a> {
    let (join, column) = (said(links.join), links.column());
    let order = if given.all("reader").len() > 1 { " The others may come before or after." } else { "" };
    Deploy {
        who: "readers",
        does: format!("read {column} and no longer {join}"),
        undoes: format!("read {join} again, which holds all that was written since"),
        prose: format!(
            "Why: the column is whole and stays so, whoever writes.{order}\n\n\
             Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes."
        ),
    }
}

fn writers<'a>(given: &Given, links: &Links<'_>) -> Deploy<'a> {
    let (join, column) = (said(links.join), links.column());
    let kept = if given.flag("team-dual-writes") {
        format!(
            "From here on nobody writes {join}: it stays behind, and going back further needs it filled again from {column}."
        )
    } else {
        format!(
            "Old versions may run beside the new ones for as long as it takes: the triggers write {join} for the new ones."
        )
    };
    Deploy {
        who: "writers",
        does: format!("write {column} and no longer {join}"),
        undoes: format!("write {join} again"),
        prose: format!(
            "Why: {join} is to go, and nothing must name it by then.\n\nSafe: nothing runs here. {kept}"
        ),
    }
}

/// The tripwire, if there is one, and the drop.
fn contract(
    given: &Given,
    links: &Links<'_>,
    rollout: &str,
    writing: Option<&Dual>,
) -> Result<Vec<Part>, Refusal> {
    let gate = unused(given, "table", links.join.path())?;
    let retired = made_name(&links.join.name, "", "retired");
    let mut parts = Vec::new();
    let mut name = links.join.path();
    match Tripwire::of(given)? {
        None => {}
        Some(Tripwire::Rename) => {
            name = beside(links.join, &retired);
            parts.push(renamed(links, &retired, rollout, writing).requires(&gate));
            parts.push(nobody_missed(said(links.join), "relation does not exist"));
        }
        Some(Tripwire::Revoke) => {
            parts.push(revoked(links)?.requires(&gate));
            parts.push(nobody_missed(said(links.join), "permission denied"));
        }
    }
    let mut last = dropped(links, &name, writing);
    if parts.is_empty() {
        last = last.requires(gate);
    }
    parts.push(last);
    Ok(parts)
}

/// The triggers are made anew for the other name in the same transaction: their functions name the table.
fn renamed(links: &Links<'_>, retired: &str, rollout: &str, writing: Option<&Dual>) -> Part {
    let join = links.join.path();
    let there = beside(links.join, retired);
    let other = writing.map(|_| links.dual(rollout, retired));
    let around = |before: Option<&Dual>, rename: String, after: Option<&Dual>| {
        let mut all = before.map(|d| d.drop.clone()).unwrap_or_default();
        all.push(rename);
        all.extend(after.map(|d| d.create.clone()).unwrap_or_default());
        vec![sql(all)]
    };
    Part::new(Phase::Contract, format!("Rename {} out of the way", said(links.join)))
        .prose(format!(
            "Why: a tripwire. Whoever still names {} fails at once, and going back is as quick.\n\n\
             Safe: a change of the catalog. The rows stay, and are kept equal to {} under the other name.",
            said(links.join),
            links.column()
        ))
        .up(around(writing, rename_table(&join, retired), other.as_ref()))
        .down(around(other.as_ref(), rename_table(&there, &links.join.name), writing))
        .allow("rename-table", "a tripwire, behind a gate that says that nothing uses the table")
        .allow("drop-trigger", "they are made anew for the other name in the same transaction")
        .allow("drop-function", "they are made anew for the other name in the same transaction")
        .allow(TWO_LOCKS.0, TWO_LOCKS.1)
}

fn revoked(links: &Links<'_>) -> Result<Part, Refusal> {
    let (revoke, grant) = links.rights();
    if revoke.is_empty() {
        return Err(Refusal::new(format!(
            "nobody but its owner has rights on {}: there is nothing to revoke",
            said(links.join)
        ))
        .help("write --tripwire rename"));
    }
    Ok(Part::new(Phase::Contract, format!("Take away the rights on {}", said(links.join)))
        .prose(format!(
            "Why: a tripwire. Whoever still names {} fails at once, unless it is its owner or a superuser, and going back is as quick.\n\n\
             Safe: a change of the catalog, without a lock on the table.",
            said(links.join)
        ))
        .up([sql(revoke)])
        .down([sql(grant)])
        .allow("revoke", "a tripwire, behind a gate that says that nothing uses the table"))
}

/// Each transaction waits for one table that is in use at most, and last: nobody waits behind it for a second lock.
fn dropped(links: &Links<'_>, name: &str, writing: Option<&Dual>) -> Part {
    let mut up = Vec::new();
    if let Some(dual) = writing {
        up.push(sql(dual.drop.clone()));
    }
    up.extend(links.keys().iter().map(|key| {
        let key = quote_ident(key);
        sql([format!("ALTER TABLE {name} DROP CONSTRAINT {key}")])
    }));
    up.push(sql([format!("DROP TABLE {name}")]));
    let mut part = Part::new(Phase::Contract, format!("Drop {}", said(links.join)))
        .prose(format!(
            "Why: everything reads and writes {}, and {} is in nobody's way any longer: no delete goes through it.{}\n\n\
             Safe: the gate shows that nothing uses it. A foreign key goes before its table, in a transaction of its own: \
             it locks the table that it refers to as well, for a moment.",
            links.column(),
            said(links.join),
            links.goes_too()
        ))
        .up(up)
        .allow("drop-table", "its links are in the column, compared before the readers moved")
        .allow("drop-foreign-key", "its table goes")
        .allow("drop-locks-referenced-table", "each in a transaction of its own, for a moment, under the lock timeout");
    if writing.is_some() {
        part = part
            .allow("drop-trigger", "there is nothing left to keep equal")
            .allow("drop-function", "its triggers go")
            .allow(TWO_LOCKS.0, TWO_LOCKS.1);
    }
    part.irreversible = Some(format!("{} is gone; its links are in {}", said(links.join), links.column()));
    part
}

/// Dual write begins and ends in one transaction on both tables.
const TWO_LOCKS: (&str, &str) = (
    "strong-locks-in-one-transaction",
    "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout",
);

/// The setting of the triggers.
fn setting(rollout: &str) -> dual::Setting {
    dual::Setting::of(rollout)
}
