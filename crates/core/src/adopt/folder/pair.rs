//! Which file is the way back of which: by number and words, the surest first, and no file twice.
//!
//! Only names count here; whether a way back restores what was there is seen when both run.

use cutover_sql::nearest::nearest;

use super::entry::{Entry, Role, slug};
use super::number::Number;
use crate::report::{Conclusion, Weight};

/// A change's file with that of its way back.
pub(super) struct Pair {
    pub forward: Entry,
    pub back: Option<Entry>,
}

/// How a way back was found, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// The same number, words and folder; without a number, the same words.
    Same,
    /// The same number and words in another folder.
    ElsewhereSame,
    /// The same number and folder, and words that are nearly the same.
    Alike,
    /// The same number, and the way back has no words, or words of its own.
    Number,
    /// The same words, and only one of them has a number.
    Words,
    /// The same words, and another number.
    WordsOnly,
}

const ALL: [How; 6] = [How::Same, How::ElsewhereSame, How::Alike, How::Number, How::Words, How::WordsOnly];

/// Finds the pairs; the order of the entries stays.
pub(super) fn pairs(entries: Vec<Entry>) -> (Vec<Pair>, Vec<Conclusion>) {
    let is_back = |it: &Entry| matches!(it.role, Role::Back { .. });
    let (backs, mut forwards): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(is_back);
    let mut of: Vec<Option<(usize, How)>> = vec![None; backs.len()];
    // what only may be a way back, and has no file that it fits, is a change
    let weak: Vec<usize> =
        (0..backs.len()).filter(|at| backs[*at].role == Role::Back { is_sure: false }).collect();
    let fits = |at: &usize| {
        let other =
            |it: &&Entry| matches!(how(&backs[*at], it), Some(How::Same | How::ElsewhereSame | How::Words));
        forwards.iter().any(|it| other(&it))
    };
    let changes: Vec<usize> = weak.into_iter().filter(|at| !fits(at)).collect();
    for at in &changes {
        let back = &backs[*at];
        forwards.push(Entry { slug: slug(&back.message), role: Role::Forward, ..back.clone() });
    }
    for level in ALL {
        for (at, back) in backs.iter().enumerate() {
            if of[at].is_some() || changes.contains(&at) {
                continue;
            }
            let is_free = |it: usize| !of.iter().flatten().any(|(taken, _)| *taken == it);
            let fitting: Vec<usize> = (0..forwards.len())
                .filter(|it| is_free(*it) && how(back, &forwards[*it]) == Some(level))
                .collect();
            if let [only] = fitting[..] {
                of[at] = Some((only, level));
            }
        }
    }
    let mut found = Vec::new();
    for (at, back) in backs.iter().enumerate().filter(|(at, _)| !changes.contains(at)) {
        match of[at] {
            Some((forward, how)) => found.extend(doubt(back, &forwards[forward], how)),
            None => found.push(alone(back, &forwards, &of)),
        }
    }
    let mut backs: Vec<Option<Entry>> = backs.into_iter().map(Some).collect();
    let pairs = forwards.into_iter().enumerate().map(|(forward, entry)| {
        let at = of.iter().position(|it| it.is_some_and(|(taken, _)| taken == forward));
        Pair { forward: entry, back: at.and_then(|at| backs[at].take()) }
    });
    (pairs.collect(), found)
}

fn is_same_number(a: Option<&Number>, b: Option<&Number>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.parts == b.parts,
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// How surely one file is the way back of another.
fn how(back: &Entry, forward: &Entry) -> Option<How> {
    if !matches!(forward.role, Role::Forward) {
        return None;
    }
    let has_words = !back.slug.is_empty();
    let is_same_word = back.slug == forward.slug;
    let is_same_group = back.group.eq_ignore_ascii_case(&forward.group);
    if back.rank.is_some() && back.rank == forward.rank {
        return Some(How::Same);
    }
    if !is_same_number(back.number.as_ref(), forward.number.as_ref()) {
        let one_has_none = back.number.is_none() || forward.number.is_none();
        return match (has_words && is_same_word, one_has_none) {
            (true, true) => Some(How::Words),
            (true, false) => Some(How::WordsOnly),
            (false, _) => None,
        };
    }
    match (back.number.is_some(), is_same_word, is_same_group) {
        (_, true, true) => Some(How::Same),
        (_, true, false) => Some(How::ElsewhereSame),
        (true, false, true) if has_words && is_alike(&back.slug, &forward.slug) => Some(How::Alike),
        (true, false, _) => Some(How::Number),
        (false, false, _) => None,
    }
}

fn is_alike(a: &str, b: &str) -> bool {
    !b.is_empty() && (a.contains(b) || b.contains(a) || nearest(a, [b]).is_some())
}

/// What the user should see of a pair that is not sure.
fn doubt(back: &Entry, forward: &Entry, how: How) -> Option<Conclusion> {
    let by = match how {
        How::Same | How::ElsewhereSame | How::Words => return None,
        How::Alike => "the number is the same, and the words nearly so",
        // there is nothing to doubt where it has no words
        How::Number if back.slug.is_empty() => return None,
        How::Number => "the number is the same, and the words are not",
        How::WordsOnly => "the words are the same, and the number is not",
    };
    let text = format!("it is taken for the way back of {}: {by}", forward.path);
    let weight = if how == How::Alike { Weight::Note } else { Weight::Warning };
    let found = Conclusion::new("paired-by-guess", weight, &back.path, text).at(&back.path, 1);
    Some(
        found.because(format!("{}\n{}", forward.path, back.path)).next("name both files alike if that is so"),
    )
}

/// A way back that has no file of its own.
fn alone(back: &Entry, forwards: &[Entry], of: &[Option<(usize, How)>]) -> Conclusion {
    let fitting = |(_, it): &(usize, &Entry)| how(back, it).is_some();
    let near: Vec<(usize, &Entry)> = forwards.iter().enumerate().filter(fitting).collect();
    let is_taken = |at: usize| of.iter().flatten().any(|(taken, _)| *taken == at);
    let paths: Vec<&str> = near.iter().map(|(_, it)| it.path.as_str()).collect();
    let (id, text, next) = if near.is_empty() {
        let text = match &back.number {
            Some(number) => {
                format!("it is a way back, and there is no forward file of number {}", number.written)
            }
            None => "it is a way back, and there is no forward file of that name".to_owned(),
        };
        (
            "way-back-without-forward",
            text,
            "find the file that it undoes, or leave it out: nothing of it is carried over",
        )
    } else if near.iter().all(|(at, _)| is_taken(*at)) {
        let text = format!("it is a second way back: {} has one already", paths.join(", "));
        ("way-back-twice", text, "keep the one that counts; this one is not carried over")
    } else {
        let text = format!("it could be the way back of {}", paths.join(" or of "));
        ("way-back-ambiguous", text, "name it as the file that it undoes; until then it is not carried over")
    };
    let found = Conclusion::new(id, Weight::Warning, &back.path, text).at(&back.path, 1);
    near.iter()
        .fold(found, |found, (at, it)| {
            let other = of.iter().position(|it| it.is_some_and(|(taken, _)| taken == *at));
            found.because(format!(
                "{}{}",
                it.path,
                if other.is_some() { " has a way back" } else { " has none" }
            ))
        })
        .next(next)
}

#[cfg(test)]
mod tests {
    use super::super::Source;
    use super::super::entry::entry;
    use super::*;

    /// Pairs as `forward < back`, and conclusions by id.
    fn check(paths: &[&str], expected: &[&str]) {
        let source = |path: &&str| Source { path: (*path).to_owned(), text: "SELECT 1".into() };
        let entries = paths.iter().filter_map(|path| entry(&source(path))).collect();
        let (pairs, found) = pairs(entries);
        let back = |it: &Option<Entry>| it.as_ref().map(|it| format!(" < {}", it.path)).unwrap_or_default();
        let mut told: Vec<String> =
            pairs.iter().map(|it| format!("{}{}", it.forward.path, back(&it.back))).collect();
        told.extend(found.iter().map(|it| format!("{} {}", it.id, it.about)));
        assert_eq!(told, expected);
    }

    #[test]
    fn the_same_words_and_numbers_are_pairs() {
        check(
            &["001_x.sql", "001_y.sql", "001_x_ROLLBACK.sql"],
            &["001_x.sql < 001_x_ROLLBACK.sql", "001_y.sql"],
        );
        check(&["001_x.sql", "rollback_001_x.sql"], &["001_x.sql < rollback_001_x.sql"]);
        check(&["001_x.sql", "1_X.rollback.sql"], &["001_x.sql < 1_X.rollback.sql"]);
        check(&["up/1_x.sql", "down/1_x.sql"], &["up/1_x.sql < down/1_x.sql"]);
        check(&["1_x.sql", "rollback/1_x.sql"], &["1_x.sql < rollback/1_x.sql"]);
        check(
            &["a/1_x.sql", "b/1_x.sql", "b/rollback/1_x.sql"],
            &["a/1_x.sql", "b/1_x.sql < b/rollback/1_x.sql"],
        );
        check(&["V1_1__x.sql", "U1.1__x.sql"], &["V1_1__x.sql < U1.1__x.sql"]);
        check(&["1_x/up.sql", "1_x/down.sql", "2_y/up.sql"], &["1_x/up.sql < 1_x/down.sql", "2_y/up.sql"]);
        check(&["deploy/x.sql", "revert/x.sql"], &["deploy/x.sql < revert/x.sql"]);
    }

    #[test]
    fn a_name_that_differs_a_little_is_told() {
        check(
            &["002_add_user.sql", "002_add_users_undo.sql"],
            &["002_add_user.sql < 002_add_users_undo.sql", "paired-by-guess 002_add_users_undo.sql"],
        );
        check(&["002_x.sql", "rollback_2.sql"], &["002_x.sql < rollback_2.sql"]);
        check(&["002_x.sql", "rollback_x.sql"], &["002_x.sql < rollback_x.sql"]);
        check(
            &["002_x.sql", "003_x_revert.sql"],
            &["002_x.sql < 003_x_revert.sql", "paired-by-guess 003_x_revert.sql"],
        );
        check(
            &["002_users.sql", "002_zoo_revert.sql"],
            &["002_users.sql < 002_zoo_revert.sql", "paired-by-guess 002_zoo_revert.sql"],
        );
    }

    #[test]
    fn what_has_no_forward_file_is_told_and_none_is_taken_twice() {
        check(
            &["001_x.sql", "003_y_ROLLBACK.sql"],
            &["001_x.sql", "way-back-without-forward 003_y_ROLLBACK.sql"],
        );
        check(
            &["001_x.sql", "001_y.sql", "001_ROLLBACK.sql"],
            &["001_x.sql", "001_y.sql", "way-back-ambiguous 001_ROLLBACK.sql"],
        );
        check(
            &["001_x.sql", "001_x.down.sql", "001_x_undo.sql"],
            &["001_x.sql < 001_x.down.sql", "way-back-twice 001_x_undo.sql"],
        );
    }

    #[test]
    fn a_word_that_could_be_part_of_the_name_needs_its_file() {
        check(&["005_shut_down.sql"], &["005_shut_down.sql"]);
        check(&["005_x_up.sql", "005_x_down.sql"], &["005_x_up.sql < 005_x_down.sql"]);
        check(&["rollback_flags.sql"], &["rollback_flags.sql"]);
        check(&["006_undo_log.sql", "006_undo_log_undo.sql"], &["006_undo_log.sql < 006_undo_log_undo.sql"]);
    }
}
