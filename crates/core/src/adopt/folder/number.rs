//! Numbers of files: `1`, `001`, `1.2.3`, `1_2`, `20240105103000`, `2024-01-05`; they sort as numbers, part by part.
//!
//! Pure text; which file a number belongs to is not known here.

use std::cmp::Ordering;

/// The number of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number {
    /// As it is written, its parts apart by points.
    pub written: String,
    /// What it is worth, part by part, without zeros that mean nothing.
    pub parts: Vec<u64>,
}

impl Number {
    /// Reads digits with points, underscores or hyphens between them.
    pub fn read(text: &str) -> Option<Self> {
        let parts: Result<Vec<u64>, _> = text.split(['.', '_', '-']).map(str::parse).collect();
        let mut parts = parts.ok()?;
        let is_date = text.contains('-');
        // to Flyway 1 and 1.0 are the same version
        while !is_date && parts.len() > 1 && parts.last() == Some(&0) {
            parts.pop();
        }
        Some(Self { written: text.replace('_', "."), parts })
    }

    /// Whether it counts a row, rather than saying a time.
    pub fn counts(&self) -> bool {
        matches!(self.parts[..], [only] if only < 10_000_000)
    }

    /// Compares by what they are worth.
    pub fn compare(&self, other: &Self) -> Ordering {
        self.parts.cmp(&other.parts)
    }
}

/// The order of two files; those without a number come last.
pub(super) fn before(a: Option<&Number>, b: Option<&Number>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

/// The number that a name begins with, and the rest of the name without what stands between.
pub(super) fn leading(name: &str) -> (Option<Number>, &str) {
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return (None, name);
    }
    let end = dated(name, digits).unwrap_or_else(|| versioned(name, digits));
    // `2fa_setup` begins with a word, `001users` with a number
    let is_word = digits < 3 && name[end..].starts_with(char::is_alphabetic);
    let Some(number) = Number::read(&name[..end]).filter(|_| !is_word) else { return (None, name) };
    (Some(number), name[end..].trim_start_matches(['_', '-', '.', ' ']))
}

/// Where `2024-01-05`, `2024_01_05` or `20240105` ends, with the time or the number of that day behind it.
fn dated(name: &str, digits: usize) -> Option<usize> {
    let is = |text: &str, length: usize, range: std::ops::RangeInclusive<u32>| {
        text.len() == length && text.parse().is_ok_and(|it: u32| range.contains(&it))
    };
    let is_date = |y: &str, m: &str, d: &str| is(y, 4, 1970..=2199) && is(m, 2, 1..=12) && is(d, 2, 1..=31);
    let mut end = if digits == 8 && is_date(&name[..4], &name[4..6], &name[6..8]) {
        8
    } else {
        let groups: Vec<&str> = name.get(..10)?.split(['-', '_', '.']).collect();
        let [year, month, day] = groups[..] else { return None };
        is_date(year, month, day).then_some(10)?
    };
    // `2024-01-05-1030-x`, `20240105_2_x`; a name that begins with a number and is no time has a letter in that word
    while let Some(rest) = name[end..].strip_prefix(['-', '_', '.']) {
        let more = rest.bytes().take_while(u8::is_ascii_digit).count();
        if more == 0 || !rest[more..].starts_with(['-', '_', '.']) && more != rest.len() {
            break;
        }
        end += 1 + more;
    }
    name[end..].bytes().next().is_none_or(|next| !next.is_ascii_digit()).then_some(end)
}

/// Where a version ends: digits, and points with digits behind them.
fn versioned(name: &str, digits: usize) -> usize {
    let mut end = digits;
    while let Some(rest) = name[end..].strip_prefix('.') {
        let more = rest.bytes().take_while(u8::is_ascii_digit).count();
        if more == 0 {
            break;
        }
        end += 1 + more;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_begin_with_numbers() {
        let of = |name: &str| {
            let (number, rest) = leading(name);
            (number.map(|it| (it.written, it.parts)), rest.to_owned())
        };
        let table: [(&str, &str, &[u64], &str); 11] = [
            ("001_users", "001", &[1], "users"),
            ("1.10.2-users", "1.10.2", &[1, 10, 2], "users"),
            ("20240105103000_x", "20240105103000", &[20_240_105_103_000], "x"),
            ("2024-01-05-x", "2024-01-05", &[2024, 1, 5], "x"),
            ("2024_01_05_add x", "2024.01.05", &[2024, 1, 5], "add x"),
            ("2024-01-05", "2024-01-05", &[2024, 1, 5], ""),
            ("2024-01-05-1030-x", "2024-01-05-1030", &[2024, 1, 5, 1030], "x"),
            ("20240105_2_x", "20240105.2", &[20_240_105, 2], "x"),
            ("007", "007", &[7], ""),
            ("3 spaces", "3", &[3], "spaces"),
            ("12.down", "12", &[12], "down"),
        ];
        for (name, written, parts, rest) in table {
            assert_eq!(of(name), (Some((written.into(), parts.to_vec())), rest.into()), "{name}");
        }
        assert_eq!(of("001users"), (Some(("001".into(), vec![1])), "users".into()));
        assert_eq!(of("2fa_setup").0, None);
        assert_eq!(of("users"), (None, "users".into()));
        // more than a number can hold is a name
        assert_eq!(of("99999999999999999999999_x").0, None);
    }

    #[test]
    fn numbers_sort_as_numbers() {
        let read = |text: &str| Number::read(text);
        for (less, more) in [("2", "10"), ("1.2", "1.10"), ("1", "1.1"), ("1.9", "2"), ("009", "10")] {
            assert_eq!(before(read(less).as_ref(), read(more).as_ref()), Ordering::Less, "{less} {more}");
        }
        assert_eq!(before(read("001").as_ref(), read("1.0").as_ref()), Ordering::Equal);
        assert_eq!(before(read("1").as_ref(), None), Ordering::Less);
    }
}
