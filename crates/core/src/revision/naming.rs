//! The naming scheme: one line of `cutover.toml` that says what a new revision's file is called.
//!
//! Pure: the time and the random bytes come in from outside.

use std::fmt::Write as _;

/// A naming scheme such as `{number:4}_{slug}`, `v{number:3}_{slug}`, `{date}T{time}_{slug}` or
/// `{hash:8}_{slug}`. What stands before the last separator and `{slug}` is the id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    parts: Vec<Part>,
    separator: char,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Number { width: usize },
    Hash { length: usize },
    Date,
    Time,
    Second,
}

/// What a name is made of besides the scheme.
#[derive(Clone, Copy, Debug)]
pub struct Ingredients<'a> {
    /// UTC date as `YYYYMMDD`.
    pub date: &'a str,
    /// UTC time as `HHMMSS`.
    pub time: &'a str,
    /// Random bytes; 16 are enough for every scheme.
    pub random: &'a [u8],
}

/// What is wrong with a naming scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NamingError {
    /// The scheme does not end in a separator and `{slug}`.
    #[error("the naming scheme \"{0}\" does not end in _{{slug}}, -{{slug}} or .{{slug}}")]
    Slug(String),
    /// A placeholder that does not exist.
    #[error("the naming scheme has the unknown placeholder {{{0}}}")]
    Placeholder(String),
    /// Nothing in the scheme makes one id differ from the next.
    #[error("the naming scheme \"{0}\" gives every revision the same id")]
    Constant(String),
    /// A character that cannot be in an id.
    #[error("the naming scheme has {0:?} in the id, which may have letters, digits, _ and . only")]
    Character(char),
}

impl Default for Naming {
    fn default() -> Self {
        Self { parts: vec![Part::Number { width: 4 }], separator: '_' }
    }
}

impl Naming {
    /// Reads a scheme.
    ///
    /// # Errors
    /// [`NamingError`] with what cannot be understood.
    pub fn parse(text: &str) -> Result<Self, NamingError> {
        let slug = || NamingError::Slug(text.to_owned());
        let head = text.strip_suffix("{slug}").ok_or_else(slug)?;
        let separator = head.chars().last().filter(|c| "_-.".contains(*c)).ok_or_else(slug)?;
        let mut rest = &head[..head.len() - 1];
        let mut parts = Vec::new();
        while !rest.is_empty() {
            let open = rest.find('{').unwrap_or(rest.len());
            if open > 0 {
                let plain = &rest[..open];
                if let Some(c) = plain.chars().find(|c| !c.is_alphanumeric() && !"_.".contains(*c)) {
                    return Err(NamingError::Character(c));
                }
                parts.push(Part::Text(plain.to_owned()));
                rest = &rest[open..];
                continue;
            }
            let close = rest.find('}').ok_or_else(|| NamingError::Placeholder(rest[1..].to_owned()))?;
            parts.push(Part::parse(&rest[1..close])?);
            rest = &rest[close + 1..];
        }
        if parts.iter().all(|p| matches!(p, Part::Text(_))) {
            return Err(NamingError::Constant(text.to_owned()));
        }
        Ok(Self { parts, separator })
    }

    /// The id of the next revision: numbers go on from the highest that is there, and keep the
    /// width that the files have.
    pub fn next_id<'a>(&self, existing: impl IntoIterator<Item = &'a str>, with: Ingredients<'_>) -> String {
        let number = existing.into_iter().filter_map(|id| self.number_of(id)).max();
        self.parts.iter().fold(String::new(), |mut id, part| {
            match part {
                Part::Text(text) => id.push_str(text),
                Part::Number { width } => {
                    let (next, width) = number.map_or((1, *width), |(n, w)| (n + 1, w.max(*width)));
                    let _ = write!(id, "{next:0width$}");
                }
                Part::Hash { length } => {
                    let hex = with.random.iter().fold(String::new(), |mut hex, byte| {
                        let _ = write!(hex, "{byte:02x}");
                        hex
                    });
                    id.push_str(&hex[..(*length).min(hex.len())]);
                }
                Part::Date => id.push_str(with.date),
                Part::Time => id.push_str(&with.time[..4]),
                Part::Second => id.push_str(&with.time[4..]),
            }
            id
        })
    }

    /// Whether the same ids and the same time always give the same id.
    pub fn is_fixed(&self) -> bool {
        !self.parts.iter().any(|p| matches!(p, Part::Hash { .. }))
    }

    /// The file name (without a folder) of a revision.
    pub fn file_name(&self, id: &str, message: &str) -> String {
        let slug = slug(message);
        if slug.is_empty() { format!("{id}.sql") } else { format!("{id}{}{slug}.sql", self.separator) }
    }

    /// The number inside an id of this scheme, and the width it is written with.
    fn number_of(&self, id: &str) -> Option<(u64, usize)> {
        let at = self.parts.iter().position(|p| matches!(p, Part::Number { .. }))?;
        let before: String =
            self.parts[..at].iter().map(|p| if let Part::Text(t) = p { t.as_str() } else { "" }).collect();
        let rest = id.strip_prefix(&before)?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..digits].parse().ok().map(|n| (n, digits))
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, NamingError> {
        let unknown = || NamingError::Placeholder(text.to_owned());
        let (name, size) = match text.split_once(':') {
            Some((name, size)) => {
                (name, Some(size.parse::<usize>().ok().filter(|n| (1..=32).contains(n)).ok_or_else(unknown)?))
            }
            None => (text, None),
        };
        match (name, size) {
            ("number", size) => Ok(Self::Number { width: size.unwrap_or(1) }),
            ("hash", size) => Ok(Self::Hash { length: size.unwrap_or(8) }),
            ("date", None) => Ok(Self::Date),
            ("time", None) => Ok(Self::Time),
            ("second", None) => Ok(Self::Second),
            _ => Err(unknown()),
        }
    }
}

/// A message as a part of a file name: lower case letters and digits joined by `_`, at most 60.
pub fn slug(message: &str) -> String {
    let mut slug = String::new();
    for c in message.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
        if slug.chars().count() >= 60 {
            break;
        }
    }
    slug.trim_end_matches('_').to_owned()
}

/// Whether a file may carry a revision: its name is the id, or begins with it and a separator.
pub fn fits(file_stem: &str, id: &str) -> bool {
    file_stem.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with(['_', '-', '.']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(scheme: &str, existing: &[&str]) -> String {
        let with = Ingredients { date: "20251120", time: "101530", random: &[0x3f, 0x9a, 0x1c, 0x20, 9] };
        match Naming::parse(scheme) {
            Ok(naming) => {
                let id = naming.next_id(existing.iter().copied(), with);
                naming.file_name(&id, "Add  notifications!")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn numbering_goes_on_from_what_is_there() {
        assert_eq!(next("{number:4}_{slug}", &[]), "0001_add_notifications.sql");
        assert_eq!(next("{number:4}_{slug}", &["0009", "0010", "x7"]), "0011_add_notifications.sql");
        assert_eq!(next("{number:2}_{slug}", &["00041"]), "00042_add_notifications.sql");
        assert_eq!(next("v{number:3}-{slug}", &["v002", "9"]), "v003-add_notifications.sql");
    }

    #[test]
    fn times_and_hashes_come_from_outside() {
        assert_eq!(next("{date}T{time}_{slug}", &[]), "20251120T1015_add_notifications.sql");
        assert_eq!(next("{hash:8}_{slug}", &[]), "3f9a1c20_add_notifications.sql");
    }

    #[test]
    fn a_scheme_that_cannot_work_is_refused() {
        assert!(next("{number}", &[]).contains("does not end in"));
        assert!(next("{nmber:4}_{slug}", &[]).contains("unknown placeholder {nmber:4}"));
        assert!(next("fixed_{slug}", &[]).contains("the same id"));
        assert!(next("a b{number}_{slug}", &[]).contains("letters, digits"));
    }

    #[test]
    fn a_file_begins_with_its_id() {
        assert!(fits("0001_initial_schema", "0001"));
        assert!(fits("0001", "0001"));
        assert!(!fits("00012_x", "0001"));
        assert!(!fits("x_0001", "0001"));
    }
}
