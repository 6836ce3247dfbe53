//! What is played: a world for each generator, with old clients, new clients and what their writes mean.

pub mod link;
pub mod mirror;
pub mod moved;
pub mod same_row;

use cutover_core::rollout::dual::Dual;

/// The statements of triggers, one after another.
pub fn script(dual: &Dual) -> String {
    dual.create.join(";\n")
}

/// A value in SQL.
pub fn literal<T: ToString>(value: Option<&T>) -> String {
    value.map_or("NULL".to_owned(), |v| format!("'{}'", v.to_string().replace('\'', "''")))
}

/// A value in a result.
pub fn shown<T: ToString>(value: Option<&T>) -> String {
    value.map_or("-".to_owned(), ToString::to_string)
}

/// Errors by their SQLSTATE.
pub const UNIQUE: &str = "23505";
/// Of foreign keys.
pub const FOREIGN: &str = "23503";
/// Of numbers.
pub const RANGE: &str = "22003";
