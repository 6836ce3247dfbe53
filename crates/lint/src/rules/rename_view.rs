//! A view or materialized view that was there before gets another name.
//!
//! ## Why
//!
//! Code that is running asks for the old name and fails from the moment of the commit: "relation does not exist".
//!
//! ## Example
//!
//! ```sql
//! ALTER VIEW open_orders RENAME TO pending_orders;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! CREATE VIEW pending_orders AS SELECT * FROM open_orders;
//! ```
//!
//! Both names work until no code asks for the old one; then the definition moves to the new one. A view made under
//! the old name in the transaction of the RENAME does as well.
//!
//! ## When to allow it
//!
//! Nothing that runs reads the view, or the code stands still during the upgrade.

use crate::context::Place;
use crate::finding::Level;
use crate::look::renames::{What, each_renamed};
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "rename-view",
    level: Level::Error,
    area: Area::Code,
    title: "A view or materialized view that was there before gets another name",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_renamed(place, What::View, |it| {
        let message =
            format!("running code that reads the {} {} fails: it is {} now", it.noun, it.from, it.to);
        out.report(place.span(), message)
            .help(format!("CREATE VIEW {} AS SELECT * FROM {}, and drop the old one later", it.to, it.from));
    });
}
