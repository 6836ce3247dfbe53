//! `partition-table`: an existing table becomes a partitioned one. `scheme` is how it is divided, `keys` what stands in
//! the way, `copy` what is written for the table beside it and for the exchange; here is the rollout. It knows no database.

mod copy;
mod keys;
mod scheme;

use cutover_sql::document::{BackfillOptions, Expect};

use self::copy::Copy;
use super::clients::Deploy;
use super::parts::{sql, unused};
use super::read::{and, list, said, slug};
use super::{Argument, Given, Recipe, Refusal, Target};
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::phase::Phase;

pub const RECIPE: Recipe = Recipe {
    name: "partition-table",
    summary: "Make a partitioned table of an existing one, while it is read and written",
    about: "\
A partitioned table is made beside the old one, with its partitions, indexes, constraints, foreign keys, policies and rights. Triggers carry \
every write over; a backfill copies the rows that were there, in batches; both are compared row by row; then the names are exchanged in one \
transaction, a change of the catalog. From then on the triggers go the other way, so that the exchange can be taken back without \
losing a row, until the old table is dropped. Running code keeps its names and its statements.

Ranges are laid out from --from up to --until, so past and coming months are said. Rows outside go to a default partition, so that \
no write fails; keep it empty by making partitions in time. It needs the room of a second copy of the table.

Every key of a partitioned table has the column in it that it is divided by. --extend-keys adds it to those that lack it: then the \
database no longer knows that the rest of the key is unique, and ON CONFLICT has to name all of its columns.

What it refuses: keys of other tables that refer to columns that are no key any longer, publications, rules, exclusion constraints, \
triggers with transition tables, and objects that read the table and cannot be written again in place.",
    example: "partition-table events --range created_at --from 2023-01-01 --until 2025-01-01 --interval \"1 month\" --extend-keys",
    arguments: &[
        Argument::place("table", "TABLE", "The table"),
        Argument::option("range", "COLUMN", "Divide by ranges of this column: a date, a timestamp or a whole number"),
        Argument::option("from", "VALUE", "Where the first range begins"),
        Argument::option("until", "VALUE", "Where the last range ends, at the earliest: some months ahead of today"),
        Argument::option("interval", "INTERVAL", "How long a range is: \"1 month\", day, week, year, or a number [default: 1 month]"),
        Argument::option("list", "COLUMN", "Divide by the values of this column"),
        Argument::many("part", "NAME=VALUES", "A partition of --list and its values: europe=\"'de', 'fr'\""),
        Argument::option("hash", "COLUMN", "Divide by a hash of this column"),
        Argument::option("parts", "NUMBER", "How many partitions --hash makes"),
        Argument::flag("no-default", "No partition for what fits nowhere else: such a row is refused"),
        Argument::flag("extend-keys", "Add the column to keys that lack it"),
        Argument::many("client", "OWNER", "Who deploys code for the longer keys: one deploy each, in any order"),
        Argument::option("unused-for", "TIME", "How long the old table is kept, unused [default: 7 days]"),
    ],
    draft,
};

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, table) = target.table(given.need("table")?)?;
    let rollout = given.rollout_or(slug(&format!("partition {}", id.name)));
    let copy = Copy::plan(given, target, &rollout, id, table)?;
    let gate = unused(given, "table", copy.aside())?;
    let mut parts = vec![made(&copy), dual_write(&copy), backfill(&copy), validate(&copy)];
    parts.extend(referring(&copy));
    if !copy.extended.is_empty() && !given.all("client").is_empty() {
        parts.extend(clients(&copy).parts(given.all("client")));
    }
    parts.push(exchange(&copy));
    parts.push(contract(&copy).requires(gate));
    Ok(Draft { rollout, parts })
}

fn made(copy: &Copy<'_>) -> Part {
    let table = said(copy.id);
    let keys = if copy.extended.is_empty() {
        String::new()
    } else {
        format!(
            "\n\nMind: {} {} longer than before, by {}: a partitioned table has no other. The database no longer knows that the rest of it \
             is unique; ON CONFLICT has to name all of its columns.",
            and(&copy.extended),
            if copy.extended.len() == 1 { "is" } else { "are" },
            list(&copy.scheme.columns)
        )
    };
    let default = if copy.scheme.has_default() {
        " What fits nowhere goes to the default partition, so that no write fails. Keep that empty: a partition that is added later \
         has to look through it."
    } else {
        ""
    };
    let mut up = vec![sql(copy.create())];
    up.extend(copy.foreign_keys().into_iter().map(|key| sql([key])));
    let mut down: Vec<Block> = copy.drop_foreign_keys().into_iter().map(|key| sql([key])).collect();
    down.push(sql([format!("DROP TABLE IF EXISTS {}", copy.next())]));
    Part::new(Phase::Expand, format!("Make {table} once more, partitioned"))
        .prose(format!(
            "Why: a table cannot be divided in place.\n\n\
             Safe: nobody knows {}, and it is empty yet. A foreign key locks the table that it refers to for a moment, each in a transaction \
             of its own.{default}{keys}",
            copy.next()
        ))
        .up(up)
        .down(down)
        .allow("drop-locks-referenced-table", "on the way down only, for a moment, under the lock timeout")
        .allow("drop-foreign-key", "on the way down only; nobody knows the table")
        .allow("drop-table", "on the way down only; a copy that nobody reads")
        .allow("add-foreign-key-without-not-valid", "the table is empty: there is nothing to look at")
}

/// On the way back the copy is emptied: it would be out of date when the triggers come again.
fn dual_write(copy: &Copy<'_>) -> Part {
    let dual = copy.forth.dual();
    Part::new(Phase::DualWrite, format!("Carry every write of {} over", said(copy.id)))
        .prose(format!(
            "Why: from here on every write goes to {} as well, in its own transaction. It comes before the backfill, or what is written \
             between the two would be missing there.\n\n\
             Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. A trigger makes the copy of a row what \
             the row is at that moment, whatever came before.",
            copy.next()
        ))
        .up([sql(dual.create)])
        .down([sql(dual.drop), sql([format!("TRUNCATE {}", copy.next())])])
        .allow("truncate", "on the way down only; a copy that nobody reads")
}

fn backfill(copy: &Copy<'_>) -> Part {
    Part::new(Phase::Backfill, format!("Copy the rows of {}", said(copy.id)))
        .prose(
            "Why: the rows that were there before the dual write began.\n\n\
             Safe: it runs in batches, each a short transaction. A row is locked while it is copied, against a delete only; what the \
             triggers have carried over is newer, and stays.",
        )
        .up([Block::Backfill {
            table: copy.id.path(),
            key: copy.walk.clone(),
            options: BackfillOptions::default(),
            statement: copy.forth.backfill(),
        }])
        .allow("empty-downgrade", "the copy is emptied with the revision before, when the triggers go")
}

fn validate(copy: &Copy<'_>) -> Part {
    Part::new(Phase::Validate, format!("Compare the copy of {}", said(copy.id)))
        .prose(
            "Why: nobody reads the copy before it is known to be the same, row by row, in one snapshot; and no query is planned on it \
             before there are statistics.\n\n\
             Safe: it reads, and takes no lock that anybody waits for. It is one statement: while it runs, vacuum cannot remove what it may \
             still see.",
        )
        .up([
            Block::Guard { text: format!("the copy of {} has the same rows", said(copy.id)), expect: Expect::NoRows, query: copy.differing() },
            sql([format!("ANALYZE {}", copy.next())]),
        ])
}

/// Keys of other tables refer to both tables for a while: to the old one by the old key, to the copy by another.
fn referring(copy: &Copy<'_>) -> Vec<Part> {
    let part = |key: &keys::Incoming| {
        Part::new(Phase::Validate, format!("Let {} of {} refer to the copy as well", key.name, said(&key.table)))
            .prose(format!(
                "Why: the foreign key goes with the old table; another one takes its place before.\n\n\
                 Safe: it is checked for new rows first, and for those that are there in a transaction of its own, in which rows are read and \
                 writers go on. Every row of {} is in the copy by now, and stays so.",
                said(copy.id)
            ))
            .up([sql([key.add.clone()]), sql([key.validate.clone()])])
            .down([sql([key.drop.clone()])])
            .allow("drop-locks-referenced-table", "on the way down only, for a moment, under the lock timeout")
            .allow("drop-foreign-key", "on the way down only; the one to the old table is there")
    };
    copy.incoming.iter().map(part).collect()
}

fn clients(copy: &Copy<'_>) -> Deploy<'static> {
    let (keys, columns) = (and(&copy.extended), list(&copy.scheme.columns));
    Deploy {
        who: "code",
        does: format!("has no ON CONFLICT that names less than {keys} with {columns}"),
        undoes: format!("may name {keys} without {columns} again"),
        prose: "Why: ON CONFLICT finds a key by its columns, and those keys are longer in the partitioned table.\n\nSafe: nothing runs here.".into(),
    }
}

fn exchange(copy: &Copy<'_>) -> Part {
    let (up, down) = copy.exchange();
    let again = copy.written_again();
    let also = if again.is_empty() {
        String::new()
    } else {
        format!(" {} are written again, and read the partitioned table.", and(&again))
    };
    let moves = if copy.has_triggers() {
        format!(
            "\n\nMind: a row whose {} changes so much that it goes to another partition is deleted there and inserted here, and the \
             triggers of {} run for that.",
            list(&copy.scheme.columns),
            said(copy.id)
        )
    } else {
        String::new()
    };
    let mut part = Part::new(Phase::CutOver, format!("Let the partitioned table be {}", said(copy.id)))
        .prose(format!(
            "Why: from here on everybody reads and writes the partitioned table, under the name that they know. The triggers go the other \
             way, so that the old table stays whole until it is dropped, and going back loses nothing.\n\n\
             Safe: the names are exchanged under one lock, as a change of the catalog: nothing is read or copied.{also}{moves}"
        ))
        .up([sql(up)])
        .down(down)
        .allow("rename-table", "another table takes the name in the same transaction")
        .allow("strong-locks-in-one-transaction", "nobody may come between; changes of the catalog only, under the lock timeout")
        .allow("lock-table", "so that the lock on the table that everybody uses is waited for first, and nobody waits behind the others")
        .allow("drop-trigger", "they are made anew in the same transaction")
        .allow("drop-function", "they are the rollout's own");
    if !copy.incoming.is_empty() {
        part = part
            .allow("drop-foreign-key", "another one has taken its place")
            .allow("drop-locks-referenced-table", "it is locked by then");
    }
    part
}

fn contract(copy: &Copy<'_>) -> Part {
    let aside = copy.aside();
    let mut up = vec![sql(copy.back.dual().drop)];
    up.extend(copy.drop_old_foreign_keys().into_iter().map(|key| sql([key])));
    up.push(sql([format!("DROP TABLE {aside}")]));
    let mut part = Part::new(Phase::Contract, format!("Drop what {} was", said(copy.id)))
        .prose(format!(
            "Why: nothing uses {aside} but the triggers of this rollout.\n\n\
             Safe: the gate shows it. Its foreign keys go before it, each in a transaction of its own: they lock the tables that they refer to \
             as well, for a moment."
        ))
        .up(up)
        .allow("drop-table", "its rows are in the partitioned table")
        .allow("drop-foreign-key", "its table goes")
        .allow("drop-locks-referenced-table", "each in a transaction of its own, for a moment, under the lock timeout")
        .allow("drop-trigger", "there is nothing left to keep")
        .allow("drop-function", "they are the rollout's own");
    part.irreversible = Some(format!("{aside} is gone; its rows are in {}", said(copy.id)));
    part
}
