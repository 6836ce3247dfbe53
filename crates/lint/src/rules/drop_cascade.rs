//! Something that was there before is dropped with CASCADE.
//!
//! ## Why
//!
//! What depends on it goes along, and the statement does not say what that is: views, foreign keys, defaults,
//! columns, triggers. On another database it can be something else than on this one. Every table of a foreign key
//! that goes is locked in ACCESS EXCLUSIVE as well.
//!
//! ## Example
//!
//! ```sql
//! DROP TABLE old_orders CASCADE;
//! ```
//!
//! ## Safe form
//!
//! Drop what depends on it first, each by name, and then the thing itself without CASCADE. PostgreSQL's error message
//! of a DROP without CASCADE lists what depends on it.
//!
//! ## When to allow it
//!
//! You have seen the list of what goes along, on every database that the revision will run on.

use cutover_sql::tree::{AlterTableType, DropBehavior, NodeEnum};

use crate::context::Place;
use crate::finding::Level;
use crate::look::cascade;
use crate::look::old::{self, Old, What};
use crate::look::runs::{One, each};
use crate::rule::{Area, Check, Findings, Rule};
use crate::words::list;

pub const RULE: Rule = Rule {
    id: "drop-cascade",
    level: Level::Error,
    area: Area::Code,
    title: "Something that was there before is dropped with CASCADE",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each(place, |one| {
        let (mut names, mut along) = (Vec::new(), Vec::new());
        objects(one, &mut names, &mut along);
        parts(one, &mut names, &mut along);
        if names.is_empty() {
            return;
        }
        let message = if along.is_empty() {
            format!("CASCADE takes along whatever depends on {}, and nobody has named it", list(&names))
        } else {
            format!("CASCADE takes along {}, and whatever else depends on {}", list(&along), list(&names))
        };
        out.report(place.span(), message)
            .help("drop what depends on it by name first, and leave CASCADE out");
    });
}

/// `DROP ... CASCADE`.
fn objects(one: &One<'_>, names: &mut Vec<String>, along: &mut Vec<String>) {
    let NodeEnum::DropStmt(it) = one.node else { return };
    if it.behavior() != DropBehavior::DropCascade || What::of(it.remove_type()) == What::Leaf {
        return;
    }
    for node in &it.objects {
        if let Some(name) = old::dropped_one(one.known, it, node) {
            names.push(name);
            along.extend(cascade::with_object(one.known, it, node));
        }
    }
}

/// `DROP COLUMN ... CASCADE`, `DROP CONSTRAINT ... CASCADE`.
fn parts(one: &One<'_>, names: &mut Vec<String>, along: &mut Vec<String>) {
    for (table, command) in one.commands() {
        if command.behavior() != DropBehavior::DropCascade {
            continue;
        }
        match command.subtype() {
            AlterTableType::AtDropColumn if old::column(one.known, &table, &command.name).is_some() => {
                names.push(format!("{table}.{}", command.name));
                along.extend(cascade::with_column(one.known, &table, &command.name));
            }
            AlterTableType::AtDropConstraint => {
                let Some((_, found)) = old::constraint(one.known, &table, &command.name) else { continue };
                names.push(command.name.clone());
                if let Old::Known(constraint) = found {
                    along.extend(cascade::with_constraint(one.known, &table, constraint));
                }
            }
            _ => {}
        }
    }
}
