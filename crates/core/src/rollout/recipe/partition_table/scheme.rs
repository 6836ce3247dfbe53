//! How a table is divided: by which columns, and into which partitions. It knows no table and no clock: where the first
//! partition begins and the last one ends is said.

use cutover_sql::ident::quote_ident;

use crate::object::table::Table;
use crate::rollout::recipe::names::chosen;
use crate::rollout::recipe::read::{list, slug};
use crate::rollout::recipe::{Given, Refusal};

/// A way to divide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// The columns.
    pub columns: Vec<String>,
    /// `RANGE (at)`.
    pub by: String,
    /// The partitions.
    pub parts: Vec<Piece>,
    /// Where the first range begins, as SQL.
    pub begins: Option<String>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What follows the table's name in its own.
    pub suffix: String,
    /// `FOR VALUES …`, or `DEFAULT`.
    pub values: String,
}

/// More partitions than this are most likely a mistake, and cost every query its planning.
const MOST: usize = 1000;

impl Scheme {
    /// Reads what was asked for.
    ///
    /// # Errors
    /// When it is none, several, or cannot be read.
    pub fn read(given: &Given, table: &Table) -> Result<Self, Refusal> {
        let kinds = ["range", "list", "hash"].map(|kind| given.get(kind).map(|column| (kind, column)));
        let asked: Vec<(&str, &str)> = kinds.into_iter().flatten().collect();
        let [(kind, column)] = asked[..] else {
            return Err(Refusal::new("it is not clear what to divide by")
                .help("write one of --range COLUMN, --list COLUMN and --hash COLUMN"));
        };
        let column = chosen(column)?;
        let Some(found) = table.column(&column) else {
            return Err(Refusal::new(format!("there is no column {column} to divide by")));
        };
        if found.not_null.is_none() {
            return Err(Refusal::new(format!(
                "{column} can be NULL, and a key of a partitioned table has it in it"
            ))
            .help("make it NOT NULL first: rollout new add-not-null"));
        }
        let mut begins = None;
        let mut parts = match kind {
            "range" => {
                let (parts, first) = ranges(given, &found.data_type)?;
                begins = Some(first);
                parts
            }
            "list" => lists(given)?,
            _ => hashes(given)?,
        };
        if parts.len() > MOST {
            return Err(Refusal::new(format!("that makes {} partitions", parts.len())).help(
                "take a longer --interval: each partition costs every query that cannot leave it out",
            ));
        }
        if kind != "hash" && !given.flag("no-default") {
            parts.push(Piece { suffix: "default".into(), values: "DEFAULT".into() });
        }
        let by = format!("{} ({})", kind.to_uppercase(), list([&column]));
        Ok(Self { columns: vec![column], by, parts, begins })
    }

    /// Whether there is a partition for what fits nowhere else.
    pub fn has_default(&self) -> bool {
        self.parts.iter().any(|part| part.values == "DEFAULT")
    }
}

fn hashes(given: &Given) -> Result<Vec<Piece>, Refusal> {
    let count = given.get("parts").and_then(|text| text.parse::<usize>().ok()).filter(|n| *n > 1);
    let count = count.ok_or_else(|| {
        Refusal::new("--hash needs a number of partitions")
            .help("write --parts 16: a number that you will not want to change")
    })?;
    let piece = |at: usize| Piece {
        suffix: format!("p{at}"),
        values: format!("FOR VALUES WITH (MODULUS {count}, REMAINDER {at})"),
    };
    Ok((0..count.min(MOST + 1)).map(piece).collect())
}

fn lists(given: &Given) -> Result<Vec<Piece>, Refusal> {
    let wrong = || {
        Refusal::new("--list needs partitions with their values")
            .help("write --part NAME=VALUES for each: --part europe=\"'de', 'fr'\"")
    };
    let piece = |text: &String| {
        let (name, values) =
            text.split_once('=').filter(|(_, values)| !values.trim().is_empty()).ok_or_else(wrong)?;
        let suffix = slug(name).replace('-', "_");
        Ok(Piece { suffix, values: format!("FOR VALUES IN ({})", values.trim()) })
    };
    match given.all("part") {
        [] => Err(wrong()),
        all => all.iter().map(piece).collect(),
    }
}

/// A place where a range ends and the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bound {
    Number(i64),
    /// Year, month, day.
    Date(i64, i64, i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Interval {
    Number(i64),
    Months(i64),
    Days(i64),
}

/// The ranges, and where the first begins.
fn ranges(given: &Given, data_type: &str) -> Result<(Vec<Piece>, String), Refusal> {
    let is_number = ["smallint", "integer", "bigint"].contains(&data_type);
    let is_time = data_type == "date" || data_type.starts_with("timestamp");
    if !is_number && !is_time {
        return Err(Refusal::new(format!("ranges of {data_type} cannot be laid out by a recipe"))
            .help("divide by a date, a timestamp or a whole number"));
    }
    let bound = |name: &str| {
        let text = given.get(name).ok_or_else(|| {
            let example = if is_number { "0" } else { "2024-01-01" };
            Refusal::new(format!("--range needs --{name}"))
                .help(format!("write --{name} {example}; partitions are made from --from up to --until"))
        })?;
        let read = if is_number { text.parse().ok().map(Bound::Number) } else { date(text) };
        read.ok_or_else(|| {
            Refusal::new(format!("--{name} {text} cannot be read"))
                .help("write a date as 2024-01-01, a number as 1000000")
        })
    };
    let (from, until) = (bound("from")?, bound("until")?);
    let text = given.get("interval").unwrap_or(if is_number { "" } else { "1 month" });
    let step = interval(text, is_number).ok_or_else(|| {
        Refusal::new(format!("--interval \"{text}\" cannot be read")).help(if is_number {
            "write --interval 1000000"
        } else {
            "write --interval \"1 month\", day, week or year"
        })
    })?;
    if let (Bound::Date(_, _, day), Interval::Months(_)) = (from, step)
        && day > 28
    {
        return Err(Refusal::new("months that begin on a day that some months have not")
            .help("begin on the first of a month"));
    }
    let mut parts = Vec::new();
    let mut at = from;
    while at < until && parts.len() <= MOST {
        let Some(next) = after(at, step) else { break };
        let values =
            format!("FOR VALUES FROM ({}) TO ({})", literal(at, data_type), literal(next, data_type));
        parts.push(Piece { suffix: suffix(at, step), values });
        at = next;
    }
    if parts.is_empty() {
        return Err(Refusal::new("there is nothing between --from and --until"));
    }
    Ok((parts, literal(from, data_type)))
}

fn date(text: &str) -> Option<Bound> {
    let numbers: Vec<i64> = text.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = numbers[..] else { return None };
    // a date that is none becomes another one
    let bound = Bound::Date(year, month, day);
    (year > 0 && (1..=12).contains(&month) && from_days(days(year, month, day)) == bound).then_some(bound)
}

fn interval(text: &str, is_number: bool) -> Option<Interval> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let count: i64 = text[..digits].parse().ok().filter(|n| *n > 0)?;
    match (text[digits..].trim().trim_end_matches('s'), is_number) {
        ("", true) => Some(Interval::Number(count)),
        ("day", false) => Some(Interval::Days(count)),
        ("week", false) => Some(Interval::Days(count.checked_mul(7)?)),
        ("month", false) => Some(Interval::Months(count)),
        ("year", false) => Some(Interval::Months(count.checked_mul(12)?)),
        _ => None,
    }
}

fn after(at: Bound, step: Interval) -> Option<Bound> {
    match (at, step) {
        (Bound::Number(n), Interval::Number(step)) => n.checked_add(step).map(Bound::Number),
        (Bound::Date(year, month, day), Interval::Months(step)) => {
            let months = (year * 12 + month - 1).checked_add(step)?;
            Some(Bound::Date(months.div_euclid(12), months.rem_euclid(12) + 1, day))
        }
        (Bound::Date(year, month, day), Interval::Days(step)) => {
            days(year, month, day).checked_add(step).map(from_days)
        }
        (Bound::Number(_), Interval::Months(_) | Interval::Days(_))
        | (Bound::Date(..), Interval::Number(_)) => None,
    }
}

/// With the zone where the type has one, so that it does not depend on the session.
fn literal(bound: Bound, data_type: &str) -> String {
    match bound {
        Bound::Number(n) => n.to_string(),
        Bound::Date(year, month, day) => {
            let zone = if data_type.ends_with("with time zone") { " 00:00:00+00" } else { "" };
            format!("'{year:04}-{month:02}-{day:02}{zone}'")
        }
    }
}

fn suffix(bound: Bound, step: Interval) -> String {
    match (bound, step) {
        (Bound::Number(n), _) => format!("{n}").replace('-', "minus_"),
        (Bound::Date(year, 1, 1), Interval::Months(step)) if step % 12 == 0 => format!("{year:04}"),
        (Bound::Date(year, month, 1), Interval::Months(_)) => format!("{year:04}_{month:02}"),
        (Bound::Date(year, month, day), _) => format!("{year:04}_{month:02}_{day:02}"),
    }
}

/// Days since 1970-01-01 (<https://howardhinnant.github.io/date_algorithms.html>).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn from_days(days: i64) -> Bound {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    Bound::Date(year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// A partition's name in its table's namespace, as SQL has it.
pub fn name_of(table: &str, piece: &Piece) -> String {
    quote_ident(&crate::object::types::made_name(table, "", &piece.suffix)).into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may end at once")]
mod tests {
    use super::*;

    fn laid_out(from: &str, until: &str, interval: &str, data_type: &str) -> Vec<String> {
        let given = Given::default().with("from", [from]).with("until", [until]).with("interval", [interval]);
        ranges(&given, data_type)
            .unwrap()
            .0
            .into_iter()
            .map(|p| format!("{} {}", p.suffix, p.values))
            .collect()
    }

    #[test]
    fn months_go_over_the_year_and_have_their_zone() {
        assert_eq!(
            laid_out("2023-12-01", "2024-02-01", "1 month", "timestamp with time zone"),
            [
                "2023_12 FOR VALUES FROM ('2023-12-01 00:00:00+00') TO ('2024-01-01 00:00:00+00')",
                "2024_01 FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2024-02-01 00:00:00+00')"
            ]
        );
        assert_eq!(
            laid_out("2024-01-01", "2026-01-01", "1 year", "date")[1],
            "2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')"
        );
    }

    #[test]
    fn days_go_over_a_leap_day() {
        let all = laid_out("2024-02-26", "2024-03-11", "1 week", "date");
        assert_eq!(all[0], "2024_02_26 FOR VALUES FROM ('2024-02-26') TO ('2024-03-04')");
        assert_eq!(all.len(), 2);
        for (year, month, day) in [(2000, 2, 29), (1970, 1, 1), (1969, 12, 31), (2100, 3, 1)] {
            assert_eq!(from_days(days(year, month, day)), Bound::Date(year, month, day));
        }
        assert_eq!(date("2023-02-29"), None);
    }

    #[test]
    fn numbers_are_laid_out() {
        assert_eq!(laid_out("0", "20", "10", "bigint")[1], "10 FOR VALUES FROM (10) TO (20)");
    }
}
