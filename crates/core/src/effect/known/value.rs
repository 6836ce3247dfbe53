//! Constants of checks and bounds, as far as they can be compared without a server.

use std::cmp::Ordering;

use super::DataType;

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number, without needless zeros: its sign, its whole part and what is behind the point.
    Number(bool, String, String),
    /// Something whose text compares as the value does: a date, a uuid, a text in the collation C.
    Ordered(String),
    /// Something of which only the same text is the same value, such as a text in a language's collation.
    Same(String),
}

impl Value {
    /// The label of an enum.
    pub fn label(text: &str) -> Self {
        Self::Same(text.to_owned())
    }

    /// The constant of a column's type; nothing where it is not sure what it is.
    pub fn of(data_type: &DataType, text: &str, utc: bool) -> Option<Self> {
        if data_type.array {
            return None;
        }
        if data_type.schema.is_some() {
            return None;
        }
        match data_type.name.as_str() {
            "int2" | "int4" | "int8" | "oid" => Self::number(text).filter(Self::is_whole),
            "numeric" => Self::number(text),
            "date" => is_date(text).then(|| Self::Ordered(text.to_owned())),
            "timestamp" => moment(text, false, true).map(Self::Ordered),
            "timestamptz" => moment(text, true, utc).map(Self::Ordered),
            "bool" => matches!(text, "true" | "false").then(|| Self::Same(text.to_owned())),
            "uuid" => (text.len() == 36).then(|| Self::Ordered(text.to_ascii_lowercase())),
            "text" | "varchar" => match data_type.collation.as_deref() {
                Some("C" | "POSIX" | "ucs_basic") => Some(Self::Ordered(text.to_owned())),
                _ => Some(Self::Same(text.to_owned())),
            },
            _ => None,
        }
    }

    /// A number as PostgreSQL writes it, without an exponent.
    pub fn number(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if digits.is_empty() || !all(whole) || !all(part) {
            return None;
        }
        let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
        let is_zero = whole.is_empty() && part.is_empty();
        Some(Self::Number(negative && !is_zero, whole.into(), part.into()))
    }

    fn is_whole(&self) -> bool {
        matches!(self, Self::Number(_, _, part) if part.is_empty())
    }

    /// How it compares with another one of the same column, where that is sure.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(true, ..), Self::Number(false, ..)) => Some(Ordering::Less),
            (Self::Number(false, ..), Self::Number(true, ..)) => Some(Ordering::Greater),
            (Self::Number(negative, whole, part), Self::Number(_, other, rest)) => {
                let order = whole.len().cmp(&other.len()).then(whole.cmp(other)).then(part.cmp(rest));
                Some(if *negative { order.reverse() } else { order })
            }
            (Self::Ordered(text), Self::Ordered(other)) => Some(text.cmp(other)),
            (Self::Same(text), Self::Same(other)) if text == other => Some(Ordering::Equal),
            _ => None,
        }
    }

    /// Whether it is another value than one of the same column, for sure.
    pub fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Same(text), Self::Same(other)) => text != other,
            _ => self.compare(other).is_some_and(Ordering::is_ne),
        }
    }
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { *b == b'-' } else { b.is_ascii_digit() })
}

/// A moment as text that sorts; one without a zone is the session's, which is known only when it is UTC.
fn moment(text: &str, zoned: bool, utc: bool) -> Option<String> {
    let (day, rest) = text.split_at_checked(10)?;
    let rest = rest.trim_start_matches([' ', 'T']);
    let (time, zone) = match rest.find(['+', '-', 'Z']) {
        Some(at) => (&rest[..at], Some(&rest[at..])),
        None => (rest, None),
    };
    let is_utc = match zone {
        Some(zone) => zoned && matches!(zone, "+00" | "+00:00" | "+0000" | "-00" | "Z"),
        None => utc,
    };
    let time = if time.is_empty() { "00:00:00" } else { time.trim_end() };
    let whole = match time.len() {
        5 => format!("{time}:00"),
        _ => time.to_owned(),
    };
    let (clock, part) = whole.split_once('.').unwrap_or((&whole, ""));
    let is_clock = clock.len() == 8
        && clock
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 2 || at == 5 { b == b':' } else { b.is_ascii_digit() });
    let is_part = part.bytes().all(|b| b.is_ascii_digit());
    // 24:00 is the next day, and leap seconds are the next minute
    let is_plain = clock.get(..2)? < "24" && clock.get(6..)? < "60";
    (is_utc && is_date(day) && is_clock && is_part && is_plain)
        .then(|| format!("{day} {clock}.{}", part.trim_end_matches('0')))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::{DataType, Value};

    #[test]
    fn constants_compare_as_postgresql_does() {
        let compare = |kind: &str, a: &str, b: &str| {
            let value = |text| Value::of(&DataType::own(kind), text, true);
            value(a)?.compare(&value(b)?)
        };
        assert_eq!(compare("int4", "9", "10"), Some(Ordering::Less));
        assert_eq!(compare("int8", "-9", "-10"), Some(Ordering::Greater));
        assert_eq!(compare("numeric", "1.50", "1.5"), Some(Ordering::Equal));
        assert_eq!(compare("numeric", "1.05", "1.5"), Some(Ordering::Less));
        assert_eq!(compare("int4", "1.5", "2"), None);
        assert_eq!(compare("date", "2026-01-31", "2026-02-01"), Some(Ordering::Less));
        assert_eq!(compare("timestamp", "2026-01-31", "2026-01-31T00:00"), Some(Ordering::Equal));
        assert_eq!(
            compare("timestamptz", "2026-01-31 10:00+00", "2026-01-31 10:00:00.5"),
            Some(Ordering::Less)
        );
        assert_eq!(compare("timestamptz", "2026-01-31 10:00+02", "2026-01-31 10:00"), None);
        assert_eq!(compare("text", "a", "b"), None);
        assert_eq!(compare("text", "a", "a"), Some(Ordering::Equal));
    }
}
