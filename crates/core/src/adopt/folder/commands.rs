//! What a file tells psql: commands and variables that PostgreSQL itself does not know.
//!
//! Which they are is found in `cutover_sql::psql`; what becomes of them is said here.

use cutover_sql::psql::{Command, Psql, Variable};

use super::Source;
use super::examine::Where;
use crate::adopt::secret::is_secret;
use crate::report::{Conclusion, Weight};

/// What is found in one part. `sources` are all files, of which one may be named; `is_read` says whether PostgreSQL
/// reads what stands on a line.
pub(super) fn check(
    psql: &Psql,
    at: &Where,
    sources: &[Source],
    is_read: &dyn Fn(usize) -> bool,
) -> Vec<Conclusion> {
    let mut found: Vec<Conclusion> = psql.commands.iter().map(|it| command(it, at, sources)).collect();
    let mut told: Vec<(&str, bool)> = Vec::new();
    for variable in psql.variables.iter().filter(|it| it.value.is_some() || !is_read(it.line)) {
        let key = (variable.name.as_str(), variable.value.is_some());
        if !told.contains(&key) {
            told.push(key);
            found.push(self::variable(variable, at, psql));
        }
    }
    found
}

/// What is said of a command.
struct Said {
    names: &'static [&'static str],
    weight: Weight,
    text: &'static str,
    next: Option<&'static str>,
}

const fn said(
    names: &'static [&'static str],
    weight: Weight,
    text: &'static str,
    next: Option<&'static str>,
) -> Said {
    Said { names, weight, text, next }
}

const COPY_HERE: Said = said(
    &[],
    Weight::Note,
    "psql reads the lines below it; it is written as COPY ... FROM stdin, which does the same",
    None,
);
const ON_ERROR: Said =
    said(&[], Weight::Note, "it says how psql goes on after an error; a revision always stops at one", None);
const SET_BY_PROGRAM: Said = said(
    &[],
    Weight::Error,
    "a variable gets what a program prints",
    Some("write the value into the statements that use it"),
);
const SHOWS: Said = said(&[], Weight::Note, "it only concerns what psql shows", None);
const LARGE_OBJECT: Said = said(
    &[],
    Weight::Error,
    "it reads or writes a large object of a file",
    Some("load it in the application, or with a run step"),
);
const OTHER: Said =
    said(&[], Weight::Warning, "PostgreSQL does not know it", Some("look what it was for; it is left out"));

const SAID: [Said; 13] = [
    said(
        &["\\copy"],
        Weight::Error,
        "psql copies rows from or to a file on the machine that it runs on; without it they are missing",
        Some("put the rows into the file: COPY ... FROM stdin, the lines, and a line with \\."),
    ),
    said(
        &["\\c", "\\connect"],
        Weight::Warning,
        "what follows goes to another database",
        Some(
            "which statements belong to which database has to be decided; all of them are taken for one here",
        ),
    ),
    said(
        &["\\set"],
        Weight::Note,
        "it sets a variable of psql, which is put in below where it is one word or string",
        None,
    ),
    said(
        &["\\prompt", "\\getenv"],
        Weight::Error,
        "a variable gets what whoever runs it says, or the environment",
        Some("write the value into the statements that use it"),
    ),
    said(
        &["\\gexec"],
        Weight::Error,
        "psql runs what this query returns as statements; without psql the query does nothing",
        Some("write a DO block that loops over the query and EXECUTEs each row"),
    ),
    said(
        &["\\gset"],
        Weight::Error,
        "psql keeps the row that this query returns in variables",
        Some("write a DO block that selects INTO variables of its own"),
    ),
    said(
        &["\\if", "\\elif", "\\else", "\\endif"],
        Weight::Error,
        "psql chooses between parts of the file; here all of them are taken",
        Some("take out the part that was not meant, or write a DO block with IF"),
    ),
    said(
        &["\\!"],
        Weight::Error,
        "it runs a program of the machine",
        Some("run it before or after the upgrade; whether it matters cannot be seen"),
    ),
    said(
        &["\\g", "\\gx", "\\gdesc", "\\crosstabview", "\\watch"],
        Weight::Note,
        "it sends the statement before it, as a semicolon does",
        None,
    ),
    said(
        &["\\q", "\\quit"],
        Weight::Error,
        "psql ends here, and what follows was never run",
        Some("take out what follows it, or the command"),
    ),
    said(
        &["\\r", "\\reset"],
        Weight::Error,
        "psql forgets the statement before it, which was never run",
        Some("take out that statement"),
    ),
    said(
        &["\\encoding"],
        Weight::Warning,
        "psql reads what follows in that encoding; here it was read as UTF-8",
        Some("look whether letters beyond ASCII are right"),
    ),
    said(
        &[
            "\\echo",
            "\\qecho",
            "\\warn",
            "\\timing",
            "\\pset",
            "\\x",
            "\\t",
            "\\a",
            "\\o",
            "\\out",
            "\\H",
            "\\f",
            "\\C",
            "\\T",
            "\\errverbose",
            "\\p",
            "\\print",
            "\\conninfo",
            "\\s",
            "\\h",
            "\\help",
        ],
        SHOWS.weight,
        SHOWS.text,
        SHOWS.next,
    ),
];

fn of(command: &Command) -> &'static Said {
    let name = command.name.as_str();
    match name {
        "\\copy" if is_converted(command) => &COPY_HERE,
        "\\set" if command.rest.starts_with("ON_ERROR_") => &ON_ERROR,
        "\\set" if command.rest.contains('`') => &SET_BY_PROGRAM,
        _ if name.starts_with("\\lo_") => &LARGE_OBJECT,
        _ => match SAID.iter().find(|it| it.names.contains(&name)) {
            Some(said) => said,
            // it lists or describes
            None if name.starts_with("\\d") || name.starts_with("\\l") => &SHOWS,
            None => &OTHER,
        },
    }
}

fn command(command: &Command, at: &Where, sources: &[Source]) -> Conclusion {
    let written = match command.name.as_str() {
        "\\set" if is_secret(&command.rest) && !command.rest.contains('`') => "\\set ***".to_owned(),
        name => format!("{name} {}", command.rest).trim_end().to_owned(),
    };
    if matches!(command.name.as_str(), "\\i" | "\\ir" | "\\include" | "\\include_relative") {
        return include(&written, command, at, sources);
    }
    let said = of(command);
    let text = format!("{}: {}", command.name, said.text);
    let found = Conclusion::new("psql-command", said.weight, at.path, text)
        .at(at.path, at.line(command.line))
        .because(written);
    said.next.into_iter().fold(found, Conclusion::next)
}

fn is_converted(command: &Command) -> bool {
    let lower = command.rest.to_lowercase();
    lower
        .split_whitespace()
        .zip(lower.split_whitespace().skip(1))
        .any(|it| it.0 == "from" && it.1.trim_end_matches(';') == "stdin")
}

/// `\i other.sql`: whether that file is one of the folder.
fn include(written: &str, command: &Command, at: &Where, sources: &[Source]) -> Conclusion {
    let named = command.rest.split_whitespace().next().unwrap_or("").trim_matches('\'');
    let found = Conclusion::new("psql-include", Weight::Error, at.path, String::new())
        .at(at.path, at.line(command.line))
        .because(written);
    match included(named, at.path, sources) {
        Some(path) => Conclusion {
            weight: Weight::Warning,
            text: format!("it has {path} run in its place, which is in the folder"),
            ..found
        }
        .next("each file is a change of its own here; take care that it does not run twice"),
        None => Conclusion { text: format!("it has a file run that is not in the folder: {named}"), ..found }
            .next("put the statements of that file here; which version of it was run cannot be seen"),
    }
}

/// The file of the folder that a name means, as seen from another file.
pub(super) fn included<'s>(named: &str, from: &str, sources: &'s [Source]) -> Option<&'s str> {
    let mut parts: Vec<&str> = from.rsplit_once('/').map_or(Vec::new(), |it| it.0.split('/').collect());
    for part in named.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    let near = parts.join("/");
    let is_it = |it: &&Source| it.path == near || it.path == named.trim_start_matches("./");
    let ends = |it: &&Source| named.ends_with(&format!("/{}", it.path));
    sources.iter().find(is_it).or_else(|| sources.iter().find(ends)).map(|it| it.path.as_str())
}

fn variable(variable: &Variable, at: &Where, psql: &Psql) -> Conclusion {
    let uses = psql.variables.iter().filter(|it| it.name == variable.name).count();
    let often = if uses == 1 { String::new() } else { format!(", {uses} times") };
    let name = &variable.name;
    let is_set =
        |it: &&Command| it.name == "\\set" && it.rest.split_whitespace().next() == Some(name.as_str());
    let set = psql.commands.iter().rfind(is_set);
    let (weight, text, next) = match (&variable.value, set) {
        (Some(value), _) => {
            let value = if is_secret(name) { "***" } else { value };
            (
                Weight::Note,
                format!("psql's variable {name} is put in as it is set above: {value}{often}"),
                None,
            )
        }
        (None, Some(set)) => (
            Weight::Error,
            format!(
                "psql's variable {name} has a value that only psql knows, from line {}{often}",
                at.line(set.line)
            ),
            Some("write its value into the file"),
        ),
        (None, None) => (
            Weight::Error,
            format!("psql's variable {name} comes from outside, by -v or from what psql did before{often}"),
            Some("write its value into the file"),
        ),
    };
    let found = Conclusion::new("psql-variable", weight, at.path, text)
        .at(at.path, at.line(variable.line))
        .because(variable.written.clone());
    next.into_iter().fold(found, Conclusion::next)
}
