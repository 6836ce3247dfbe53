//! Revision files written from their parts, so that reading gives the parts back.

use std::fmt::Write as _;

use crate::directive::quote;
use crate::document::{BlockKind, Expect, Header};
use crate::duration;

/// The header as text, with an empty line after each part.
pub fn header(header: &Header) -> String {
    let mut out = String::new();
    let mut line = |word: &str, args: &str| {
        let _ = writeln!(out, "--@ {word} {args}");
    };
    let names = |list: &[crate::document::Spanned<String>]| {
        list.iter().map(|n| n.value.as_str()).collect::<Vec<_>>().join(", ")
    };
    if let Some(id) = &header.revision {
        line("revision", &id.value);
    }
    if let Some(parents) = &header.revises {
        line("revises", &if parents.is_empty() { "base".to_owned() } else { names(parents) });
    }
    if !header.depends.is_empty() {
        line("depends", &names(&header.depends));
    }
    if !header.labels.is_empty() {
        line("branch", &names(&header.labels));
    }
    // a line for a few: a hundred ids on one are read by nobody
    header.replaces.chunks(10).for_each(|some| line("replaces", &names(some)));
    for (id, list) in &header.replaced_before {
        line("replaces", &format!("{} = {}", id.value, list.join(", ")));
    }
    if let Some(rollout) = &header.rollout {
        line("rollout", &format!("{} / {}", rollout.value.0, rollout.value.1));
    }
    if let Some(owner) = &header.owner {
        line("owner", &owner.value);
    }
    header.requires.iter().for_each(|gate| line("requires", &gate.value));
    if let Some(why) = &header.irreversible {
        line("irreversible", &quote(&why.value));
    }
    if let Some(time) = &header.lock_timeout {
        line("lock_timeout", &duration::print(time.value));
    }
    if let Some(time) = &header.statement_timeout {
        line("statement_timeout", &duration::print(time.value));
    }
    if let Some(created) = &header.created {
        line("created", &created.value);
    }
    header.allows.iter().for_each(|a| line("allow", &format!("{} {}", a.value.0, quote(&a.value.1))));
    if !header.prose.is_empty() {
        out.push('\n');
        for prose in header.prose.lines() {
            let _ = writeln!(out, "{}", format!("-- {prose}").trim_end());
        }
    }
    out
}

/// The directive line that opens a block.
pub fn block(kind: &BlockKind) -> String {
    match kind {
        BlockKind::Sql => "--@ sql".into(),
        BlockKind::Backfill { table, key, options } => {
            let key = if key.is_empty() { "ctid".to_owned() } else { key.join(", ") };
            format!("--@ backfill {table} by {key}{}", options.print())
        }
        BlockKind::Guard { text, expect } => {
            let expected = match expect {
                Expect::NoRows => "no rows".into(),
                Expect::Rows => "rows".into(),
                Expect::Value(value) => quote(value),
            };
            format!("--@ guard {} expect {expected}", quote(text))
        }
        BlockKind::Deploy { text, when } => {
            let when = when.as_ref().map(|gate| format!(" when {gate}")).unwrap_or_default();
            format!("--@ deploy {}{when}", quote(text))
        }
        BlockKind::Run { command } => format!("--@ run {command}"),
    }
}
