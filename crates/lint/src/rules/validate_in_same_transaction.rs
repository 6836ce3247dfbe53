//! `VALIDATE CONSTRAINT` in the transaction that added the constraint.
//!
//! ## Why
//!
//! NOT VALID keeps the strong lock of ADD CONSTRAINT short, and VALIDATE reads the rows under a weak one. In one
//! transaction the strong lock is held until the last row was read: ACCESS EXCLUSIVE for a check, so that reads and
//! writes wait, and SHARE ROW EXCLUSIVE on both tables for a foreign key, so that writes wait. It is as if NOT
//! VALID were not there.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
//! ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
//! ```
//!
//! ## Safe form
//!
//! ```sql
//! ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
//! --@ sql
//! ALTER TABLE orders VALIDATE CONSTRAINT orders_total_check;
//! ```
//!
//! ## When to allow it
//!
//! The table is small.

use cutover_core::effect::{Known, Mode, Rel};
use cutover_sql::ident::quote_ident;
use cutover_sql::tree::{self, AlterTableCmd, AlterTableType, NodeEnum};

use crate::context::{Group, Judged, Place};
use crate::finding::{Fix, Level};
use crate::fix::safe;
use crate::look::alter::Alter;
use crate::look::commands::commands;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "validate-in-same-transaction",
    level: Level::Error,
    area: Area::Together,
    title: "VALIDATE CONSTRAINT in the transaction that added the constraint",
    check: Check::Transaction(check),
};

/// A constraint that was added without a look at the rows, and the lock that is held since.
struct Added<'a> {
    table: Rel,
    name: &'a str,
    mode: Mode,
}

fn check(group: &Group<'_>, out: &mut Findings<'_>) {
    let mut added: Vec<Added<'_>> = Vec::new();
    for judged in group.statements {
        let item = group.item(judged);
        let Some((table, commands)) = parts(&item.tree, judged) else { continue };
        let mode = judged.strong.get(&table).copied();
        let own = added.len();
        for command in &commands {
            if let (Some(name), Some(mode)) = (adds(command), mode) {
                added.push(Added { table: table.clone(), name, mode });
            }
        }
        for command in commands.iter().filter(|it| it.subtype() == AlterTableType::AtValidateConstraint) {
            let Some(at) = added.iter().position(|it| it.table == table && it.name == command.name) else {
                continue;
            };
            let mode = added[at].mode;
            let message = format!(
                "{} on {table} wait until every row is checked: {mode} is held since {} was added",
                mode.blocks(),
                quote_ident(&command.name)
            );
            let report = out.report(item.statement.span, message);
            if at < own {
                report
                    .help("write a line --@ sql before it, so that it runs in a transaction of its own")
                    .fix(safe::split_before(group, judged));
            } else {
                report
                    .help("VALIDATE it in a statement of its own, in another transaction")
                    .fix(apart(group, judged));
            }
        }
    }
}

/// The table of an `ALTER TABLE` and its subcommands.
fn parts<'a>(tree: &'a NodeEnum, judged: &Judged) -> Option<(Rel, Vec<&'a AlterTableCmd>)> {
    let NodeEnum::AlterTableStmt(it) = tree else { return None };
    let written = it.relation.as_ref()?;
    let is_it = |rel: &&Rel| {
        rel.name == written.relname && tree::schema(written).is_none_or(|schema| schema == rel.schema)
    };
    let table = judged.effects.locks.keys().find(is_it)?.clone();
    Some((table, commands(tree).collect()))
}

/// The constraint that a subcommand adds without a look at the rows.
fn adds(command: &AlterTableCmd) -> Option<&str> {
    match tree::boxed(command.def.as_deref()) {
        Some(NodeEnum::Constraint(it))
            if command.subtype() == AlterTableType::AtAddConstraint
                && it.skip_validation
                && !it.conname.is_empty() =>
        {
            Some(&it.conname)
        }
        _ => None,
    }
}

/// What validates comes after the rest of its statement.
fn apart(group: &Group<'_>, judged: &Judged) -> Option<Fix> {
    // only the text is looked at
    let known = Known::new(0);
    let (source, item) = (group.source, group.item(judged));
    let place = Place::new(source, item, &known, &judged.effects, judged.limits);
    let alter = Alter::read(&place)?;
    let (mut commands, mut validate) = (alter.texts(), Vec::new());
    for (at, command) in alter.commands.iter().enumerate() {
        if command.kind() == AlterTableType::AtValidateConstraint {
            validate.extend(commands[at].take());
        }
    }
    let rest = alter.with(&commands)?;
    safe::steps(
        &place,
        "validate it in a transaction of its own",
        &[rest, alter.command(&validate.join(", "))?],
    )
}
