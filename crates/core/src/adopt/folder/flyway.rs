//! Flyway: `V1__x.sql`, `U1__x.sql`, `R__x.sql`, `B1__x.sql`, callbacks, the `.conf` beside a file, placeholders.
//!
//! Source: <https://documentation.red-gate.com/fd/migrations-184127470.html>. That Flyway's own settings may name other
//! prefixes is not known here.

use super::entry::{Entry, Named, Role};
use super::number::Number;
use super::{Filled, Layout, Source};
use crate::report::{Conclusion, Weight};

/// Reads a name; nothing when it is not one of Flyway's, in whatever case.
pub(super) fn name(folder: &str, stem: &str) -> Option<Named> {
    let (head, words) = stem.split_once("__").unwrap_or((stem, ""));
    let named = |number, role| {
        let (words, group) = (words.to_owned(), folder.to_owned());
        Named { number, message: words.clone(), words, role, group }
    };
    if is_callback(head) {
        return Some(named(None, Role::Callback));
    }
    if !stem.contains("__") {
        return None;
    }
    let mut rest = head.chars();
    let prefix = rest.next()?.to_ascii_uppercase();
    let version = rest.as_str();
    let is_version = version.bytes().all(|c| c.is_ascii_digit() || matches!(c, b'.' | b'_'));
    match prefix {
        'R' if version.is_empty() => Some(named(None, Role::Repeatable)),
        'V' | 'U' | 'B' if is_version => {
            let number = Number::read(version)?;
            let role = match prefix {
                'U' => Role::Back { is_sure: true },
                'B' => Role::Baseline,
                _ => Role::Forward,
            };
            Some(named(Some(number), role))
        }
        _ => None,
    }
}

/// <https://documentation.red-gate.com/fd/callback-events-277579023.html>
fn is_callback(head: &str) -> bool {
    let rest = head.strip_prefix("before").or_else(|| head.strip_prefix("after"));
    let events = [
        "Migrate",
        "Each",
        "Versioned",
        "Repeatables",
        "Undo",
        "Clean",
        "Info",
        "Validate",
        "Baseline",
        "Repair",
        "Connect",
    ];
    rest.is_some_and(|rest| events.iter().any(|event| rest.starts_with(event))) || head == "createSchema"
}

/// Whether the `.conf` beside a file tells Flyway to run it outside a transaction.
pub(super) fn is_transactional(entry: &Entry, sources: &[Source]) -> bool {
    let conf = sources.iter().find(|it| it.path == format!("{}.conf", entry.path));
    let is_off = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        key.trim() == "executeInTransaction" && value.trim().eq_ignore_ascii_case("false")
    };
    !conf.is_some_and(|it| it.text.lines().any(is_off))
}

/// What is wrong with the names of a folder that is Flyway's.
pub(super) fn names(entries: &[Entry]) -> Vec<Conclusion> {
    let mut found = Vec::new();
    for entry in entries {
        let file = entry.path.rsplit('/').next().unwrap_or(&entry.path);
        let is_small = file.starts_with(['v', 'u', 'r', 'b']);
        let text = match entry.style {
            Layout::Flyway if entry.role == Role::Callback => continue,
            Layout::Flyway if is_small => "Flyway takes its prefix in capitals, and passes over this file",
            Layout::Flyway => continue,
            Layout::Plain
            | Layout::Dbmate
            | Layout::Goose
            | Layout::GolangMigrate
            | Layout::Prisma
            | Layout::Drizzle => "its name is none of Flyway's, which passes over it",
        };
        found.push(
            Conclusion::new("name-not-taken", Weight::Warning, &entry.path, text)
                .at(&entry.path, 1)
                .because("Flyway's names: V<version>__<words>.sql, U<version>__<words>.sql, R__<words>.sql")
                .next("look whether it was ever applied; it is taken as a change here"),
        );
    }
    found
}

/// The placeholders of a text, `${name}`, with the line of each first one.
pub(super) fn placeholders(text: &str) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for (line, content) in text.lines().enumerate() {
        let mut rest = content;
        while let Some((_, after)) = rest.split_once("${") {
            let Some((name, next)) = after.split_once('}') else { break };
            let is_name =
                !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-:.".contains(&c));
            if is_name && found.iter().all(|(it, _)| it != name) {
                found.push((name.to_owned(), line + 1));
            }
            rest = next;
        }
    }
    found
}

/// The values of placeholders that a `flyway.conf` beside the files gives.
pub(super) fn configured(sources: &[Source]) -> Filled {
    let is_conf = |it: &&Source| it.path.rsplit('/').next() == Some("flyway.conf");
    let lines = sources.iter().filter(is_conf).flat_map(|it| it.text.lines());
    let value = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let name = key.trim().strip_prefix("flyway.placeholders.")?;
        Some((name.to_owned(), value.trim().to_owned()))
    };
    lines.filter_map(value).collect()
}

/// A text with the values of its placeholders, as far as they are known. Names are compared as Flyway does, in any case.
pub(super) fn filled(text: &str, values: &Filled) -> String {
    let mut out = text.to_owned();
    for (name, _) in placeholders(text) {
        let value = values.iter().find(|it| it.0.eq_ignore_ascii_case(&name)).map(|it| it.1);
        if let Some(value) = value.filter(|it| !it.contains('\n')) {
            out = out.replace(&format!("${{{name}}}"), value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_found_once_each() {
        assert_eq!(
            placeholders("a ${x}\n${x} ${flyway:user} ${ not}\n${"),
            [("x".into(), 1), ("flyway:user".into(), 2)]
        );
    }

    #[test]
    fn placeholders_with_a_value_are_put_in() {
        let text = "# a comment\nflyway.url=x\nflyway.placeholders.owner = me\n".to_owned();
        let values = configured(&[Source { path: "conf/flyway.conf".into(), text }]);
        assert_eq!(filled("${owner}.${OWNER} ${other}", &values), "me.me ${other}");
    }
}
