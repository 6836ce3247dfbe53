//! Finds an order in which the files work, as near to that of their numbers as can be: a file that fails because
//! something is missing waits until what it needs is there.

use std::collections::BTreeMap;

use cutover_core::adopt::script::Item;

use super::attempt::{Failed, Outcome, Why};
use super::replay::Replay;
use super::{File, FoundOrder, Surroundings};
use crate::schema::{SchemaError, Workshop};

/// A file that could not run at its number's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferral {
    /// Its place among the files.
    pub file: usize,
    /// The statement that failed there.
    pub failed: Failed,
    /// The file after which it ran, and the statement that made what was missing.
    pub waited_for: Option<(usize, Option<usize>)>,
}

/// Replays all files. A file that fails whatever the order stands at its number's place, without what fails.
///
/// # Errors
/// When there is no scratch database.
pub async fn find(
    workshop: &Workshop,
    files: &[File],
    roles: &[String],
    around: &Surroundings<'_>,
) -> Result<FoundOrder, SchemaError> {
    let mut hopeless = BTreeMap::new();
    loop {
        let found = once(workshop, files, roles, around, &hopeless).await?;
        let mut more = BTreeMap::new();
        for step in &found.replay.steps {
            let failing = missing(&step.outcome);
            if !failing.is_empty() {
                more.insert(step.file, failing);
            }
        }
        // what fails at the end of everything fails anywhere: it need not wait
        if more == hopeless {
            return Ok(found);
        }
        // a third time would go round in circles
        let is_last = !hopeless.is_empty();
        hopeless = more;
        if is_last {
            return once(workshop, files, roles, around, &hopeless).await;
        }
    }
}

/// The statements that fail because something is missing.
fn missing(outcome: &Outcome) -> Vec<usize> {
    outcome.failed.iter().filter(|it| it.why == Why::Missing).map(|it| it.item).collect()
}

async fn once(
    workshop: &Workshop,
    files: &[File],
    roles: &[String],
    around: &Surroundings<'_>,
    hopeless: &BTreeMap<usize, Vec<usize>>,
) -> Result<FoundOrder, SchemaError> {
    let mut replay = Replay::new(workshop, roles, around.ignore).await?;
    let mut waiting: Vec<usize> = (0..files.len()).collect();
    let mut first_failure: BTreeMap<usize, (Failed, usize)> = BTreeMap::new();
    let mut deferrals = Vec::new();
    while !waiting.is_empty() {
        let mut ready = None;
        let mut first = None;
        for (place, at) in waiting.iter().enumerate() {
            let outcome = replay.try_out(&files[*at], around.settings).await?;
            let known = hopeless.get(at).map(Vec::as_slice).unwrap_or_default();
            let new = missing(&outcome).into_iter().find(|item| !known.contains(item));
            let failed = new.and_then(|item| outcome.failed.iter().find(|it| it.item == item));
            match failed {
                None => {
                    ready = Some((place, outcome));
                    break;
                }
                Some(failed) => {
                    first_failure.entry(*at).or_insert_with(|| (failed.clone(), replay.steps.len()));
                    first.get_or_insert((place, outcome));
                }
            }
        }
        // one of them is there, as something waits
        let Some((place, tried)) = ready.or(first) else { break };
        let at = waiting.remove(place);
        replay.add_tried(at, &files[at], &tried, around.settings).await?;
        let last = replay.steps.last().map(|step| &step.outcome);
        if let Some((failed, since)) = first_failure.remove(&at)
            && last.is_some_and(|outcome| outcome.reason(failed.item).is_none())
        {
            let between: Vec<usize> = replay.steps[since..].iter().map(|step| step.file).collect();
            let waited_for = maker(files, &between[..between.len() - 1], &failed, at);
            deferrals.push(Deferral { file: at, failed, waited_for });
        }
    }
    Ok(FoundOrder { replay, deferrals })
}

/// Which of the files that ran meanwhile made what was missing, and by which statement: the one that makes something
/// of a name that the error has, else the last.
fn maker(files: &[File], meanwhile: &[usize], failed: &Failed, at: usize) -> Option<(usize, Option<usize>)> {
    let names = quoted(&failed.message);
    let makes = |file: &usize| {
        files[*file].items.iter().position(|item: &Item| {
            let made = item.statement().map(|(_, node)| cutover_core::adopt::needs::of(node));
            made.is_some_and(|made| names.iter().any(|name| made.makes(name)))
        })
    };
    let by_name = meanwhile.iter().find_map(|file| Some((*file, Some(makes(file)?))));
    let used = || {
        let (_, node) = files[at].items.get(failed.item)?.statement()?;
        let uses = cutover_core::adopt::needs::of(node).uses;
        let makes = |file: &&usize| {
            uses.iter().any(|used| files[**file].names.creates.iter().any(|it| it.may_be(used)))
        };
        meanwhile.iter().find(makes).map(|file| (*file, None))
    };
    by_name.or_else(used).or_else(|| meanwhile.last().map(|file| (*file, None)))
}

/// The names in a message of PostgreSQL: `relation "mart.daily" does not exist`, `function path_of(integer) does ...`.
pub fn quoted(message: &str) -> Vec<String> {
    let mut names: Vec<String> = message
        .split('"')
        .enumerate()
        .filter(|(at, _)| at % 2 == 1)
        .map(|(_, name)| name.to_owned())
        .collect();
    for word in ["function ", "column ", "operator ", "procedure "] {
        if let Some((_, rest)) = message.split_once(word) {
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.')).collect();
            names.push(name);
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_read_off_messages() {
        assert_eq!(quoted("relation \"mart.daily\" does not exist"), ["mart.daily"]);
        assert_eq!(quoted("function path_of(integer) does not exist"), ["path_of"]);
        assert_eq!(quoted("column c.kind does not exist"), ["c.kind"]);
        assert_eq!(quoted("column \"kind\" of relation \"c\" does not exist"), ["kind", "c"]);
    }
}
