//! Another expression for a stored generated column.
//!
//! ## Why
//!
//! The value of each row is worked out and written: the whole table and its indexes are written anew under ACCESS
//! EXCLUSIVE, and reads and writes of the table wait as long. The expression of a virtual column is changed in a
//! moment.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE lines ALTER COLUMN gross SET EXPRESSION AS (price * 1.19);
//! ```
//!
//! ## Safe form
//!
//! There is none for a stored column of a table that is in use. Let the readers work the value out themselves, or
//! read a view or a virtual column (from PostgreSQL 18 on), and drop the stored one afterwards.
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::Rewrite;
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::AlterTableType;

use crate::context::Place;
use crate::finding::Level;
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "set-expression-rewrites",
    level: Level::Error,
    area: Area::Locks,
    title: "Another expression for a stored generated column",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.rewrites(Rewrite::Expression)) else { return };
    let command = alter.commands.iter().find(|it| it.kind() == AlterTableType::AtSetExpression);
    let Some(command) = command.filter(|_| place.effects.fails.is_empty()) else { return };
    let until = format!(
        "{} is worked out for every row and the table is written anew",
        quote_ident(&command.tree.name)
    );
    out.report(command.span, alter.waits(&until))
        .help("a virtual column or a view is changed in a moment; a stored one has no gentle form");
}
