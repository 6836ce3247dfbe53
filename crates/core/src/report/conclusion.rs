//! What an examination of somebody's files or database came to: one line each, with its evidence.
//!
//! Plain data: `adopt`, `doctor`, `baseline`, `squash` and `reconcile` fill it, the outputs render it.

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Something is wrong, and what follows from it is wrong, too.
    Error,
    /// Somebody should look at it.
    Warning,
    /// Good to know.
    Note,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as the user would name it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
}

/// One thing that was found, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conclusion {
    /// What kind of thing, for programs: `duplicate-number`.
    pub id: &'static str,
    /// How bad it is.
    pub weight: Weight,
    /// What it is about: a file, a revision, an object.
    pub about: String,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What it is, in one sentence without a full stop.
    pub text: String,
    /// How it is known, line by line: a statement, PostgreSQL's answer, a difference.
    pub evidence: Vec<String>,
    /// What to do, where there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl Conclusion {
    /// One without a place, evidence or advice.
    pub fn new(id: &'static str, weight: Weight, about: impl Into<String>, text: impl Into<String>) -> Self {
        let (about, text) = (about.into(), text.into());
        Self { id, weight, about, place: None, text, evidence: Vec::new(), next: None }
    }

    /// With the place where it stands; the line is from 1.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, line: usize) -> Self {
        self.place = Some(Place { path: path.into(), line });
        self
    }

    /// With one more line of evidence.
    #[must_use]
    pub fn because(mut self, evidence: impl Into<String>) -> Self {
        self.evidence.push(evidence.into());
        self
    }

    /// With what to do.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

/// The worst first; of equals, by what they are about and where they stand.
pub fn ranked(mut all: Vec<Conclusion>) -> Vec<Conclusion> {
    all.sort_by(|a, b| {
        (a.weight, &a.about, &a.place, a.id, &a.text).cmp(&(b.weight, &b.about, &b.place, b.id, &b.text))
    });
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first() {
        let one = |weight, about: &str| Conclusion::new("x", weight, about, "is so");
        let all = ranked(vec![
            one(Weight::Note, "a"),
            one(Weight::Error, "c"),
            one(Weight::Warning, "b"),
            one(Weight::Error, "b"),
        ]);
        let order: Vec<(Weight, &str)> = all.iter().map(|it| (it.weight, it.about.as_str())).collect();
        assert_eq!(
            order,
            [(Weight::Error, "b"), (Weight::Error, "c"), (Weight::Warning, "b"), (Weight::Note, "a")]
        );
    }
}
