//! A database is dropped.
//!
//! ## Why
//!
//! Everything in it is gone, and only a backup brings it back. Without FORCE it fails while somebody is connected.
//!
//! ## Example
//!
//! ```sql
//! DROP DATABASE reports;
//! ```
//!
//! ## Safe form
//!
//! There is none. ALTER DATABASE ... ALLOW_CONNECTIONS false shows whether somebody misses it, and is undone in a
//! moment.
//!
//! ## When to allow it
//!
//! The database is a copy that nobody needs.

use cutover_sql::ident::quote_ident;
use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "drop-database",
    level: Level::Error,
    area: Area::Code,
    title: "A database is dropped",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let NodeEnum::DropdbStmt(it) = one.node else { return };
        // one that the same file makes is nobody's yet
        let made = place
            .source
            .items
            .iter()
            .any(|item| matches!(&*item.tree, NodeEnum::CreatedbStmt(made) if made.dbname == it.dbname));
        if !made {
            let message = format!("everything in the database {} is gone", quote_ident(&it.dbname));
            out.report(place.span(), message).help("forbid connections first, and keep a backup");
        }
    });
}
