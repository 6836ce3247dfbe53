//! `VACUUM FULL` of a table that others use.
//!
//! ## Why
//!
//! It writes the table and all its indexes anew and holds ACCESS EXCLUSIVE on it all the while. Nobody reads or
//! writes the table until it is done, and it needs room for a second copy. A plain VACUUM takes SHARE UPDATE
//! EXCLUSIVE, which holds up neither reads nor writes, and makes the room of dead rows usable again.
//!
//! ## Example
//!
//! ```sql
//! VACUUM FULL orders;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! VACUUM orders;
//! ```
//!
//! It does not make the file smaller. Where that is needed, pg_repack writes a table anew while it is used.
//!
//! ## When to allow it
//!
//! The table is small, or the application is stopped while the revision runs.

use cutover_core::effect::Rewrite;
use cutover_sql::tree::{self, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "vacuum-full-rewrites",
    level: Level::Error,
    area: Area::Locks,
    title: "VACUUM FULL of a table that others use",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let NodeEnum::VacuumStmt(it) = place.tree() else { return };
    if !it.is_vacuumcmd || !tree::is_on(&it.options, "full") || place.is_refused() {
        return;
    }
    let name = if it.rels.is_empty() {
        "any table of the database, one after the other,".to_owned()
    } else {
        let tables: Vec<_> = place.rewritten(Rewrite::VacuumFull).collect();
        if tables.is_empty() {
            return;
        }
        list(tables)
    };
    let message =
        format!("nobody can read or write {name} while all rows are written anew: ACCESS EXCLUSIVE is held");
    out.report(place.span(), message).help(
        "VACUUM without FULL; where the file must become smaller, pg_repack does it while the table is used",
    );
}
