//! Columns of one row in an old form and a new one, of whatever number on each side: what `split-column` and `merge-columns` share.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::quote_ident;

use super::names::Names;
use super::not_null::Steps;
use super::twin::{Pair, Twin};
use super::{Given, Refusal, Target, clients, dependents, shape};
use crate::catalog::Id;
use crate::object::column::{Column, Generated};
use crate::object::table::Table;
use crate::rollout::draft::{Block, Part};
use crate::rollout::dual::{self, Dual, SameRow, Setting};
use crate::rollout::phase::Phase;

/// A column of one side.
#[derive(Clone, Debug)]
pub struct Form {
    /// Its name.
    pub name: String,
    /// Its type.
    pub data_type: String,
    /// Its value, over the columns of the other side.
    pub value: String,
}

/// Both sides.
pub struct Several<'a> {
    /// The target.
    pub target: Target<'a>,
    /// The table.
    pub id: &'a Id,
    /// It.
    pub table: &'a Table,
    /// The name of the rollout.
    pub rollout: String,
    /// What is there.
    pub old: Vec<Form>,
    /// What is to be.
    pub new: Vec<Form>,
}

impl Several<'_> {
    /// The whole rollout.
    ///
    /// # Errors
    /// When something stands on an old column, or the table has no key to go through it by.
    pub fn parts(&self, given: &Given) -> Result<Vec<Part>, Refusal> {
        let olds = self.free()?;
        let path = self.id.path();
        let (old, new) = (list(&self.old), list(&self.new));
        let dual = self.dual(&self.old, &self.new);
        let add: Vec<String> = self
            .new
            .iter()
            .map(|form| {
                format!("ALTER TABLE {path} ADD COLUMN {} {}", quote_ident(&form.name), form.data_type)
            })
            .collect();
        let mut parts = vec![
            Part::new(Phase::Expand, format!("{new} of {path} beside {old}"))
                .prose("Safe: a column that may be NULL and has no default touches no row; ACCESS EXCLUSIVE lasts for a change of the catalog.")
                .up([Block::Sql(add)])
                .down([Block::Sql(drop(&path, &self.new))]),
            Part::new(Phase::DualWrite, format!("Write both {old} and {new} of {path}"))
                .prose("Why before the backfill: what old programs write between the two would be missing.\n\nSafe: CREATE TRIGGER takes SHARE ROW EXCLUSIVE for a change of the catalog; the triggers change the row before it is written.")
                .up([Block::Sql(dual.create.clone())])
                .down([Block::Sql(dual.drop.clone())]),
            Part::new(Phase::Backfill, format!("Fill in {new} of {path}"))
                .prose("Safe: in batches by the key of the table. It touches only rows that have no value yet.")
                .up([self.fill(&self.new)?])
                .allow("empty-downgrade", "the columns go with the first revision; a value in them hurts nobody"),
            Part::new(Phase::Validate, format!("Compare {old} and {new} of {path}"))
                .prose("Why: programs that read the new columns must see what is in the old ones.\n\nSafe: it reads the table as a query does.")
                .up([self.guard()])
                .up([Block::sql([format!("-- the planner knows nothing of a new column\nANALYZE {path} ({new})")])]),
        ];
        parts.extend(clients::deploys(
            given,
            Phase::CutOver,
            &format!("Everybody uses {new} of {path}"),
            &format!("uses {new} of {path} and no longer {old}"),
            &format!("uses {old} of {path} again"),
            "Why: the last step drops what is old.\n\nSafe: both sides agree at any time, in whatever order the programs are deployed, and back.",
        ));
        let mut last = self.contract(&olds, &dual)?;
        if let (Some(time), Some(first)) = (given.get("unused-for"), self.old.first()) {
            last.requires.push(format!("unused column {} for {time}", shape::named(self.id, &first.name)));
        }
        parts.push(last);
        Ok(parts)
    }

    /// The old columns, on which nothing stands that the recipe would have to guess the successor of.
    fn free(&self) -> Result<Vec<Column>, Refusal> {
        let mut found = Vec::new();
        for form in &self.old {
            let Some(column) = self.table.column(&form.name) else { continue };
            shape::replaceable(&self.target, self.id, self.table, column)?;
            dependents::none(&self.target, self.id, &column.name)?;
            if column.identity.is_some() || column.generated != Generated::No {
                return Err(Refusal::new(format!("{} is an identity", shape::named(self.id, &column.name))));
            }
            let pair = Pair {
                old: column.clone(),
                new: Column { name: "\u{1}".into(), ..column.clone() },
                aside: "\u{2}".into(),
                forward: String::new(),
                backward: String::new(),
            };
            let standing =
                Twin::standing(self.target, &mut Names::of(&self.target), self.id, self.table, pair)?;
            if let Some(name) = standing.first() {
                return Err(Refusal::new(format!("{name} stands on {}", shape::named(self.id, &column.name)))
                    .help("what becomes of it is yours to say: drop it in a revision before, and add what is to be there to the new columns after the first step"));
            }
            found.push(column.clone());
        }
        Ok(found)
    }

    fn dual(&self, old: &[Form], new: &[Form]) -> Dual {
        let columns =
            |side: &[Form]| side.iter().map(|f| dual::Column::new(f.name.clone(), f.value.clone())).collect();
        SameRow {
            setting: Setting::of(self.rollout.clone()),
            table: dual::Table::new(&*self.id.namespace, &*self.id.name),
            old: columns(old),
            new: columns(new),
        }
        .dual()
    }

    fn fill(&self, side: &[Form]) -> Result<Block, Refusal> {
        let path = self.id.path();
        let sets: Vec<String> =
            side.iter().map(|f| format!("{} = {}", quote_ident(&f.name), f.value)).collect();
        let open: Vec<String> = side
            .iter()
            .map(|f| format!("({} IS NULL AND ({}) IS NOT NULL)", quote_ident(&f.name), f.value))
            .collect();
        let key = shape::key(&self.target, self.id, self.table)?;
        Ok(Block::Backfill {
            table: path.clone(),
            key: key.iter().map(|c| quote_ident(c).into_owned()).collect(),
            options: BackfillOptions::default(),
            statement: format!("UPDATE {path} SET {}\nWHERE {}", sets.join(", "), open.join(" OR ")),
        })
    }

    fn guard(&self) -> Block {
        let terms: Vec<String> = self
            .new
            .iter()
            .map(|f| format!("{} IS DISTINCT FROM ({})", quote_ident(&f.name), f.value))
            .collect();
        Block::Guard {
            text: format!("old and new columns of {} agree", self.id.path()),
            expect: Expect::NoRows,
            query: format!("SELECT * FROM {}\nWHERE {}\nLIMIT 1", self.id.path(), terms.join(" OR ")),
        }
    }

    fn contract(&self, olds: &[Column], dual: &Dual) -> Result<Part, Refusal> {
        let path = self.id.path();
        let twin = Twin::bare(self.target, self.id, self.table, &self.rollout);
        let back = self.dual(&self.new, &self.old);
        let mut up = dual.drop.clone();
        up.extend(drop(&path, &self.old));
        let mut add = twin.add_columns(olds.iter());
        add.extend(back.create);
        let mut down = vec![Block::Sql(add), self.fill(&self.old)?];
        let mut names = Names::of(&self.target);
        let mut last = back.drop;
        for column in olds {
            if let Some(not_null) = &column.not_null {
                let known = Some(not_null.known_as.0.to_string()).filter(|name| !name.is_empty());
                let steps = Steps::plan(&self.target, &mut names, self.id, &column.name, known.as_deref());
                down.extend(steps.whole());
            }
            if let Some(default) = &column.default {
                let name = quote_ident(&column.name);
                last.push(format!("ALTER TABLE {path} ALTER COLUMN {name} SET DEFAULT {default}"));
            }
        }
        last.extend(dual.create.clone());
        down.push(Block::Sql(last));
        Ok(Part::new(Phase::Contract, format!("{} of {path} goes", list(&self.old)))
            .prose("Why: nobody uses it any more.\n\nSafe: PostgreSQL touches no row; ACCESS EXCLUSIVE lasts for changes of the catalog. The way down makes it again of what is new.")
            .up([Block::Sql(up)])
            .down(down)
            .allow("downgrade-loses-data", "the backfill brings the values back from the new columns"))
    }
}

fn drop(path: &str, side: &[Form]) -> Vec<String> {
    side.iter().map(|f| format!("ALTER TABLE {path} DROP COLUMN {}", quote_ident(&f.name))).collect()
}

fn list(side: &[Form]) -> String {
    side.iter().map(|f| quote_ident(&f.name)).collect::<Vec<_>>().join(", ")
}
