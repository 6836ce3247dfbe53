//! Expressions that a user gives.

use super::Refusal;
use super::within::{self, Unusable};
use crate::catalog::Id;
use crate::object::table::Table;
use cutover_sql::nearest::nearest;

/// The columns that an expression names, all of which the table has.
///
/// # Errors
/// When it is no expression, has a query in it, or names other columns.
pub fn over(id: &Id, table: &Table, expression: &str) -> Result<Vec<String>, Refusal> {
    let columns = within::columns(expression).map_err(|why| unusable(expression, &why))?;
    for name in &columns {
        if table.column(name).is_none() {
            let refusal = Refusal::new(format!(
                "\"{expression}\" names the column {name}, which {} does not have",
                id.path()
            ));
            return Err(match nearest(name, table.columns.iter().map(|c| &*c.name)) {
                Some(near) => refusal.help(format!("did you mean {near}?")),
                None => refusal,
            });
        }
    }
    Ok(columns)
}

/// Refuses one that names any column: a default.
///
/// # Errors
/// As [`over`].
pub fn constant(expression: &str) -> Result<(), Refusal> {
    let columns = within::columns(expression).map_err(|why| unusable(expression, &why))?;
    match columns.first() {
        Some(name) => {
            Err(Refusal::new(format!("\"{expression}\" names the column {name}; a default cannot")))
        }
        None => Ok(()),
    }
}

fn unusable(expression: &str, why: &Unusable) -> Refusal {
    match why {
        Unusable::Grammar(message) => Refusal::new(format!("\"{expression}\" is no expression: {message}"))
            .help("write it as it would stand in a SELECT, in quotes for the shell"),
        Unusable::Query => Refusal::new(format!("\"{expression}\" has a query in it")).help(
            "a constraint or trigger sees one row: write an expression over its columns, or a function",
        ),
        Unusable::Qualified(name) => {
            Refusal::new(format!("\"{expression}\" names {name}")).help("write columns without their table")
        }
    }
}

/// Refuses an expression that names other columns than these.
///
/// # Errors
/// As [`over`].
pub fn among<'n>(expression: &str, names: impl IntoIterator<Item = &'n str>) -> Result<(), Refusal> {
    let columns = within::columns(expression).map_err(|why| unusable(expression, &why))?;
    let names: Vec<&str> = names.into_iter().collect();
    match columns.iter().find(|column| !names.contains(&column.as_str())) {
        Some(other) => Err(Refusal::new(format!("\"{expression}\" names {other}"))
            .help(format!("only {} may be in it", names.join(", ")))),
        None => Ok(()),
    }
}
