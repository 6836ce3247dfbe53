//! Gates: conditions on the live system, as the text of a `requires` directive says them.
//!
//! This file reads and prints them. Whether one is open is the engine's to find out.

use std::fmt;
use std::time::Duration;

use cutover_sql::nearest::nearest;
use cutover_sql::parse::parse;
use cutover_sql::span::Span;
use cutover_sql::tree::{NodeEnum, inner};

/// A condition that must hold before a revision may run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Gate {
    /// `no rows: SELECT ...`: the query gives nothing.
    NoRows {
        /// The query.
        query: String,
    },
    /// `unused table NAME for 7 days`: nothing has read or written it.
    Unused {
        /// What kind of thing.
        what: Used,
        /// Its name as SQL has it; a column's with its table.
        name: String,
        /// For how long.
        lasting: Duration,
    },
    /// `applied elsewhere: SELECT ...`: another repository's step is found to be done.
    AppliedElsewhere {
        /// The query that looks; true, or any row that is not false.
        query: String,
    },
    /// `replicas caught up`: no replica is behind.
    ReplicasCaughtUp,
    /// `window Mon-Thu 02:00-05:00 Europe/Berlin`: it is that time there.
    Window(Window),
}

/// What can be unused.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash)]
pub enum Used {
    /// A table.
    Table,
    /// A column.
    Column,
    /// An index.
    Index,
    /// A function.
    Function,
}

impl Used {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Table, Self::Column, Self::Index, Self::Function];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Index => "index",
            Self::Function => "function",
        }
    }
}

/// Times of a week at a place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// Whether it opens on a day, from Monday on.
    pub days: [bool; 7],
    /// When it opens, in minutes of the day.
    pub from: u16,
    /// When it closes, in minutes of the day; before `from` when it goes past midnight.
    pub until: u16,
    /// The time zone, by the name that PostgreSQL has for it.
    pub zone: String,
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const FORMS: [&str; 5] = [
    "no rows: SELECT ...",
    "unused table|column|index|function NAME for 7 days",
    "applied elsewhere: SELECT ...",
    "replicas caught up",
    "window Mon-Thu 02:00-05:00 Europe/Berlin",
];

/// Why a text is no gate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// It begins like none of them.
    #[error("\"{text}\" is no gate")]
    Unknown {
        /// The text.
        text: String,
    },
    /// A part of it is missing or cannot be read.
    #[error("the gate \"{form}\" {what}")]
    Part {
        /// How it is written.
        form: &'static str,
        /// What is wrong.
        what: String,
    },
}

impl GateError {
    /// What to write instead.
    pub fn help(&self) -> String {
        match self {
            Self::Unknown { text } => {
                let near = nearest(text.split([' ', ':']).next().unwrap_or_default(), FIRST)
                    .and_then(|word| FORMS.iter().find(|form| form.starts_with(word)));
                near.map_or_else(
                    || format!("a gate is one of: {}", FORMS.join("; ")),
                    |form| format!("did you mean \"{form}\"?"),
                )
            }
            Self::Part { form, .. } => format!("write it as \"{form}\""),
        }
    }
}

/// The longest time that something can be asked to be unused: evidence in the ledger is kept for a little more.
pub const LONGEST_UNUSED: Duration = Duration::from_secs(700 * 86_400);

const FIRST: [&str; 5] = ["no", "unused", "applied", "replicas", "window"];

impl Gate {
    /// Reads a gate.
    ///
    /// # Errors
    /// [`GateError`] with what to write instead.
    pub fn parse(text: &str) -> Result<Self, GateError> {
        let text = text.trim();
        if let Some(query) = after(text, "no rows") {
            return Ok(Self::NoRows { query: query_of(query, FORMS[0])? });
        }
        if let Some(query) = after(text, "applied elsewhere") {
            return Ok(Self::AppliedElsewhere { query: query_of(query, FORMS[2])? });
        }
        if let Some(rest) = after(text, "unused") {
            return unused(rest);
        }
        if let Some(rest) = after(text, "window") {
            return Ok(Self::Window(Window::parse(rest)?));
        }
        match text.split_whitespace().collect::<Vec<_>>().join(" ").as_str() {
            "replicas caught up" => Ok(Self::ReplicasCaughtUp),
            _ => Err(GateError::Unknown { text: text.to_owned() }),
        }
    }
}

/// What follows the words, if the text begins with them and they end there.
fn after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    text.strip_prefix(words).filter(|rest| rest.starts_with([' ', '\t', ':']) || rest.is_empty())
}

fn query_of(rest: &str, form: &'static str) -> Result<String, GateError> {
    let query = rest.trim_start().strip_prefix(':').map(|q| q.trim().trim_end_matches(';').trim_end());
    let wrong = |what: String| GateError::Part { form, what };
    let query = query.filter(|query| !query.is_empty());
    let query = query.ok_or_else(|| wrong("needs a colon and a query".into()))?;
    let trees = parse(query, Span::new(0, query.len()))
        .map_err(|error| wrong(format!("has a query that cannot be read: {}", error.message)))?;
    let tree = match &trees[..] {
        [only] => only.stmt.as_ref().and_then(|node| inner(node)),
        _ => None,
    };
    match tree {
        Some(NodeEnum::SelectStmt(it)) if it.into_clause.is_none() => Ok(query.to_owned()),
        _ => Err(wrong("needs one SELECT, and nothing that changes anything".into())),
    }
}

fn unused(rest: &str) -> Result<Gate, GateError> {
    let part = |what: String| GateError::Part { form: FORMS[1], what };
    let rest = rest.trim();
    let (word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let what = Used::ALL
        .into_iter()
        .find(|what| what.as_str() == word)
        .ok_or_else(|| part(format!("does not know \"{word}\"")))?;
    let (name, time) =
        rest.rsplit_once(" for ").ok_or_else(|| part("does not say for how long".to_owned()))?;
    let name = name.trim();
    if name.is_empty() {
        return Err(part("has no name".to_owned()));
    }
    if what == Used::Column && !name.contains('.') {
        return Err(part(format!("needs the table of column {name}: TABLE.{name}")));
    }
    let lasting = lasting(time).ok_or_else(|| part(format!("cannot read the time \"{}\"", time.trim())))?;
    if lasting > LONGEST_UNUSED {
        return Err(part("is for longer than the ledger keeps evidence, 700 days".to_owned()));
    }
    Ok(Gate::Unused { what, name: name.to_owned(), lasting })
}

/// `7 days`, `12 hours`, `1 week`, `30m`.
fn lasting(text: &str) -> Option<Duration> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let seconds = match text[digits..].trim() {
        "s" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        _ => return None,
    };
    number.checked_mul(seconds).filter(|s| *s > 0).map(Duration::from_secs)
}

/// Seconds in the largest unit that divides them.
fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        s if s % 86_400 == 0 => (s / 86_400, "day"),
        s if s % 3600 == 0 => (s / 3600, "hour"),
        s if s % 60 == 0 => (s / 60, "minute"),
        s => (s, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl Window {
    fn parse(rest: &str) -> Result<Self, GateError> {
        let part = |what: String| GateError::Part { form: FORMS[4], what };
        let words: Vec<&str> = rest.split_whitespace().collect();
        let [days, times, zone] = words[..] else {
            return Err(part("needs days, times and a time zone".to_owned()));
        };
        let days = week(days).ok_or_else(|| part(format!("cannot read the days \"{days}\"")))?;
        let wrong = || part(format!("cannot read the times \"{times}\""));
        let (from, until) = times.split_once('-').ok_or_else(wrong)?;
        let (from, until) = (clock(from).ok_or_else(wrong)?, clock(until).ok_or_else(wrong)?);
        if from == until {
            return Err(part("opens and closes at the same time".to_owned()));
        }
        Ok(Self { days, from, until, zone: zone.to_owned() })
    }
}

/// `Mon-Thu`, `Mon,Wed`, `Sat-Mon`, `daily`.
fn week(text: &str) -> Option<[bool; 7]> {
    let day = |name: &str| {
        let head: String = name.chars().take(3).collect();
        DAYS.iter().position(|day| day.eq_ignore_ascii_case(&head))
    };
    let mut days = [false; 7];
    if text.eq_ignore_ascii_case("daily") {
        return Some([true; 7]);
    }
    for item in text.split(',') {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let (first, last) = (day(first)?, day(last)?);
        let mut at = first;
        loop {
            days[at] = true;
            if at == last {
                break;
            }
            at = (at + 1) % 7;
        }
    }
    Some(days)
}

/// `02:00`, in minutes; `24:00` is the end of the day.
fn clock(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && (hour < 24 || (hour == 24 && minute == 0))).then_some(hour * 60 + minute)
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> =
            DAYS.iter().zip(self.days).filter(|(_, open)| *open).map(|(d, _)| *d).collect();
        let days = if names.len() == 7 { "daily".to_owned() } else { names.join(",") };
        let clock = |at: u16| format!("{:02}:{:02}", at / 60, at % 60);
        write!(f, "{days} {}-{} {}", clock(self.from), clock(self.until), self.zone)
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRows { query } => write!(f, "no rows: {query}"),
            Self::Unused { what, name, lasting } => {
                write!(f, "unused {} {name} for {}", what.as_str(), spoken(*lasting))
            }
            Self::AppliedElsewhere { query } => write!(f, "applied elsewhere: {query}"),
            Self::ReplicasCaughtUp => f.write_str("replicas caught up"),
            Self::Window(window) => write!(f, "window {window}"),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        for text in [
            "no rows: SELECT 1 FROM t WHERE a IS NULL",
            "unused table plan_recommendations for 7 days",
            "unused column shop.\"Order\".\"for it\" for 12 hours",
            "applied elsewhere: SELECT EXISTS (SELECT 1)",
            "replicas caught up",
            "window Mon,Tue,Wed,Thu 02:00-05:00 Europe/Berlin",
            "window daily 22:00-04:30 UTC",
        ] {
            assert_eq!(Gate::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_window_goes_over_the_weekend() {
        let Gate::Window(window) = Gate::parse("window Sat-Mon 00:00-24:00 UTC").unwrap() else { panic!() };
        assert_eq!(window.days, [true, false, false, false, false, true, true]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |text: &str| {
            let error = Gate::parse(text).unwrap_err();
            (error.to_string(), error.help())
        };
        assert!(said("unsed table t for 7 days").1.contains("did you mean \"unused"));
        assert!(said("unused table t").0.contains("for how long"));
        assert!(said("unused column t for 7 days").0.contains("table of column"));
        assert!(said("unused view t for 7 days").0.contains("view"));
        assert!(said("unused table t for 101 weeks").0.contains("700 days"));
        assert!(said("no rows SELECT 1").0.contains("colon"));
        assert!(said("no rows: SELEC 1").0.contains("syntax error at or near \"SELEC\""));
        assert!(said("no rows: DELETE FROM t").0.contains("one SELECT"));
        assert!(said("applied elsewhere: SELECT 1; SELECT 2").0.contains("one SELECT"));
        assert!(said("window Mon-Thu 25:00-26:00 UTC").0.contains("25:00"));
        assert!(said("window Moo 02:00-03:00 UTC").0.contains("Moo"));
        assert!(said("something else").1.contains("a gate is one of"));
    }
}
