//! Names of files that follow no tool's rules: a number somewhere at the front, and a word or a folder for the way back.
//!
//! What a word means where it could mean two things is left open here; `pair` looks whether there is such a file.

use super::entry::{Named, Role};
use super::number::{self, Number};

/// Words for the way back, at the end of a name behind a point, and as the name of a folder.
const BACK: [&str; 9] =
    ["down", "rollback", "rollbacks", "revert", "undo", "back", "backward", "reverse", "downgrade"];
/// Words for the way forward, in the same places.
const FORWARD: [&str; 7] = ["up", "forward", "deploy", "apply", "upgrade", "do", "migrate"];
/// Words that say so at the beginning or the end of a name.
const SURE: [&str; 3] = ["rollback", "undo", "revert"];
/// Words that say so there only where there is a file that they fit.
const PERHAPS: [&str; 4] = ["down", "back", "reverse", "downgrade"];
/// What may stand before a number.
const COUNTERS: [&str; 11] =
    ["v", "version", "migration", "migrate", "m", "step", "patch", "change", "changeset", "delta", "release"];

/// Reads a name. `folder` is what stands before it, `stem` is without the ending.
pub(super) fn name(folder: &str, stem: &str) -> Named {
    if let Some((group, own, role)) = in_own_folder(folder, stem) {
        let named = name(group, own);
        return Named { role, ..named };
    }
    let (group, of_folder) = folders(folder);
    let (stem, of_ending) = ending(stem);
    let whole = stem;
    let (stem, of_prefix) = prefix(stem);
    let (number, rest) = numbered(stem);
    // a folder `up` may still have a file that says something else
    let of_folder = of_folder.filter(|it| *it != Role::Forward);
    let known = of_folder.or(of_ending).or(of_prefix.filter(|_| number.is_some() || !rest.is_empty()));
    let (words, of_words) = match known {
        Some(_) => (without_word(rest).0, None),
        None => without_word(rest),
    };
    let role = known.or(of_words).unwrap_or(Role::Forward);
    let message = match (of_prefix, of_words) {
        // it may be a change, whose words these are
        (Some(Role::Back { is_sure: false }), _) => whole.to_owned(),
        (_, Some(Role::Forward)) => words.clone(),
        _ => rest.to_owned(),
    };
    Named { number, words, message, role, group }
}

/// Files that only say a role, in a folder of the change: `2024-01-05-103000_users/up.sql`, as Diesel and Prisma have them.
fn in_own_folder<'n>(folder: &'n str, stem: &str) -> Option<(&'n str, &'n str, Role)> {
    let lower = stem.to_lowercase();
    let role = match lower.as_str() {
        it if BACK.contains(&it) => Role::Back { is_sure: true },
        it if FORWARD.contains(&it) || it == "migration" => Role::Forward,
        _ => return None,
    };
    let (group, own) = folder.rsplit_once('/').unwrap_or(("", folder));
    // without a number it may as well be a script that is called so
    let is_change = lower == "up" || lower == "down" || numbered(own).0.is_some();
    (!own.is_empty() && is_change).then_some((group, own, role))
}

/// The name of the change that a file is of, without what only says a role.
pub(super) fn change_name(path: &str) -> Option<&str> {
    let (folder, file) = path.rsplit_once('/')?;
    in_own_folder(folder, file.rsplit_once('.')?.0).map(|it| it.1)
}

/// The folder without parts that only say a role, and that role.
fn folders(folder: &str) -> (String, Option<Role>) {
    let mut role = None;
    let mut kept: Vec<&str> = Vec::new();
    for part in folder.split('/').filter(|it| !it.is_empty() && *it != ".") {
        let lower = part.to_lowercase();
        match lower.as_str() {
            "verify" => role = Some(Role::Verify),
            it if BACK.contains(&it) => role = Some(Role::Back { is_sure: true }),
            it if FORWARD.contains(&it) => role = Some(Role::Forward),
            _ => kept.push(part),
        }
    }
    (kept.join("/"), role)
}

/// A name without `.down` and the like, and the role.
fn ending(stem: &str) -> (&str, Option<Role>) {
    let Some((rest, word)) = stem.rsplit_once('.') else { return (stem, None) };
    let lower = word.to_lowercase();
    match lower.as_str() {
        _ if rest.is_empty() => (stem, None),
        it if BACK.contains(&it) => (rest, Some(Role::Back { is_sure: true })),
        it if FORWARD.contains(&it) => (rest, Some(Role::Forward)),
        _ => (stem, None),
    }
}

/// A name without `rollback_` and the like before it.
fn prefix(stem: &str) -> (&str, Option<Role>) {
    let Some((word, rest)) = stem.split_once(['_', '-', ' ']) else { return (stem, None) };
    let lower = word.to_lowercase();
    let has_number = rest.bytes().next().is_some_and(|it| it.is_ascii_digit());
    match lower.as_str() {
        it if SURE.contains(&it) || (has_number && BACK.contains(&it)) => {
            (rest, Some(Role::Back { is_sure: has_number }))
        }
        it if has_number && FORWARD.contains(&it) => (rest, Some(Role::Forward)),
        _ => (stem, None),
    }
}

/// The number at the front, also behind a word that counts: `v1_x`, `step-2`, `migration_003_x`.
pub(super) fn numbered(stem: &str) -> (Option<Number>, &str) {
    let (number, rest) = number::leading(stem);
    if number.is_some() {
        return (number, rest);
    }
    let letters = stem.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, after) = stem.split_at(letters);
    if !COUNTERS.contains(&word.to_lowercase().as_str()) {
        return (None, stem);
    }
    match number::leading(after.trim_start_matches(['_', '-', '.', ' '])) {
        (Some(number), rest) => (Some(number), rest),
        (None, _) => (None, stem),
    }
}

/// The words without one for a role at their end or beginning.
fn without_word(rest: &str) -> (String, Option<Role>) {
    let of = |word: &str, at_end: bool| {
        let lower = word.to_lowercase();
        let word = lower.as_str();
        if SURE.contains(&word) {
            Some(Role::Back { is_sure: at_end })
        } else if PERHAPS.contains(&word) {
            Some(Role::Back { is_sure: false })
        } else if at_end && matches!(word, "up" | "forward") {
            Some(Role::Forward)
        } else {
            None
        }
    };
    let separators = ['_', '-', ' '];
    let (before, last) = rest.rsplit_once(separators).unwrap_or(("", rest));
    if let Some(role) = of(last, true) {
        return (before.to_owned(), Some(role));
    }
    if let Some((first, after)) = rest.split_once(separators)
        && let Some(role) = of(first, false)
    {
        return (after.to_owned(), Some(role));
    }
    (rest.to_owned(), None)
}
