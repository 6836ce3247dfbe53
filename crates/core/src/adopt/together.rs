//! What the text of a file says and what its replay says of the same statement, as one conclusion with both evidences.
//!
//! Two lines about one mistake look like two mistakes. What either side finds out, and how, is not known here.

use crate::report::{Conclusion, Place};

/// Which of the two is kept, with the other's evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// The text says what is wrong, the server only that it is.
    Text,
    /// The server says what came of it.
    Replay,
}

/// What the text calls it, what the replay calls it, and which of them is kept.
const SAME: [(&str, &str, Kept); 11] = [
    ("contradiction", "hidden-definition", Kept::Replay),
    ("unknown-privilege", "statement-fails", Kept::Text),
    ("unknown-privilege", "way-back-fails", Kept::Text),
    ("placeholder", "not-sql", Kept::Text),
    ("psql-variable", "not-sql", Kept::Text),
    ("overlap", "statement-fails", Kept::Text),
    ("reads-outside", "statement-fails", Kept::Text),
    ("reads-outside", "way-back-fails", Kept::Text),
    ("writes-outside", "statement-fails", Kept::Text),
    ("enum-value-used", "statement-fails", Kept::Text),
    ("cluster-wide", "not-in-a-revision", Kept::Replay),
];

/// Both lists as one; of two conclusions about the same mistake of the same statement one is left.
pub fn together(texts: Vec<Conclusion>, replay: Vec<Conclusion>) -> Vec<Conclusion> {
    let mut all = texts;
    for told in replay {
        let same = |text: &Conclusion| {
            let pair = SAME.iter().find(|(a, b, _)| *a == text.id && *b == told.id)?;
            told.place.as_ref().is_some_and(|place| is_about(text, place)).then_some(pair.2)
        };
        let found = all.iter().enumerate().find_map(|(at, text)| Some((at, same(text)?)));
        match found {
            Some((at, Kept::Text)) if told.id == "not-sql" => {
                all[at] = joined(all[at].clone(), Conclusion { next: None, ..told });
            }
            Some((at, Kept::Text)) => all[at] = joined(all[at].clone(), told),
            // what came of it makes the text's advice pointless
            Some((at, Kept::Replay)) => all[at] = joined(told, Conclusion { next: None, ..all[at].clone() }),
            None => all.push(told),
        }
    }
    all
}

/// Whether it is about the statement at a place: it stands there, or names it as the other one of two.
fn is_about(one: &Conclusion, place: &Place) -> bool {
    let named = format!("{}:{}", place.path, place.line);
    let names = || {
        let mut rest = one.text.split(&named).skip(1);
        rest.any(|after| !after.starts_with(|c: char| c.is_ascii_digit()))
    };
    one.place.as_ref() == Some(place) || names()
}

/// One with the evidence of both, the advice of both, and the worse of their weights.
fn joined(mut kept: Conclusion, other: Conclusion) -> Conclusion {
    kept.weight = kept.weight.min(other.weight);
    for line in other.evidence {
        // the same statement, shown with more of it
        kept.evidence.retain(|it| !line.starts_with(&format!("{it}\n")));
        if !kept.evidence.contains(&line) {
            kept.evidence.push(line);
        }
    }
    kept.next = match (kept.next, other.next) {
        (Some(a), Some(b)) if a != b => Some(format!("{a}; {b}")),
        (a, b) => a.or(b),
    };
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Weight;

    fn one(id: &'static str, weight: Weight, line: usize) -> Conclusion {
        Conclusion::new(id, weight, "a.sql", id).at("a.sql", line).because("GRANT ...").because(id)
    }

    #[test]
    fn one_mistake_is_one_conclusion() {
        let texts = vec![one("unknown-privilege", Weight::Error, 6).next("take it out")];
        let replay = vec![
            one("statement-fails", Weight::Error, 6).next("it is left out"),
            one("statement-fails", Weight::Error, 7),
        ];
        let all = together(texts, replay);
        assert_eq!(all.iter().map(|it| it.id).collect::<Vec<_>>(), ["unknown-privilege", "statement-fails"]);
        assert_eq!(all[0].evidence, ["GRANT ...", "unknown-privilege", "statement-fails"]);
        assert_eq!(all[0].next.as_deref(), Some("take it out; it is left out"));
    }

    #[test]
    fn the_one_that_was_hidden_may_be_the_first_of_the_two() {
        let text =
            Conclusion::new("contradiction", Weight::Error, "b.sql", "another one than in a.sql:28; so")
                .at("b.sql", 1);
        let hidden = |line| vec![one("hidden-definition", Weight::Warning, line)];
        let all = together(vec![text.clone()], hidden(28));
        assert_eq!((all.len(), all[0].id, all[0].weight), (1, "hidden-definition", Weight::Error));
        assert_eq!(together(vec![text.clone()], hidden(2)).len(), 2);
        assert_eq!(together(vec![text], hidden(280)).len(), 2);
    }
}
