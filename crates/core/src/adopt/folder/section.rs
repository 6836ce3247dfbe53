//! Files that have both ways in them, apart at marked lines: what dbmate's and goose's files have in common.
//!
//! What the marks look like is known to each of them.

/// One way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    /// The line of its first line, from 1.
    pub line: usize,
    /// Its text.
    pub sql: String,
    /// Whether its tool runs it in a transaction.
    pub is_transactional: bool,
}

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// The way forward begins, in a transaction or not.
    Up(bool),
    /// The way back begins, in a transaction or not.
    Down(bool),
}

/// Both ways of a file, and the first line outside of both that has something in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Sections {
    pub up: Option<Section>,
    pub down: Option<Section>,
    pub outside: Option<usize>,
}

/// Takes a text apart; `mark` says what a line means. A second mark of a kind goes on where the first stopped.
pub(super) fn apart(text: &str, mark: impl Fn(&str) -> Option<Mark>) -> Sections {
    let mut found = Sections::default();
    let mut way: Option<Mark> = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(mark) = mark(line) {
            let (section, is_transactional) = match &mark {
                Mark::Up(it) => (&mut found.up, *it),
                Mark::Down(it) => (&mut found.down, *it),
            };
            match section {
                None => *section = Some(Section { line: number + 2, sql: String::new(), is_transactional }),
                Some(section) => {
                    let has = section.sql.matches('\n').count() + section.line;
                    section.sql += &"\n".repeat((number + 2).saturating_sub(has));
                    section.is_transactional &= is_transactional;
                }
            }
            way = Some(mark);
            continue;
        }
        let section = match &way {
            Some(Mark::Up(_)) => &mut found.up,
            Some(Mark::Down(_)) => &mut found.down,
            None => {
                let trimmed = line.trim();
                let is_empty = trimmed.is_empty() || trimmed.starts_with("--");
                found.outside = found.outside.or((!is_empty).then_some(number + 1));
                continue;
            }
        };
        if let Some(section) = section {
            section.sql += line;
        }
    }
    found
}

/// What follows `--` on a line, when it is a comment that begins with a word.
pub(super) fn comment<'t>(line: &'t str, word: &str) -> Option<&'t str> {
    let body = line.trim_end().strip_prefix("--")?.trim_start();
    let (head, rest) = body.split_at_checked(word.len())?;
    (head.eq_ignore_ascii_case(word)).then_some(rest)
}
