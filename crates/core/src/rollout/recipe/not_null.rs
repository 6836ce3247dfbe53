//! NOT NULL on a column of a table that is in use, in steps that read no row under a strong lock.
//!
//! From 18 on NOT NULL is a constraint that can be NOT VALID. Before, a check that says the same is added and validated, and SET
//! NOT NULL takes its word instead of reading (<https://www.postgresql.org/docs/current/sql-altertable.html>, SET NOT NULL).

use cutover_sql::ident::quote_ident;

use super::Target;
use super::names::Names;
use super::online::NewConstraint;
use crate::catalog::Id;
use crate::object::types::made_name;
use crate::rollout::draft::Block;

/// The steps for a column.
#[derive(Clone, Debug)]
pub struct Steps {
    /// The check, or from 18 on the constraint itself.
    pub constraint: NewConstraint,
    column: String,
    native: bool,
}

impl Steps {
    /// Those for a column; a constraint of its own has this name if the server has names for it.
    pub fn plan(
        target: &Target<'_>,
        names: &mut Names,
        table: &Id,
        column: &str,
        name: Option<&str>,
    ) -> Self {
        let native = target.major >= 18;
        let quoted = quote_ident(column).into_owned();
        let (name, definition) = if native {
            let usual = || names.constraint(table, &made_name(&table.name, column, "not_null"), "");
            (name.map_or_else(usual, str::to_owned), format!("NOT NULL {quoted}"))
        } else {
            let name = names.constraint(table, &made_name(&table.name, column, "is_not_null"), "");
            (name, format!("CHECK ({quoted} IS NOT NULL)"))
        };
        Self { constraint: NewConstraint::check(table, &name, definition), column: quoted, native }
    }

    fn alter(&self, tail: &str) -> String {
        format!("ALTER TABLE {} ALTER COLUMN {} {tail}", self.constraint.table.path(), self.column)
    }

    /// New rows keep to it.
    pub fn add(&self) -> Vec<Block> {
        self.constraint.add()
    }

    /// Undoes [`Steps::add`].
    pub fn remove(&self) -> Vec<Block> {
        self.constraint.drop()
    }

    /// Rows are read beside reads and writes, and the column is NOT NULL. The check goes in a statement after that: in the same
    /// one it would be gone before SET NOT NULL looks.
    pub fn finish(&self) -> Vec<Block> {
        let mut blocks = self.constraint.validate();
        if !self.native {
            let drop = self.drop_check();
            blocks.push(Block::sql([self.alter("SET NOT NULL"), drop]));
        }
        blocks
    }

    /// Undoes [`Steps::finish`], in one statement.
    pub fn unfinish(&self) -> Vec<Block> {
        let table = self.constraint.table.path();
        let name = quote_ident(&self.constraint.name);
        let not_null =
            if self.native { String::new() } else { format!("ALTER COLUMN {} DROP NOT NULL, ", self.column) };
        vec![Block::sql([format!(
            "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, {not_null}ADD CONSTRAINT {name} {} NOT VALID",
            self.constraint.definition
        )])]
    }

    /// Both, one after the other.
    pub fn whole(&self) -> Vec<Block> {
        let mut blocks = self.add();
        blocks.extend(self.finish());
        blocks
    }

    /// Undoes both, from wherever they are.
    pub fn undo(&self) -> Vec<Block> {
        let name = quote_ident(&self.constraint.name);
        let table = self.constraint.table.path();
        vec![Block::sql([format!(
            "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ALTER COLUMN {} DROP NOT NULL",
            self.column
        )])]
    }

    fn drop_check(&self) -> String {
        format!(
            "ALTER TABLE {} DROP CONSTRAINT {}",
            self.constraint.table.path(),
            quote_ident(&self.constraint.name)
        )
    }
}
