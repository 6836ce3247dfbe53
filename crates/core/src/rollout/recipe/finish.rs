//! What every draft of a recipe gets at its end: a word on what the linter would ask.

use crate::rollout::draft::{Block, Draft, Part};

/// What the linter asks of everybody and a recipe has thought of: whether it asks of the way down, too, the words, the rule, the
/// answer.
const ACCEPTED: [(bool, &str, &str, &str); 9] = [
    (true, "IF EXISTS", "if-not-exists", "it has to work from a half done run, too"),
    (
        true,
        "DROP INDEX IF",
        "drop-index-without-concurrently",
        "the index of a partitioned table goes in no other way; it takes a moment",
    ),
    (false, "DROP TRIGGER", "drop-trigger", "nobody needs it any more: that is what was waited for"),
    (false, "DROP FUNCTION", "drop-function", "only its trigger calls it"),
    (false, "DROP COLUMN", "drop-column", "nobody uses it any more: that is what was waited for"),
    (false, "DROP IDENTITY", "drop-default", "the successor has it, from the same transaction on"),
    (false, "ADD GENERATED ALWAYS", "set-generated-always", "the old column had it as well"),
    (true, "OWNED BY", "strong-locks-in-one-transaction", "the column and its sequence, for a moment"),
    (true, "set_config('cutover.last'", "scan-under-strong-lock", "a sequence has one row"),
];

fn text(blocks: &[Block]) -> String {
    let statements = blocks.iter().map(|block| match block {
        Block::Sql(statements) => statements.join("\n"),
        Block::Backfill { .. } | Block::Guard { .. } | Block::Deploy { .. } => String::new(),
    });
    statements.collect::<Vec<_>>().join("\n")
}

/// A rollout of these revisions.
pub fn drafted(rollout: String, parts: Vec<Part>) -> Draft {
    let parts = parts
        .into_iter()
        .map(|mut part| {
            let up = text(&part.upgrade);
            let both = up.clone() + &text(&part.downgrade);
            for (whole, words, rule, why) in ACCEPTED {
                if (if whole { &both } else { &up }).contains(words)
                    && !part.allows.iter().any(|(other, _)| other == rule)
                {
                    part = part.allow(rule, why);
                }
            }
            part
        })
        .collect();
    Draft { rollout, parts }
}
