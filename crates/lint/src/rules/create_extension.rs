//! A new extension.
//!
//! ## Why
//!
//! Its files have to be on every server that this runs on, the replicas and the next major version included, and the
//! role that applies it needs more than most have: a superuser, or for a trusted extension CREATE on the database.
//! Where it is missing, the revision stops there.
//!
//! ## Example
//!
//! ```sql
//! CREATE EXTENSION pg_trgm;
//! ```
//!
//! ## Safe form
//!
//! There is none in SQL. Let those who run the servers make it, in the template of the databases or by hand, and only
//! use it in revisions.
//!
//! ## When to allow it
//!
//! All servers have it, and the role may.

use cutover_sql::tree::NodeEnum;

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "create-extension",
    level: Level::Note,
    area: Area::Design,
    title: "A new extension",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        let NodeEnum::CreateExtensionStmt(it) = one.node else { return };
        // one that is there already is not made
        if one.known.extension_made(&it.extname).is_none() {
            let message = format!(
                "it fails where the server does not have the files of {}, or the role may not make it",
                it.extname
            );
            out.report(place.span(), message).help("let those who run the servers make it");
        }
    });
}
