//! The successors and what stands on them, up and down.

use cutover_sql::document::{BackfillOptions, Expect};
use cutover_sql::ident::{quote_ident, quote_literal};

use super::{Carried, Side, Twin, TwinIndex, TwinRule};
use crate::catalog::Id;
use crate::object::column::{Column, Without};
use crate::object::ops::Ops;
use crate::object::privilege;
use crate::object::types::base;
use crate::rollout::draft::Block;
use crate::rollout::dual::{self, Dual, SameRow, Setting};
use crate::rollout::recipe::{Refusal, shape, within};

impl Twin<'_> {
    /// Adds columns, with all that a column has but its value: nobody reads them yet. ACCESS EXCLUSIVE for a change of the
    /// catalog; without a default no row is touched.
    pub fn add_columns<'c>(&self, columns: impl Iterator<Item = &'c Column>) -> Vec<String> {
        let mut statements = Vec::new();
        for column in columns {
            let mut bare = column.clone();
            (bare.default, bare.identity, bare.not_null) = (None, None, None);
            statements.push(format!(
                "ALTER TABLE {} ADD COLUMN {}",
                self.id.path(),
                bare.sql(self.id, Without::default())
            ));
            let mut ops = Ops::default();
            bare.settings(self.id, &mut ops);
            statements.extend(ops.list.into_iter().flat_map(|op| op.sql));
            if let Some(grants) = &column.grants.0 {
                let target = privilege::Target {
                    on: format!("TABLE {}", self.id.path()),
                    column: Some(quote_ident(&column.name).into_owned()),
                };
                statements.extend(privilege::statements(&target, &privilege::Rights::new(), &grants.0));
            }
        }
        statements
    }

    /// Drops columns.
    pub fn drop_columns<'c>(&self, names: impl Iterator<Item = &'c str>) -> Vec<String> {
        names
            .map(|name| format!("ALTER TABLE {} DROP COLUMN {}", self.id.path(), quote_ident(name)))
            .collect()
    }

    /// The triggers while the old columns have their names.
    ///
    /// # Errors
    /// When an expression cannot be read.
    pub fn dual(&self) -> Result<Dual, Refusal> {
        let new = self.maps().new;
        let columns = |back: bool| self.pairs.iter().map(move |pair| (pair, back)).collect::<Vec<_>>();
        let mut row = self.same_row();
        for (pair, _) in columns(false) {
            row.old.push(dual::Column::new(&*pair.old.name, renamed(&pair.backward, &new)?));
            let mut column = dual::Column::new(&*pair.new.name, pair.forward.clone());
            column.default = pair.new.default.as_ref().map(|d| d.to_string());
            row.new.push(column);
        }
        Ok(row.dual())
    }

    /// The triggers after the successors have taken the names: only those are written, and what was set aside follows.
    ///
    /// # Errors
    /// When an expression cannot be read.
    pub fn dual_aside(&self) -> Result<Dual, Refusal> {
        let aside = self.maps().aside;
        let mut row = self.same_row();
        for pair in &self.pairs {
            row.old.push(dual::Column::new(&*pair.old.name, renamed(&pair.forward, &aside)?));
            row.new.push(dual::Column::new(pair.aside.clone(), pair.backward.clone()));
        }
        Ok(row.dual())
    }

    /// The triggers with the parts exchanged, while an old column that was gone is filled in again.
    ///
    /// # Errors
    /// When an expression cannot be read.
    pub fn dual_back(&self) -> Result<Dual, Refusal> {
        let new = self.maps().new;
        let mut row = self.same_row();
        for pair in &self.pairs {
            row.old.push(dual::Column::new(&*pair.new.name, pair.forward.clone()));
            row.new.push(dual::Column::new(&*pair.old.name, renamed(&pair.backward, &new)?));
        }
        Ok(row.dual())
    }

    fn same_row(&self) -> SameRow {
        SameRow {
            setting: Setting::of(self.rollout.clone()),
            table: dual::Table::new(&*self.id.namespace, &*self.id.name),
            old: Vec::new(),
            new: Vec::new(),
        }
    }

    /// What a value is before its successor was filled in, which has NULL then.
    fn fill(&self, sets: &[(String, String)]) -> Result<Block, Refusal> {
        let list: Vec<String> = sets.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        let open: Vec<String> =
            sets.iter().map(|(name, value)| format!("({name} IS NULL AND ({value}) IS NOT NULL)")).collect();
        let path = self.id.path();
        Ok(Block::Backfill {
            table: path.clone(),
            key: shape::key(&self.target, self.id, self.table)?
                .iter()
                .map(|c| quote_ident(c).into_owned())
                .collect(),
            options: BackfillOptions::default(),
            statement: format!("UPDATE {path} SET {}\nWHERE {}", list.join(", "), open.join(" OR ")),
        })
    }

    /// Fills in the successors.
    ///
    /// # Errors
    /// When the table has no key to go through it by.
    pub fn backfill(&self) -> Result<Block, Refusal> {
        let sets: Vec<_> = self
            .pairs
            .iter()
            .map(|pair| (quote_ident(&pair.new.name).into_owned(), pair.forward.clone()))
            .collect();
        self.fill(&sets)
    }

    /// Fills in the old columns from their successors.
    ///
    /// # Errors
    /// When the table has no key to go through it by.
    pub fn backfill_back(&self, side: Side) -> Result<Block, Refusal> {
        let mut block = {
            let mut sets = Vec::new();
            for pair in &self.pairs {
                let (name, value) = match side {
                    Side::Old | Side::New => (&*pair.old.name, renamed(&pair.backward, &self.maps().new)?),
                    Side::Aside => (&*pair.aside, pair.backward.clone()),
                };
                sets.push((quote_ident(name).into_owned(), value));
            }
            self.fill(&sets)?
        };
        // the key has the successor's name here, where it is one of the columns
        if let (Block::Backfill { key, .. }, Side::Old | Side::New) = (&mut block, side) {
            for column in key {
                for pair in &self.pairs {
                    if **column == *quote_ident(&pair.old.name) {
                        *column = quote_ident(&pair.new.name).into_owned();
                    }
                }
            }
        }
        Ok(block)
    }

    /// No row where the sides differ: `forward` compares the successor with what it should be, otherwise what was set aside.
    ///
    /// # Errors
    /// When an expression cannot be read.
    pub fn guard(&self, forward: bool) -> Result<Block, Refusal> {
        let mut terms = Vec::new();
        for pair in &self.pairs {
            let (name, value, data_type) = if forward {
                (&*pair.new.name, pair.forward.clone(), &pair.new.data_type)
            } else {
                (&*pair.aside, pair.backward.clone(), &pair.old.data_type)
            };
            let name = quote_ident(name);
            let no_equality = ["json", "xml", "point", "polygon", "path"].contains(&base(data_type).as_str());
            let cast = if no_equality { "::text" } else { "" };
            terms.push(format!("{name}{cast} IS DISTINCT FROM ({value}){cast}"));
        }
        Ok(Block::Guard {
            text: format!("old and new columns of {} agree", self.id.path()),
            expect: Expect::NoRows,
            query: format!("SELECT * FROM {}\nWHERE {}\nLIMIT 1", self.id.path(), terms.join(" OR ")),
        })
    }

    /// All indexes and the keys that they carry, while reads and writes go on; the primary key's is an index alone.
    pub fn build_indexes(&self, side: Side) -> Vec<Block> {
        let mut blocks = Vec::new();
        for it in &self.indexes {
            let index = it.index.at(side);
            blocks.extend(index.create(&self.target));
            let mut after = Vec::new();
            if let Some(constraint) = it.constraint {
                after.push(self.carry(&index.name, &index.name, constraint));
            }
            if let Some(comment) = &it.comment {
                let what = if it.constraint.is_some() {
                    format!("CONSTRAINT {} ON {}", quote_ident(&index.name), self.id.path())
                } else {
                    format!("INDEX {}", index.path())
                };
                after.push(format!("COMMENT ON {what} IS {}", quote_literal(comment)));
            }
            if !after.is_empty() {
                blocks.push(Block::Sql(after));
            }
        }
        if let Some(it) = &self.primary {
            blocks.extend(it.index.at(side).create(&self.target));
        }
        blocks
    }

    /// `ADD CONSTRAINT ... USING INDEX`: a change of the catalog.
    pub(super) fn carry(&self, name: &str, index: &str, constraint: Carried) -> String {
        let Carried { word, timing } = constraint;
        format!(
            "ALTER TABLE {} ADD CONSTRAINT {} {word} USING INDEX {}{timing}",
            self.id.path(),
            quote_ident(name),
            quote_ident(index)
        )
    }

    /// Undoes [`Twin::build_indexes`].
    pub fn drop_indexes(&self, side: Side) -> Vec<Block> {
        let mut blocks = Vec::new();
        let drop = |it: &TwinIndex, blocks: &mut Vec<Block>| {
            let index = it.index.at(side);
            if it.constraint.is_some_and(|c| c.word == "UNIQUE") {
                blocks.push(Block::sql([format!(
                    "ALTER TABLE {} DROP CONSTRAINT IF EXISTS {}",
                    self.id.path(),
                    quote_ident(&index.name)
                )]));
            }
            blocks.extend(index.drop(&self.target));
        };
        self.indexes.iter().chain(&self.primary).for_each(|it| drop(it, &mut blocks));
        blocks
    }

    /// Checks and foreign keys, each NOT VALID and then validated, and NOT NULL.
    pub fn build_rules(&self, side: Side) -> Vec<Block> {
        let mut blocks = Vec::new();
        for it in self.rules.iter().filter(|it| !it.within) {
            let rule = it.rule.at(side);
            blocks.extend(rule.add());
            blocks.extend(rule.validate());
            blocks.extend(it.described(self.id, &rule.name));
        }
        for it in &self.not_nulls {
            match side {
                Side::Old => blocks.extend(it.old.whole()),
                Side::New => blocks.extend(it.new.whole()),
                // what was set aside may be NULL
                Side::Aside => {}
            }
        }
        blocks
    }

    /// Undoes [`Twin::build_rules`].
    pub fn drop_rules(&self, side: Side) -> Vec<Block> {
        let rules = self.rules.iter().filter(|it| !it.within);
        let mut blocks: Vec<Block> = rules.flat_map(|it| it.rule.at(side).drop()).collect();
        for it in &self.not_nulls {
            match side {
                Side::Old => blocks.extend(it.old.undo()),
                Side::New => blocks.extend(it.new.undo()),
                Side::Aside => {}
            }
        }
        blocks
    }
}

impl TwinRule {
    /// Its comment, under the name that it has.
    pub fn described(&self, table: &Id, name: &str) -> Option<Block> {
        let comment = self.comment.as_ref()?;
        let target = format!("CONSTRAINT {} ON {}", quote_ident(name), table.path());
        Some(Block::sql([format!("COMMENT ON {target} IS {}", quote_literal(comment))]))
    }
}

/// An expression with other names for its columns.
pub(super) fn renamed(expression: &str, names: &within::Names) -> Result<String, Refusal> {
    within::expression(expression, names)
        .ok_or_else(|| Refusal::new(format!("\"{expression}\" is no expression")))
}
