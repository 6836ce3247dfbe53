//! Recipes: rollouts that everybody needs, written from a few arguments and the catalog of the target.
//!
//! One file is one recipe: its arguments, what it refuses and why, and its draft. A new one is a file here and a line in
//! [`ALL`]; the command line and the docs take it from there.

mod add_check;
mod add_foreign_key;
mod add_not_null;
mod add_unique;
mod change_type;
mod clients;
mod collapse_join_table;
mod columns;
mod dependents;
mod drop_column;
mod drop_table;
mod expression;
mod finish;
mod given;
mod int_to_bigint;
mod merge_columns;
mod move_column;
mod names;
mod not_null;
mod online;
mod partition_table;
mod parts;
mod published;
mod read;
mod rename_column;
mod rename_table;
mod replace_enum_value;
mod replace_materialized_view;
mod several;
mod shape;
mod split_column;
mod target;
mod tripwire;
mod twin;
mod within;

pub use given::{Argument, Form, Given};
pub use target::{Refusal, Target};

use super::draft::Draft;

/// A recipe.
#[derive(Debug)]
pub struct Recipe {
    /// Its name, as it is typed.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What it does and how, for its help: its steps, its locks, what it refuses.
    pub about: &'static str,
    /// An example of its use, without the program's name.
    pub example: &'static str,
    /// What it takes.
    pub arguments: &'static [Argument],
    /// Makes the rollout.
    pub draft: fn(&Given, &Target<'_>) -> Result<Draft, Refusal>,
}

/// All of them, by name.
pub const ALL: &[&Recipe] = &[
    &add_check::RECIPE,
    &add_foreign_key::RECIPE,
    &add_not_null::RECIPE,
    &add_unique::RECIPE,
    &change_type::RECIPE,
    &collapse_join_table::RECIPE,
    &drop_column::RECIPE,
    &drop_table::RECIPE,
    &int_to_bigint::RECIPE,
    &merge_columns::RECIPE,
    &move_column::RECIPE,
    &partition_table::RECIPE,
    &rename_column::RECIPE,
    &rename_table::RECIPE,
    &replace_enum_value::RECIPE,
    &replace_materialized_view::RECIPE,
    &split_column::RECIPE,
];

/// The recipe of that name.
pub fn find(name: &str) -> Option<&'static Recipe> {
    ALL.iter().copied().find(|recipe| recipe.name == name)
}
