//! `replace-enum-value`: one label of an enum gives way to another.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::{quote_ident, quote_literal, split_qualified};
use cutover_sql::nearest::nearest;

use super::finish::drafted;
use super::{Argument, Given, Recipe, Refusal, Target, clients, shape};
use crate::catalog::{Id, Kind};
use crate::object::Definition;
use crate::object::column::{Column, Generated};
use crate::object::data_type::Enum;
use crate::object::table::Table;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::dual::{self, Dual, Mend, Setting};
use crate::rollout::phase::Phase;

/// The recipe.
pub const RECIPE: Recipe = Recipe {
    name: "replace-enum-value",
    summary: "Replace a label of an enum by another",
    about: "Replaces a label of an enum in all columns of its type, while programs write the old one and the new one.

RENAME VALUE alone is one step, and every program that says the old label fails from then on. Here both labels are there for a
while.

Steps: the new label is added behind the old one; a deploy of everybody that reads, who understands both from then on (WHERE status
IN ('old', 'new')); triggers turn the old label into the new one in rows that are written, and defaults say the new one; backfills,
table by table; guards that the old one is nowhere; a deploy of everybody that writes; then the triggers go, and the old label is
renamed, so that whoever says it gets an error. PostgreSQL cannot remove a label: it stays in the type under the other name, used
by nobody.

Locks: ADD VALUE and RENAME VALUE lock no table. CREATE TRIGGER takes SHARE ROW EXCLUSIVE, SET DEFAULT ACCESS EXCLUSIVE for a change of
the catalog.

Undo: at any time. On the way down the triggers and backfills go the other way, and every row has the old label again. The new one
stays in the type, used by nobody: the first step has nothing that undoes it.

It refuses: a new label that is there already (nobody could tell the two apart on the way back), columns of an array or a domain of the
type, generated columns, partition keys, and checks, indexes, views, policies or functions that say the old label.",
    example: "replace-enum-value shop.state sent shipped --reader frontend --writer backend",
    arguments: &[
        Argument::place("type", "TYPE", "the enum"),
        Argument::place("old", "LABEL", "the label that goes"),
        Argument::place("new", "LABEL", "the label that comes"),
        clients::READER,
        clients::WRITER,
    ],
    draft,
};

struct Labels<'a> {
    id: &'a Id,
    old: String,
    new: String,
    rollout: String,
}

struct Use<'a> {
    table: &'a Id,
    definition: &'a Table,
    column: &'a Column,
}

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let (id, it) = find(target, given.need("type")?)?;
    let (old, new) = (given.need("old")?.to_owned(), given.need("new")?.to_owned());
    if !it.labels.iter().any(|label| **label == *old) {
        let refusal = Refusal::new(format!("{} has no label {old}", id.path()));
        return Err(match nearest(&old, it.labels.iter().map(|l| &**l)) {
            Some(near) => refusal.help(format!("did you mean {near}?")),
            None => refusal,
        });
    }
    let gone = format!("unused_{old}");
    for label in [&new, &gone] {
        if it.labels.iter().any(|there| **there == **label) {
            return Err(Refusal::new(format!("{} has a label {label} already", id.path()))
                .help("nobody could tell the rows apart on the way back: change the rows with an UPDATE in batches instead"));
        }
        if label.len() > super::names::LONGEST {
            return Err(Refusal::new(format!(
                "the label {label} has more than {} bytes",
                super::names::LONGEST
            )));
        }
    }
    let rollout = given.rollout_or(format!("label-{}-{old}", id.name));
    let labels = Labels { id, old, new, rollout };
    let uses = uses(target, &labels)?;
    let mut parts = vec![expand(&labels)];
    parts.extend(readers(given, &labels));
    for it in &uses {
        parts.push(dual_write(target, &labels, it)?);
    }
    for it in &uses {
        parts.push(backfill(target, &labels, it)?);
    }
    for it in &uses {
        parts.push(validate(&labels, it));
    }
    parts.extend(clients::deploys(
        given,
        Phase::CutOver,
        &format!("Everybody says {}", labels.new),
        &format!("says {} and no longer {}", labels.new, labels.old),
        &format!("may say {} again, and understands both", labels.old),
        "Why: after the last step the old label is an error.\n\nSafe: nothing is changed here.",
    ));
    parts.push(contract(&labels, &uses, &gone));
    Ok(drafted(labels.rollout.clone(), parts))
}

fn find<'a>(target: &Target<'a>, name: &str) -> Result<(&'a Id, &'a Enum), Refusal> {
    let parts = split_qualified(name).unwrap_or_default();
    let mut found: Vec<_> = target
        .catalog
        .objects()
        .iter()
        .filter_map(|object| match &object.definition {
            Definition::Enum(it) => Some((&object.id, &**it)),
            _ => None,
        })
        .filter(|(id, _)| match &parts[..] {
            [own] => *id.name == **own,
            [namespace, own] => *id.namespace == **namespace && *id.name == **own,
            _ => false,
        })
        .collect();
    if found.len() > 1 {
        found.retain(|(id, _)| &*id.namespace == "public");
    }
    match found[..] {
        [one] => Ok(one),
        _ => Err(Refusal::new(format!("there is no enum {name}, or there are several"))
            .help("name it as SQL does, with its schema: shop.state")),
    }
}

/// The columns of the type, and nothing else that says the label.
fn uses<'a>(target: &Target<'a>, labels: &Labels<'_>) -> Result<Vec<Use<'a>>, Refusal> {
    let own = labels.id.path();
    let mut found = Vec::new();
    for object in target.catalog.objects() {
        if let Definition::Table(table) = &object.definition {
            let of_type =
                |c: &&Column| c.data_type.trim_end_matches("[]") == own || *c.data_type == *labels.id.name;
            for column in table.columns.iter().filter(of_type) {
                let path = shape::named(&object.id, &column.name);
                if column.data_type.ends_with("[]") {
                    return Err(Refusal::new(format!("{path} is an array of {own}"))
                        .help("change its rows with array_replace in revisions by hand"));
                }
                if column.generated != Generated::No {
                    return Err(
                        Refusal::new(format!("{path} is generated")).help("write the revisions by hand")
                    );
                }
                if table
                    .partition_by
                    .as_ref()
                    .is_some_and(|key| shape::partition_columns(key).contains(&column.name.to_string()))
                {
                    return Err(Refusal::new(format!(
                        "{} is partitioned by {}",
                        object.id.path(),
                        column.name
                    ))
                    .help("rows would have to move between partitions: write the revisions by hand"));
                }
                // a partition's rows are the parent's
                if table.partition_of.is_none() && object.id.kind == Kind::Table {
                    found.push(Use { table: &object.id, definition: table, column });
                }
            }
        } else if object.id.kind == Kind::Domain && says(&object.definition, &own) {
            return Err(Refusal::new(format!("{} may be a domain of {own}", object.id))
                .help("write the revisions by hand"));
        } else if object.id != *labels.id && says(&object.definition, &quote_literal(&labels.old)) {
            let belongs =
                target.catalog.dependencies().iter().any(|d| d.from.id == object.id && d.to.id == *labels.id);
            let near = says(&object.definition, &format!("{}::", quote_literal(&labels.old)));
            if belongs || near {
                return Err(Refusal::new(format!("{} says {}", object.id, quote_literal(&labels.old)))
                    .help("let it say both labels in a revision before, and the new one alone at the end"));
            }
        }
    }
    Ok(found)
}

fn says(definition: &Definition, words: &str) -> bool {
    serde_json::to_string(definition).is_ok_and(|text| text.replace("\\\"", "\"").contains(words))
}

fn expand(labels: &Labels<'_>) -> Part {
    Part::new(Phase::Expand, format!("{} has the label {}", labels.id.path(), labels.new))
        .prose(
            "Safe: ADD VALUE locks no table. A label cannot be removed; one that nobody uses hurts nobody.",
        )
        .up([Block::sql([format!(
            "ALTER TYPE {} ADD VALUE IF NOT EXISTS {} AFTER {}",
            labels.id.path(),
            quote_literal(&labels.new),
            quote_literal(&labels.old)
        )])])
        .allow("if-not-exists", "a label cannot be removed, so it is there when this runs again")
        .allow("empty-downgrade", "a label cannot be removed; one that nobody uses hurts nobody")
}

fn readers(given: &Given, labels: &Labels<'_>) -> Vec<Part> {
    let mut parts = clients::deploys(
        given,
        Phase::Expand,
        &format!("Everybody understands {} and {}", labels.old, labels.new),
        &format!("understands {} as well as {} wherever it reads", labels.new, labels.old),
        &format!("need not understand {}", labels.new),
        "Why: from the next step on rows have the new label.\n\nSafe: nothing is changed here.",
    );
    if let Some(first) = parts.first_mut() {
        first.beside = false;
    }
    parts
}

/// A trigger that turns one label into the other.
fn turn(labels: &Labels<'_>, it: &Use<'_>, from: &str, to: &str) -> Dual {
    let path = labels.id.path();
    let value = |label: &str| format!("{}::{path}", quote_literal(label));
    Mend {
        setting: Setting::of(labels.rollout.clone()),
        table: dual::Table::new(&*it.table.namespace, &*it.table.name),
        column: it.column.name.to_string(),
        when: format!("NEW.{} = {}", quote_ident(&it.column.name), value(from)),
        value: value(to),
    }
    .dual()
}

/// The default with the other label, if it says the old one.
fn default(labels: &Labels<'_>, it: &Use<'_>) -> Option<(String, String)> {
    let text = it.column.default.as_ref()?;
    let new = text.replace(&quote_literal(&labels.old), &quote_literal(&labels.new));
    (new != **text).then(|| {
        let column = quote_ident(&it.column.name);
        let set = |value: &str| {
            format!("ALTER TABLE {} ALTER COLUMN {column} SET DEFAULT {value}", it.table.path())
        };
        (set(&new), set(text))
    })
}

fn dual_write(target: &Target<'_>, labels: &Labels<'_>, it: &Use<'_>) -> Result<Part, Refusal> {
    let forth = turn(labels, it, &labels.old, &labels.new);
    let back = turn(labels, it, &labels.new, &labels.old);
    let (set, reset) = default(labels, it).map_or((None, None), |(set, reset)| (Some(set), Some(reset)));
    let is_default = set.is_some();
    let path = shape::named(it.table, &it.column.name);
    let column = quote_ident(&it.column.name);
    let mut down = forth.drop.clone();
    down.extend(reset);
    down.extend(back.create);
    let statement = format!(
        "UPDATE {} SET {column} = {} WHERE {column} = {}",
        it.table.path(),
        quote_literal(&labels.old),
        quote_literal(&labels.new)
    );
    let key = shape::key(target, it.table, it.definition)?;
    let key = key.iter().map(|c| quote_ident(c).into_owned()).collect();
    let part = Part::new(Phase::DualWrite, format!("What is written into {path} has the label {}", labels.new))
        .prose("Why: old programs write the old label, and the backfill would never end.\n\nSafe: the trigger changes the row before it is written. CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change of the catalog. The way down turns the trigger round, brings all rows back and drops it.")
        .up([Block::Sql(forth.create.into_iter().chain(set).collect())])
        .down([
            Block::Sql(down),
            Block::Backfill {
                table: it.table.path(),
                key,
                options: BackfillOptions::default(),
                statement,
            },
            Block::Sql(back.drop),
        ]);
    Ok(if is_default {
        part.allow(
            "change-default",
            "that is what it is for; the trigger would turn the old one into it anyway",
        )
    } else {
        part
    })
}

fn backfill(target: &Target<'_>, labels: &Labels<'_>, it: &Use<'_>) -> Result<Part, Refusal> {
    let column = quote_ident(&it.column.name);
    Ok(Part::new(Phase::Backfill, format!("{} becomes {} in {}", labels.old, labels.new, it.table.path()))
        .prose("Safe: in batches by the key of the table; no row with the old label comes any more.")
        .up([Block::Backfill {
            table: it.table.path(),
            key: shape::key(target, it.table, it.definition)?
                .iter()
                .map(|c| quote_ident(c).into_owned())
                .collect(),
            options: BackfillOptions::default(),
            statement: format!(
                "UPDATE {} SET {column} = {} WHERE {column} = {}",
                it.table.path(),
                quote_literal(&labels.new),
                quote_literal(&labels.old)
            ),
        }])
        .allow(
            "empty-downgrade",
            "the revision before brings the rows back, when the trigger is turned round",
        ))
}

fn validate(labels: &Labels<'_>, it: &Use<'_>) -> Part {
    let column = quote_ident(&it.column.name);
    Part::new(Phase::Validate, format!("No row of {} has the label {}", it.table.path(), labels.old))
        .prose("Safe: it reads the table as a query does.")
        .up([Block::Guard {
            text: format!("no row of {} has the label {}", it.table.path(), labels.old),
            expect: Expect::NoRows,
            query: format!(
                "SELECT * FROM {} WHERE {column} = {}\nLIMIT 1",
                it.table.path(),
                quote_literal(&labels.old)
            ),
        }])
}

fn contract(labels: &Labels<'_>, uses: &[Use<'_>], gone: &str) -> Part {
    let rename = |from: &str, to: &str| {
        format!(
            "ALTER TYPE {} RENAME VALUE {} TO {}",
            labels.id.path(),
            quote_literal(from),
            quote_literal(to)
        )
    };
    let mut part = Part::new(Phase::Contract, format!("The label {} of {} goes", labels.old, labels.id.path()))
        .prose("Why: whoever still says it gets an error and is found, and no row can have it again.\n\nSafe: RENAME VALUE locks no table, and no row has the label. Dropping a trigger takes ACCESS EXCLUSIVE for a change of the catalog.");
    part = part.allow("rename-enum-value", "nobody says it any more: that is what was waited for");
    for it in uses {
        let forth = turn(labels, it, &labels.old, &labels.new);
        part = part.up([Block::Sql(forth.drop)]);
    }
    part = part.up([Block::sql([rename(&labels.old, gone)])]).down([Block::sql([rename(gone, &labels.old)])]);
    for it in uses {
        let forth = turn(labels, it, &labels.old, &labels.new);
        part = part.down([Block::Sql(forth.drop.into_iter().chain(forth.create).collect())]);
    }
    part
}
