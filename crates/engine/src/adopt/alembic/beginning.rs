//! Chains that do not begin with an empty database: tables that an application made before there were revisions, and that no
//! revision makes.

use std::collections::BTreeSet;

use cutover_core::report::{Conclusion, Weight};

use super::conclude::Seen;

/// A table or a schema that is not there.
const MISSING: [&str; 2] = ["(42P01)", "(3F000)"];

/// How many names are said.
const NAMED: usize = 8;

/// What is to be said where revisions fail for want of what none before them makes.
pub(super) fn missing(seen: &[Seen]) -> Option<Conclusion> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut count = 0;
    for one in seen.iter().filter(|it| it.raised.is_some()) {
        let messages = one.up.failures.iter().map(|(_, message)| message);
        let of_missing: Vec<&String> =
            messages.filter(|it| MISSING.iter().any(|code| it.ends_with(code))).collect();
        count += usize::from(!of_missing.is_empty());
        names.extend(of_missing.into_iter().filter_map(|message| quoted(message)));
    }
    if count == 0 {
        return None;
    }
    let mut said: Vec<String> = names.iter().take(NAMED).cloned().collect();
    if names.len() > NAMED {
        said.push("...".into());
    }
    let what = if said.is_empty() { String::new() } else { format!(": {}", said.join(", ")) };
    let who = if count == 1 { "a revision needs".into() } else { format!("{count} revisions need") };
    let text = format!("{who} what none before makes{what}; the chain does not begin with an empty database");
    Some(Conclusion::new("no-beginning", Weight::Error, "history", text).next(
        "say what it begins with, --prepare FILE.sql: the schema as it was before the first revision; or leave the chain as it is, and begin with the live schema: cutover baseline",
    ))
}

/// The first name in a message.
fn quoted(message: &str) -> Option<String> {
    message.split('"').nth(1).map(str::to_owned)
}
