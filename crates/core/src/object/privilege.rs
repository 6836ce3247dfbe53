//! Privileges: what was granted on an object, and the statements between two states.
//!
//! Source of the letters and of the defaults: the page "Privileges" of PostgreSQL's manual
//! (<https://www.postgresql.org/docs/current/ddl-priv.html>).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::catalog::{Id, Kind, Name, role};

/// A letter of an access control list, and whether it may be handed on.
pub type Right = (char, bool);

/// Who has which rights; the empty name is PUBLIC.
pub type Rights = BTreeMap<Name, Vec<Right>>;

/// An access control list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(pub Rights);

impl Grants {
    /// Reads `aclitem`s, such as `app=arw*/owner`.
    pub fn parse<'a>(items: impl IntoIterator<Item = &'a str>) -> Self {
        let mut rights = Rights::new();
        for item in items {
            let Some((grantee, letters)) = split(item) else { continue };
            let list = rights.entry(grantee).or_default();
            for (at, letter) in letters.char_indices().filter(|(_, c)| *c != '*') {
                let handed_on = letters[at + 1..].starts_with('*');
                // granted by two roles
                match list.iter_mut().find(|(other, _)| *other == letter) {
                    Some(right) => right.1 |= handed_on,
                    None => list.push((letter, handed_on)),
                }
            }
        }
        rights.values_mut().for_each(|list| list.sort_unstable());
        Self(rights)
    }
}

/// `"a""b"=r/x` into the name and the letters.
fn split(item: &str) -> Option<(Name, &str)> {
    let (name, rest) = match item.strip_prefix('"') {
        Some(quoted) => {
            let mut end = 0;
            loop {
                end += quoted[end..].find('"')?;
                if quoted[end + 1..].starts_with('"') {
                    end += 2;
                } else {
                    break;
                }
            }
            (quoted[..end].replace("\"\"", "\""), quoted[end + 1..].strip_prefix('=')?)
        }
        None => {
            let (name, rest) = item.split_once('=')?;
            (name.to_owned(), rest)
        }
    };
    let letters = rest.split('/').next()?;
    Some((name.into(), letters))
}

/// What can be granted: the words of `GRANT … ON`, and the rights that there are.
#[derive(Clone, Debug)]
pub struct Target {
    /// `TABLE shop.orders`.
    pub on: String,
    /// A column list behind each right.
    pub column: Option<String>,
}

/// What privileges of an object are granted on; nothing for kinds that have none.
pub fn target(id: &Id) -> Option<Target> {
    let (noun, _) = id.kind.facts().grants?;
    let address = match id.kind {
        Kind::Aggregate => format!("{}({})", id.path(), arguments(&id.detail)),
        _ => id.address(),
    };
    Some(Target { on: format!("{noun} {address}"), column: None })
}

/// An aggregate's argument types as `GRANT … ON FUNCTION` takes them: no `*`, no `ORDER BY`.
fn arguments(detail: &str) -> String {
    if detail == "*" { String::new() } else { detail.replace(" ORDER BY ", ", ") }
}

/// The rights that are in force: those that were said, or the built-in ones of a server of a major
/// version.
pub fn effective(kind: Kind, major: u32, owner: &str, said: Option<&Grants>) -> Rights {
    if let Some(Grants(rights)) = said {
        return rights.clone();
    }
    let letters = kind.facts().grants.map_or("", |(_, letters)| letters);
    let known = letters.chars().filter(|letter| *letter != 'm' || major >= 17);
    let all: Vec<Right> = known.map(|letter| (letter, false)).collect();
    let mut rights = Rights::new();
    if kind.facts().is_public {
        rights.insert("".into(), all.clone());
    }
    let mut sorted = all;
    sorted.sort_unstable();
    rights.insert(owner.into(), sorted);
    rights
}

/// The rights with those of one role given to another.
pub fn given_to(mut rights: Rights, from: &str, to: &str) -> Rights {
    if from != to
        && let Some(list) = rights.remove(from)
    {
        rights.insert(to.into(), list);
    }
    rights
}

/// The statements that make one set of rights of the other.
pub fn statements(target: &Target, from: &Rights, to: &Rights) -> Vec<String> {
    let none = Vec::new();
    let mut sql = Vec::new();
    for (grantee, before) in from {
        let after = to.get(grantee).unwrap_or(&none);
        let gone: Vec<char> =
            before.iter().filter(|(c, _)| !after.iter().any(|(d, _)| c == d)).map(|r| r.0).collect();
        if !gone.is_empty() {
            sql.push(format!("REVOKE {} ON {} FROM {}", words(&gone, target), target.on, role(grantee)));
        }
        let kept = before.iter().filter(|(c, handed_on)| *handed_on && after.contains(&(*c, false)));
        let option: Vec<char> = kept.map(|r| r.0).collect();
        if !option.is_empty() {
            let words = words(&option, target);
            sql.push(format!("REVOKE GRANT OPTION FOR {words} ON {} FROM {}", target.on, role(grantee)));
        }
    }
    for (grantee, after) in to {
        let before = from.get(grantee).unwrap_or(&none);
        for handed_on in [false, true] {
            let new = after.iter().filter(|right| right.1 == handed_on && !before.contains(right));
            // what was there with the right to hand it on is there without
            let new = new.filter(|(c, _)| handed_on || !before.contains(&(*c, true)));
            let new: Vec<char> = new.map(|r| r.0).collect();
            if !new.is_empty() {
                let option = if handed_on { " WITH GRANT OPTION" } else { "" };
                sql.push(format!(
                    "GRANT {} ON {} TO {}{option}",
                    words(&new, target),
                    target.on,
                    role(grantee)
                ));
            }
        }
    }
    sql
}

/// The words for letters.
fn words(letters: &[char], target: &Target) -> String {
    let words: Vec<String> = letters
        .iter()
        .map(|letter| {
            let word = word(*letter);
            target.column.as_ref().map_or_else(|| word.to_owned(), |column| format!("{word} ({column})"))
        })
        .collect();
    words.join(", ")
}

/// A letter's word.
pub fn word(letter: char) -> &'static str {
    match letter {
        'a' => "INSERT",
        'r' => "SELECT",
        'w' => "UPDATE",
        'd' => "DELETE",
        'D' => "TRUNCATE",
        'x' => "REFERENCES",
        't' => "TRIGGER",
        'm' => "MAINTAIN",
        'X' => "EXECUTE",
        'U' => "USAGE",
        'C' => "CREATE",
        'T' => "TEMPORARY",
        'c' => "CONNECT",
        's' => "SET",
        _ => "ALTER SYSTEM",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_control_lists_are_read() {
        let grants = Grants::parse(["app=ar*w/boss", "=r/boss", "\"we \"\"ird=\"=U/boss"]);
        let names: Vec<&str> = grants.0.keys().map(|name| &**name).collect();
        assert_eq!(names, ["", "app", "we \"ird="]);
        assert_eq!(grants.0["app"], [('a', false), ('r', true), ('w', false)]);
    }

    #[test]
    fn what_changes_is_granted_and_revoked() {
        let target = Target { on: "TABLE t".into(), column: None };
        let rights = |items: &[&str]| Grants::parse(items.iter().copied()).0;
        let change = |from: &[&str], to: &[&str]| statements(&target, &rights(from), &rights(to));
        assert_eq!(change(&["a=r/o"], &["a=rw/o"]), ["GRANT UPDATE ON TABLE t TO a"]);
        assert_eq!(change(&["a=r*/o"], &["a=r/o"]), ["REVOKE GRANT OPTION FOR SELECT ON TABLE t FROM a"]);
        assert_eq!(change(&["a=r/o"], &["a=r*/o"]), ["GRANT SELECT ON TABLE t TO a WITH GRANT OPTION"]);
        assert_eq!(change(&["=r/o"], &[]), ["REVOKE SELECT ON TABLE t FROM PUBLIC"]);
    }
}
