//! Triggers of a table that was there before are switched off.
//!
//! ## Why
//!
//! What a trigger guarded is not guarded: rows are written without it until it is switched on again, and nobody looks
//! at them later. DISABLE TRIGGER ALL and `session_replication_role = replica` switch foreign keys off as well:
//! measured, a row that refers to nothing is taken, and stays.
//!
//! ## Example
//!
//! ```sql
//! ALTER TABLE orders DISABLE TRIGGER ALL;
//! ```
//!
//! ## Safe form
//!
//! There is none. To change many rows while a trigger sleeps, let its function look at a setting of the session
//! (`current_setting('app.backfill', true)`), and set that with SET LOCAL: nobody else's writes go past it.
//!
//! ## When to allow it
//!
//! It is switched on again in the same transaction, and the rows written in between follow its rules by themselves.

use cutover_core::effect::{Known, Rel};
use cutover_sql::tree::{AlterTableCmd, AlterTableType};

use crate::context::Place;
use crate::finding::Level;
use crate::look::runs::each_in_upgrade;
use crate::look::settings::setting;
use crate::rule::{Area, Check, Findings, Rule};

pub const RULE: Rule = Rule {
    id: "disable-trigger",
    level: Level::Warning,
    area: Area::Code,
    title: "Triggers of a table that was there before are switched off",
    check: Check::Statement(check),
};

fn check(place: &Place<'_>, out: &mut Findings<'_>) {
    each_in_upgrade(place, |one| {
        for (table, command) in one.commands() {
            if let Some(what) = switched_off(command)
                && one.is_old(&table)
                && !is_new_trigger(one.known, &table, command)
            {
                let message =
                    format!("rows of {table} are written without {what} until it is switched on again");
                out.report(place.span(), message)
                    .help("let the trigger's function look at a setting instead");
            }
        }
        if setting(one.node).is_some_and(|it| it.is("session_replication_role", "replica")) {
            let message =
                "rows are written without triggers and foreign keys, and nobody looks at them later";
            out.report(place.span(), message).help("let the trigger's function look at a setting instead");
        }
    });
}

fn switched_off(it: &AlterTableCmd) -> Option<String> {
    match it.subtype() {
        // a trigger that fires on replicas fires nowhere else
        AlterTableType::AtDisableTrig | AlterTableType::AtEnableReplicaTrig => {
            Some(format!("the trigger {}", it.name))
        }
        AlterTableType::AtDisableTrigUser => Some("any trigger".into()),
        AlterTableType::AtDisableTrigAll => Some("any trigger or foreign key".into()),
        _ => None,
    }
}

fn is_new_trigger(known: &Known, table: &Rel, it: &AlterTableCmd) -> bool {
    let trigger = known.get(table).and_then(|table| table.triggers.iter().find(|one| one.name == it.name));
    trigger.is_some_and(|trigger| known.is_new(trigger.made))
}
