//! A folder of SQL files as a list of changes: which file is which, in which order, with which way back.
//!
//! Everything is read off the names and the texts. What a database would say to them is not known here.

mod alone;
mod called;
mod change;
mod code;
mod commands;
mod control;
mod dbmate;
mod definition;
mod drizzle;
mod entry;
mod examine;
mod flyway;
mod gather;
mod goose;
mod known;
mod layout;
mod lists;
mod made;
mod marked;
mod number;
mod numbering;
mod objects;
mod order;
mod pair;
mod plain;
mod prisma;
mod privilege;
mod reach;
mod same;
mod section;
mod sqitch;

use std::collections::BTreeMap;

use super::together::together;
use crate::report::{Conclusion, ranked};
use entry::{Entry, Role};

/// Whether a file counts by its name, which is without folders: SQL, and what tools have beside it.
pub fn counts(file: &str) -> bool {
    let beside = ["sqitch.plan", "metadata.toml", "migration_lock.toml", "_journal.json"];
    entry::stem(file).is_some() || file.ends_with(".conf") || beside.contains(&file)
}

/// Whether a file is a migration that is a program, by its name; its text is not looked at.
pub fn is_code(file: &str) -> bool {
    code::language(file).is_some()
}

/// A file of the folder, one that [`counts`], or [`is_code`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Relative to the folder, with `/`.
    pub path: String,
    /// All of its text.
    pub text: String,
}

/// By whose rules the files are named and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layout {
    /// No tool's, or one whose files are plain SQL.
    Plain,
    /// `V1__x.sql`, `U1__x.sql`, `R__x.sql`.
    Flyway,
    /// `-- migrate:up`, `-- migrate:down`.
    Dbmate,
    /// `-- +goose Up`, `-- +goose Down`.
    Goose,
    /// `1_x.up.sql`, `1_x.down.sql`.
    GolangMigrate,
    /// `20240105103000_x/migration.sql`.
    Prisma,
    /// `0000_x.sql` with marks between statements, in the order of `meta/_journal.json`.
    Drizzle,
}

/// One file or part of a file, as plain SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The file.
    pub path: String,
    /// The line of the file that the text begins on, from 1.
    pub line: usize,
    /// The text. It has as many lines as that part of the file.
    pub sql: String,
    /// Whether all of it can run, and is meant to run, in one transaction.
    pub is_transactional: bool,
}

/// One change of the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Unique in the folder, from the file's name.
    pub name: String,
    /// Its number, as it is written.
    pub number: Option<String>,
    /// What it is about, from the file's name.
    pub message: String,
    /// What it does.
    pub forward: Part,
    /// What undoes it, where there is something.
    pub back: Option<Part>,
    /// Whether its tool runs it again whenever it was edited.
    pub is_repeatable: bool,
    /// What the folder's tool calls it in the table in which it keeps what it ran.
    pub called: Option<String>,
}

/// What a folder is.
#[derive(Clone, Debug)]
pub struct Folder {
    /// By whose rules.
    pub layout: Layout,
    /// In the order of the numbers, then of the names.
    pub changes: Vec<Change>,
    /// What the tool calls the changes that are programs, and are left out.
    pub code: Vec<String>,
    /// What was found, the worst first.
    pub conclusions: Vec<Conclusion>,
}

/// Values that a tool puts in, by their names.
pub type Filled = BTreeMap<String, String>;

/// Reads a folder.
pub fn read(sources: Vec<Source>) -> Folder {
    read_with(sources, Filled::new())
}

/// Reads a folder; `values` are those of Flyway's placeholders, before those that a `flyway.conf` gives.
pub fn read_with(sources: Vec<Source>, mut values: Filled) -> Folder {
    for (name, value) in flyway::configured(&sources) {
        values.entry(name).or_insert(value);
    }
    let mut found = Vec::new();
    let mut entries: Vec<Entry> = sources.iter().filter_map(entry::entry).collect();
    found.extend(sqitch::place(&sources, &mut entries));
    found.extend(prisma::settle(&sources, &mut entries));
    found.extend(drizzle::place(&sources, &mut entries));
    let lists = lists::take(&mut entries, &sources);
    found.extend(lists);
    layout::settle(&mut entries);
    let layout = layout::of(&entries);
    found.extend(layout::check(layout, &entries, &sources));
    found.extend(marked::liquibase(&entries));
    found.extend(layout::leave_out(&mut entries));
    entries.sort_by(order::compare);
    found.extend(order::check(&entries));
    let code: Vec<Entry> = code::entries(&sources);
    let backs: Vec<Entry> =
        entries.iter().filter(|it| matches!(it.role, Role::Back { .. })).cloned().collect();
    let (mut pairs, doubts) = pair::pairs(entries);
    found.extend(doubts);
    // what was taken for a way back and is none stands at the end
    pairs.sort_by(|a, b| order::compare(&a.forward, &b.forward));
    let forwards: Vec<&Entry> = pairs.iter().map(|it| &it.forward).collect();
    found.extend(numbering::duplicates(&forwards));
    let mut counted: Vec<&Entry> = forwards.iter().copied().chain(&code).collect();
    counted.sort_by(|a, b| order::compare(a, b));
    found.extend(numbering::gaps(&counted, &backs));
    found.extend(same::texts(&forwards));
    let built =
        change::changes(&pairs, &change::Around { sources: &sources, layout, values: &values }, &mut found);
    found.extend(objects::check(&built.iter().map(|it| &it.forward).collect::<Vec<_>>()));
    found.extend(same::empty(&built));
    found.extend(same::no_way_back(&built, layout));
    let changes = built.into_iter().map(|it| it.change).collect();
    found.extend(sources.iter().filter_map(code::told));
    let code = code.into_iter().map(|it| Entry { style: layout, ..it });
    let code = code.filter_map(|it| called::name(&it, layout)).collect();
    // a placeholder without its value is what the grammar stumbles over
    let (errors, rest): (Vec<Conclusion>, _) = found.into_iter().partition(|it| it.id == "not-sql");
    let found = together(rest, errors);
    Folder { layout, changes, code, conclusions: ranked(gather::gathered(found)) }
}
