//! What an environment accepts of a plan: `policy = { lock = "short", rewrite = "small tables", data_loss = "never" }`.

use std::collections::BTreeSet;

use super::{Effects, Known, Loss, Rel, Scan};
use crate::report::Sizes;

/// Tables up to this many bytes are small: they are scanned or rewritten in well under a second.
pub const SMALL: u64 = 50 * 1024 * 1024;

/// Which locks may be taken on what others use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LockPolicy {
    /// Any.
    #[default]
    Any,
    /// None that stops reads or writes while a table that is not small is scanned or written anew.
    Short,
    /// None that stops reads or writes.
    None,
}

/// What may be written anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RewritePolicy {
    /// Anything.
    #[default]
    Any,
    /// Small tables.
    SmallTables,
    /// Nothing.
    Never,
}

/// Whether data may be lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LossPolicy {
    /// It may.
    #[default]
    Any,
    /// It may not.
    Never,
}

/// What an environment accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Locks.
    pub lock: LockPolicy,
    /// Rewrites.
    pub rewrite: RewritePolicy,
    /// Loss of data.
    pub data_loss: LossPolicy,
}

/// Something that the policy does not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// What a file allows it by: `policy-lock`, `policy-rewrite` or `policy-data-loss`.
    pub rule: &'static str,
    /// What would happen, in one sentence.
    pub message: String,
}

/// The strong locks that a transaction holds by now.
#[derive(Clone, Debug, Default)]
pub struct Held(BTreeSet<Rel>);

impl Policy {
    /// Whether it accepts everything.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// What a statement does that is not accepted; `held` are the locks that its transaction holds already, and gets
    /// its own. A table whose size nobody knows is not small.
    pub fn breaches(&self, effects: &Effects, known: &Known, sizes: &Sizes, held: &mut Held) -> Vec<Breach> {
        let mut found = Vec::new();
        let strong: Vec<(&Rel, _)> = effects.blocking(known).collect();
        held.0.extend(strong.iter().map(|(rel, _)| (*rel).clone()));
        let is_big =
            |rel: &Rel| !known.is_new_relation(rel) && sizes.bytes(rel).is_none_or(|bytes| bytes > SMALL);
        match self.lock {
            LockPolicy::Any => {}
            LockPolicy::None => found.extend(strong.iter().map(|(rel, mode)| Breach {
                rule: "policy-lock",
                message: format!("{} of {rel} wait: it takes {mode}", mode.blocks()),
            })),
            LockPolicy::Short => {
                let gentle = |cause: &Scan| matches!(cause, Scan::Concurrently | Scan::Maintenance);
                let scans = effects.scans.iter().filter(|(_, cause)| !gentle(cause)).map(|(rel, _)| rel);
                let long = effects.rewrites.iter().map(|(rel, _)| rel).chain(scans).find(|rel| is_big(rel));
                if let (Some(long), Some(locked)) = (long, held.0.iter().next()) {
                    let locked = if held.0.contains(long) { long } else { locked };
                    found.push(Breach {
                        rule: "policy-lock",
                        message: format!("{locked} stays locked while all of {long} is read or written"),
                    });
                }
            }
        }
        let rewritten = effects.rewrites.iter().filter(|(rel, _)| match self.rewrite {
            RewritePolicy::Any => false,
            RewritePolicy::SmallTables => is_big(rel),
            RewritePolicy::Never => !known.is_new_relation(rel),
        });
        found.extend(
            rewritten
                .map(|(rel, _)| Breach { rule: "policy-rewrite", message: format!("{rel} is written anew") }),
        );
        if self.data_loss == LossPolicy::Never {
            let lost = effects.losses.iter().filter_map(|loss| lost(loss, known));
            found.extend(lost.map(|message| Breach { rule: "policy-data-loss", message }));
        }
        found
    }
}

/// What is lost for good, in words; a row that a condition picks and a value that is written over are what a
/// revision is for.
fn lost(loss: &Loss, known: &Known) -> Option<String> {
    let old = |rel: &Rel| !known.is_new_relation(rel);
    match loss {
        Loss::Column { table, column } => {
            old(table).then(|| format!("the values of {table}.{column} are lost"))
        }
        Loss::Table { table } | Loss::Rows { table } => {
            old(table).then(|| format!("the rows of {table} are lost"))
        }
        Loss::Narrowed { table, column } => {
            old(table).then(|| format!("values of {table}.{column} may not fit the new type"))
        }
        Loss::Schema { schema } => Some(format!("all that is in the schema {schema} is lost")),
        Loss::Database { database } => Some(format!("the database {database} is lost")),
        Loss::SomeRows { .. } | Loss::Values { .. } | Loss::Sequence { .. } => None,
    }
}
