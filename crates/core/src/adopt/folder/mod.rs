//! A folder of SQL files as a list of changes: which file is which, in which order, with which way back.
//!
//! Everything is read off the names and the texts. What a database would say to them is not known here.

mod number;

use std::cmp::Ordering;

use crate::report::Conclusion;
use number::Number;

/// A file of the folder. Besides `.sql` files those beside them count: `.conf` of Flyway, `sqitch.plan`.
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
}

/// What a folder is.
#[derive(Clone, Debug)]
pub struct Folder {
    /// By whose rules.
    pub layout: Layout,
    /// In the order of the numbers, then of the names.
    pub changes: Vec<Change>,
    /// What was found, the worst first.
    pub conclusions: Vec<Conclusion>,
}

/// Reads a folder.
pub fn read(sources: Vec<Source>) -> Folder {
    let mut found: Vec<(Option<Number>, Change)> = sources.into_iter().filter_map(change).collect();
    found.sort_by(|(a, x), (b, y)| number::before(a.as_ref(), b.as_ref()).then_with(|| x.name.cmp(&y.name)));
    pair(&mut found);
    let changes = found.into_iter().map(|(_, change)| change).collect();
    Folder { layout: Layout::Plain, changes, conclusions: Vec::new() }
}

fn change(source: Source) -> Option<(Option<Number>, Change)> {
    let name = source.path.strip_suffix(".sql")?.to_owned();
    let file = name.rsplit('/').next().unwrap_or(&name);
    let (number, rest) = number::leading(file);
    let message = rest.replace(['_', '-'], " ").trim().to_owned();
    let sql = source.text.trim_start_matches('\u{feff}').to_owned();
    let forward = Part { path: source.path, line: 1, sql, is_transactional: true };
    let written = number.as_ref().map(|it| it.written.clone());
    Some((number, Change { name, number: written, message, forward, back: None, is_repeatable: false }))
}

fn pair(found: &mut Vec<(Option<Number>, Change)>) {
    let is_back = |it: &(Option<Number>, Change)| it.1.message.to_lowercase().ends_with(" rollback");
    let (backs, forwards): (Vec<_>, Vec<_>) = std::mem::take(found).into_iter().partition(is_back);
    *found = forwards;
    for (number, back) in backs {
        let is_same = |it: &&mut (Option<Number>, Change)| {
            number::before(it.0.as_ref(), number.as_ref()) == Ordering::Equal
                && back.message.to_lowercase().starts_with(&it.1.message.to_lowercase())
        };
        if let Some((_, forward)) = found.iter_mut().find(is_same) {
            forward.back = Some(back.forward);
        }
    }
}
