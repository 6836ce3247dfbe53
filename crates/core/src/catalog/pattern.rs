//! Names with wildcards: which objects are somebody else's business.

use super::{Id, Kind};

/// `table public.events_*`, `schema partman`, `cron.*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The kind in words, where one is named.
    noun: Option<String>,
    /// The name, with the schema where that matters.
    name: String,
}

/// A pattern that names no kind that there is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is empty.
    #[error("a pattern is empty")]
    Empty,
    /// No such kind.
    #[error("\"{0}\" is no kind of object: write table, view, function, index, schema and so on")]
    Kind(String),
}

impl Pattern {
    /// Reads one: an optional kind, and a name in which `*` stands for anything.
    ///
    /// # Errors
    /// [`PatternError`] when it is empty or the kind is unknown.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let text = text.trim();
        let fits = |noun: &String| {
            let head = text.get(..noun.len()).is_some_and(|head| head.eq_ignore_ascii_case(noun));
            head && text[noun.len()..].starts_with(' ')
        };
        // a name may have spaces as well
        let noun = Kind::ALL.iter().map(|kind| words(*kind)).filter(fits).max_by_key(String::len);
        let name = text[noun.as_ref().map_or(0, String::len)..].trim();
        if name.is_empty() {
            return Err(PatternError::Empty);
        }
        if let (None, Some((noun, _))) = (&noun, name.rsplit_once(' ')) {
            return Err(PatternError::Kind(noun.trim().to_lowercase()));
        }
        Ok(Self { noun, name: name.to_owned() })
    }

    /// Whether it names an object. A schema takes along all that is in it, a name without a schema is
    /// meant in all of them.
    pub fn matches(&self, id: &Id) -> bool {
        let is_schema = self.noun.as_deref() == Some("schema");
        if is_schema {
            let name = if id.kind == Kind::Namespace { &id.name } else { &id.namespace };
            return !name.is_empty() && glob(&self.name, name);
        }
        if self.noun.as_ref().is_some_and(|noun| words(id.kind) != *noun) {
            return false;
        }
        let own: &str = if id.kind.is_part_of_table() { &id.detail } else { &id.name };
        let mut names = vec![own.to_owned()];
        if !id.namespace.is_empty() {
            names.push(format!("{}.{}", id.namespace, id.name));
            names.push(format!("{}.{}.{own}", id.namespace, id.name));
        }
        names.iter().any(|name| glob(&self.name, name))
    }
}

fn words(kind: Kind) -> String {
    kind.noun().to_lowercase()
}

/// Whether `*` and `?` in a pattern can stand for what a name has there.
fn glob(pattern: &str, name: &str) -> bool {
    match (pattern.chars().next(), name.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            let rest = &pattern[1..];
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| glob(rest, &name[at..]))
        }
        (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
            glob(&pattern[wanted.len_utf8()..], &name[found.len_utf8()..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(pattern: &str, kind: Kind, namespace: &str, name: &str) -> bool {
        Pattern::parse(pattern).is_ok_and(|it| it.matches(&Id::of(kind, namespace.into(), name.into())))
    }

    #[test]
    fn patterns_name_kinds_schemas_and_wildcards() {
        assert!(is("table public.events_*", Kind::Table, "public", "events_2024"));
        assert!(!is("table public.events_*", Kind::View, "public", "events_2024"));
        assert!(!is("table public.events_*", Kind::Table, "public", "event"));
        assert!(is("tmp_*", Kind::Sequence, "app", "tmp_1"));
        assert!(is("schema cron", Kind::Function, "cron", "schedule"));
        assert!(is("cron.*", Kind::Table, "cron", "job"));
        assert!(is("materialized view m?", Kind::MaterializedView, "public", "m1"));
        assert!(is("Table public.the plans", Kind::Table, "public", "the plans"));
        assert_eq!(Pattern::parse("thing x"), Err(PatternError::Kind("thing".into())));
        let rule = Id::detailed(Kind::Trigger, "public".into(), "t".into(), "audit".into());
        assert!(Pattern::parse("trigger audit").is_ok_and(|it| it.matches(&rule)));
    }
}
