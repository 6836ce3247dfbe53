//! `SET NOT NULL` on a table that others use, without a valid check that says so.
//!
//! ## Why
//!
//! Every row is read to see that none is NULL, under ACCESS EXCLUSIVE: reads and writes of the table wait until the
//! last row. Where a valid check says that the column is not NULL, nothing is read. The check can be added NOT
//! VALID and validated under SHARE UPDATE EXCLUSIVE, which holds up neither reads nor writes. From PostgreSQL 18 on
//! NOT NULL itself can be NOT VALID.
//!
//! A check that is dropped in the same ALTER TABLE proves nothing: what is dropped goes first.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE users ALTER COLUMN email SET NOT NULL;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE users ADD CONSTRAINT users_email_set CHECK (email IS NOT NULL) NOT VALID;
//! --@ sql
//! ALTER TABLE users VALIDATE CONSTRAINT users_email_set;
//! --@ sql
//! ALTER TABLE users ALTER COLUMN email SET NOT NULL;
//! ALTER TABLE users DROP CONSTRAINT users_email_set;
//! ```
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::{Scan, is_implied_by_check};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, AlterTableType, ConstrType};

use crate::context::Place;
use crate::finding::{Fix, Level};
use crate::fix::{constraint_name, not_null, safe};
use crate::look::alter::Alter;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "set-not-null-scans",
    level: Level::Error,
    area: Area::Locks,
    title: "SET NOT NULL on a table that others use, without a valid check that says so",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    let Some(alter) = Alter::read(place).filter(|alter| alter.scans(Scan::NotNull)) else { return };
    let open = open(&alter);
    let Some((first, _)) = open.first().filter(|_| place.effects.fails.is_empty()) else { return };
    let columns: Vec<_> = open.iter().map(|(_, column)| quote_ident(column)).collect();
    let until = format!("every row is read to look for NULL in {}", columns.join(", "));
    let help = if place.known.major >= 18 {
        "ADD CONSTRAINT ... NOT NULL ... NOT VALID, then VALIDATE CONSTRAINT in a transaction of its own"
    } else {
        "prove it first: ADD CONSTRAINT ... CHECK (... IS NOT NULL) NOT VALID, VALIDATE it, drop it afterwards"
    };
    out.report(alter.commands[*first].span, alter.waits(&until)).help(help).fix(fix(&alter, &open));
}

/// The subcommands that read for it, and the column of each.
fn open(alter: &Alter<'_>) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, command) in alter.commands.iter().enumerate() {
        let column = match (command.kind(), command.new_constraint()) {
            (AlterTableType::AtSetNotNull, _) => command.tree.name.clone(),
            (_, Some(it)) if it.contype() == ConstrType::ConstrNotnull && !it.skip_validation => {
                tree::texts(&it.keys).concat()
            }
            _ => continue,
        };
        let dropped = |name: &str| {
            alter
                .commands
                .iter()
                .any(|it| it.kind() == AlterTableType::AtDropConstraint && it.tree.name == name)
        };
        let is_there = alter.relation().is_some_and(|table| table.is_not_null(&column));
        let is_proven = is_implied_by_check(alter.place.known, alter.table, &column)
            && !alter.relation().is_some_and(|table| table.constraints.iter().any(|it| dropped(&it.name)));
        if !is_there && !is_proven {
            found.push((at, column));
        }
    }
    found
}

fn fix(alter: &Alter<'_>, open: &[(usize, String)]) -> Option<Fix> {
    let is_set = |(at, _): &&(usize, String)| alter.commands[*at].kind() == AlterTableType::AtSetNotNull;
    if open.iter().any(|it| !is_set(&it)) {
        return if open.iter().any(|it| is_set(&it)) { None } else { fix_named(alter, open) };
    }
    if !open.iter().all(|(at, _)| alter.can_come_after(*at)) {
        return None;
    }
    let mut commands = alter.texts();
    for (at, _) in open {
        commands[*at] = None;
    }
    let rest = alter.with(&commands);
    let columns: Vec<String> = open.iter().map(|(_, column)| column.clone()).collect();
    let proven = columns.iter().all(|column| is_implied_by_check(alter.place.known, alter.table, column));
    if let Some(rest) = rest.as_ref().filter(|_| proven) {
        // the check that would prove it goes afterwards
        let set = columns.iter().map(|column| format!("ALTER COLUMN {} SET NOT NULL", quote_ident(column)));
        let set = alter.command(&set.collect::<Vec<_>>().join(", "))?;
        let title = "drop the check after it has proven that no value is NULL";
        return safe::instead(alter.place, title, format!("{set};\n{rest}"));
    }
    let proof = not_null::proof(alter, &columns)?;
    let statements: Vec<String> = rest.into_iter().chain(proof.all()).collect();
    safe::steps(alter.place, "prove that no value is NULL first", &statements)
}

/// `ADD CONSTRAINT ... NOT NULL`, since 18: not valid, then validated.
fn fix_named(alter: &Alter<'_>, open: &[(usize, String)]) -> Option<Fix> {
    let added = alter.added();
    let mut commands = alter.texts();
    let (mut validate, mut is_sure) = (Vec::new(), true);
    for (at, _) in open {
        let constraint = added.iter().find(|it| it.command == *at)?;
        let (name, sure) = constraint_name::of(alter, constraint)?;
        let text = constraint.span.text(&alter.place.source.text);
        let named = match constraint.it.conname.as_str() {
            "" => format!("CONSTRAINT {} ", quote_ident(&name)),
            _ => String::new(),
        };
        commands[*at] = Some(format!("ADD {named}{text} NOT VALID"));
        validate.push(format!("VALIDATE CONSTRAINT {}", quote_ident(&name)));
        is_sure &= sure && alter.stands_alone() && alter.can_come_after(*at);
    }
    let statements = [alter.with(&commands)?, alter.command(&validate.join(", "))?];
    let mut fix = safe::steps(alter.place, "add it NOT VALID, then validate it", &statements)?;
    fix.safe = is_sure;
    Some(fix)
}
