//! A table that was there before gets another name.
//!
//! ## Why
//!
//! Code that is running asks for the old name and fails from the moment of the commit: "relation does not exist". No
//! order of deployment avoids it, because there is no moment at which the old and the new code both work. The
//! statement takes ACCESS EXCLUSIVE, for a moment only.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE customers RENAME TO clients;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE customers RENAME TO clients;
//! CREATE VIEW customers AS SELECT * FROM clients;
//! ```
//!
//! In one transaction the view takes the old name. SELECT, INSERT with ON CONFLICT, UPDATE, DELETE and row locks go
//! through it to the table; COPY and TRUNCATE do not. Give the view the rights that the table's users have, and drop
//! it when no code asks for the old name.
//!
//! ## When to allow it
//!
//! Nothing that runs uses the table, or the code stands still during the upgrade.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::{What, each_renamed};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::rollout;

pub const RULE: Rule = Rule {
    id: "rename-table",
    level: Level::Error,
    area: Area::Code,
    title: "A table that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_renamed(place, What::Table, |it| {
        let message = format!("running code that names the table {} fails: it is {} now", it.from, it.to);
        out.report(place.span(), message).help(format!(
            "CREATE VIEW {} over the new name, in the same transaction; or {}",
            it.from,
            rollout("rename-table", &format!("{} {}", it.from, it.to))
        ));
    });
}
