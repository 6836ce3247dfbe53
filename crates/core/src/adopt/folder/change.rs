//! Files as changes: both ways as plain SQL, wherever their tool has them, and a name for each.
//!
//! What files have to do with each other is known elsewhere.

use std::collections::HashSet;

use super::entry::{Entry, Role, stem};
use super::examine::{Examined, examine, lines};
use super::pair::Pair;
use super::plain::change_name;
use super::same::is_blank;
use super::section::{Section, Sections};
use super::{Change, Filled, Layout, Part, Source, called, dbmate, drizzle, flyway, goose, marked};
use crate::report::{Conclusion, Weight};

/// A change as it was built.
pub(super) struct Built {
    pub change: Change,
    /// What it does forward.
    pub forward: Examined,
    /// The file of a way back without statements, which is none.
    pub blank_back: Option<String>,
}

/// What is known besides the pairs.
pub(super) struct Around<'s> {
    pub sources: &'s [Source],
    pub layout: Layout,
    /// What Flyway puts in for placeholders.
    pub values: &'s Filled,
}

/// The changes of the pairs, in their order.
pub(super) fn changes(pairs: &[Pair], around: &Around, found: &mut Vec<Conclusion>) -> Vec<Built> {
    let mut all = Vec::new();
    let mut names = Names::of(pairs);
    for pair in pairs {
        let entry = &pair.forward;
        let (forward, own) = ways(entry, around.sources, found);
        let forward = look(forward, entry, around, found);
        let own = own.map(|it| look(it, entry, around, found).part);
        let other = pair
            .back
            .as_ref()
            .map(|back| look(ways(back, around.sources, found).0, back, around, found).part);
        let is_filled = |part: &Part| !is_blank(&part.sql);
        if let (Some(_), Some(other)) = (own.as_ref().filter(|it| is_filled(it)), &other) {
            let text = format!("it is a second way back: {} has one in the file itself", entry.path);
            let next = "keep the one that counts; this one is not carried over";
            found.push(
                Conclusion::new("way-back-twice", Weight::Warning, &other.path, text)
                    .at(&other.path, 1)
                    .next(next),
            );
        }
        let blank = own.iter().chain(&other).find(|it| !is_filled(it)).map(|it| it.path.clone());
        let change = Change {
            name: names.take(&entry.path),
            number: entry.number.as_ref().map(|it| it.written.clone()),
            message: entry.message.clone(),
            forward: forward.part.clone(),
            back: own.filter(is_filled).or_else(|| other.filter(is_filled)),
            is_repeatable: entry.role == Role::Repeatable,
            called: called::name(entry, around.layout),
        };
        all.push(Built { change, forward, blank_back: blank });
    }
    all
}

/// The text of a file for each way, as its tool takes it apart.
fn ways(entry: &Entry, sources: &[Source], found: &mut Vec<Conclusion>) -> (Part, Option<Part>) {
    let part = |section: Section| Part {
        path: entry.path.clone(),
        line: section.line,
        sql: section.sql,
        is_transactional: section.is_transactional,
    };
    let sections = match entry.style {
        Layout::Dbmate => dbmate::sections(&entry.text),
        Layout::Goose => goose::sections(&entry.text),
        Layout::Plain if marked::is_one(&entry.text) => marked::sections(&entry.text),
        Layout::Plain | Layout::GolangMigrate | Layout::Flyway | Layout::Prisma | Layout::Drizzle => {
            let is_transactional = flyway::is_transactional(entry, sources) && diesel(entry, sources);
            let sql =
                if entry.style == Layout::Drizzle { drizzle::plain(&entry.text) } else { entry.text.clone() };
            Sections { up: Some(Section { line: 1, sql, is_transactional }), ..Sections::default() }
        }
    };
    if let Some(line) = sections.outside {
        let text = "there is text before the first marked line, which its tool does not run";
        found.push(
            Conclusion::new("outside-sections", Weight::Warning, &entry.path, text)
                .at(&entry.path, line)
                .next("look whether it was ever run; it is left out"),
        );
    }
    let none = || Section { line: 1, sql: String::new(), is_transactional: true };
    (part(sections.up.unwrap_or_else(none)), sections.down.map(part))
}

/// Whether `metadata.toml` beside a file leaves it in a transaction.
/// Source: <https://docs.rs/diesel_migrations/latest/diesel_migrations/>.
fn diesel(entry: &Entry, sources: &[Source]) -> bool {
    let Some((folder, _)) = entry.path.rsplit_once('/') else { return true };
    let path = format!("{folder}/metadata.toml");
    let is_off = |line: &str| line.split_whitespace().collect::<String>() == "run_in_transaction=false";
    !sources.iter().any(|it| it.path == path && it.text.lines().any(is_off))
}

/// Looks at a part, also for what only its tool puts in.
fn look(mut part: Part, entry: &Entry, around: &Around, found: &mut Vec<Conclusion>) -> Examined {
    if entry.style == Layout::Flyway {
        part.sql = flyway::filled(&part.sql, around.values);
    }
    let (line, text) = (part.line, part.sql.clone());
    let filled = match entry.style {
        Layout::Flyway => flyway::placeholders(&text),
        Layout::Goose => goose::environment(&entry.text)
            .into_iter()
            .filter(|it| it.1 >= line && it.1 < line + text.lines().count())
            .map(|(name, at)| (name, at + 1 - line))
            .collect(),
        Layout::Plain | Layout::Dbmate | Layout::GolangMigrate | Layout::Prisma | Layout::Drizzle => {
            Vec::new()
        }
    };
    for (name, at) in filled {
        let (tool, from) = match entry.style {
            Layout::Flyway => ("Flyway", "its configuration"),
            Layout::Plain
            | Layout::Dbmate
            | Layout::Goose
            | Layout::GolangMigrate
            | Layout::Prisma
            | Layout::Drizzle => ("goose", "the environment"),
        };
        let shown = text.lines().nth(at - 1).unwrap_or("").trim().to_owned();
        let text = format!("{tool} puts in {name} here, from {from}");
        found.push(
            Conclusion::new("placeholder", Weight::Error, &entry.path, text)
                .at(&entry.path, line + at - 1)
                .because(shown)
                .next(match entry.style {
                    Layout::Flyway => "give its value with --placeholder NAME=VALUE",
                    _ => "write its value into the file",
                }),
        );
    }
    let examined = examine(part, entry.style, around.sources, found);
    if entry.style == Layout::Goose {
        let section = Section { line, sql: text, is_transactional: true };
        for at in goose::cut(&section, &lines(&examined.statements, &examined.part.sql)) {
            let text = "goose ends a statement here, in the middle of one that has no StatementBegin and StatementEnd";
            found.push(
                Conclusion::new("cut-by-goose", Weight::Error, &entry.path, text)
                    .at(&entry.path, line + at - 1)
                    .next("it can never have run like this under goose; look whether it was applied by hand"),
            );
        }
    }
    examined
}

/// Names for changes: that of the file where no other has it, else with its folder.
struct Names {
    taken: HashSet<String>,
    twice: HashSet<String>,
}

impl Names {
    fn of(pairs: &[Pair]) -> Self {
        let (mut once, mut twice) = (HashSet::new(), HashSet::new());
        for pair in pairs {
            let name = short(&pair.forward.path).to_lowercase();
            if !once.insert(name.clone()) {
                twice.insert(name);
            }
        }
        Self { taken: HashSet::new(), twice }
    }

    fn take(&mut self, path: &str) -> String {
        let short = short(path);
        let whole = path.rsplit_once('.').map_or(path, |it| it.0);
        let name = if self.twice.contains(&short.to_lowercase()) { whole } else { short };
        let mut chosen = name.to_owned();
        let mut count = 2;
        while !self.taken.insert(chosen.to_lowercase()) {
            chosen = format!("{name}-{count}");
            count += 1;
        }
        chosen
    }
}

/// The name of a file without its endings.
fn short(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = change_name(path).or_else(|| stem(file)).unwrap_or(file);
    stem.strip_suffix(".up").unwrap_or(stem)
}
