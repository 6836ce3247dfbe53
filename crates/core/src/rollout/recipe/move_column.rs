//! `move-column`: a column of one table becomes a column of another one that it belongs to. It knows no database.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::quote_ident;

use super::clients::Deploy;
use super::parts::{sql, unused};
use super::read::{ForeignKey, and, index_columns, key_columns, list, said, slug};
use super::{Argument, Given, Recipe, Refusal, Target, dependents, expression, names, shape};
use crate::catalog::{Id, Kind};
use crate::object::Definition;
use crate::object::column::Column;
use crate::object::common::column_comment_sql;
use crate::object::table::Table;
use crate::rollout::draft::{Block, Draft, Part};
use crate::rollout::dual::{Dual, Missing, Moved, MovedColumn, Same, Setting, Table as Name};
use crate::rollout::phase::Phase;
use crate::usage::has_word;

pub const RECIPE: Recipe = Recipe {
    name: "move-column",
    summary: "Move a column to another table, while code uses both places",
    about: "\
The other table gets the column, and triggers keep both places equal, whoever writes where: rows belong together by a foreign key between \
the two tables, in either direction. Values that were there are carried over in batches and compared; then readers and writers move, in any \
order, and the old column goes when nothing names it any longer.

Where several rows belong to one row of the other table, they have to hold one value: a guard looks for those that do not. Where the \
other table is one of details, a row that is missing there is made.

What it refuses: a column that is part of a key, a foreign key, a check or an index, unless that may go (--discard), that views or triggers \
need, that is generated or an identity, or NOT NULL without a default: code that knows only the new place leaves it out.",
    example: "move-column orders.discount --to customer --reader reports --writer backend",
    arguments: &[
        Argument::place("column", "TABLE.COLUMN", "The column"),
        Argument::needed("to", "TABLE", "The table that it goes to"),
        Argument::option("as", "NAME", "What it is called there [default: the same]"),
        Argument::option("by", "CONSTRAINT", "The foreign key by which rows belong together, if there are several"),
        Argument::many("discard", "NAME", "An index or constraint of the column that may go with it"),
        Argument::many("reader", "OWNER", "Who deploys readers: one deploy each, in any order"),
        Argument::many("writer", "OWNER", "Who deploys writers: one deploy each, in any order"),
        Argument::option("unused-for", "TIME", "How long nothing may have named the old column before it goes [default: 7 days]"),
    ],
    draft,
};

/// The two homes of a column.
struct Homes<'a> {
    target: &'a Target<'a>,
    from: &'a Id,
    column: &'a Column,
    to: &'a Id,
    name: String,
    /// Columns of the old home and of the new one by which rows belong together.
    key: Vec<Same>,
    missing: Missing,
    /// Keys that the backfills go by, as SQL has them.
    walks: (Vec<String>, Vec<String>),
}

fn draft(given: &Given, target: &Target<'_>) -> Result<Draft, Refusal> {
    let homes = Homes::find(given, target)?;
    let rollout = given.rollout_or(slug(&format!("move {} to {}", homes.column.name, homes.to.name)));
    let dual = homes.dual(&rollout);
    let gate = unused(given, "column", shape::named(homes.from, &homes.column.name))?;
    let mut parts = vec![homes.expand(), homes.dual_write(&dual), homes.backfill(), homes.validate()];
    parts.extend(homes.readers().parts(given.all("reader")));
    parts.extend(homes.writers().parts(given.all("writer")));
    parts.push(homes.contract(&dual, given.all("discard")).requires(gate));
    Ok(Draft { rollout, parts })
}

impl<'a> Homes<'a> {
    fn find(given: &Given, target: &'a Target<'a>) -> Result<Self, Refusal> {
        let (from, table, column) = target.table_column(given.need("column")?)?;
        let (to, other) = target.table(given.need("to")?)?;
        for (id, table) in [(from, table), (to, other)] {
            shape::own(target, id, table)?;
            if table.force_row_security {
                return Err(Refusal::new(format!(
                    "the policies of {} hold for its owner as well, and so for the triggers",
                    said(id)
                ))
                .help("ALTER TABLE ... NO FORCE ROW LEVEL SECURITY for the time of the rollout"));
            }
        }
        movable(given, target, from, table, column)?;
        let name = given.get("as").map_or_else(|| Ok(column.name.to_string()), names::chosen)?;
        if other.column(&name).is_some() {
            return Err(Refusal::new(format!("{} has a column {name} already", said(to)))
                .help("choose another name: --as NAME"));
        }
        let (key, is_detail) = belong(given, target, from, to)?;
        let missing = if is_detail { Missing::Create } else { Missing::Ignore };
        let is_key = |name: &str| key.iter().any(|same| same.there == name);
        let needs = |c: &&Column| {
            c.not_null.is_some() && c.default.is_none() && c.identity.is_none() && !is_key(&c.name)
        };
        if let Some(needy) = other.columns.iter().find(needs).filter(|_| is_detail) {
            return Err(Refusal::new(format!(
                "a row of {} that is missing cannot be made: {} needs a value",
                said(to),
                needy.name
            ))
            .help(format!(
                "give {} a default for the time of the rollout, or make the rows first",
                needy.name
            )));
        }
        let walks = (target.walk(from, table), target.walk(to, other));
        Ok(Self { target, from, column, to, name, key, missing, walks })
    }

    fn old(&self) -> String {
        format!("{}.{}", said(self.from), quote_ident(&self.column.name))
    }

    fn new_place(&self) -> String {
        format!("{}.{}", said(self.to), quote_ident(&self.name))
    }

    fn dual(&self, rollout: &str) -> Dual {
        let name = |id: &Id| Name::new(&*id.namespace, &*id.name);
        let default = self.column.default.as_ref().map(ToString::to_string);
        let column = MovedColumn { from: self.column.name.to_string(), to: self.name.clone(), default };
        let (setting, key) = (Setting::of(rollout), self.key.clone());
        Moved {
            setting,
            from: name(self.from),
            to: name(self.to),
            key,
            columns: vec![column],
            missing: self.missing,
        }
        .dual()
    }

    /// `t.a = f.b AND …`.
    fn on(&self) -> String {
        let terms: Vec<String> = self
            .key
            .iter()
            .map(|same| format!("t.{} = f.{}", quote_ident(&same.there), quote_ident(&same.here)))
            .collect();
        terms.join(" AND ")
    }

    /// Whether both hold different values; a type without equality is compared as text.
    fn differ(&self) -> String {
        let (old, new) =
            (format!("f.{}", quote_ident(&self.column.name)), format!("t.{}", quote_ident(&self.name)));
        let text = if ["json", "xml", "point", "polygon"].contains(&&*self.column.data_type) {
            "::text"
        } else {
            ""
        };
        format!("{new}{text} IS DISTINCT FROM {old}{text}")
    }

    /// Rows of the old home whose value has no row to go to.
    fn homeless(&self) -> String {
        let column = quote_ident(&self.column.name);
        format!(
            "f.{column} IS DISTINCT FROM {} AND NOT EXISTS (SELECT FROM {} AS t WHERE {})",
            self.column.default.as_deref().unwrap_or("NULL"),
            self.to.path(),
            self.on()
        )
    }

    fn key_of_old(&self, alias: &str) -> String {
        let all: Vec<String> =
            self.key.iter().map(|same| format!("{alias}{}", quote_ident(&same.here))).collect();
        all.join(", ")
    }

    /// ADD COLUMN takes ACCESS EXCLUSIVE for a change of the catalog: a constant default is kept there, for the rows that
    /// are there (<https://www.postgresql.org/docs/current/sql-altertable.html>).
    fn expand(&self) -> Part {
        let column = Column { name: self.name.as_str().into(), comment: None, ..self.column.clone() };
        let sql_of = column.sql(self.to, crate::object::column::Without::default());
        let mut up = vec![format!("ALTER TABLE {} ADD COLUMN {sql_of}", self.to.path())];
        if self.column.comment.is_some() {
            up.push(column_comment_sql(self.to, &self.name, self.column.comment.as_ref()));
        }
        Part::new(Phase::Expand, format!("Add {} to {}", self.name, said(self.to)))
            .prose(format!(
                "Why: {} says something of a row of {}, and is kept there from now on.\n\n\
                 Safe: nothing that runs names the column. It is added without touching a row.",
                self.old(),
                said(self.to)
            ))
            .up([sql(up)])
            .down([sql([format!(
                "ALTER TABLE {} DROP COLUMN IF EXISTS {}",
                self.to.path(),
                quote_ident(&self.name)
            )])])
    }

    fn dual_write(&self, dual: &Dual) -> Part {
        let makes = match self.missing {
            Missing::Create => format!(
                " A row that is missing in {} is made at the end of a transaction that needs it.",
                said(self.to)
            ),
            Missing::Ignore => String::new(),
        };
        Part::new(Phase::DualWrite, format!("Keep {} and {} equal", self.old(), self.new_place()))
            .prose(format!(
                "Why: from here on a write of {} is one of {}, and the other way round. It comes before the backfill, or what is written \
                 between the two would be lost to new readers.\n\n\
                 Safe: CREATE TRIGGER lets readers go on, and writers wait for this one transaction. The triggers write only what differs, so \
                 none of them calls the other for ever.{makes}",
                self.old(), self.new_place()
            ))
            .up([sql(dual.create.clone())])
            .down([sql(dual.drop.clone())])
            .allow("strong-locks-in-one-transaction", "there must be no moment at which only one direction is kept; changes of the catalog only, under the lock timeout")
    }

    fn backfill(&self) -> Part {
        let (from, to) = (self.from.path(), self.to.path());
        let (old, new) = (quote_ident(&self.column.name), quote_ident(&self.name));
        let options = BackfillOptions::default();
        let key = self.key_of_old("");
        let mut up = Vec::new();
        match self.missing {
            Missing::Ignore => {
                up.push(Block::Guard {
                    text: format!("rows of {} that belong to one row of {} hold one value", said(self.from), said(self.to)),
                    expect: Expect::NoRows,
                    query: format!(
                        "SELECT {key}, count(*)\nFROM {from}\nWHERE ({key}) IS NOT NULL\nGROUP BY {key}\n\
                         HAVING count(DISTINCT {old}::text) > 1 OR count({old}) NOT IN (0, count(*))\nLIMIT 10"
                    ),
                });
                up.push(Block::Guard {
                    text: format!("every value of {} has a row of {} to go to", self.old(), said(self.to)),
                    expect: Expect::NoRows,
                    query: format!(
                        "SELECT {}, f.{old}\nFROM {from} AS f\nWHERE {}\nLIMIT 10",
                        self.key_of_old("f."),
                        self.homeless()
                    ),
                });
            }
            Missing::Create => {
                let there = list(self.key.iter().map(|same| &same.there));
                up.push(Block::Backfill {
                    table: from.clone(),
                    key: self.walks.0.clone(),
                    options: options.clone(),
                    statement: format!(
                        "INSERT INTO {to} ({there}, {new})\nSELECT {}, f.{old}\nFROM {from} AS f\nWHERE {}\nON CONFLICT ({there}) DO NOTHING",
                        self.key_of_old("f."), self.homeless()
                    ),
                });
            }
        }
        up.push(Block::Backfill {
            table: to.clone(),
            key: self.walks.1.clone(),
            options,
            statement: format!(
                "UPDATE {to} AS t\nSET {new} = f.{old}\nFROM {from} AS f\nWHERE {} AND {}",
                self.on(),
                self.differ()
            ),
        });
        let stay = match self.missing {
            Missing::Create => {
                format!(" Rows that are made in {} stay when this is taken back.", said(self.to))
            }
            Missing::Ignore => String::new(),
        };
        Part::new(Phase::Backfill, format!("Fill {} from {}", self.new_place(), self.old()))
            .prose(format!(
                "Why: the values that were there before the dual write began.\n\n\
                 Safe: it runs in batches, each a short transaction that locks its own rows first, so that a value that changes at this moment is \
                 not written over.{stay}"
            ))
            .up(up)
            .allow("empty-downgrade", "the column goes with the revision that added it; to empty it here would empty the old one through the triggers")
    }

    fn validate(&self) -> Part {
        let (old, new) = (quote_ident(&self.column.name), quote_ident(&self.name));
        let query = format!(
            "SELECT {}, f.{old}, t.{new}\nFROM {} AS f LEFT JOIN {} AS t ON {}\nWHERE {}\nLIMIT 10",
            self.key_of_old("f."),
            self.from.path(),
            self.to.path(),
            self.on(),
            format_args!(
                "CASE WHEN {} THEN {} ELSE {} END",
                self.has_partner(),
                self.differ(),
                self.is_said()
            )
        );
        Part::new(Phase::Validate, format!("Compare {} with {}", self.new_place(), self.old()))
            .prose(format!(
                "Why: nobody reads {} before it is known to say what {} says, of every row, in one snapshot.\n\n\
                 Safe: it reads, and takes no lock that anybody waits for.",
                self.new_place(), self.old()
            ))
            .up([Block::Guard { text: format!("{} says what {} says", self.new_place(), self.old()), expect: Expect::NoRows, query }])
    }

    fn has_partner(&self) -> String {
        self.key
            .first()
            .map_or_else(String::new, |same| format!("t.{} IS NOT NULL", quote_ident(&same.there)))
    }

    fn is_said(&self) -> String {
        let default = self.column.default.as_deref().unwrap_or("NULL");
        format!("f.{} IS DISTINCT FROM {default}", quote_ident(&self.column.name))
    }

    fn readers(&self) -> Deploy<'static> {
        Deploy {
            who: "readers",
            does: format!("read {} and no longer {}", self.new_place(), self.old()),
            undoes: format!("read {} again, which holds all that was written since", self.old()),
            prose: "Why: the new place is whole and stays so, whoever writes.\n\n\
                    Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes."
                .into(),
        }
    }

    fn writers(&self) -> Deploy<'static> {
        Deploy {
            who: "writers",
            does: format!("write {} and no longer {}", self.new_place(), self.old()),
            undoes: format!("write {} again", self.old()),
            prose: format!(
                "Why: {} is to go, and nothing must name it by then.\n\n\
                 Safe: nothing runs here. Old versions may run beside the new ones for as long as it takes: the triggers write the old place \
                 for the new ones.",
                self.old()
            ),
        }
    }

    fn contract(&self, dual: &Dual, discarded: &[String]) -> Part {
        let goes =
            if discarded.is_empty() { String::new() } else { format!(" With it go {}.", and(discarded)) };
        let mut part = Part::new(Phase::Contract, format!("Drop {}", self.old()))
            .prose(format!(
                "Why: everything reads and writes {}.\n\n\
                 Safe: the gate shows that nothing names the old column; to drop it is a change of the catalog.{goes}",
                self.new_place()
            ))
            .up([
                sql(dual.drop.clone()),
                sql([format!("ALTER TABLE {} DROP COLUMN {}", self.from.path(), quote_ident(&self.column.name))]),
            ])
            .allow("drop-column", "its values are in the new place, compared before the readers moved")
            .allow("drop-trigger", "there is nothing left to keep equal")
            .allow("drop-function", "its triggers go")
            .allow("strong-locks-in-one-transaction", "changes of the catalog only, under the lock timeout");
        if self.target.standing(self.from, Kind::Trigger).next().is_some() {
            part.prose += "\n\nMind: look whether a function of its triggers names the column.";
        }
        part.irreversible = Some(format!("{} is gone; its values are in {}", self.old(), self.new_place()));
        part
    }
}

/// A column that can have another place: nothing stands on it that would be lost unheard.
fn movable(
    given: &Given,
    target: &Target<'_>,
    from: &Id,
    table: &Table,
    column: &Column,
) -> Result<(), Refusal> {
    shape::replaceable(target, from, table, column)?;
    let name = shape::named(from, &column.name);
    if column.identity.is_some() {
        return Err(Refusal::new(format!("{name} is an identity, which is its table's own"))
            .help("leave it where it is"));
    }
    if column.not_null.is_some() && column.default.is_none() {
        return Err(Refusal::new(format!("{name} is NOT NULL without a default: code that knows only the new place leaves it out, and would fail"))
            .help(format!("first ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL, or give it a default", from.path(), quote_ident(&column.name))));
    }
    if let Some(default) = &column.default {
        expression::constant(default)?;
    }
    dependents::none(target, from, &column.name)?;
    let is_let_go = |id: &Id| {
        given.all("discard").iter().any(|d| {
            **d == *id.own_name() || **d == *id.detail || (id.kind == Kind::Index && **d == *id.name)
        })
    };
    let constraints = target.constraints(from).filter(|(_, it)| {
        let columns =
            key_columns(it).or_else(|| super::read::foreign_key(&from.clone(), it).map(|key| key.columns));
        columns.map_or_else(
            || has_word(&it.definition, &column.name),
            |all| all.contains(&column.name.to_string()),
        )
    });
    let indexes = target.indexes(from).filter(|(_, it)| {
        index_columns(&it.definition).is_none_or(|all| all.contains(&column.name.to_string()))
            && (has_word(&it.definition, &column.name)
                || it.predicate.as_ref().is_some_and(|p| has_word(p, &column.name)))
    });
    let mut all = constraints.map(|(id, _)| id).chain(indexes.map(|(id, _)| id));
    match all.find(|id| !is_let_go(id)) {
        Some(id) => Err(Refusal::new(format!("{id} is of {name}, and would go with it")).help(format!(
            "make its like at the new place if it is needed, and say that it may go: --discard {}",
            id.own_name()
        ))),
        None => Ok(()),
    }
}

/// By which columns rows belong together, and whether the new home is a table of details of the old one.
fn belong(given: &Given, target: &Target<'_>, from: &Id, to: &Id) -> Result<(Vec<Same>, bool), Refusal> {
    let Some(Definition::Table(other)) = target.catalog.definition(to) else {
        return Err(Refusal::new("no table"));
    };
    let mut unique = target.keys(to, other);
    unique.extend(target.constraints(to).filter_map(|(_, it)| key_columns(it)));
    let is_unique = |key: &ForeignKey| {
        unique.iter().any(|columns| {
            columns.len() == key.columns.len() && columns.iter().all(|c| key.columns.contains(c))
        })
    };
    let wanted = |key: &ForeignKey| {
        given.get("by").is_none_or(|name| *key.id.detail == *name || key.id.own_name() == name)
    };
    let up = target
        .foreign_keys(from)
        .into_iter()
        .filter(|key| key.to == *to && wanted(key))
        .map(|key| (key, false));
    let down = target
        .foreign_keys(to)
        .into_iter()
        .filter(|key| key.to == *from && wanted(key) && is_unique(key))
        .map(|key| (key, true));
    let all: Vec<(ForeignKey, bool)> = up.chain(down).collect();
    match &all[..] {
        [(key, is_detail)] => {
            let pairs = key.columns.iter().zip(&key.referenced);
            let same = |(own, other): (&String, &String)| {
                if *is_detail { Same::new(other, own) } else { Same::new(own, other) }
            };
            Ok((pairs.map(same).collect(), *is_detail))
        }
        [] => Err(Refusal::new(format!(
            "no foreign key says which row of {} a row of {} belongs to",
            said(to),
            said(from)
        ))
        .help(
            "add one first, from the one to the other, or from the other with a unique index on its columns",
        )),
        many => {
            let names: Vec<String> = many.iter().map(|(key, _)| key.id.own_name()).collect();
            Err(Refusal::new(format!(
                "{} and {} belong together by several foreign keys: {}",
                said(from),
                said(to),
                and(&names)
            ))
            .help(format!("say which: --by {}", names[0])))
        }
    }
}
